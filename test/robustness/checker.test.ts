// Goal: the checker of robustness runs passes what a correct cluster does and notices what a wrong one does. Method: a
// store of a few lines makes a history with overlapping requests; then one thing in it is made wrong. A failure means that
// a run's verdict cannot be trusted.

import { describe, expect, it } from 'vitest';
import { Prng } from '../../server/base/prng.ts';
import { checkOperations } from './linearizability.ts';
import type { Batch, Change, KeyAt, LeaseRecord, Operation, WatchRecord } from './record.ts';
import { StoreLog } from './store-log.ts';
import { checkWatch } from './watch-guarantees.ts';

const LEASE = 7n;

/** A history of a store that does everything right. */
class World {
  readonly operations: Operation[] = [];
  readonly batches: Batch[] = [];
  readonly leases: Map<bigint, LeaseRecord> = new Map();
  readonly #random: Prng;
  readonly #keys: Map<string, KeyAt> = new Map();
  #revision = 1;
  #nowMs = 1000;
  #counter = 0;

  constructor(seed: number) {
    this.#random = new Prng(seed);
    this.leases.set(LEASE, { id: LEASE, ttlSeconds: 1, renewedMs: 0 });
  }

  run(count: number): this {
    for (let index = 0; index < count; index++) this.#step();
    return this;
  }

  get watch(): WatchRecord {
    const { batches } = this;
    return { name: 'all', prefix: '', startRevision: 2, withPrevious: true, batches };
  }

  wrong(): string[] {
    const log = new StoreLog(this.watch);
    const { operations, leases } = this;
    return [...log.wrong, ...checkOperations({ log, operations, leases })];
  }

  watchWrong(watch: WatchRecord = this.watch): string[] {
    const log = new StoreLog(this.watch);
    return checkWatch(watch, log, log.lastRevision);
  }

  find(
    kind: Operation['request']['kind'],
    where: (one: Operation) => boolean = () => true,
  ): number {
    return this.operations.findIndex((one) => one.request.kind === kind && where(one));
  }

  /** Replaces parts of an operation. */
  change(index: number, part: Partial<Operation>): void {
    const before = this.operations[index];
    if (before === undefined) throw new Error('no such operation');
    this.operations[index] = { ...before, ...part };
  }

  #step(): void {
    this.#nowMs += 10;
    const key = `k${this.#random.below(4)}`;
    const kind = this.#random.below(6);
    if (kind === 0) this.#delete(key);
    else if (kind === 1) this.#txn(key);
    else if (kind === 2) this.#get('k', false);
    else if (kind === 3) this.#get(key, true);
    else if (kind === 4) this.#put(key, 0n);
    else if (this.#random.chance(0.2)) this.#expire();
    else this.#put(key, LEASE);
  }

