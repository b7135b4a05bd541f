// Goal: a defragmentation under writes loses nothing, revives nothing, gives the space back and leaves the loop free.
// Method: a store with a few thousand records is defragmented while every turn of the loop puts, deletes and commits;
// the same writes go to a backend in memory, and both are compared before and after a restart. A failure means the
// copy and the writes raced.

import { readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Backend, RevisionRecord } from '../../../../server/base/backend.ts';
import { utf8Bytes } from '../../../../server/base/bytes.ts';
import { GenerationBuildError } from '../../../../server/storage/rocks/errors.ts';
import { MemoryBackend } from '../../../support/memory-backend.ts';
import { contentOf, pairsOf } from './store-content.ts';
import { openStore, temporaryDirectory } from './temporary-store.ts';

const RECORDS = 5000;
const VALUE = new Uint8Array(100).fill(7);

/** A small generator of numbers, so that a failure can be repeated. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Writes to several backends at once. */
class Workload {
  readonly #backends: readonly Backend[];
  readonly #random: (below: number) => number;
  #main = 1;
  readonly #live: RevisionRecord[] = [];

  constructor(backends: readonly Backend[], seed: number) {
    this.#backends = backends;
    this.#random = randomFrom(seed);
  }

  fill(): void {
    for (let i = 0; i < RECORDS; i++) this.#put();
    for (let i = 0; i < 600; i++) this.#putMeta();
    this.commit();
  }

  /** A few writes of every kind; the commit follows in this turn or the next. */
  async turn(): Promise<void> {
    for (let i = 0; i < 10; i++) {
      this.#put();
      this.#putMeta();
      for (let n = 0; n < 3; n++) this.#delete();
    }
    if (this.#random(4) === 0) await setImmediate();
    this.commit();
  }

  commit(): void {
    for (const backend of this.#backends) backend.commit();
  }

  #put(): void {
    this.#main += 1;
    const tombstone = this.#random(5) === 0;
    const record = { main: this.#main, sub: this.#random(3), tombstone, value: VALUE };
    this.#live.push(record);
    for (const backend of this.#backends) {
      backend.putRevision(record.main, record.sub, tombstone, record.value);
    }
  }

  #delete(): void {
    const [record] = this.#live.splice(this.#random(this.#live.length), 1);
    if (record === undefined) return;
    for (const backend of this.#backends) {
      backend.deleteRevision(record.main, record.sub, record.tombstone);
    }
  }

  #putMeta(): void {
    const key = utf8Bytes(`key-${this.#random(700)}`);
    const isDeletion = this.#random(2) === 0;
    for (const backend of this.#backends) {
      if (isDeletion) backend.delete('lease', key);
      else backend.put('lease', key, utf8Bytes(`value-${this.#main}`));
    }
  }
}

describe('defragment', () => {
  it.each([1, 2, 3, 4, 5, 6])('equals under writes, seed %i', async (seed) => {
    const directory = await temporaryDirectory();
    const rocks = await openStore(directory);
    const memory = new MemoryBackend();
    const workload = new Workload([rocks, memory], seed);
    workload.fill();
    let isRunning = true;
    let turns = 0;
    const finished = rocks.defragment().finally(() => {
      isRunning = false;
    });
    while (isRunning) {
      await workload.turn();
      await setImmediate();
      turns += 1;
    }
    await finished;
    // The writes must have run between the slices of the copy, or nothing is tested.
    expect(turns).toBeGreaterThan(10);
    expect(contentOf(rocks)).toEqual(contentOf(memory));
    await workload.turn();
    await rocks.close();
    const again = await openStore(directory);
    expect(contentOf(again)).toEqual(contentOf(memory));
    const names = await readdir(directory);
    expect(names.sort()).toEqual(['0000000000000002', 'CURRENT']);
  });

  it('gives back the space of deleted records and keeps the mark until then', async () => {
    const store = await openStore();
    for (let main = 2; main < 1002; main++) store.putRevision(main, 0, false, VALUE);
    store.commit();
    const full = store.sizeBytes();
    expect(full % 4096).toBe(0);
    expect(full).toBeGreaterThanOrEqual(1000 * VALUE.length);
    for (let main = 2; main < 902; main++) store.deleteRevision(main, 0, false);
    store.commit();
    expect(store.sizeBytes()).toBe(full);
    expect(store.sizeInUseBytes()).toBeLessThan(full / 5);
    for (let main = 1002; main < 1102; main++) store.putRevision(main, 0, false, VALUE);
    store.commit();
    expect(store.sizeBytes()).toBe(full);
    await store.defragment();
    expect(store.sizeBytes()).toBe(Math.ceil(store.sizeInUseBytes() / 4096) * 4096);
    expect(store.sizeBytes()).toBeLessThan(full / 2);
  });

  it('is at least as large as an empty store of etcd', async () => {
    const store = await openStore();
    expect(store.sizeBytes()).toBe(20_480);
    await store.defragment();
    expect(store.sizeBytes()).toBe(20_480);
  });

  it('runs once for two callers', async () => {
    const directory = await temporaryDirectory();
    const store = await openStore(directory);
    await Promise.all([store.defragment(), store.defragment()]);
    const names = await readdir(directory);
    expect(names).toContain('0000000000000002');
    expect(names).not.toContain('0000000000000003');
  });

  it('leaves a view its state and removes the old generation after it', async () => {
    const directory = await temporaryDirectory();
    const store = await openStore(directory);
    for (let main = 2; main < 3000; main++) store.putRevision(main, 0, false, VALUE);
    store.put('auth', utf8Bytes('k'), VALUE);
    store.commit();
    const view = store.openView();
    store.deleteRevision(5, 0, false);
    store.putRevision(3000, 0, false, VALUE);
    store.delete('auth', utf8Bytes('k'));
    store.commit();
    await store.defragment();
    expect(await readdir(directory)).toContain('0000000000000001');
    expect((await pairsOf(view, ['key', 'auth'])).length).toBe(2999);
    await view.close();
    while ((await readdir(directory)).includes('0000000000000001')) await setImmediate();
  });

  it('gives up when the store is closed, and the old content stays', async () => {
    const directory = await temporaryDirectory();
    const store = await openStore(directory);
    new Workload([store], 9).fill();
    const before = contentOf(store);
    const failed = expect(store.defragment()).rejects.toThrow(GenerationBuildError);
    await store.close();
    await failed;
    expect(contentOf(await openStore(directory))).toEqual(before);
  });

  it('waits with its copy while writes are staged', async () => {
    const store = await openStore();
    store.putRevision(2, 0, false, VALUE);
    let isDone = false;
    const finished = store.defragment().then(() => {
      isDone = true;
    });
    for (let i = 0; i < 50; i++) await setImmediate();
    expect(isDone).toBe(false);
    store.commit();
    await finished;
    expect(store.getRevision(2, 0)?.length).toBe(VALUE.length);
  });
});
