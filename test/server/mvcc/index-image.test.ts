// Goal: a store restored from an image is the store that was kept, as it became since, and an image that does not fit is not
// used.
// Method: images in memory, made in slices with writes in between; whole, cut short at every piece, of another version, of a
// store that was compacted or that lost its end; the digest of one image. What random stores do with their images is in
// test/property/mvcc-store.prop.test.ts.
// A failure means: a restart would lose keys, or show old ones.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { must } from '../../../server/base/assert.ts';
import { utf8Text } from '../../../server/base/bytes.ts';
import type { RestoreJob } from '../../../server/mvcc/restore-job.ts';
import { MvccStore } from '../../../server/mvcc/store.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';
import { MemoryImage } from '../../support/memory-image.ts';
import { compact, hashKv, openStore, put, range, remove } from '../../support/mvcc-harness.ts';

/** Of the image of `filled()`. */
const DIGEST = 'b848cada6979ead48001f56e70c1b18ae516a9e33fca398dbc538f2da71ca1f1';

const LEASE = 0x7000_0000_0000_0001n;

const leaseOf = (key: Uint8Array): bigint => (utf8Text(key).startsWith('leased') ? LEASE : 0n);

function filled(): MvccStore {
  const store = openStore(new MemoryBackend());
  for (let i = 0; i < 2000; i++) put(store, `k${i % 700}`, 'v');
  put(store, 'leased', 'v', LEASE);
  remove(store, 'k1', 'k2');
  compact(store, store.revision - 500);
  return store;
}

/** An image made of slices of 50 records, with `between` after every one. */
function imageOf(store: MvccStore, between: () => void = () => undefined): MemoryImage | undefined {
  const job = must(store.beginImage(leaseOf, 50), 'the store is ready');
  const image = new MemoryImage();
  for (let piece = job.next(); piece !== undefined; piece = job.next()) {
    image.pieces.push(piece.slice());
    between();
  }
  return job.isComplete ? image : undefined;
}

function restored(
  store: MvccStore,
  image: MemoryImage | undefined,
): { again: MvccStore; job: RestoreJob; leases: string[] } {
  const again = new MvccStore(store.backend);
  const leases: string[] = [];
  const attach = (key: Uint8Array, lease: bigint): unknown =>
    leases.push(`${utf8Text(key)} ${lease}`);
  const job = again.restore(attach, undefined, image?.rewind());
  job.run();
  again.index.verify();
  return { again, job, leases: leases.sort() };
}

/** What an image gave is what the records give. */
function expectSame(store: MvccStore, image: MemoryImage | undefined): void {
  const [{ again, job, leases }, scanned] = [restored(store, image), restored(store, undefined)];
  expect(job.imageRevision).toBeGreaterThan(0);
  expect(scanned.job.imageRevision).toBe(0);
  expect(leases).toEqual(scanned.leases);
  const { index, revision, compactRevision } = scanned.again;
  expect([again.revision, again.compactRevision]).toEqual([revision, compactRevision]);
  expect([again.index.size, again.index.liveCount, again.index.historyCount]).toEqual([
    index.size,
    index.liveCount,
    index.historyCount,
  ]);
  for (let at = Math.max(1, compactRevision); at <= revision; at += 37) {
    expect(range(again, '\0', '\0', at)).toEqual(range(scanned.again, '\0', '\0', at));
  }
  expect(hashKv(again, 0)).toEqual(hashKv(scanned.again, 0));
}

