// Goal: a store restored from an image is the store the image was made of, and an image that does not fit is not used.
// Method: images in memory, whole, cut short at every piece, of another version and of other compaction marks; the
// digest of one image. What random stores do with their images is in test/property/mvcc-store.prop.test.ts.
// A failure means: a planned restart would lose keys, or show old ones.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8Text } from '../../../server/base/bytes.ts';
import { MvccStore } from '../../../server/mvcc/store.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';
import { MemoryImage } from '../../support/memory-image.ts';
import { compact, openStore, put, range, remove } from '../../support/mvcc-harness.ts';

/** Of the image of `filled()`. It also changes when keys merely come to lie in other places. */
const DIGEST = '5cef0abf1570b3d77c61c2eb6f05db71c585a1f409f5fa979a7869042e7d1c8a';

const LEASE = 0x7000_0000_0000_0001n;

function filled(): MvccStore {
  const store = openStore(new MemoryBackend());
  for (let i = 0; i < 2000; i++) put(store, `k${i % 700}`, 'v');
  put(store, 'leased', 'v', LEASE);
  remove(store, 'k1', 'k2');
  compact(store, store.revision - 500);
  return store;
}

function imageOf(store: MvccStore): MemoryImage {
  const image = new MemoryImage();
  const leaseOf = (key: Uint8Array): bigint => (utf8Text(key) === 'leased' ? LEASE : 0n);
  expect(store.saveImage(image, leaseOf)).toBe(true);
  return image;
}

/** Restored over a backend without records, so that what is there came from the image. */
function restored(image: MemoryImage, marksOf: MvccStore): MvccStore {
  const backend = new MemoryBackend();
  for (const [key, value] of marksOf.backend.entries('meta')) backend.put('meta', key, value);
  const store = new MvccStore(backend);
  store.restore(undefined, undefined, image.rewind()).run();
  return store;
}

describe('index image', () => {
  it('holds revision, keys, history and leases', () => {
    const store = filled();
    const image = imageOf(store);
    const again = new MvccStore(store.backend);
    const leases: unknown[] = [];
    const attach = (key: Uint8Array, lease: bigint): unknown => leases.push([utf8Text(key), lease]);
    again.restore(attach, undefined, image).run();
    expect(leases).toEqual([['leased', LEASE]]);
    again.index.verify();
    for (const revision of [0, store.revision - 500, store.revision - 1]) {
      const rows = range(again, '\0', '\0', revision);
      expect(rows).toEqual(range(store, '\0', '\0', revision));
      expect(rows.total).toBeGreaterThan(500);
    }
    expect([again.revision, again.compactRevision]).toEqual([
      store.revision,
      store.compactRevision,
    ]);
    expect(put(again, 'k1', 'new')).toBe(store.revision + 1);
  });

  it('is not made inside a transaction or before a restore', () => {
    const other = filled();
    const txn = other.beginWrite();
    expect(other.saveImage(new MemoryImage())).toBe(false);
    txn.end();
    expect(new MvccStore(new MemoryBackend()).saveImage(new MemoryImage())).toBe(false);
  });

  it('is used whole or not at all', () => {
    const store = filled();
    const image = imageOf(store);
    expect(restored(image, store).index.size).toBe(store.index.size);
    const { length } = image.pieces;
    const cuts = [0, 1, length >>> 1, length - 1];
    for (const cut of cuts) {
      const short = new MemoryImage();
      short.pieces.push(...image.pieces.slice(0, cut));
      expect(restored(short, store).index.size).toBe(0);
    }
  });

  it('is not used by another version or after another compaction', () => {
    const store = filled();
    const image = imageOf(store);
    const head = new Float64Array(image.pieces[0]?.slice().buffer ?? new ArrayBuffer(0));
    for (const place of [0, 2, 3]) {
      const other = new MemoryImage();
      const changed = head.map((value, i) => (i === place ? value + 1 : value));
      other.pieces.push(new Uint8Array(changed.buffer), ...image.pieces.slice(1));
      expect(restored(other, store).index.size).toBe(0);
    }
  });

  it('changes its form only with its version', () => {
    // When an array has another layout, older images would be misread: raise INDEX_IMAGE_VERSION with the digest.
    const digest = createHash('sha256');
    for (const piece of imageOf(filled()).pieces) digest.update(`${piece.length}:`).update(piece);
    expect(digest.digest('hex')).toBe(DIGEST);
  });
});
