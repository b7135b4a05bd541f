// Goal: HashKV gives the very numbers Go etcd gives for the same history, before and after compactions, from the cache
// and recomputed, whatever the slice size.
// Method: known vectors: a hand-made history, and the pattern of Go's own tests.
// A failure means: a mixed cluster would raise a corruption alarm over equal data.

import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES } from '../../../server/base/bytes.ts';
import { SCHEDULED_COMPACT_KEY } from '../../../server/mvcc/restore-job.ts';
import type { MvccStore } from '../../../server/mvcc/store.ts';
import { encodeMainRevision } from '../../../server/mvcc/stored-revision.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';
import { compact, hashKv, openStore, put, remove } from '../../support/mvcc-harness.ts';

const CYCLE = 71;

function pickKey(i: number): string {
  if (i % (CYCLE * 2) === 30) return 'zenek';
  if (i % CYCLE === 30) return 'xavery';
  return ['alice', 'bob', 'celine', 'dominik', 'eve', 'frederica', 'gorge'][i % 7] ?? '';
}

function putRound(store: MvccStore, from: number, count: number): void {
  for (let i = from; i <= from + count; i++) put(store, pickKey(i), String(i));
}

function rounds(
  store: MvccStore,
  revisionOf: (from: number, count: number) => number,
  records: number,
): number[][] {
  const got: number[][] = [];
  const step = (from: number, count: number): void => {
    putRound(store, from, count);
    const revision = revisionOf(from, count);
    const { hash, compactRevision, revision: hashed } = hashKv(store, revision, records);
    got.push([hash, compactRevision, hashed]);
    compact(store, hashed, records);
  };
  let from = 0;
  for (; from < 1210; from += CYCLE) step(from, CYCLE);
  step(from, 1210);
  return got;
}

