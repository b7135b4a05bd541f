// Owns when the log is cut off: raft snapshots every --snapshot-count entries, the in-memory log after the catch-up
// window, old files on a timer. The order keeps every point on disk one that can be replayed from:
//   store synced -> .snap file -> snapshot record in the WAL -> segments released.

import { FAILPOINTS } from '../base/failpoint.ts';
import type { Logger } from '../base/logger.ts';
import type { RawNode } from '../raft/raw-node.ts';
import type { ConfState, Snapshot } from '../raft/types.ts';
import { LOG_COMPACT_STEP, LONE_CATCHUP_ENTRIES, STREAMED_LOG_BYTES_MAX } from './limits.ts';

/** Where snapshots go. Failures of the disk are fatal there, not here. */
export interface SnapshotStore {
  /** Resolves once everything the store has committed is durable. */
  syncStore(): Promise<void>;
  /** Resolves once the .snap file is durable. */
  saveFile(snapshot: Snapshot): Promise<void>;
  /** Writes the WAL's snapshot record; `done` once it is durable. */
  saveRecord(record: { index: number; term: number; confState: ConfState }, done: () => void): void;
  /** Log entries up to `index` may go. */
  release(index: number): void;
  /** Deletes what was released, beyond the files to be kept. */
  purge(): void;
}

/** A snapshot of the membership at the moment it is asked for. */
export interface SnapshotCapture {
  readonly confState: ConfState;
  /** The v2 store's JSON, which members of version 3.5 and 3.6 read. */
  readonly data: Uint8Array;
}

export class SnapshotKeeper {
  readonly #raft: RawNode;
  readonly #store: SnapshotStore;
  readonly #logger: Logger;
  readonly #entriesPerSnapshot: number;
  readonly #catchupEntries: number;
  readonly #loneCatchupEntries: number;
  readonly #capture: (index: number) => SnapshotCapture;
  /** The disk failed: the member cannot go on. */
  readonly #onError: (error: unknown) => void;
  #lastIndex: number;
  #isSaving = false;
  #isStopped = false;
  #holds = 0;
  /** Memory of the log when it was first not cut off for a member's sake; undefined when nobody would miss what goes. */
  #sparedFromBytes: number | undefined = undefined;

  constructor(
    deps: {
      readonly raft: RawNode;
      readonly store: SnapshotStore;
      readonly logger: Logger;
      readonly capture: (index: number) => SnapshotCapture;
    },
    options: {
      readonly entriesPerSnapshot: number;
      readonly catchupEntries: number;
      /** Index of the snapshot this member started from. */
      readonly lastIndex: number;
    },
    onError: (error: unknown) => void,
  ) {
    this.#raft = deps.raft;
    this.#store = deps.store;
    this.#logger = deps.logger;
    this.#capture = deps.capture;
    this.#entriesPerSnapshot = options.entriesPerSnapshot;
    this.#catchupEntries = options.catchupEntries;
    this.#loneCatchupEntries = Math.min(options.catchupEntries, LONE_CATCHUP_ENTRIES);
    this.#lastIndex = options.lastIndex;
    this.#onError = onError;
  }

  /** After each batch of applied entries has been committed to the store. */
  afterCommit(index: number, term: number): void {
    this.#compactLog(index);
    if (this.#isStopped || this.#isSaving || index - this.#lastIndex <= this.#entriesPerSnapshot)
      return;
    this.#isSaving = true;
    this.#save(index, term).then(
      () => {
        this.#isSaving = false;
      },
      (error: unknown) => {
        // What fails after the end fails because of it.
        if (!this.#isStopped) this.#onError(error);
      },
    );
  }

  /** Begins nothing more: the disk is about to be closed. What is half done now is there for every start to deal with. */
  stop(): void {
    this.#isStopped = true;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** There is a snapshot of this index: one from the leader may be newer than the one being saved. */
  restarted(index: number): void {
    this.#lastIndex = Math.max(this.#lastIndex, index);
  }

  /** While a snapshot is on its way to a member, entries after it must stay: the member asks for them next. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
  }

  /** Drops entries from memory that no member within the catch-up window needs. */
  #compactLog(index: number): void {
    if (this.#holds > 0) return;
    const window = this.#isLone() ? this.#loneCatchupEntries : this.#catchupEntries;
    const target = this.#sparing(index - window);
    if (target - this.#raft.firstIndex < LOG_COMPACT_STEP) return;
    this.#raft.compact(target);
  }

  /** Not as far as to `target` while a member still takes over what is before it, unless that takes too long. */
  #sparing(target: number): number {
    const { streamedIndex, firstIndex, logBytes } = this.#raft;
    if (streamedIndex >= target || streamedIndex + 1 < firstIndex) {
      this.#sparedFromBytes = undefined;
      return target;
    }
    this.#sparedFromBytes ??= logBytes;
    return logBytes - this.#sparedFromBytes > STREAMED_LOG_BYTES_MAX ? target : streamedIndex;
  }

  /** True when there is no other member. */
  #isLone(): boolean {
    const { voters, learners } = this.#raft.confState();
    return voters.length + learners.length === 1;
  }

  async #save(index: number, term: number): Promise<void> {
    const { confState, data } = this.#capture(index);
    this.#logger.info('triggering snapshot', {
      'local-member-applied-index': index,
      'local-member-snapshot-index': this.#lastIndex,
      'local-member-snapshot-count': this.#entriesPerSnapshot,
    });
    await this.#store.syncStore();
    if (this.#isStopped) return;
    FAILPOINTS.raftBeforeSaveSnap.hit();
    await this.#store.saveFile({ data, metadata: { confState, index, term } });
    if (this.#isStopped) return;
    await new Promise<void>((resolve) => {
      this.#store.saveRecord({ index, term, confState }, resolve);
    });
    if (this.#isStopped) return;
    FAILPOINTS.raftAfterSaveSnap.hit();
    this.#store.release(index);
    this.#store.purge();
    FAILPOINTS.raftAfterWALRelease.hit();
    this.restarted(index);
    this.#logger.info('saved snapshot to disk', { 'snapshot-index': index });
  }
}
