// Owns when applied entries become a batch of the store. The log is durable already and a start replays what the store
// lacks, so a batch may wait for company: one client that writes one key after another pays a commit, 18 us on a leader
// and twice that on a follower whose caches are cold, once per batch instead of once per put.
// etcd: server/storage/backend/backend.go, its batch interval and limit.

import type { Backend } from '../base/backend.ts';
import type { Clock } from '../base/clock.ts';
import type { EntryApplier } from './entry-applier.ts';
import { COMMIT_BYTES_MAX, COMMIT_ENTRIES_MAX } from './limits.ts';
import type { NodeMetrics } from './metrics.ts';
import type { Cancel, Scheduler } from './scheduler.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

export interface StoreCommitOptions {
  /** A change is committed at the latest so long after its apply. etcd: --backend-batch-interval. */
  readonly commitIntervalMs: number;
  /** Entries after which a commit does not wait; never more than COMMIT_ENTRIES_MAX. etcd: --backend-batch-limit. */
  readonly commitEntriesMax: number;
}

export class StoreCommits {
  readonly #entries: EntryApplier;
  readonly #backend: Backend;
  readonly #snapshots: SnapshotKeeper;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #metrics: NodeMetrics;
  readonly #intervalMs: number;
  readonly #entriesMax: number;
  #cancelPlanned: Cancel | undefined = undefined;

  constructor(
    entries: EntryApplier,
    deps: {
      readonly backend: Backend;
      readonly snapshots: SnapshotKeeper;
      readonly clock: Clock;
      readonly scheduler: Scheduler;
      readonly metrics: NodeMetrics;
    },
    options: StoreCommitOptions,
  ) {
    this.#entries = entries;
    this.#backend = deps.backend;
    this.#snapshots = deps.snapshots;
    this.#clock = deps.clock;
    this.#scheduler = deps.scheduler;
    this.#metrics = deps.metrics;
    this.#intervalMs = options.commitIntervalMs;
    this.#entriesMax = Math.min(options.commitEntriesMax, COMMIT_ENTRIES_MAX);
  }

  /** To be called after each turn, when its answers are on their way. */
  afterTurn(): void {
    const { stagedCount, stagedBytes } = this.#entries;
    if (stagedCount === 0) return;
    const isFull = stagedCount >= this.#entriesMax || stagedBytes >= COMMIT_BYTES_MAX;
    if (isFull || this.#backend.isCommitAwaited) this.commit();
    else this.#cancelPlanned ??= this.#scheduler.after(this.#intervalMs, () => this.#planned());
  }

  /** Commits what background work has staged, and with it what was applied: a batch says how far it goes. */
  commitAll(): void {
    if (this.#entries.stagedCount > 0) this.commit();
    else this.#backend.commit();
  }

  /** Makes the applied entries a batch now. */
  commit(): void {
    const startMs = this.#clock.monotonicMs();
    if (!this.#entries.commit()) return;
    this.#metrics.backendCommitSeconds.observe((this.#clock.monotonicMs() - startMs) / 1000);
    this.#snapshots.afterCommit(this.#entries.appliedIndex, this.#entries.appliedTerm);
  }

  /** Commits what there is, and nothing any more after that. */
  stop(): void {
    this.#cancelPlanned?.();
    this.#entries.commit();
  }

  #planned(): void {
    this.#cancelPlanned = undefined;
    this.commit();
  }
}
