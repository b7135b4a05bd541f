// Goal: an image is found by the next starts of its database, whole, and by no other; what is half written or damaged is none.
// Method: real stores; the file is damaged, left half written, replaced, and the database is replaced in between.
// A failure means: a member starts with an index of something else, or reads everything again for nothing.

import { existsSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PendingImage, RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';
import { openStore, temporaryDirectory } from './temporary-store.ts';

const PIECES = [new Uint8Array(100_000).fill(7), Uint8Array.of(1, 2, 3), new Uint8Array(0)];
const GENERATION = '0000000000000001';
const FILE = path.join(GENERATION, 'index.image');

/** Starts an image and writes all of it. */
async function write(store: RocksBackend, pieces = PIECES): Promise<PendingImage> {
  const image = await store.beginImage();
  if (image === undefined) throw new Error('no image can be made');
  for (const piece of pieces) await image.write(piece);
  return image;
}

/** What the store gives back. */
function found(store: RocksBackend, isGood = true): Uint8Array[] | 'none' {
  let result: Uint8Array[] | 'none' = 'none';
  store.readImage((image) => {
    if (image === undefined) return false;
    result = [];
    for (let piece = image.next(); piece !== undefined; piece = image.next()) {
      result.push(new Uint8Array(piece));
    }
    return isGood;
  });
  return result;
}

/** A store of some records that was closed with an image; its directory. */
async function keptStore(): Promise<string> {
  const directory = await temporaryDirectory();
  const store = await openStore(directory);
  for (let main = 2; main < 50; main++) store.putRevision(main, 0, false, new Uint8Array(20));
  store.commit();
  expect(store.hasImage).toBe(false);
  expect(await (await write(store)).publish()).toBe(true);
  expect(store.hasImage).toBe(true);
  await store.close();
  return directory;
}

describe('kept image', () => {
  it('is found by every start, also after writes', async () => {
    const directory = await keptStore();
    for (let main = 50; main < 53; main++) {
      const store = await openStore(directory);
      expect(found(store)).toEqual(PIECES);
      expect(store.hasImage).toBe(true);
      store.putRevision(main, 0, false, new Uint8Array(20));
      store.commit();
      await store.close();
    }
  });

  it('goes when it was found no good', async () => {
    const directory = await keptStore();
    const store = await openStore(directory);
    expect(found(store, false)).toEqual(PIECES);
    expect([store.hasImage, existsSync(path.join(directory, FILE))]).toEqual([false, false]);
    expect(found(store)).toBe('none');
  });

  it('stays until the next one is published', async () => {
    const directory = await keptStore();
    const store = await openStore(directory);
    const next = [Uint8Array.of(9)];
    const begun = await write(store, next);
    expect(found(store)).toEqual(PIECES);
    await begun.abandon();
    expect(found(store)).toEqual(PIECES);
    expect(existsSync(path.join(directory, `${FILE}.tmp`))).toBe(false);
    await (await write(store, next)).publish();
    expect(found(store)).toEqual(next);
  });

  it('is not what a crash left half written', async () => {
    const directory = await keptStore();
    await rename(path.join(directory, FILE), path.join(directory, `${FILE}.tmp`));
    expect(found(await openStore(directory))).toBe('none');
    expect(existsSync(path.join(directory, `${FILE}.tmp`))).toBe(false);
  });

  it('ends where it is damaged or cut short', async () => {
    // 16 bytes what it is, 8 of a piece's head, the piece.
    const good = 24 + 100_000;
    for (const [damage, left] of [
      [3, 'none'],
      [17, []],
      [21, []],
      [50_000, []],
      [good + 1, PIECES.slice(0, 1)],
      [good + 9, PIECES.slice(0, 1)],
    ] as const) {
      const directory = await keptStore();
      const bytes = await readFile(path.join(directory, FILE));
      bytes[damage] = (bytes[damage] ?? 0) ^ 0x40;
      await writeFile(path.join(directory, FILE), bytes);
      expect(found(await openStore(directory))).toEqual(left);
    }
    for (const [length, left] of [
      [0, 'none'],
      [10, 'none'],
      [16, []],
      [90_000, []],
      [good + 4, PIECES.slice(0, 1)],
      [good + 10, PIECES.slice(0, 1)],
    ] as const) {
      const directory = await keptStore();
      const bytes = await readFile(path.join(directory, FILE));
      await writeFile(path.join(directory, FILE), bytes.subarray(0, length));
      expect(found(await openStore(directory))).toEqual(left);
    }
  });

  it('is of one database: a defragmentation leaves none, and keeps none that was being written', async () => {
    const directory = await keptStore();
    const store = await openStore(directory);
    const late = await write(store);
    await store.defragment();
    expect(store.hasImage).toBe(false);
    expect(await late.publish()).toBe(false);
    expect(found(store)).toBe('none');
    const replaced = store.replaceContents([]);
    expect(await store.beginImage()).toBeUndefined();
    await replaced;
    expect(await (await write(store)).publish()).toBe(true);
    await store.close();
    expect((await readdir(directory, { recursive: true })).join()).toContain('index.image');
    expect(found(await openStore(directory))).toEqual(PIECES);
  });

  it('waits until what it knows is written', async () => {
    const store = await openStore(await temporaryDirectory());
    store.putRevision(2, 0, false, new Uint8Array(20));
    const image = await write(store);
    const published = image.publish();
    store.putRevision(3, 0, false, new Uint8Array(20));
    expect(store.hasImage).toBe(false);
    store.commit();
    expect(await published).toBe(true);
    // What is written while the store is synced is newer than the image.
    const syncing = (await write(store)).publish();
    for (let i = 0; i < 10; i++) await Promise.resolve();
    store.putRevision(4, 0, false, new Uint8Array(20));
    expect(await syncing).toBe(true);
    store.commit();
    store.putRevision(5, 0, false, new Uint8Array(20));
    expect(await (await write(store)).publish()).toBe(false);
  });
});
