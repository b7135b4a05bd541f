// Owns the window of append messages under way to one member, by count and by bytes. A ring of two number arrays:
// no object per message.
//
// Example, capacity 4, two messages ending at 7 and 9 after one ending at 5 was acknowledged:
//
//   slot        0    1    2    3
//   lastIndex   5    7    9    -        start 1, count 2

import { assert, at } from '../base/assert.ts';

export class Inflights {
  readonly #capacity: number;
  readonly #bytesMax: number;
  /** Last entry of each message under way, ascending from `start`. */
  readonly #lastIndexes: number[];
  readonly #sizes: number[];
  #start: number;
  #count: number;
  #bytes: number;

  constructor(capacity: number, bytesMax: number) {
    this.#capacity = capacity;
    this.#bytesMax = bytesMax;
    this.#lastIndexes = [];
    this.#sizes = [];
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#capacity || this.#bytes >= this.#bytesMax;
  }

  /** A message whose last entry is `lastIndex` was sent; the byte limit may be exceeded by the last message taken. */
  add(lastIndex: number, sizeBytes: number): void {
    assert(!this.isFull, `inflight window is full (${this.#count} messages, ${this.#bytes} bytes)`);
    const slot = (this.#start + this.#count) % this.#capacity;
    this.#lastIndexes[slot] = lastIndex;
    this.#sizes[slot] = sizeBytes;
    this.#count++;
    this.#bytes += sizeBytes;
  }

  /** Everything up to `index` was acknowledged. */
  freeTo(index: number): void {
    while (this.#count > 0 && at(this.#lastIndexes, this.#start) <= index) {
      this.#bytes -= at(this.#sizes, this.#start);
      this.#start = (this.#start + 1) % this.#capacity;
      this.#count--;
    }
  }

  clear(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }
}
