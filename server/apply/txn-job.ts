// Owns reading a big transaction step by step: comparisons first, then the ranges of the branch they chose, one after the
// other, all at the revision the store had at the start. Its answer is the one `readTxn` would have given then.

import type { MvccStore } from '../mvcc/store.ts';
import type { TxnRequest } from '../proto/gen/rpc.ts';
import { CompareJob } from './compare.ts';
import { checkAnswerSize, RangeJob } from './range-job.ts';
import type { OpResult, TxnResult } from './result.ts';
import { checkRangeRevision } from './txn.ts';

/** The chosen branch. */
interface Branch {
  readonly succeeded: boolean;
  /** One per operation; an operation that was not given at all has none. */
  readonly ranges: readonly (RangeJob | undefined)[];
}

export class TxnJob {
  readonly #store: MvccStore;
  readonly #request: TxnRequest;
  readonly #revision: number;
  readonly #responses: OpResult[] = [];
  /** Comparisons that hold. */
  #held = 0;
  #comparing: CompareJob | undefined = undefined;
  #branch: Branch | undefined = undefined;
  /** Bytes of the responses. */
  #sizeBytes = 0;

  /** Throws compacted or futureRev. */
  constructor(store: MvccStore, request: TxnRequest) {
    this.#store = store;
    this.#request = request;
    this.#revision = store.revision;
    // Ranges that begin while their revision is still the current one count their keys without visiting them.
    while (this.#branch === undefined && !this.#isRangeCompared()) this.#decide();
  }

  /** The answer once it is complete. Throws as a RangeJob does, and as the constructor. */
  step(): TxnResult | undefined {
    if (this.#branch === undefined) {
      this.#decide();
      return undefined;
    }
    const { succeeded, ranges } = this.#branch;
    if (this.#responses.length < ranges.length) this.#read(ranges[this.#responses.length]);
    if (this.#responses.length < ranges.length) return undefined;
    return { kind: 'txn', revision: this.#revision, succeeded, responses: this.#responses };
  }

  /** Nothing more is asked of this job. */
  close(): void {
    if (this.#branch === undefined) return;
    for (let i = this.#responses.length; i < this.#branch.ranges.length; i++) {
      this.#branch.ranges[i]?.close();
    }
  }

  #isRangeCompared(): boolean {
    const compare = this.#request.compare[this.#held];
    return compare !== undefined && compare.rangeEnd.length > 0;
  }

  #decide(): void {
    const compare = this.#request.compare[this.#held];
    if (compare !== undefined) {
      this.#comparing ??= new CompareJob(this.#store, compare, this.#revision);
      const holds = this.#comparing.step();
      if (holds === undefined) return;
      this.#comparing = undefined;
      if (!holds) {
        this.#choose(false);
        return;
      }
      this.#held++;
    }
    if (this.#held === this.#request.compare.length) this.#choose(true);
  }

  #choose(succeeded: boolean): void {
    const ops = succeeded ? this.#request.success : this.#request.failure;
    for (const { requestRange } of ops) {
      if (requestRange !== undefined) checkRangeRevision(this.#store, requestRange, this.#revision);
    }
    const ranges = ops.map(({ requestRange }) =>
      requestRange === undefined
        ? undefined
        : new RangeJob(this.#store, requestRange, this.#revision),
    );
    this.#branch = { succeeded, ranges };
  }

  #read(range: RangeJob | undefined): void {
    if (range === undefined) {
      this.#responses.push({ kind: 'empty' });
      return;
    }
    const result = range.step();
    checkAnswerSize(this.#sizeBytes + range.sizeBytes);
    if (result === undefined) return;
    this.#sizeBytes += range.sizeBytes;
    this.#responses.push(result);
    range.close();
  }
}
