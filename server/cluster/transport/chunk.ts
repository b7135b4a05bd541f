// Owns the frame of a chunk of an HTTP/1.1 body, as it is written (RFC 9112 7.1): its length in hexadecimal digits, a line
// end, the bytes, a line end.

import { assert } from '../../base/assert.ts';
import { allocateBytes } from '../../base/slab.ts';

const CR = 0x0d;
const LF = 0x0a;
/** What follows the content of a chunk. */
export const LINE_END_BYTES = 2;

/** A chunk with room for what it is to hold. */
export interface Chunk {
  /** The whole frame. */
  readonly bytes: Uint8Array;
  /** Where its content begins. */
  readonly start: number;
}

/** A chunk for `sizeBytes` of content, at least one: an empty chunk would end the body. `insertedBytes` of the content are
 *  not to be in it, but to be sent in between. */
export function allocateChunk(sizeBytes: number, insertedBytes: number): Chunk {
  assert(sizeBytes > 0, `a chunk of ${sizeBytes} bytes`);
  const digits = sizeBytes.toString(16);
  const start = digits.length + LINE_END_BYTES;
  const end = start + sizeBytes - insertedBytes;
  const bytes = allocateBytes(end + LINE_END_BYTES);
  for (let i = 0; i < digits.length; i++) bytes[i] = digits.charCodeAt(i);
  writeLineEnd(bytes, digits.length);
  writeLineEnd(bytes, end);
  return { bytes, start };
}

function writeLineEnd(bytes: Uint8Array, offset: number): void {
  bytes[offset] = CR;
  bytes[offset + 1] = LF;
}
