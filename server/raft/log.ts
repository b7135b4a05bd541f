// Owns the log as raft sees it: the entries, how far they are committed, handed to the state machine and applied, and
// a snapshot that is being installed. Section 5.3 and 5.4 of the Raft paper.
//
//   firstIndex .. applied .. applying .. min(committed, durable) .. committed .. lastIndex
//
// Invariant: applied <= applying <= committed <= lastIndex.

import { assert, at } from '../base/assert.ts';
import { Durability } from './durability.ts';
import { MAX_COMMITTED_PER_READY } from './limits.ts';
import { type MemoryLog, UNKNOWN_TERM } from './memory-log.ts';
import { type Entry, EntryType, type Snapshot } from './types.ts';

const NO_ENTRIES: readonly Entry[] = [];

export class RaftLog {
  readonly memory: MemoryLog;
  readonly durability: Durability;
  #committed: number;
  #applying: number;
  #applied: number;
  /** Accepted and not yet installed; nothing is applied meanwhile. */
  #installing: Snapshot | undefined;
  #installHandedOut: boolean;

  constructor(
    memory: MemoryLog,
    position: { readonly committed: number; readonly applied: number },
  ) {
    this.memory = memory;
    this.durability = new Durability(memory.lastIndex);
    this.#committed = position.committed;
    this.#applying = position.applied;
    this.#applied = position.applied;
    this.#installing = undefined;
    this.#installHandedOut = false;
  }

  get firstIndex(): number {
    return this.memory.firstIndex;
  }

  get lastIndex(): number {
    return this.memory.lastIndex;
  }

  get lastTerm(): number {
    return this.memory.lastTerm;
  }

  get committed(): number {
    return this.#committed;
  }

  get applied(): number {
    return this.#applied;
  }

  get isInstalling(): boolean {
    return this.#installing !== undefined;
  }

  term(index: number): number {
    return this.memory.term(index);
  }

  matches(index: number, term: number): boolean {
    return this.memory.term(index) === term;
  }

  /** True when a log ending in (term, index) is at least as new as this one. Paper 5.4.1. */
  isUpToDate(term: number, index: number): boolean {
    const lastTerm = this.memory.lastTerm;
    return term > lastTerm || (term === lastTerm && index >= this.memory.lastIndex);
  }

  /** Adds an entry of this member's own term at the end. */
  push(type: number, term: number, data: Uint8Array): void {
    this.memory.push({ type, term, index: this.memory.lastIndex + 1, data });
  }

  /**
   * Adds what a leader sent after (index, term), which is at or after the commit index, cutting a tail that differs.
   * Returns the last of the entries, or undefined when this log does not hold (index, term). Paper figure 2,
   * AppendEntries 2-4.
   */
  appendAfter(index: number, term: number, entries: readonly Entry[]): number | undefined {
    if (!this.matches(index, term)) return undefined;
    const memory = this.memory;
    let i = 0;
    for (; i < entries.length; i++) {
      const entry = at(entries, i);
      if (memory.term(entry.index) !== entry.term) break;
    }
    if (i < entries.length) {
      const from = index + 1 + i;
      assert(from > this.#committed, `entry ${from} would replace a committed one`);
      if (from <= memory.lastIndex) {
        memory.truncateFrom(from);
        this.durability.truncated(from);
      }
      for (; i < entries.length; i++) memory.push(at(entries, i));
    }
    return index + entries.length;
  }

  /**
   * The largest index <= `index` whose term is <= `term` or unknown: where another log that holds (index, term) may
   * still agree with this one. Skips whole terms, so that finding the fork costs a round trip per term.
   */
  findConflictByTerm(index: number, term: number): number {
    let i = index;
    while (i > 0) {
      const ours = this.memory.term(i);
      if (ours === UNKNOWN_TERM || ours <= term) break;
      i--;
    }
    return i;
  }

  /** Never lowers the commit index. */
  commitTo(index: number): void {
    if (index <= this.#committed) return;
    assert(index <= this.lastIndex, `commit ${index} is beyond the last entry ${this.lastIndex}`);
    this.#committed = index;
  }

  /** Replaces everything by `snapshot`, to be persisted and installed through the next Ready. */
  restore(snapshot: Snapshot): void {
    const { index, term } = snapshot.metadata;
    this.memory.reset({ index, term });
    this.durability.replaced(index);
    this.#committed = index;
    this.#installing = snapshot;
    this.#installHandedOut = false;
  }

  /** Index up to which entries may be applied: committed by a quorum and durable here. */
  #appliableTo(): number {
    if (this.#installing !== undefined) return this.#applying;
    const durable = this.durability.durableTo;
    return Math.min(durable, this.#committed);
  }

  get hasNewEntries(): boolean {
    return this.durability.handedOutTo < this.memory.lastIndex;
  }

  get hasNewSnapshot(): boolean {
    return this.#installing !== undefined && !this.#installHandedOut;
  }

  get hasNewCommitted(): boolean {
    return this.#appliableTo() > this.#applying;
  }

  /** Entries no Ready has carried yet. */
  newEntries(): readonly Entry[] {
    if (!this.hasNewEntries) return NO_ENTRIES;
    return this.memory.slice(this.durability.handedOutTo + 1, this.memory.lastIndex + 1);
  }

  takeSnapshot(): Snapshot | undefined {
    const snapshot = this.#installing;
    if (snapshot === undefined || this.#installHandedOut) return undefined;
    this.#installHandedOut = true;
    this.#applying = snapshot.metadata.index;
    return snapshot;
  }

  /** The next entries to apply; they count as being applied from now on. */
  takeCommitted(): readonly Entry[] {
    let to = this.#appliableTo();
    if (to <= this.#applying) return NO_ENTRIES;
    const limit = this.#applying + MAX_COMMITTED_PER_READY;
    if (to > limit) to = limit;
    const entries = this.memory.slice(this.#applying + 1, to + 1);
    this.#applying = to;
    return entries;
  }

  /** The state machine, or the installed snapshot, has reached `index`. */
  appliedTo(index: number): void {
    const snapshot = this.#installing;
    if (snapshot !== undefined && this.#installHandedOut && index >= snapshot.metadata.index) {
      assert(
        this.durability.durableTo >= snapshot.metadata.index,
        `snapshot ${snapshot.metadata.index} was installed before it was persisted`,
      );
      this.#installing = undefined;
    }
    assert(
      index <= this.#applying,
      `applied ${index}, but only ${this.#applying} was handed out for applying`,
    );
    if (index > this.#applied) this.#applied = index;
  }

  /** True when a committed configuration change has not been applied. */
  get hasUnappliedConfChange(): boolean {
    const from = this.#applied >= this.firstIndex ? this.#applied + 1 : this.firstIndex;
    for (let index = from; index <= this.#committed; index++) {
      if (this.memory.entry(index).type !== EntryType.normal) return true;
    }
    return false;
  }
}