describe('HashKV', () => {
  it('matches the vectors of a small history', () => {
    const store = openStore(new MemoryBackend());
    const at = (hash: number, compactRevision: number, revision: number) => ({
      hash,
      compactRevision,
      revision,
    });
    expect(hashKv(store, 0)).toEqual(at(1084519789, -1, 1));
    put(store, 'foo', 'bar');
    expect(hashKv(store, 0)).toEqual(at(3305255506, -1, 2));
    remove(store, 'foo');
    expect(hashKv(store, 0)).toEqual(at(2489925301, -1, 3));
    put(store, 'foo', 'baz');
    expect(hashKv(store, 0)).toEqual(at(2127355540, -1, 4));
    compact(store, 3);
    expect(hashKv(store, 3)).toEqual(at(2489925301, -1, 3));
    expect(hashKv(store, 0)).toEqual(at(2708799136, 3, 4));
    store.restore().run();
    expect(hashKv(store, 3)).toEqual(at(1084519789, 3, 3));
    expect(hashKv(store, 0)).toEqual(at(2708799136, 3, 4));
  });

  it('counts the empty record of a restore with a bumped revision as Go does', () => {
    const backend = new MemoryBackend();
    put(openStore(backend), 'foo', 'bar');
    backend.putRevision(1002, 0, false, EMPTY_BYTES);
    backend.put('meta', SCHEDULED_COMPACT_KEY, encodeMainRevision(1002));
    const store = openStore(backend);
    while (store.pendingCompaction?.done === false) store.pendingCompaction.step(1000);
    expect(hashKv(store, 0)).toEqual({ hash: 508424636, compactRevision: 1002, revision: 1002 });
    put(store, 'a', 'b');
    expect(hashKv(store, 0).hash).toBe(3027230451);
  });

  it('covers old records too when no key is left', () => {
    const store = openStore(new MemoryBackend());
    put(store, 'foo', 'bar');
    compact(store, 2);
    remove(store, 'foo');
    // The same two records as in an uncompacted store: an empty keep set hides nothing.
    expect(hashKv(store, 3)).toEqual({ hash: 2489925301, compactRevision: 2, revision: 3 });
  });

  it.each([1, 7, 1000])('matches the constants of Go, half way, in slices of %i', (records) => {
    const store = openStore(new MemoryBackend());
    const got = rounds(store, (from, count) => from + (count >>> 1), records);
    expect(got).toEqual(HALF_WAY);
  });

  it('matches the constants of Go at the last revision', () => {
    const store = openStore(new MemoryBackend());
    expect(rounds(store, () => 0, 1000)).toEqual(LAST_REVISION);
  });

  it('finds before and after a compaction the same digest, with deletions', () => {
    const store = openStore(new MemoryBackend());
    for (let start = 0; start < 1210; start += CYCLE) {
      for (let i = start; i <= start + CYCLE; i++) {
        if (i % 67 === 0) remove(store, pickKey(i + 83));
        else put(store, pickKey(i), String(i));
      }
      const revision = store.revision - 3;
      const before = hashKv(store, revision);
      compact(store, revision, 13);
      expect(hashKv(store, revision)).toEqual(before);
    }
    expect(store.compactionHashes().length).toBe(10);
  });

  it('refuses what is compacted or not there yet', () => {
    const store = openStore(new MemoryBackend());
    for (let i = 0; i < 5; i++) put(store, 'a', String(i));
    compact(store, 4);
    compact(store, 5);
    store.restore().run();
    expect(() => store.hashKv(4)).toThrow('required revision has been compacted');
    expect(() => store.hashKv(7)).toThrow('required revision is a future revision');
    expect(hashKv(store, 5).revision).toBe(5);
  });

  it('is the same before and after a compaction has deleted what it should, though no key is left', () => {
    const store = openStore(new MemoryBackend());
    for (let i = 1; i <= 20; i++) {
      if (i % 5 === 0) remove(store, 'a');
      else put(store, 'a', String(i));
    }
    for (const compactAt of [6, 8, 21]) {
      const job = store.scheduleCompaction(compactAt);
      const scheduled = hashKv(store, 0);
      job.step(100);
      job.step(2);
      const underWay = hashKv(store, 0);
      while (!job.done) job.step(100);
      expect([scheduled, underWay]).toEqual([hashKv(store, 0), hashKv(store, 0)]);
    }
  });

  it('holds compactions back until it is done or canceled', () => {
    const store = openStore(new MemoryBackend());
    for (let i = 0; i < 50; i++) put(store, `k${i % 3}`, String(i));
    const expected = hashKv(store, 30);
    const hash = store.hashKv(30);
    hash.step(3);
    const job = store.scheduleCompaction(40);
    expect(job.step(100)).toBe('waiting');
    put(store, 'other', 'x');
    while (!hash.step(3));
    expect(hash.result).toEqual(expected);
    while (job.step(100) === 'working');
    expect(job.done).toBe(true);
    const second = store.hashKv(45);
    const next = store.scheduleCompaction(45);
    expect(next.step(100)).toBe('waiting');
    second.cancel();
    expect(next.step(100)).toBe('working');
  });
});

const HALF_WAY = [
  [4082599214, -1, 35],
  [2279933401, 35, 106],
  [3284231217, 106, 177],
  [126286495, 177, 248],
  [900108730, 248, 319],
  [2475485232, 319, 390],
  [1226296507, 390, 461],
  [2503661030, 461, 532],
  [4155130747, 532, 603],
  [106915399, 603, 674],
  [406914006, 674, 745],
  [1882211381, 745, 816],
  [806177088, 816, 887],
  [664311366, 887, 958],
  [1496914449, 958, 1029],
  [2434525091, 1029, 1100],
  [3988652253, 1100, 1171],
  [1122462288, 1171, 1242],
  [724436716, 1242, 1883],
];

const LAST_REVISION = [
  [1913897190, -1, 73],
  [224860069, 73, 145],
  [1565167519, 145, 217],
  [1566261620, 217, 289],
  [2037173024, 289, 361],
  [691659396, 361, 433],
  [2713730748, 433, 505],
  [3919322507, 505, 577],
  [769967540, 577, 649],
  [2909194793, 649, 721],
  [1576921157, 721, 793],
  [4067701532, 793, 865],
  [2226384237, 865, 937],
  [2923408134, 937, 1009],
  [2680329256, 1009, 1081],
  [1546717673, 1081, 1153],
  [2713657846, 1153, 1225],
  [1046575299, 1225, 1297],
  [2017735779, 1297, 2508],
];