  #put(key: string, lease: bigint): void {
    const value = `v${this.#counter++}`;
    const previous = this.#keys.get(key);
    this.#commit([this.#setKey(key, value, lease)]);
    const keys = previous === undefined ? [] : [previous];
    this.#record({ kind: 'put', put: { key, value, lease } }, { done: true, keys });
  }

  #delete(key: string): void {
    const previous = this.#keys.get(key);
    if (previous !== undefined) this.#commit([this.#removeKey(key)]);
    const keys = previous === undefined ? [] : [previous];
    this.#record({ kind: 'delete', key }, { done: previous !== undefined, keys });
  }

  #txn(key: string): void {
    const found = this.#keys.get(key);
    const holds = this.#random.chance(0.5);
    const puts = [key, `${key}/more`].map((one) => {
      return { key: one, value: `v${this.#counter++}`, lease: 0n };
    });
    if (holds) this.#commit(puts.map((put) => this.#setKey(put.key, put.value, 0n)));
    const modRevision = (found?.modRevision ?? 0) + (holds ? 0 : 1);
    const keys = holds || found === undefined ? [] : [found];
    this.#record({ kind: 'txn', key, modRevision, puts }, { done: holds, keys });
  }

  #get(prefix: string, serializable: boolean): void {
    const keys = [...this.#keys.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    this.#record({ kind: 'get', prefix, revision: 0, serializable }, { done: true, keys });
  }

  #expire(): void {
    this.#nowMs += 2000;
    const attached = [...this.#keys.values()].filter(({ lease }) => lease === LEASE);
    const keys = attached.map(({ key }) => key).sort();
    if (keys.length > 0) this.#commit(keys.map((key) => this.#removeKey(key)));
  }

  #setKey(key: string, value: string, lease: bigint): Omit<Change, 'revision'> {
    const before = this.#keys.get(key);
    const modRevision = this.#revision + 1;
    const createRevision = before?.createRevision ?? modRevision;
    const version = (before?.version ?? 0) + 1;
    this.#keys.set(key, { key, value, createRevision, modRevision, version, lease });
    return { key, value, createRevision, version, lease, previous: before };
  }

  #removeKey(key: string): Omit<Change, 'revision'> {
    const previous = this.#keys.get(key);
    this.#keys.delete(key);
    return { key, value: undefined, createRevision: 0, version: 0, lease: 0n, previous };
  }

  #commit(changes: readonly Omit<Change, 'revision'>[]): void {
    this.#revision += 1;
    const revision = this.#revision;
    this.batches.push({
      revision,
      changes: changes.map((change) => ({ ...change, revision })),
      atMs: this.#nowMs,
    });
    if (this.#random.chance(0.2)) this.batches.push({ revision, changes: [], atMs: this.#nowMs });
  }

  /** Requests began up to two steps before they took effect, and were answered up to two after. */
  #record(
    request: Operation['request'],
    answer: Omit<NonNullable<Operation['answer']>, 'revision'>,
  ): void {
    const isLost = this.#random.chance(0.1);
    this.operations.push({
      client: 'c',
      request,
      startMs: this.#nowMs - this.#random.below(20),
      endMs: isLost ? Number.POSITIVE_INFINITY : this.#nowMs + this.#random.below(20),
      answer: isLost ? undefined : { ...answer, revision: this.#revision },
    });
  }
}

describe('a correct history', () => {
  it('passes, whatever its order', () => {
    for (let seed = 0; seed < 50; seed++) {
      const world = new World(seed).run(200);
      expect(world.wrong()).toEqual([]);
      expect(world.watchWrong()).toEqual([]);
    }
  });
});

describe('operations', () => {
  const answered = (one: Operation): boolean => one.answer !== undefined;

  it('an acknowledged put at a revision of another one', () => {
    const world = new World(1).run(100);
    const index = world.find('put', answered);
    const { answer } = world.operations[index] ?? {};
    if (answer === undefined) throw new Error('no answer');
    world.change(index, { answer: { ...answer, revision: answer.revision + 1 } });
    expect(world.wrong().join()).toMatch(/is something else/);
  });

  it('an acknowledged put that was lost', () => {
    const world = new World(2).run(100);
    const put = { key: 'k0', value: 'lost', lease: 0n };
    const answer = { revision: 5000, done: true, keys: [] };
    const request = { kind: 'put', put } as const;
    world.operations.push({ client: 'c', request, startMs: 1, endMs: 2, answer });
    expect(world.wrong().join()).toMatch(/revision 5000 never was/);
  });

  it('a stale read', () => {
    const world = new World(3).run(200);
    const index = world.find('get', (one) => {
      return one.request.kind === 'get' && !one.request.serializable && answered(one);
    });
    // The same answer, asked for much later.
    world.change(index, { startMs: 1e6, endMs: 1e6 + 1 });
    expect(world.wrong().join()).toMatch(/was known/);
  });

  it('an old serializable read is no mistake', () => {
    const world = new World(3).run(200);
    const index = world.find('get', (one) => {
      return one.request.kind === 'get' && one.request.serializable && answered(one);
    });
    world.change(index, { startMs: 1e6, endMs: 1e6 + 1 });
    expect(world.wrong()).toEqual([]);
  });

  it('a read that saw another value', () => {
    const world = new World(4).run(200);
    const index = world.find('get', (one) => (one.answer?.keys.length ?? 0) > 0);
    const { answer } = world.operations[index] ?? {};
    if (answer === undefined) throw new Error('no answer');
    const keys = answer.keys.map((key) => ({ ...key, value: 'other' }));
    world.change(index, { answer: { ...answer, keys } });
    expect(world.wrong().join()).toMatch(/something else was there/);
  });

  it('a write that took effect before it was asked for', () => {
    const world = new World(5).run(100);
    const index = world.find('put', answered);
    world.change(index, { startMs: 1e6, endMs: 1e6 + 1 });
    expect(world.wrong().join()).toMatch(/made revision|before it was asked for/);
  });

  it('a transaction whose comparison was answered wrong', () => {
    const world = new World(6).run(200);
    const index = world.find('txn', (one) => one.answer?.done === false);
    const { answer } = world.operations[index] ?? {};
    if (answer === undefined) throw new Error('no answer');
    world.change(index, { answer: { ...answer, done: true } });
    expect(world.wrong().join()).toMatch(/the comparison does not hold/);
  });

  it('a write nobody asked for', () => {
    const world = new World(7).run(100);
    world.operations.splice(world.find('put'), 1);
    expect(world.wrong().join()).toMatch(/nobody wrote it/);
  });

  it('a lease that ended too early', () => {
    for (let seed = 0; seed < 20; seed++) {
      const world = new World(seed).run(200);
      world.leases.set(LEASE, { id: LEASE, ttlSeconds: 1000, renewedMs: 0 });
      if (world.wrong().some((text) => /lease 7 ended after/.test(text))) return;
    }
    throw new Error('not noticed');
  });

  it('a wrong value before', () => {
    const world = new World(9).run(200);
    const index = world.find('put', (one) => (one.answer?.keys.length ?? 0) > 0);
    const { answer } = world.operations[index] ?? {};
    const [first] = answer?.keys ?? [];
    if (answer === undefined || first === undefined) throw new Error('no answer');
    world.change(index, { answer: { ...answer, keys: [{ ...first, version: 99 }] } });
    expect(world.wrong().join()).toMatch(/the value before/);
  });
});

