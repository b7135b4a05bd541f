// Owns bytes that arrive in chunks of any size and are taken in pieces of known size. A piece inside of one chunk is a
// view of it; only one that spans chunks is copied, once.

import { at } from '../../base/assert.ts';
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { ProtocolError } from './protocol-error.ts';

const TWO_32 = 4294967296;

export class ByteQueue {
  readonly #chunks: Uint8Array[] = [];
  /** First chunk not used up; those before it are gone with the next `push`. */
  #head = 0;
  /** Bytes used of that chunk. */
  #offset = 0;
  #sizeBytes = 0;

  /** Bytes that can be taken. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#head > 0) {
      this.#chunks.splice(0, this.#head);
      this.#head = 0;
    }
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.length;
  }

  /** The next byte. The caller knows that there is one. */
  byte(): number {
    const byte = at(at(this.#chunks, this.#head), this.#offset);
    this.#advance(1);
    return byte;
  }

  /** Eight bytes as a big-endian number. Throws ProtocolError beyond 2^53. */
  uint64(): number {
    const bytes = this.take(8);
    let hi = 0;
    let lo = 0;
    for (let i = 0; i < 4; i++) {
      hi = hi * 256 + (bytes[i] as number);
      lo = lo * 256 + (bytes[i + 4] as number);
    }
    const value = hi === 0 ? lo : hi * TWO_32 + lo;
    if (!Number.isSafeInteger(value)) throw new ProtocolError(`number too large: ${value}`);
    return value;
  }

  /** The next `sizeBytes` bytes. The caller knows that they are there. */
  take(sizeBytes: number): Uint8Array {
    if (sizeBytes === 0) return EMPTY_BYTES;
    const chunk = at(this.#chunks, this.#head);
    if (chunk.length - this.#offset >= sizeBytes) {
      const view = chunk.subarray(this.#offset, this.#offset + sizeBytes);
      this.#advance(sizeBytes);
      return view;
    }
    const joined = new Uint8Array(sizeBytes);
    let filled = 0;
    while (filled < sizeBytes) {
      const source = at(this.#chunks, this.#head);
      const size = Math.min(source.length - this.#offset, sizeBytes - filled);
      joined.set(source.subarray(this.#offset, this.#offset + size), filled);
      filled += size;
      this.#advance(size);
    }
    return joined;
  }

  /** Everything that is there, in pieces, without copying. */
  takeAll(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    while (this.#sizeBytes > 0) {
      pieces.push(this.take(at(this.#chunks, this.#head).length - this.#offset));
    }
    return pieces;
  }

  #advance(sizeBytes: number): void {
    this.#offset += sizeBytes;
    this.#sizeBytes -= sizeBytes;
    if (this.#offset < at(this.#chunks, this.#head).length) return;
    this.#head++;
    this.#offset = 0;
    if (this.#sizeBytes > 0) return;
    this.#chunks.length = 0;
    this.#head = 0;
  }
}
