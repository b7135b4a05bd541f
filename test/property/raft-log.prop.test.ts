// Goal: the log with its bookkeeping of what is durable never claims more than the disk holds. Method: random operations
// on the log and on a dumb model: a plain list as memory, another as disk, and a queue of writes between them. A failure
// means that a crash could lose an acknowledged entry, or that the log's indexes are off.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EMPTY_BYTES } from '../../server/base/bytes.ts';
import { RaftLog } from '../../server/raft/log.ts';
import { MemoryLog, UNKNOWN_TERM } from '../../server/raft/memory-log.ts';
import type { Entry } from '../../server/raft/types.ts';

interface ModelWrite {
  readonly token: number;
  readonly entries: readonly Entry[];
}

/** Logs as plain lists: position i holds the entry of index i + 1. */
class Model {
  readonly log: RaftLog = new RaftLog(new MemoryLog({ index: 0, term: 0 }, []), {
    committed: 0,
    applied: 0,
  });
  memory: Entry[] = [];
  readonly disk: Entry[] = [];
  readonly writes: ModelWrite[] = [];
  handedOut = 0;
  applied = 0;
  token = 0;
  term = 1;

  /** A new leader, or the same, sends `count` entries after `keep` of what is not committed. */
  append(keep: number, count: number, newTerm: boolean): void {
    if (newTerm) this.term++;
    const free = this.memory.length - this.log.committed;
    const from = this.log.committed + (free === 0 ? 0 : keep % (free + 1));
    const entries = Array.from({ length: count }, (_, i) => this.#entry(from + 1 + i));
    const previousTerm = this.memory[from - 1]?.term ?? 0;
    expect(this.log.appendAfter(from, previousTerm, entries)).toBe(from + count);
    const fork = entries.findIndex((e) => this.memory[e.index - 1]?.term !== e.term);
    if (fork === -1) return;
    this.memory = [...this.memory.slice(0, from + fork), ...entries.slice(fork)];
    this.handedOut = Math.min(this.handedOut, from + fork);
  }

  #entry(index: number): Entry {
    // Entries of one term at one index are always the same ones, as in Raft.
    return { type: 0, term: this.term, index, data: EMPTY_BYTES };
  }

  handOut(): void {
    const entries = this.log.newEntries();
    expect(entries).toEqual(this.memory.slice(this.handedOut));
    this.log.durability.handOut(++this.token, this.log.lastIndex, entries.length > 0);
    this.handedOut = this.memory.length;
    if (entries.length > 0) this.writes.push({ token: this.token, entries });
  }

  /** The oldest writes complete. */
  persist(count: number): void {
    let token = 0;
    for (const write of this.writes.splice(0, count)) {
      for (const entry of write.entries) {
        this.disk.length = entry.index - 1;
        this.disk.push(entry);
      }
      token = write.token;
    }
    if (token > 0) this.log.durability.persisted(token);
  }

  commit(by: number): void {
    this.log.commitTo(Math.min(this.log.committed + by, this.log.lastIndex));
  }

  apply(): void {
    const entries = this.log.takeCommitted();
    expect(entries).toEqual(this.memory.slice(this.applied, this.applied + entries.length));
    this.applied += entries.length;
    this.log.appliedTo(this.applied);
  }

  check(): void {
    const { log } = this;
    expect(log.lastIndex).toBe(this.memory.length);
    for (let i = log.firstIndex; i <= log.lastIndex; i++) {
      expect(log.term(i)).toBe(this.memory[i - 1]?.term);
    }
    expect(log.term(log.lastIndex + 1)).toBe(UNKNOWN_TERM);
    // What counts as durable is on disk, as it is in memory, whatever writes are still to come.
    const durable = log.durability.durableTo;
    expect(this.disk.slice(0, durable)).toEqual(this.memory.slice(0, durable));
    for (const write of this.writes) {
      for (const entry of write.entries) {
        if (entry.index <= durable) expect(entry).toEqual(this.memory[entry.index - 1]);
      }
    }
    expect(this.applied).toBeLessThanOrEqual(Math.min(durable, log.committed));
    // And with nothing under way, nothing is forgotten.
    if (this.writes.length === 0 && !log.hasNewEntries) expect(durable).toBe(log.lastIndex);
  }
}

it('what counts as durable is durable', () => {
  const operation = fc.oneof(
    fc.record({
      kind: fc.constant('append' as const),
      keep: fc.nat(5),
      count: fc.integer({ min: 0, max: 4 }),
      newTerm: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('handOut' as const) }),
    fc.record({ kind: fc.constant('persist' as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('commit' as const), by: fc.nat(3) }),
    fc.record({ kind: fc.constant('apply' as const) }),
    fc.record({ kind: fc.constant('compact' as const) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const model = new Model();
      for (const op of operations) {
        if (op.kind === 'append') model.append(op.keep, op.count, op.newTerm);
        else if (op.kind === 'handOut') model.handOut();
        else if (op.kind === 'persist') model.persist(op.count);
        else if (op.kind === 'commit') model.commit(op.by);
        else if (op.kind === 'apply') model.apply();
        else model.log.memory.compact(model.applied);
        model.check();
      }
    }),
    { numRuns: 1000 },
  );
});
