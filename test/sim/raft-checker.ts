// Owns the safety of the consensus core as seen from outside: elections, logs and commits of all members together,
// remembered across their lives. Raft paper, figure 3.

import { equalBytes } from '../../server/base/bytes.ts';
import type { MemoryLog } from '../../server/raft/memory-log.ts';
import { type Entry, type Message, MessageType } from '../../server/raft/types.ts';
import type { SimProcess } from './sim-process.ts';

interface KnownEntry {
  readonly previousTerm: number;
  readonly type: number;
  readonly data: Uint8Array;
}

interface CommittedEntry {
  readonly entry: Entry;
  /** Term of the member that was first seen to know it committed: at least the term it was committed in. */
  readonly seenInTerm: number;
}

export class RaftChecker {
  readonly #fail: (what: string) => void;
  readonly #onCommitted: (entry: Entry) => void;
  /** Every entry that ever stood in any log, by index and term. */
  readonly #entries: Map<number, KnownEntry> = new Map();
  readonly #committed: CommittedEntry[] = [];
  readonly #leaders: Map<number, number> = new Map();
  readonly #votes: Map<string, bigint> = new Map();

  constructor(fail: (what: string) => void, onCommitted: (entry: Entry) => void) {
    this.#fail = fail;
    this.#onCommitted = onCommitted;
  }

  /** Index up to which anybody knows the log to be committed. */
  get committedIndex(): number {
    return this.#committed.length;
  }

  get elections(): number {
    return this.#leaders.size;
  }

  committedEntry(index: number): Entry | undefined {
    return this.#committed[index - 1]?.entry;
  }

  /** Log matching: entries of one index and term are one entry and follow the same one. */
  appended(process: SimProcess, log: MemoryLog, entries: readonly Entry[]): void {
    for (const { index, term, type, data } of entries) {
      const previousTerm = log.term(index - 1);
      const key = index * 2 ** 20 + term;
      const known = this.#entries.get(key);
      if (known === undefined) {
        this.#entries.set(key, { previousTerm, type, data });
      } else if (
        known.type !== type ||
        !equalBytes(known.data, data) ||
        (known.previousTerm !== previousTerm && known.previousTerm >= 0 && previousTerm >= 0)
      ) {
        this.#fail(`log matching: m${process.machine.number} has another entry ${index}/${term}`);
      }
    }
  }

  /** One vote per member and term, whatever it lived through. */
  sent(message: Message): void {
    if (message.type === MessageType.vote) this.#vote(message.from, message.term, message.from);
    else if (message.type === MessageType.voteResp && !message.reject) {
      this.#vote(message.from, message.term, message.to);
    }
  }

  check(process: SimProcess): void {
    const { parts, seen, machine } = process;
    if (parts === undefined) return;
    const { raft } = parts;
    const term = raft.currentTerm;
    const { committed } = raft;
    if (term < seen.term) this.#fail(`term of m${machine.number} fell to ${term}`);
    if (committed < seen.commit) this.#fail(`commit of m${machine.number} fell to ${committed}`);
    seen.term = term;
    if (raft.role === 'leader') this.leads(process);
    if (committed > seen.commit) {
      this.#checkCommitted(process, seen.commit, committed);
      seen.commit = committed;
    }
  }

  /** Election safety and leader completeness. */
  leads(process: SimProcess): void {
    const { parts, machine } = process;
    if (parts === undefined) return;
    const { raft } = parts;
    const term = raft.currentTerm;
    const other = this.#leaders.get(term);
    if (other === machine.number) return;
    if (other !== undefined) {
      this.#fail(`term ${term} has two leaders: m${other} and m${machine.number}`);
      return;
    }
    this.#leaders.set(term, machine.number);
    for (let index = raft.firstIndex; index <= this.#committed.length; index++) {
      const known = this.#committed[index - 1];
      if (known === undefined || known.seenInTerm >= term) continue;
      const found = raft.term(index);
      if (found === known.entry.term) continue;
      this.#fail(
        `leader completeness: m${machine.number} leads term ${term} with term ${found} at ${index}, ` +
          `committed was ${known.entry.term}`,
      );
      return;
    }
  }

  #vote(voter: bigint, term: number, candidate: bigint): void {
    const key = `${voter}:${term}`;
    const known = this.#votes.get(key);
    if (known === undefined) this.#votes.set(key, candidate);
    else if (known !== candidate) {
      this.#fail(`${voter.toString(16)} votes twice in term ${term}`);
    }
  }

  /** State machine safety: what is committed at an index is the same everywhere and for ever. */
  #checkCommitted(process: SimProcess, from: number, to: number): void {
    const { parts, machine } = process;
    if (parts === undefined) return;
    const { log } = parts.disk;
    if (to > log.lastIndex) {
      this.#fail(`m${machine.number} commits ${to} beyond its log's end ${log.lastIndex}`);
      return;
    }
    for (let index = from + 1; index <= to; index++) {
      if (index < log.firstIndex) {
        // A snapshot stands for it: the entry must be known already, and the snapshot's own term must be right.
        const known = this.#committed[index - 1];
        const isKnown =
          known !== undefined &&
          (index + 1 < log.firstIndex || log.term(index) === known.entry.term);
        if (!isKnown) this.#fail(`m${machine.number} has a snapshot of uncommitted ${index}`);
        continue;
      }
      const entry = log.entry(index);
      const known = this.#committed[index - 1]?.entry;
      if (known === undefined) {
        this.#committed.push({ entry, seenInTerm: parts.raft.currentTerm });
        this.#onCommitted(entry);
      } else if (known.term !== entry.term || !equalBytes(known.data, entry.data)) {
        this.#fail(
          `m${machine.number} committed term ${entry.term} at ${index}, others term ${known.term}`,
        );
      }
    }
  }
}