describe('index image', () => {
  it('holds revision, keys, history and leases', () => {
    const store = filled();
    const image = imageOf(store);
    const { job, leases } = restored(store, image);
    expect([job.imageRevision, job.recordCount]).toEqual([store.revision, 0]);
    expect(leases).toEqual([`leased ${LEASE}`]);
    expectSame(store, image);
    expect(put(restored(store, image).again, 'k1', 'new')).toBe(store.revision + 1);
  });

  it('knows nothing of what was written while it was made and later, and does not matter for it', () => {
    const store = filled();
    let turn = 0;
    const image = imageOf(store, () => {
      turn++;
      // Before and behind the walk, known and new keys, keys with a lease and without.
      put(store, `k${(turn * 331) % 700}`, 'again');
      put(store, `k9/${turn}`, 'new');
      put(store, `a${turn % 5}`, 'first');
      put(store, turn % 2 === 0 ? 'leased' : `leased/${turn}`, 'v', LEASE);
      remove(store, `k${(turn * 97) % 700}`);
    });
    expect(turn).toBeGreaterThan(20);
    remove(store, 'leased');
    remove(store, 'k2', 'k3');
    put(store, 'k2', 'back');
    expectSame(store, image);
  });

  it('is followed by the compactions up to its beginning, under way, finished and cut short', () => {
    const store = filled();
    const begun = store.revision;
    let turn = 0;
    const image = imageOf(store, () => {
      turn++;
      if (turn === 3) store.scheduleCompaction(begun - 300);
      store.pendingCompaction?.step(200);
      remove(store, `k${turn}`);
    });
    expect(store.pendingCompaction).toBeUndefined();
    expectSame(store, image);
    compact(store, begun - 100);
    expectSame(store, image);
    const cut = store.scheduleCompaction(begun);
    for (let i = 0; i < 12; i++) cut.step(40);
    expect(cut.done).toBe(false);
    const { again, job } = restored(store, image);
    expect(job.imageRevision).toBe(begun);
    while (again.pendingCompaction !== undefined) again.pendingCompaction.step(1000);
    expectSame(again, image);
    expect(again.index.historyCount + again.index.size).toBe(recordsOf(again).length);
  });

  it('is not used once compaction went past its beginning', () => {
    const store = filled();
    const image = imageOf(store);
    remove(store, 'k300');
    put(store, 'k300', 'back');
    compact(store, store.revision);
    expect(restored(store, image).job.imageRevision).toBe(0);
    const pending = filled();
    const other = imageOf(pending);
    put(pending, 'k300', 'more');
    pending.scheduleCompaction(pending.revision);
    expect(restored(pending, other).job.imageRevision).toBe(0);
  });

  it('comes to nothing when compaction goes past its beginning, or another store comes', () => {
    const store = filled();
    let turn = 0;
    const past = imageOf(store, () => {
      put(store, 'k5', 'v');
      if (++turn === 5) store.scheduleCompaction(store.revision);
    });
    expect([past, turn]).toEqual([undefined, 5]);
    const job = must(store.beginImage(leaseOf), 'the store is ready');
    store.restore().run();
    expect([job.next(), job.isComplete]).toEqual([undefined, false]);
  });

  it('is made of a key with very many records in parts, unless compaction takes one of them away', () => {
    const store = openStore(new MemoryBackend());
    for (let i = 0; i < 1000; i++) put(store, 'hot', `${i}`);
    put(store, 'other', 'v');
    expectSame(
      store,
      imageOf(store, () => put(store, 'hot', 'more')),
    );
    let turn = 0;
    const torn = imageOf(store, () => {
      if (++turn === 10) compact(store, 900);
    });
    expect(torn).toBeUndefined();
    expectSame(store, imageOf(store));
    // The whole key goes, and none is behind it.
    remove(store, 'hot', '\0');
    put(store, 'a', 'v');
    for (let i = 0; i < 200; i++) put(store, 'hot', `${i}`);
    remove(store, 'hot');
    const { revision } = store;
    put(store, 'a', 'v');
    turn = 0;
    const gone = imageOf(store, () => {
      if (++turn === 4) compact(store, revision + 1);
    });
    expect([gone, turn]).toEqual([undefined, 4]);
  });

  it('is not made before a restore, nor of a store that never wrote', () => {
    expect(new MvccStore(new MemoryBackend()).beginImage(leaseOf)).toBeUndefined();
    expect(imageOf(openStore(new MemoryBackend()))).toBeUndefined();
  });

  it('is used whole or not at all', () => {
    const store = filled();
    const image = must(imageOf(store), 'an image');
    const { length } = image.pieces;
    expect(length).toBeGreaterThan(20);
    for (let cut = 0; cut < length; cut++) {
      const short = new MemoryImage();
      short.pieces.push(...image.pieces.slice(0, cut));
      const { job, again } = restored(store, short);
      expect([job.imageRevision, again.index.size]).toEqual([0, store.index.size]);
    }
  });

  it('is not used by another version, nor by a store that has not come so far or has another end', () => {
    const store = filled();
    const image = must(imageOf(store), 'an image');
    const other = new MemoryImage();
    other.pieces.push(...image.pieces);
    other.pieces[0] = must(image.pieces[0], 'a head').with(1, 2);
    expect(restored(store, other).job.imageRevision).toBe(0);
    const backend = new MemoryBackend();
    for (const [key, value] of store.backend.entries('meta')) backend.put('meta', key, value);
    for (const { main, sub, tombstone, value } of recordsOf(store)) {
      if (main < store.revision) backend.putRevision(main, sub, tombstone, value);
    }
    const behind = openStore(backend);
    expect(behind.revision).toBe(store.revision - 1);
    expect(restored(behind, image).job.imageRevision).toBe(0);
    expect(put(behind, 'another', 'v')).toBe(store.revision);
    expect(restored(behind, image).job.imageRevision).toBe(0);
    expectSame(store, image);
  });

  it('changes its form only with its version', () => {
    // When the form changes, older images would be misread: raise INDEX_IMAGE_VERSION with the digest.
    const digest = createHash('sha256');
    for (const piece of imageOf(filled())?.pieces ?? []) digest.update(piece);
    expect(digest.digest('hex')).toBe(DIGEST);
  });
});

function recordsOf(store: MvccStore): ReturnType<MemoryBackend['scanRevisions']> {
  return store.backend.scanRevisions(0, 0, Number.MAX_SAFE_INTEGER, 1_000_000);
}
