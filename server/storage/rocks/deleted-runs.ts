// Owns what is known about long runs of deleted revisions. RocksDB keeps a marker for each deleted record until a
// compaction of its own reaches it, and a reader steps over them one by one: 0.35 us each, so a scan that starts
// where a million revisions were compacted away would block the thread for a third of a second. Scans therefore
// jump over the runs noted here. It is knowledge only in memory, learned from scans whose records were then deleted,
// and it is complete enough for that: whoever compacts scans first.
//
//   scan gave 5 6 7 8 9, then 6 7 8 were deleted: nothing lives in [5_1, 9_0)

import { at } from '../../base/assert.ts';
import { DELETED_RUN_RECORDS_MIN, DELETED_RUNS_MAX } from './limits.ts';

/** No record is live at or after `from` and before `to`; `count` were deleted there. */
export interface DeletedRun {
  readonly fromMain: number;
  readonly fromSub: number;
  readonly toMain: number;
  readonly toSub: number;
  readonly count: number;
}

export class DeletedRuns {
  /** Ascending; no two overlap or touch. */
  #runs: DeletedRun[];

  constructor() {
    this.#runs = [];
  }

  clear(): void {
    this.#runs = [];
  }

  get size(): number {
    return this.#runs.length;
  }

  /**
   * Notes a run and joins it with those it overlaps or touches. Short ones alone are not worth a jump, unless the run
   * `mayGrow`, because the next slice of a compaction may go on where it ends.
   */
  add(run: DeletedRun, mayGrow: boolean): void {
    const first = this.#firstTouching(run.fromMain, run.fromSub);
    let end = first;
    let { fromMain, fromSub, toMain, toSub, count } = run;
    for (; end < this.#runs.length; end++) {
      const other = at(this.#runs, end);
      if (isBefore(toMain, toSub, other.fromMain, other.fromSub)) break;
      if (isBefore(other.fromMain, other.fromSub, fromMain, fromSub)) {
        fromMain = other.fromMain;
        fromSub = other.fromSub;
      }
      if (isBefore(toMain, toSub, other.toMain, other.toSub)) {
        toMain = other.toMain;
        toSub = other.toSub;
      }
      count += other.count;
    }
    if (count < DELETED_RUN_RECORDS_MIN && !mayGrow) return;
    if (end === first && this.#runs.length >= DELETED_RUNS_MAX) return;
    this.#runs.splice(first, end - first, { fromMain, fromSub, toMain, toSub, count });
  }

  /** The first run that ends after the revision: it holds the revision or comes after it. */
  next(main: number, sub: number): DeletedRun | undefined {
    let index = this.#firstTouching(main, sub);
    const run = this.#runs[index];
    if (run !== undefined && run.toMain === main && run.toSub === sub) index += 1;
    return this.#runs[index];
  }

  /** The last run that ends before the revision. */
  previous(main: number, sub: number): DeletedRun | undefined {
    return this.#runs[this.#firstTouching(main, sub) - 1];
  }

  /** Index of the first run that ends at or after the revision. */
  #firstTouching(main: number, sub: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const run = at(this.#runs, middle);
      if (isBefore(run.toMain, run.toSub, main, sub)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** True when revision a sorts before revision b. */
export function isBefore(aMain: number, aSub: number, bMain: number, bSub: number): boolean {
  return aMain < bMain || (aMain === bMain && aSub < bSub);
}
