// Goal: revisions, stored records and errors are etcd's; reads in slices see one revision; broken stores are refused.
// Method: small histories with known outcome.
// A failure means: clients or other members would notice a difference, or a slice would mix two states.

import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import { CorruptRecordError } from '../../../server/mvcc/key-value.ts';
import { RevisionColumns } from '../../../server/mvcc/revision-columns.ts';
import { MvccStore } from '../../../server/mvcc/store.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';
import { compact, openStore, plain, put, range, remove } from '../../support/mvcc-harness.ts';

const ALL = { revision: 0, limit: 0, countOnly: false, withTotal: true };
const FROM_ZERO = new Uint8Array(1);

describe('store', () => {
  it('starts at revision 1 and stores what etcd stores', () => {
    const backend = new MemoryBackend();
    const store = openStore(backend);
    expect([store.revision, store.compactRevision]).toEqual([1, -1]);
    expect(put(store, 'foo', 'bar')).toBe(2);
    expect(remove(store, 'foo')).toBe(1);
    expect(remove(store, 'foo')).toBe(0);
    expect(store.revision).toBe(3);
    const hex = backend.records().map((r) => Buffer.from(r.value).toString('hex'));
    expect(hex).toEqual(['0a03666f6f1002180220012a03626172', '0a03666f6f']);
    expect(backend.records().map((r) => [r.main, r.sub, r.tombstone])).toEqual([
      [2, 0, false],
      [3, 0, true],
    ]);
  });

  it('gives the changes of a transaction one main and ascending sub revisions', () => {
    const backend = new MemoryBackend();
    const store = openStore(backend);
    for (const key of ['b', 'a', 'c']) put(store, key, key);
    const txn = store.beginWrite();
    txn.put(utf8Bytes('x'), utf8Bytes('1'), 0n);
    const prevKvs: Uint8Array[] = [];
    expect(txn.deleteRange(utf8Bytes('a'), utf8Bytes('c'), prevKvs)).toBe(2);
    txn.put(utf8Bytes('y'), utf8Bytes('2'), 7n);
    expect(prevKvs.map((kv) => plain(kv).key)).toEqual(['a', 'b']);
    expect([0, 1, 2, 3].map((i) => utf8Text(txn.keyOf(i)))).toEqual(['x', 'a', 'b', 'y']);
    expect([0, 1, 2, 3].map((i) => [txn.isTombstone(i), txn.isCreate(i)])).toEqual([
      [false, true],
      [true, false],
      [true, false],
      [false, true],
    ]);
    expect(store.visibleRevision).toBe(5);
    expect(range(store, '\0', '\0').kvs.map((kv) => kv.key)).toEqual(['c', 'x', 'y']);
    expect(range(store, '\0', '\0', 4).kvs.map((kv) => kv.key)).toEqual(['a', 'b', 'c']);
    expect(txn.end()).toBe(5);
    expect(
      backend
        .records()
        .slice(3)
        .map((r) => [r.main, r.sub]),
    ).toEqual([
      [5, 0],
      [5, 1],
      [5, 2],
      [5, 3],
    ]);
    expect(store.stats.txns).toBe(1);
    expect(store.beginWrite().end()).toBe(5);
  });

  it('reads one key, ranges, from a key on, empty ranges', () => {
    const store = openStore(new MemoryBackend());
    for (const key of ['a', 'aa', 'b', 'c']) put(store, key, key);
    const keys = (key: string, end: string, limit = 0): string =>
      range(store, key, end, 0, limit)
        .kvs.map((kv) => kv.key)
        .join(' ');
    expect(keys('a', '')).toBe('a');
    expect(keys('x', '')).toBe('');
    expect(keys('a', 'b')).toBe('a aa');
    expect(keys('aa', '\0')).toBe('aa b c');
    expect(keys('c', 'a')).toBe('');
    expect(keys('b', 'b')).toBe('');
    expect(keys('a', '\0', 2)).toBe('a aa');
    expect(range(store, 'a', '\0', 0, 2).total).toBe(4);
    expect(range(store, 'a', '\0', 3, 1)).toMatchObject({ total: 2 });
  });

  it('refuses future and compacted revisions', () => {
    const store = openStore(new MemoryBackend());
    for (let i = 0; i < 5; i++) put(store, 'a', String(i));
    expect(() => range(store, 'a', '', 7)).toThrow('required revision is a future revision');
    compact(store, 4);
    expect(() => range(store, 'a', '', 3)).toThrow('required revision has been compacted');
    expect(range(store, 'a', '', 4).kvs[0]?.value).toBe('2');
    expect(() => store.scheduleCompaction(4)).toThrow('compacted');
    expect(() => store.scheduleCompaction(7)).toThrow('future');
  });

  it('sees one revision through all slices of a read', () => {
    const store = openStore(new MemoryBackend(), { valueCacheBytes: 0 });
    for (let i = 0; i < 500; i++) put(store, `k${String(i).padStart(3, '0')}`, 'before');
    const columns = new RevisionColumns();
    const cursor = store.beginSelect(FROM_ZERO, FROM_ZERO, ALL, columns);
    for (let i = 0; !cursor.step(7); i++) {
      put(store, `k${String((i * 37) % 600).padStart(3, '0')}`, 'during');
      remove(store, `k${String((i * 53) % 500).padStart(3, '0')}`);
    }
    expect([columns.count, columns.total]).toEqual([500, 500]);
    const values: Uint8Array[] = [];
    for (let from = 0; from < 500; from += 64)
      store.load(columns, from, Math.min(from + 64, 500), values);
    expect(new Set(values.map((value) => plain(value).value))).toEqual(new Set(['before']));
  });

  it('ends a sliced read that a compaction overtook', () => {
    const store = openStore(new MemoryBackend(), { valueCacheBytes: 0 });
    for (let i = 0; i < 50; i++) put(store, `k${i}`, 'x');
    const columns = new RevisionColumns();
    const cursor = store.beginSelect(FROM_ZERO, FROM_ZERO, ALL, columns);
    cursor.step(10);
    for (let i = 0; i < 50; i++) put(store, `k${i}`, 'y');
    compact(store, store.revision);
    expect(() => cursor.step(10)).toThrow('required revision has been compacted');
    expect(() => store.load(columns, 0, columns.count, [])).toThrow('compacted');
    expect(store.current(utf8Bytes('k1'))).toBeDefined();
  });

  it('picks rows of a read for filters and sorts', () => {
    const store = openStore(new MemoryBackend());
    for (const key of ['c', 'b', 'a']) put(store, key, key);
    const columns = new RevisionColumns();
    store.select(FROM_ZERO, FROM_ZERO, ALL, columns);
    columns.pick([2, 0]);
    const values: Uint8Array[] = [];
    store.load(columns, 0, columns.count, values);
    expect(values.map((value) => plain(value).key)).toEqual(['c', 'a']);
    expect([...columns.main]).toEqual([2, 4]);
  });

  it('serves hot keys from memory', () => {
    const backend = new MemoryBackend();
    const store = openStore(backend);
    put(store, 'a', '1');
    backend.getRevision = () => {
      throw new Error('the backend was read');
    };
    expect(plain(store.current(utf8Bytes('a')) ?? EMPTY_BYTES).value).toBe('1');
    expect(store.stats.cacheHits).toBe(1);
  });

  it('stops when a record is missing or broken', () => {
    const backend = new MemoryBackend();
    const store = openStore(backend, { valueCacheBytes: 0 });
    put(store, 'a', '1');
    backend.deleteRevision(2, 0, false);
    expect(() => store.current(utf8Bytes('a'))).toThrow('record {2, 0} is missing');
    expect(() => range(store, 'a')).toThrow('record {2, 0} is missing');
    const broken = new MemoryBackend();
    broken.putRevision(2, 0, false, new Uint8Array([0x0a, 0x09]));
    expect(() => openStore(broken)).toThrow(CorruptRecordError);
  });

  it('is not used before it is restored', () => {
    const store = new MvccStore(new MemoryBackend());
    expect(() => store.beginWrite()).toThrow('restored');
    const job = store.restore();
    expect(store.isReady).toBe(false);
    job.run();
    expect([store.isReady, job.done, job.step()]).toEqual([true, true, true]);
  });

  it('restores more records than one batch holds', () => {
    const backend = new MemoryBackend();
    const store = openStore(backend);
    for (let i = 0; i < 5000; i++) put(store, `k${i % 3000}`, 'v', BigInt(i % 2));
    const leases = new Map<string, bigint>();
    let steps = 1;
    const job = store.restore((key, lease) => leases.set(utf8Text(key), lease));
    while (!job.step()) steps++;
    expect(steps).toBeGreaterThan(2);
    expect([store.revision, store.index.liveCount, leases.size]).toEqual([5001, 3000, 1500]);
    store.index.verify();
  });
});
