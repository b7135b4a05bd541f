// Owns the entries since the last compaction, in memory. Knows indexes and terms, nothing of commitment, durability
// or members. Raft appends and cuts; the node compacts and looks up.
//
// Example: base (index 4, term 2) and entries 5..7
//
//   index   ..4     5     6     7
//   term      2     2     3     3        firstIndex 5, lastIndex 7, term(4) is still known, term(3) is not
//            base   \__ entries __/
//
// Invariant: entries[i].index === baseIndex + 1 + i, and terms never go down.

import { assert, at } from '../base/assert.ts';
import { InvalidRaftStateError } from './errors.ts';
import type { Entry } from './types.ts';

/** The term of an index this log does not hold: compacted away, or not there yet. */
export const UNKNOWN_TERM = -1;

/** The entry just before the first one held: (0, 0) for a log that was never compacted. */
export interface LogBase {
  readonly index: number;
  readonly term: number;
}

export class MemoryLog {
  #baseIndex: number;
  #baseTerm: number;
  #entries: Entry[];
  #dataBytes: number;

  /** `entries` come from disk: gaps and falling terms are refused, not asserted. */
  constructor(base: LogBase, entries: readonly Entry[]) {
    let term = base.term;
    let dataBytes = 0;
    for (let i = 0; i < entries.length; i++) {
      const entry = at(entries, i);
      if (entry.index !== base.index + 1 + i || entry.term < term) {
        throw new InvalidRaftStateError(
          `raft: entry (index ${entry.index}, term ${entry.term}) cannot follow (index ${base.index + i}, term ${term})`,
        );
      }
      term = entry.term;
      dataBytes += entry.data.length;
    }
    this.#baseIndex = base.index;
    this.#baseTerm = base.term;
    this.#entries = entries.slice();
    this.#dataBytes = dataBytes;
  }

  /** Data of all entries together. */
  get dataBytes(): number {
    return this.#dataBytes;
  }

  get firstIndex(): number {
    return this.#baseIndex + 1;
  }

  get lastIndex(): number {
    return this.#baseIndex + this.#entries.length;
  }

  get lastTerm(): number {
    const last = this.#entries[this.#entries.length - 1];
    return last === undefined ? this.#baseTerm : last.term;
  }

  /** The term at `index`, or UNKNOWN_TERM. */
  term(index: number): number {
    const position = index - this.#baseIndex - 1;
    if (position < 0) return position === -1 ? this.#baseTerm : UNKNOWN_TERM;
    const entry = this.#entries[position];
    return entry === undefined ? UNKNOWN_TERM : entry.term;
  }

  /** The entry at `index`, which must be held. */
  entry(index: number): Entry {
    return at(this.#entries, index - this.#baseIndex - 1);
  }

  /** Entries in [from, to); the whole range must be held. */
  slice(from: number, to: number): Entry[] {
    const start = from - this.#baseIndex - 1;
    const end = to - this.#baseIndex - 1;
    assert(
      start >= 0 && start <= end && end <= this.#entries.length,
      `log holds [${this.firstIndex}, ${this.lastIndex}], asked for [${from}, ${to})`,
    );
    return this.#entries.slice(start, end);
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#dataBytes += entry.data.length;
  }

  /** Forgets `index` and everything after it. */
  truncateFrom(index: number): void {
    const length = index - this.#baseIndex - 1;
    assert(
      length >= 0 && length <= this.#entries.length,
      `cannot cut [${this.firstIndex}, ${this.lastIndex}] at ${index}`,
    );
    this.#forgetBytes(length, this.#entries.length);
    this.#entries.length = length;
  }

  /** Forgets everything up to and including `index`; its term stays known. Compacting again below is a no-op. */
  compact(index: number): void {
    if (index <= this.#baseIndex) return;
    const term = this.term(index);
    assert(term !== UNKNOWN_TERM, `cannot compact [.., ${this.lastIndex}] to ${index}`);
    const count = index - this.#baseIndex;
    this.#forgetBytes(0, count);
    this.#entries = this.#entries.slice(count);
    this.#baseIndex = index;
    this.#baseTerm = term;
  }

  /** Replaces the whole log by a snapshot's last index. */
  reset(base: LogBase): void {
    this.#baseIndex = base.index;
    this.#baseTerm = base.term;
    this.#entries = [];
    this.#dataBytes = 0;
  }

  /** The entries at positions [from, to) go. */
  #forgetBytes(from: number, to: number): void {
    for (let i = from; i < to; i++) this.#dataBytes -= at(this.#entries, i).data.length;
  }
}
