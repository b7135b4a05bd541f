// Owns what is remembered of the last scan, because compaction deletes what it has just scanned: the sizes of the
// records, which the accounting needs, and which of them were deleted since, which tells the runs of deleted ones.

import { at } from '../../base/assert.ts';
import type { DeletedRuns } from './deleted-runs.ts';

export class LastScan {
  #fromMain: number;
  #fromSub: number;
  readonly #mains: number[];
  readonly #subs: number[];
  readonly #tombstones: boolean[];
  readonly #valueBytes: number[];
  readonly #deleted: boolean[];
  #deletedCount: number;

  constructor() {
    this.#fromMain = 0;
    this.#fromSub = 0;
    this.#mains = [];
    this.#subs = [];
    this.#tombstones = [];
    this.#valueBytes = [];
    this.#deleted = [];
    this.#deletedCount = 0;
  }

  /** Forgets the last scan; the next starts at a revision. */
  restart(fromMain: number, fromSub: number): void {
    this.#fromMain = fromMain;
    this.#fromSub = fromSub;
    this.#mains.length = 0;
    this.#subs.length = 0;
    this.#tombstones.length = 0;
    this.#valueBytes.length = 0;
    this.#deleted.length = 0;
    this.#deletedCount = 0;
  }

  /** The next record the scan found. */
  add(main: number, sub: number, tombstone: boolean, valueBytes: number): void {
    this.#mains.push(main);
    this.#subs.push(sub);
    this.#tombstones.push(tombstone);
    this.#valueBytes.push(valueBytes);
    this.#deleted.push(false);
  }

  /** Bytes of a record's value when the scan saw it. */
  valueBytes(main: number, sub: number, tombstone: boolean): number | undefined {
    const index = this.#indexOf(main, sub);
    return this.#tombstones[index] === tombstone ? this.#valueBytes[index] : undefined;
  }

  noteDeleted(main: number, sub: number): void {
    const index = this.#indexOf(main, sub);
    if (index < 0) return;
    this.#deleted[index] = true;
    this.#deletedCount += 1;
  }

  /** Tells the runs of records of this scan that are all deleted now. */
  tellRuns(runs: DeletedRuns): void {
    if (this.#deletedCount === 0) return;
    const recordCount = this.#mains.length;
    for (let start = 0; start < recordCount; start++) {
      if (this.#deleted[start] !== true) continue;
      let end = start + 1;
      while (end < recordCount && this.#deleted[end] === true) end += 1;
      const isLast = end === recordCount;
      const run = {
        fromMain: start === 0 ? this.#fromMain : at(this.#mains, start - 1),
        fromSub: start === 0 ? this.#fromSub : at(this.#subs, start - 1) + 1,
        toMain: at(this.#mains, isLast ? end - 1 : end),
        toSub: isLast ? at(this.#subs, end - 1) + 1 : at(this.#subs, end),
        count: end - start,
      };
      runs.add(run, isLast);
      start = end;
    }
  }

  /** Index of a record, or -1. */
  #indexOf(main: number, sub: number): number {
    const mains = this.#mains;
    let low = 0;
    let high = mains.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const middleMain = at(mains, middle);
      if (middleMain < main || (middleMain === main && at(this.#subs, middle) < sub)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return mains[low] === main && this.#subs[low] === sub ? low : -1;
  }
}
