// Owns putting a header block together from HEADERS and CONTINUATION frames. Only blocks in several
// frames come here.

import { CONTINUATION_COUNT_MAX } from './limits.ts';

export class HeaderBlock {
  /**
   * Stream of the block under way, 0 when there is none: then no CONTINUATION is legal, else
   * nothing but.
   */
  streamId = 0;
  endStream = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #sizeBytes = 0;
  #continuationCount = 0;
  readonly #sizeBytesMax: number;

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Opens a block; its fragments follow with `add`. */
  begin(streamId: number, endStream: boolean): void {
    this.streamId = streamId;
    this.endStream = endStream;
    this.#sizeBytes = 0;
    this.#continuationCount = 0;
  }

  /** Adds a fragment; false when the block has become too large. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    const total = this.#sizeBytes + end - start;
    if (total > this.#sizeBytesMax) return false;
    if (total > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(total, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#sizeBytes));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#sizeBytes);
    this.#sizeBytes = total;
    return true;
  }

  /** Counts one CONTINUATION frame; false when there are too many. */
  countContinuation(): boolean {
    this.#continuationCount++;
    return this.#continuationCount <= CONTINUATION_COUNT_MAX;
  }

  /** The block is complete: its storage is dropped with it, because such blocks are rare. */
  finish(): void {
    this.streamId = 0;
    this.#bytes = new Uint8Array(0);
    this.#sizeBytes = 0;
  }
}
