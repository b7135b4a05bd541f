// Owns taking a database from the network to the disk: into a temporary file, synced, then under its name.

import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { syncDirectory } from './file-system.ts';
import { NODE_FILE_SYSTEM } from './node-file-system.ts';

/** What the disk is given at once: who syncs a log beside it waits for so much at most, not for the whole database. */
const SYNC_BYTES: number = 4 * 1024 * 1024;

/** Longest rest after a piece: on a slow line the pieces keep nobody busy. */
const REST_MS_MAX = 50;

/** All rests together: a database is there at most this much later. */
const RESTS_MS_MAX = 60_000;

let receiveCount = 0;

/**
 * Writes `body` to `path`; answers its size. On any failure nothing is left. While nobody waits for this member, as
 * `mayRest` says, it rests after each piece for as long as that took: sender and disk have others to serve.
 */
export async function receiveDatabase(
  body: AsyncIterable<Uint8Array>,
  path: string,
  mayRest: () => boolean,
): Promise<number> {
  const temporary = `${dirname(path)}/tmp-received-${process.pid}-${receiveCount++}`;
  let sizeBytes = 0;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      let unsyncedBytes = 0;
      let restedMs = 0;
      let pieceStartMs = performance.now();
      for await (const piece of body) {
        // Not write: that may write a part only.
        await file.writeFile(piece);
        sizeBytes += piece.length;
        unsyncedBytes += piece.length;
        if (unsyncedBytes < SYNC_BYTES) continue;
        await file.datasync();
        unsyncedBytes = 0;
        if (restedMs < RESTS_MS_MAX && mayRest()) {
          const restMs = Math.min(performance.now() - pieceStartMs, REST_MS_MAX);
          restedMs += restMs;
          await setTimeout(restMs);
        }
        pieceStartMs = performance.now();
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    syncDirectory(NODE_FILE_SYSTEM, dirname(path));
    return sizeBytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
