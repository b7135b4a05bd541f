// Owns long work in slices: compaction and hashing. A job does a little per turn, so that requests never wait longer
// than one slice.

import type { Clock } from '../base/clock.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import { FAILPOINTS } from '../base/failpoint.ts';
import type { Logger } from '../base/logger.ts';
import type { CompactionJob, HashKvJob } from '../mvcc/background-jobs.ts';
import type { KeyValueHash } from '../mvcc/kv-hasher.ts';
import type { MvccStore } from '../mvcc/store.ts';
import { COMPACTION_STEP_RECORDS, HASH_STEP_RECORDS, HOUSEWORK_SLICE_MS } from './limits.ts';
import type { NodeMetrics } from './metrics.ts';
import type { Scheduler } from './scheduler.ts';

export interface BackgroundOptions {
  /** Records a compaction deletes at once, and the pause after each batch. etcd: --compaction-batch-limit. */
  readonly compactionBatchLimit: number;
  readonly compactionPauseMs: number;
}

export class Background {
  readonly #store: MvccStore;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  readonly #options: BackgroundOptions;
  readonly #metrics: NodeMetrics;
  readonly #commit: () => void;
  #isCompacting = false;
  #compactionStartMs = 0;
  /** Records handled of the batch under way. */
  #batchRecords = 0;
  #compactionWaiters: (() => void)[] = [];
  #isStopped = false;

  constructor(
    store: MvccStore,
    deps: {
      readonly clock: Clock;
      readonly scheduler: Scheduler;
      readonly logger: Logger;
      readonly metrics: NodeMetrics;
    },
    options: BackgroundOptions,
    /** Commits what was staged here, and whatever else is. */
    commit: () => void,
  ) {
    this.#store = store;
    this.#clock = deps.clock;
    this.#scheduler = deps.scheduler;
    this.#logger = deps.logger;
    this.#metrics = deps.metrics;
    this.#options = options;
    this.#commit = commit;
  }

  /** Runs every compaction that is scheduled; called after one was, and at start. */
  compact(): void {
    if (this.#isCompacting || this.#store.pendingCompaction === undefined) return;
    this.#isCompacting = true;
    this.#compactionStartMs = this.#clock.monotonicMs();
    this.#scheduler.soon(() => this.#compactSlice());
  }

  /** Calls back once no compaction is pending. */
  waitCompactions(done: () => void): void {
    if (this.#store.pendingCompaction === undefined) done();
    else this.#compactionWaiters.push(done);
  }

  /** Computes a HashKV. `done` gets compacted or futureRev when the revision cannot be hashed. */
  hashKv(revision: number, done: (result: KeyValueHash | EtcdError) => void): void {
    if (!this.#store.isReady) {
      done(new EtcdError('timeout'));
      return;
    }
    // etcd: answers with a digest that members who are done, or have not begun, do not have.
    if (this.#store.isHashPending(revision)) {
      this.waitCompactions(() => this.hashKv(revision, done));
      return;
    }
    let job: HashKvJob;
    try {
      job = this.#store.hashKv(revision);
    } catch (error) {
      if (!isEtcdError(error)) throw error;
      done(error);
      return;
    }
    const startMs = this.#clock.monotonicMs();
    this.#hashSlice(job, (result) => {
      this.#metrics.hashKvSeconds.observe((this.#clock.monotonicMs() - startMs) / 1000);
      done(result);
    });
  }

  stop(): void {
    this.#isStopped = true;
  }

  #compactSlice(): void {
    if (this.#isStopped) return;
    const job = this.#store.pendingCompaction;
    if (job === undefined) {
      this.#finishCompactions();
      return;
    }
    const startMs = this.#clock.monotonicMs();
    const endMs = startMs + HOUSEWORK_SLICE_MS;
    let state = this.#compactStep(job);
    while (state === 'working' && this.#clock.monotonicMs() < endMs) {
      state = this.#compactStep(job);
    }
    FAILPOINTS.compactBeforeCommitBatch.hit();
    this.#commit();
    FAILPOINTS.compactAfterCommitBatch.hit();
    const nowMs = this.#clock.monotonicMs();
    this.#metrics.compactionPauseMs.observe(nowMs - startMs);
    if (state === 'done') this.#finishCompaction(job.revision, nowMs);
    // etcd: pauses after each full batch; a small compaction is over at once.
    const isPausing = state === 'batch' || state === 'waiting';
    this.#scheduler.after(isPausing ? this.#options.compactionPauseMs : 0, () =>
      this.#compactSlice(),
    );
  }

  /** A part of a batch small enough to look at the clock after it; `batch` when the batch is full. */
  #compactStep(job: CompactionJob): 'working' | 'batch' | 'waiting' | 'done' {
    const { compactionBatchLimit } = this.#options;
    const records = Math.min(COMPACTION_STEP_RECORDS, compactionBatchLimit - this.#batchRecords);
    const state = job.step(records);
    if (state !== 'batch') return state;
    this.#batchRecords += records;
    if (this.#batchRecords < compactionBatchLimit) return 'working';
    this.#batchRecords = 0;
    return 'batch';
  }

  #finishCompaction(revision: number, nowMs: number): void {
    this.#batchRecords = 0;
    this.#metrics.compactionTotalMs.observe(nowMs - this.#compactionStartMs);
    this.#metrics.compactionLast.set(Math.floor(this.#clock.wallMs() / 1000));
    const hash = this.#store.compactionHashes().find((known) => known.revision === revision);
    this.#logger.info('finished scheduled compaction', {
      'compact-revision': revision,
      took: `${(nowMs - this.#compactionStartMs).toFixed(3)}ms`,
      hash: hash?.hash,
      'current-db-size-bytes': this.#store.backend.sizeBytes(),
      'current-db-size-in-use-bytes': this.#store.backend.sizeInUseBytes(),
    });
    this.#compactionStartMs = nowMs;
  }

  #finishCompactions(): void {
    this.#isCompacting = false;
    const waiters = this.#compactionWaiters;
    this.#compactionWaiters = [];
    for (const done of waiters) done();
  }

  #hashSlice(job: HashKvJob, done: (result: KeyValueHash | EtcdError) => void): void {
    if (this.#isStopped) {
      job.cancel();
      return;
    }
    const endMs = this.#clock.monotonicMs() + HOUSEWORK_SLICE_MS;
    while (!job.step(HASH_STEP_RECORDS)) {
      if (this.#clock.monotonicMs() < endMs) continue;
      this.#scheduler.soon(() => this.#hashSlice(job, done));
      return;
    }
    if (job.result !== undefined) done(job.result);
    // The store was replaced under the job: the new one has a hash of its own.
    else this.hashKv(0, done);
  }
}
