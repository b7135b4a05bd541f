// Owns what a leader knows of one member: how far its log matches, what to send next, and how fast.
//
//                     ack                      too far behind
//   probe ----------------------> replicate ------------------> snapshot
//     ^   one message at a time    |  pipelined                    |
//     |   until the fork is found  |                               |
//     +--- rejection, unreachable -+                               |
//     +--- reported sent or failed --------------------------------+
//          (an ack that reaches the leader's log goes straight to replicate)
//
// Invariant: match < next.

import { Inflights } from './inflights.ts';
import type { MemberId } from './types.ts';

export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export type VoteAnswer = 'none' | 'granted' | 'rejected';

/** How many messages and bytes may be under way to one member. */
export interface InflightWindow {
  readonly messages: number;
  readonly bytes: number;
}

export class Progress {
  readonly id: MemberId;
  isLearner: boolean;
  /** The highest entry known to be in the member's log. */
  match: number;
  /** The first entry to send next. */
  next: number;
  state: ProgressState;
  /** Heard from since the last quorum check; always true for the leader itself. */
  recentActive: boolean;
  /** No append until the next answer: a probe is out, or the window is full. */
  #isPaused: boolean;
  /** The highest commit index on its way to the member; may fall back when messages are assumed lost. */
  #sentCommit: number;
  /** Requests of this member wait there for the news that the log is committed up to here. */
  #awaitedCommit: number;
  /** In state snapshot: the index of the snapshot sent. */
  #pendingSnapshot: number;
  readonly #inflights: Inflights;
  /** The answer to this member's vote request, in a campaign. */
  vote: VoteAnswer;
  /** The highest read round the member confirmed, on a leader. */
  readAck: number;

  constructor(id: MemberId, next: number, window: InflightWindow) {
    this.id = id;
    this.isLearner = false;
    this.match = 0;
    this.next = next;
    this.state = 'probe';
    this.recentActive = false;
    this.#isPaused = false;
    this.#sentCommit = 0;
    this.#awaitedCommit = 0;
    this.#pendingSnapshot = 0;
    this.#inflights = new Inflights(window.messages, window.bytes);
    this.vote = 'none';
    this.readAck = 0;
  }

  get isPaused(): boolean {
    return this.#isPaused || this.state === 'snapshot';
  }

  get inflightCount(): number {
    return this.#inflights.count;
  }

  get isWindowFull(): boolean {
    return this.#inflights.isFull;
  }

  get pendingSnapshot(): number {
    return this.#pendingSnapshot;
  }

  /** Starts over for a new term or a new leader. */
  reset(next: number): void {
    this.match = 0;
    this.next = next;
    this.recentActive = false;
    this.readAck = 0;
    this.#sentCommit = 0;
    this.#awaitedCommit = 0;
    this.#enter('probe');
  }

  #enter(state: ProgressState): void {
    this.state = state;
    this.#isPaused = false;
    this.#pendingSnapshot = 0;
    this.#inflights.clear();
  }

  becomeProbe(): void {
    // A snapshot that was sent makes its index the best guess.
    const next = Math.max(this.match, this.#pendingSnapshot) + 1;
    this.#enter('probe');
    this.next = next;
    this.#sentCommit = Math.min(this.#sentCommit, next - 1);
  }

  becomeReplicate(): void {
    this.#enter('replicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.#enter('snapshot');
    this.#pendingSnapshot = index;
    this.next = index + 1;
    this.#sentCommit = index;
  }

  /** The snapshot was delivered or failed; a failed one says nothing about the member's log. */
  snapshotReported(delivered: boolean): void {
    if (!delivered) this.#pendingSnapshot = 0;
    this.becomeProbe();
    // Delivered: the member answers by itself. Failed: the next heartbeat answer is early enough to try again.
    this.#isPaused = true;
  }

  /** A heartbeat answer: one message may go out even if earlier ones were lost. */
  resume(): void {
    this.#isPaused = false;
  }

  /** An append message with `count` entries was sent. */
  sent(count: number, sizeBytes: number, commit: number): void {
    this.#sentCommit = commit;
    if (this.state === 'replicate') {
      if (count > 0) {
        this.next += count;
        this.#inflights.add(this.next - 1, sizeBytes);
      }
      this.#isPaused = this.#inflights.isFull;
    } else if (count > 0) {
      this.#isPaused = true;
    }
  }

  sentHeartbeat(commit: number): void {
    this.#sentCommit = commit;
  }

  /** Requests that came through this member are answered there, once it knows that `index` is committed. */
  awaitsCommit(index: number): void {
    if (index > this.#awaitedCommit) this.#awaitedCommit = index;
  }

  /** Whether the news of a commit may travel with later entries. `urgentTo`: nobody's news up to there may. */
  mayWaitForCommit(urgentTo: number): boolean {
    if (this.state !== 'replicate') return false;
    return this.#sentCommit >= this.#awaitedCommit && this.#sentCommit >= urgentTo;
  }

  /** True when sending `committed` now tells the member something that is not already on its way. */
  canBumpCommit(committed: number): boolean {
    return committed > this.#sentCommit && this.#sentCommit < this.next - 1;
  }

  /** The member holds everything up to `index`; true when that is news. */
  acknowledged(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    if (this.next <= index) this.next = index + 1;
    this.#isPaused = false;
    return true;
  }

  freeInflights(index: number): void {
    this.#inflights.freeTo(index);
  }

  /** The member refused an append after `rejected` and may agree at `hint`; false for a stale refusal. */
  rejected(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
    } else {
      // One probe is out at a time, so the refusal must name it.
      if (rejected !== this.next - 1) return false;
      const next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
      // It denies what it has acknowledged: its state was lost. Asking again at once would go on for ever.
      if (next === this.next) return false;
      this.next = next;
      this.#isPaused = false;
    }
    this.#sentCommit = Math.min(this.#sentCommit, this.next - 1);
    return true;
  }
}
