// Owns the bytes of one write to a stream while they are put together: mostly one buffer, into which frames are copied.
// Large data goes in between as it is. Copied, a member that takes over a long log made its leader allocate twice that
// log outside V8's heap, for which V8 collected the whole heap four times a second, 10 to 20 ms each.

import { assert } from '../../base/assert.ts';

/** How many bytes a frame takes: of the buffer, and beside it. */
export interface FrameSize {
  copiedBytes: number;
  insertedBytes: number;
}

export class FrameOutput {
  /** Frames are written here, from `offset` on. */
  readonly bytes: Uint8Array;
  offset: number;
  readonly #pieces: Uint8Array[] = [];
  #pieceStart = 0;

  /** What is before `offset` in `bytes` belongs to the write, too. */
  constructor(bytes: Uint8Array, offset: number) {
    this.bytes = bytes;
    this.offset = offset;
  }

  copy(data: Uint8Array): void {
    this.bytes.set(data, this.offset);
    this.offset += data.length;
  }

  /** `data`, which must not change any more, follows what was written so far. */
  insert(data: Uint8Array): void {
    this.#pieces.push(this.bytes.subarray(this.#pieceStart, this.offset), data);
    this.#pieceStart = this.offset;
  }

  /** All pieces in order, the last with the `trailerBytes` that follow the frames. To be called once. */
  finish(trailerBytes: number): readonly Uint8Array[] {
    const end = this.offset + trailerBytes;
    assert(end === this.bytes.length, `frames end at ${this.offset} of ${this.bytes.length}`);
    this.#pieces.push(this.#pieceStart === 0 ? this.bytes : this.bytes.subarray(this.#pieceStart));
    return this.#pieces;
  }
}
