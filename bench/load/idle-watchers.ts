// Owns watchers that have nothing to do: all on one prefix that no load writes to, a hundred to a stream, as an API server's
// cache and its clients leave them.

import {
  createWatchCreateRequest,
  createWatchRequest,
  decodeWatchResponse,
  encodeWatchRequest,
} from '../../server/proto/gen/rpc.ts';
import type { Connection } from './connection.ts';
import { Path } from './task.ts';

const PER_STREAM = 100;
/** `idle/` up to the first key that does not begin so. */
const PREFIX: Uint8Array = Buffer.from('idle/');
const PREFIX_END: Uint8Array = Buffer.from('idle0');

/** Resolves when all `count` watchers are there. They live as long as their connections. */
export async function openIdleWatchers(
  connections: readonly Connection[],
  count: number,
): Promise<void> {
  const streams: Promise<void>[] = [];
  for (let opened = 0; opened < count; opened += PER_STREAM) {
    const connection = connections[streams.length % connections.length];
    if (connection === undefined) throw new Error('no connections');
    streams.push(openStream(connection, Math.min(PER_STREAM, count - opened)));
  }
  await Promise.all(streams);
}

function openStream(connection: Connection, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let created = 0;
    const stream = connection.stream(Path.watch, {
      onMessage: (bytes, start, end) => {
        if (decodeWatchResponse(bytes, start, end).created) created += 1;
        if (created === count) resolve();
      },
      onEnd: (status, message) => reject(new Error(`watch ended with ${status}: ${message}`)),
    });
    const createRequest = createWatchCreateRequest({ key: PREFIX, rangeEnd: PREFIX_END });
    const message = encodeWatchRequest(createWatchRequest({ createRequest }));
    for (let i = 0; i < count; i++) stream.send(message, false);
  });
}
