// Owns single calls for preparations: a promise per call, nothing for hot loops.

import type { Connection } from './connection.ts';

/** One unary call; the answer's bytes. */
export function call(
  connection: Connection,
  path: string,
  message: Uint8Array,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let answer = new Uint8Array(0);
    connection.unary(path, message, {
      onMessage: (bytes, start, end) => {
        answer = Uint8Array.from(bytes.subarray(start, end));
      },
      onEnd: (status, text) => {
        if (status === 0) resolve(answer);
        else reject(new Error(`${path} failed with status ${status}: ${text}`));
      },
    });
  });
}
