// Goal: every Backend keeps the promises of the port, so that mvcc may be tested over memory and run over RocksDB.
// Method: one list of cases, run against both. A failure means the two differ or one breaks the port's contract.

import { describe, expect, it } from 'vitest';
import type { Backend } from '../../../../server/base/backend.ts';
import { utf8Bytes } from '../../../../server/base/bytes.ts';
import { MemoryBackend } from '../../../support/memory-backend.ts';
import { hex } from './store-content.ts';
import { openStore } from './temporary-store.ts';

const A = utf8Bytes('a');
const B = utf8Bytes('b');

function revisionsOf(
  backend: Backend,
  from: [number, number],
  to: number,
  limit: number,
): string[] {
  return backend
    .scanRevisions(from[0], from[1], to, limit)
    .map(({ main, sub, tombstone }) => `${main}_${sub}${tombstone ? 't' : ''}`);
}

function putAll(backend: Backend): void {
  backend.putRevision(2, 0, false, A);
  backend.putRevision(3, 0, false, B);
  backend.putRevision(3, 1, true, A);
  backend.putRevision(3, 2, false, A);
  backend.putRevision(2 ** 40, 0, false, B);
}

describe.each([
  ['RocksBackend', () => openStore()],
  ['MemoryBackend', () => Promise.resolve(new MemoryBackend())],
] as [string, () => Promise<Backend>][])('%s', (_, open) => {
  describe.each([
    ['staged', false],
    ['committed', true],
  ])('%s writes', (__, isCommitted) => {
    async function openFilled(): Promise<Backend> {
      const backend = await open();
      putAll(backend);
      if (isCommitted) backend.commit();
      return backend;
    }

    it('reads revisions that are not tombstones', async () => {
      const backend = await openFilled();
      expect(hex(backend.getRevision(3, 0))).toBe(hex(B));
      expect(hex(backend.getRevision(2 ** 40, 0))).toBe(hex(B));
      expect(backend.getRevision(3, 1)).toBeUndefined();
      expect(backend.getRevision(4, 0)).toBeUndefined();
      const values = backend.getRevisions([3, 9, 2, 3], [2, 0, 0, 1]);
      expect(values.map(hex)).toEqual([hex(A), 'none', hex(A), 'none']);
      expect(backend.getRevisions([], [])).toEqual([]);
    });

    it('scans from a revision, up to a main revision, at most limit', async () => {
      const backend = await openFilled();
      const all = ['2_0', '3_0', '3_1t', '3_2', `${2 ** 40}_0`];
      expect(revisionsOf(backend, [0, 0], Number.MAX_SAFE_INTEGER, 9)).toEqual(all);
      expect(revisionsOf(backend, [3, 1], 3, 9)).toEqual(['3_1t', '3_2']);
      expect(revisionsOf(backend, [0, 0], 3, 2)).toEqual(['2_0', '3_0']);
      expect(revisionsOf(backend, [4, 0], 100, 9)).toEqual([]);
      expect(revisionsOf(backend, [9, 0], 3, 9)).toEqual([]);
      expect(revisionsOf(backend, [0, 0], 9, 0)).toEqual([]);
    });

    it('deletes revisions', async () => {
      const backend = await openFilled();
      backend.deleteRevision(2, 0, false);
      backend.deleteRevision(3, 1, true);
      backend.deleteRevision(77, 0, false);
      for (let round = 0; round < 2; round++) {
        expect(backend.getRevision(2, 0)).toBeUndefined();
        expect(backend.getRevisions([2], [0])).toEqual([undefined]);
        expect(revisionsOf(backend, [0, 0], 3, 9)).toEqual(['3_0', '3_2']);
        expect(revisionsOf(backend, [0, 0], 3, 1)).toEqual(['3_0']);
        backend.commit();
      }
    });
  });

  it('keeps small buckets apart and in order', async () => {
    const backend = await open();
    const high = new Uint8Array([0xff, 0]);
    for (const bucket of ['auth', 'authUsers'] as const) {
      backend.put(bucket, high, A);
      backend.put(bucket, A, B);
      backend.put(bucket, utf8Bytes('aa'), B);
    }
    backend.put('auth', A, A);
    backend.delete('authUsers', high);
    backend.delete('authUsers', utf8Bytes('absent'));
    for (let round = 0; round < 2; round++) {
      const keys = backend.entries('auth').map(([key]) => hex(key));
      expect(keys).toEqual([hex(A), hex(utf8Bytes('aa')), hex(high)]);
      expect(hex(backend.get('auth', A))).toBe(hex(A));
      expect(hex(backend.get('authUsers', A))).toBe(hex(B));
      expect(backend.get('authUsers', high)).toBeUndefined();
      expect(backend.entries('lease')).toEqual([]);
      backend.commit();
    }
  });

  it('copies what it is given by the time of the commit', async () => {
    const backend = await open();
    const value = utf8Bytes('value');
    const key = utf8Bytes('key');
    backend.put('meta', key, value);
    backend.putRevision(2, 0, false, value);
    backend.commit();
    value.fill(0);
    key.fill(0);
    expect(hex(backend.get('meta', utf8Bytes('key')))).toBe(hex(utf8Bytes('value')));
    if (!(backend instanceof MemoryBackend)) {
      expect(hex(backend.getRevision(2, 0))).toBe(hex(utf8Bytes('value')));
    }
  });

  it('keeps empty keys and values', async () => {
    const backend = await open();
    backend.putRevision(2, 0, false, new Uint8Array(0));
    backend.put('meta', new Uint8Array(0), new Uint8Array(0));
    backend.commit();
    expect(backend.getRevision(2, 0)?.length).toBe(0);
    expect(backend.get('meta', new Uint8Array(0))?.length).toBe(0);
    expect(backend.entries('meta').length).toBe(1);
  });

  it('counts what is in use exactly', async () => {
    const backend = await open();
    const empty = backend.sizeInUseBytes();
    putAll(backend);
    backend.put('lease', A, B);
    backend.commit();
    expect(backend.sizeInUseBytes()).toBeGreaterThan(empty);
    backend.put('lease', A, utf8Bytes('longer'));
    backend.delete('lease', A);
    for (const record of backend.scanRevisions(0, 0, 3, 9)) {
      backend.deleteRevision(record.main, record.sub, record.tombstone);
    }
    backend.commit();
    backend.deleteRevision(2 ** 40, 0, false);
    backend.deleteRevision(2 ** 40, 0, false);
    backend.commit();
    expect(backend.sizeInUseBytes()).toBe(empty);
    expect(backend.sizeBytes()).toBeGreaterThanOrEqual(backend.sizeInUseBytes());
  });
});