describe('watches', () => {
  const world = new World(10).run(200);
  const watchWrong = (batches: readonly Batch[]): string =>
    world.watchWrong({ ...world.watch, batches: [...batches] }).join();
  const withChanges = world.batches.filter(({ changes }) => changes.length > 0);
  const several = withChanges.findIndex(({ changes }) => changes.length > 1);

  it('a lost event', () => {
    expect(watchWrong(withChanges.toSpliced(20, 1))).toMatch(/should have come/);
    expect(watchWrong(withChanges.slice(0, -1))).toMatch(/was not delivered/);
  });

  it('an event delivered twice', () => {
    const [batch] = withChanges.slice(20);
    if (batch === undefined) throw new Error('too few batches');
    expect(watchWrong(withChanges.toSpliced(20, 0, batch))).toMatch(/came after/);
  });

  it('a revision in two parts', () => {
    const batch = withChanges[several];
    const [first] = batch?.changes ?? [];
    if (batch === undefined || first === undefined) throw new Error('no such batch');
    const parts = [
      { ...batch, changes: [first] },
      { ...batch, changes: batch.changes.slice(1) },
    ];
    expect(watchWrong(withChanges.toSpliced(several, 1, ...parts))).toMatch(/came after/);
  });

  it('progress that skips an event', () => {
    const [, , , batch] = withChanges;
    if (batch === undefined) throw new Error('too few batches');
    const progress = { ...batch, revision: batch.revision + 1, changes: [] };
    expect(watchWrong(withChanges.toSpliced(4, 0, progress))).toMatch(/progress at/);
  });

  it('a wrong value before', () => {
    const at = withChanges.findIndex(({ changes }) => changes[0]?.previous !== undefined);
    const batch = withChanges[at];
    if (batch === undefined) throw new Error('no such batch');
    const changes = batch.changes.map((change) => ({ ...change, previous: undefined }));
    expect(watchWrong(withChanges.with(at, { ...batch, changes }))).toMatch(/the value before/);
  });

  it('a watch of a prefix from the middle on', () => {
    const startRevision = 30;
    const batches = withChanges
      .map((batch) => {
        const changes = batch.changes.filter(({ key }) => key.startsWith('k1'));
        return { ...batch, changes };
      })
      .filter(({ changes, revision }) => changes.length > 0 && revision >= startRevision);
    const watch = { ...world.watch, prefix: 'k1', startRevision, batches };
    expect(world.watchWrong(watch)).toEqual([]);
  });
});
