// Owns sorting many rows without holding the event loop: a stable merge sort over row numbers that goes on step by step.
// Numbers decide; where values are sorted, their first bytes are such a number, and only equal ones are compared in full.

import { compareBytes } from '../base/bytes.ts';
import { SORT_RUN_ROWS } from './limits.ts';

/** Bytes of a value that fit into a number exactly. */
const PREFIX_BYTES = 6;

export class RowSort {
  readonly #keys: Float64Array;
  readonly #count: number;
  readonly #sign: number;
  readonly #values: readonly Uint8Array[] | undefined;
  #from: Uint32Array;
  #to: Uint32Array;
  /** Rows in sorted runs so far. */
  #filled = 0;
  /** The two runs being merged begin at `start` and `start + width`; the next row comes from `left` or `right`. */
  #width = SORT_RUN_ROWS;
  #start = 0;
  #left = 0;
  #right = 0;

  /** Sorts rows 0 to `count` by their keys; rows with equal keys by their values, if these are given. */
  constructor(keys: Float64Array, count: number, sign: number, values?: readonly Uint8Array[]) {
    this.#keys = keys;
    this.#count = count;
    this.#sign = sign;
    this.#values = values;
    this.#from = new Uint32Array(count);
    this.#to = new Uint32Array(count);
    this.#right = Math.min(this.#width, count);
  }

  /** The rows in order, once all steps are done. */
  get order(): Uint32Array {
    return this.#from;
  }

  /** Puts about `maxRows` rows in place; true when all are in order. */
  step(maxRows: number): boolean {
    let budget = maxRows;
    while (budget > 0 && this.#filled < this.#count) budget -= this.#fillRun();
    while (budget > 0 && this.#width < this.#count) budget -= this.#merge(budget);
    return this.#filled === this.#count && this.#width >= this.#count;
  }

  /** The next rows as a short run, sorted by insertion. */
  #fillRun(): number {
    const order = this.#from;
    const start = this.#filled;
    const end = Math.min(start + SORT_RUN_ROWS, this.#count);
    for (let row = start; row < end; row++) {
      let at = row;
      for (; at > start && this.#isAfter(order[at - 1] as number, row); at--) {
        order[at] = order[at - 1] as number;
      }
      order[at] = row;
    }
    this.#filled = end;
    return end - start;
  }

  /** Merges two runs, or as much of them as the budget allows. */
  #merge(budget: number): number {
    const from = this.#from;
    const to = this.#to;
    const middle = Math.min(this.#start + this.#width, this.#count);
    const end = Math.min(middle + this.#width, this.#count);
    let left = this.#left;
    let right = this.#right;
    const first = left + right - middle;
    const stop = Math.min(end, first + budget);
    for (let at = first; at < stop; at++) {
      const isRight =
        left === middle ||
        (right < end && this.#isAfter(from[left] as number, from[right] as number));
      to[at] = from[isRight ? right++ : left++] as number;
    }
    this.#left = left;
    this.#right = right;
    if (stop === end) this.#nextRuns(end);
    return stop - first;
  }

  #nextRuns(start: number): void {
    this.#start = start;
    if (start === this.#count) {
      const sorted = this.#to;
      this.#to = this.#from;
      this.#from = sorted;
      this.#width *= 2;
      this.#start = 0;
    }
    this.#left = this.#start;
    this.#right = Math.min(this.#start + this.#width, this.#count);
  }

  /** True when row `a` has to come after row `b`. */
  #isAfter(a: number, b: number): boolean {
    const difference = (this.#keys[a] as number) - (this.#keys[b] as number);
    if (difference !== 0) return difference * this.#sign > 0;
    const values = this.#values;
    if (values === undefined) return false;
    return compareBytes(values[a] as Uint8Array, values[b] as Uint8Array) * this.#sign > 0;
  }
}

/** A number that is smaller for values that sort earlier, or equal where their first bytes are. */
export function prefixNumber(value: Uint8Array): number {
  let number = 0;
  for (let i = 0; i < PREFIX_BYTES; i++) number = number * 256 + (value[i] ?? 0);
  return number;
}
