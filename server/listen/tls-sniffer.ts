// Owns telling TLS from plain text on a port that has a secure and an insecure URL: a handshake's first byte is 22, which no
// request begins with. etcd: server/embed/etcd.go configureClientListeners, serve.go.

import type { Socket } from 'node:net';

const HANDSHAKE_RECORD = 22;

/** Waits for the first byte of `socket` and hands it on paused, as if nobody had read from it. */
export function tellTls(
  socket: Socket,
  timeoutMs: number,
  handOn: (socket: Socket, isTls: boolean) => void,
): void {
  const giveUp = (): void => {
    socket.destroy();
  };
  socket.setTimeout(timeoutMs, giveUp);
  socket.once('data', (bytes: Buffer) => {
    socket.removeListener('timeout', giveUp);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(bytes);
    handOn(socket, bytes[0] === HANDSHAKE_RECORD);
  });
}
