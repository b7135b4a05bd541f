// Owns the bytes of the values written last, one behind the other in one buffer that starts over at its end. Values kept
// as objects of their own would live just long enough for V8 to move each into its old generation, where they are
// garbage until the next full collection; bytes in a buffer that is there already make none.
//
//   buffer:  [ value 8 | value 9 | .. | rest of value 4 | value 5 | .. | value 7 | unused ]
//            0                        next                                       length
//
// A place is the count of bytes ever used up to there, so it tells by itself whether it was overwritten.

import { allocateBytes } from '../base/slab.ts';

/** The place of a value that is not here. */
export const NO_PLACE: number = Number.NEGATIVE_INFINITY;

export class WrittenValues {
  readonly #buffer: Uint8Array;
  /** Bytes ever used; the buffer holds those from here minus its length. */
  #end = 0;

  /** Memory is taken by writing to it, not before. */
  constructor(sizeBytes: number) {
    this.#buffer = new Uint8Array(sizeBytes);
  }

  /** Copies a value and returns its place; NO_PLACE for one that would take more than half of the buffer. */
  add(value: Uint8Array): number {
    const size = this.#buffer.length;
    if (value.length * 2 > size) return NO_PLACE;
    let at = this.#end % size;
    if (at + value.length > size) {
      this.#end += size - at;
      at = 0;
    }
    const place = this.#end;
    this.#buffer.set(value, at);
    this.#end = place + value.length;
    return place;
  }

  /** A copy of what was added there, undefined when it was overwritten since. */
  copy(place: number, sizeBytes: number): Uint8Array | undefined {
    const size = this.#buffer.length;
    if (place < this.#end - size) return undefined;
    const at = place % size;
    const value = allocateBytes(sizeBytes);
    value.set(this.#buffer.subarray(at, at + sizeBytes));
    return value;
  }
}
