// Owns the first bytes of a connection: the HTTP/2 preface goes to the gRPC side, anything else to HTTP/1.1. No
// HTTP/1.1 method begins like the preface ("PRI "), so four bytes decide.

import type { Server as NodeHttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionContext, identifyPeer } from './connection-context.ts';
import { H2Connection } from './h2-connection.ts';

const PREFACE_START: readonly number[] = [0x50, 0x52, 0x49, 0x20];

export interface SniffOptions {
  readonly context: ConnectionContext;
  readonly http1: NodeHttpServer | undefined;
  readonly timeoutMs: number;
  readonly onHttp2: (connection: H2Connection, socket: Socket) => void;
}

/** Waits for the first bytes of `socket`, then hands it on. */
export function sniffConnection(socket: Socket, options: SniffOptions): void {
  let seen: Buffer | undefined;
  const giveUp = (): void => {
    socket.destroy();
  };
  const look = (chunk: Buffer): void => {
    const bytes = seen === undefined ? chunk : Buffer.concat([seen, chunk]);
    const verdict = startsLikePreface(bytes);
    if (verdict === undefined) {
      seen = bytes;
      return;
    }
    socket.removeListener('data', look);
    socket.removeListener('timeout', giveUp);
    socket.setTimeout(0);
    if (verdict) startHttp2(socket, bytes, options);
    else if (!isTaken(socket, bytes, options)) startHttp1(socket, bytes, options);
  };
  socket.setTimeout(options.timeoutMs, giveUp);
  socket.on('data', look);
}

/** Undefined while it cannot be told. */
function startsLikePreface(bytes: Buffer): boolean | undefined {
  const length = Math.min(bytes.length, PREFACE_START.length);
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== PREFACE_START[i]) return false;
  }
  return length === PREFACE_START.length ? true : undefined;
}

function startHttp2(socket: Socket, bytes: Buffer, options: SniffOptions): void {
  const { context } = options;
  if (context.handlers.grpc === undefined) {
    socket.destroy();
    return;
  }
  const connection = new H2Connection(context, context.handlers.grpc, socket, identifyPeer(socket));
  options.onHttp2(connection, socket);
  connection.receiveFirst(bytes);
}

function isTaken(socket: Socket, bytes: Buffer, options: SniffOptions): boolean {
  const { http1First } = options.context.handlers;
  return http1First?.(socket, bytes, (rest) => startHttp1(socket, rest, options)) === true;
}

function startHttp1(socket: Socket, bytes: Uint8Array, options: SniffOptions): void {
  if (options.http1 === undefined) {
    socket.destroy();
    return;
  }
  // node:http attaches its own listeners and finds the bytes as if nobody had read them.
  socket.pause();
  socket.unshift(bytes);
  options.http1.emit('connection', socket);
  socket.resume();
}
