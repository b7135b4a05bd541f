// Goal: what was kept at the end of a store is found by the next start of that very store, and by no other.
// Method: real stores; the file is damaged, the store written to, opened and closed in between.
// A failure means: a member starts with an index of something else, or reads everything again for nothing.

import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';
import { temporaryDirectory } from './temporary-store.ts';

const PIECES = [new Uint8Array(100_000).fill(7), Uint8Array.of(1, 2, 3)];
const GENERATION = '0000000000000001';

function open(directory: string, imageRecordsMin = 1): Promise<RocksBackend> {
  return RocksBackend.open({ directory, logger: SILENT_LOGGER, imageRecordsMin });
}

function keep(store: RocksBackend): boolean {
  return store.keepImage((sink) => {
    for (const piece of PIECES) sink.write(piece);
    return true;
  });
}

/** What the store gives back: pieces, 'none', or 'broken' at the first that is not given. */
function found(store: RocksBackend): unknown {
  let result: unknown = 'none';
  store.readImage((image) => {
    if (image === undefined) return;
    const targets = PIECES.map((piece) => new Uint8Array(piece.length));
    result = targets.every((target) => image.read(target)) ? targets : 'broken';
  });
  return result;
}

/** A store of some records that was closed with an image; the file of it. */
async function keptStore(): Promise<{ directory: string; file: string }> {
  const directory = await temporaryDirectory();
  const store = await open(directory);
  for (let main = 2; main < 50; main++) store.putRevision(main, 0, false, new Uint8Array(20));
  store.commit();
  expect(keep(store)).toBe(true);
  await store.close();
  return { directory, file: path.join(directory, GENERATION, 'index.image') };
}

describe('kept image', () => {
  it('is found once', async () => {
    const { directory, file } = await keptStore();
    const store = await open(directory);
    expect(found(store)).toEqual(PIECES);
    expect(existsSync(file)).toBe(false);
    expect(found(store)).toBe('none');
    await store.close();
  });

  it('stays when it was not asked for', async () => {
    const { directory } = await keptStore();
    await (await open(directory)).close();
    const store = await open(directory);
    expect(found(store)).toEqual(PIECES);
    await store.close();
  });

  it('goes with the first write', async () => {
    const { directory, file } = await keptStore();
    const store = await open(directory);
    store.put('meta', Uint8Array.of(1), Uint8Array.of(2));
    store.commit();
    expect(existsSync(file)).toBe(false);
    expect(found(store)).toBe('none');
    await store.close();
  });

  it('is not used by the store in another state', async () => {
    const { directory, file } = await keptStore();
    const old = await readFile(file);
    const writing = await open(directory);
    writing.putRevision(50, 0, false, new Uint8Array(20));
    writing.commit();
    await writing.close();
    // As after a loss of power that brought the file back.
    await writeFile(file, old);
    const store = await open(directory);
    expect(found(store)).toBe('none');
    expect(existsSync(file)).toBe(false);
    await store.close();
  });

  it('is not used when it is damaged or cut short', async () => {
    for (const damage of [70, 50_000, 'cut'] as const) {
      const { directory, file } = await keptStore();
      const bytes = await readFile(file);
      if (damage !== 'cut') bytes[damage] = (bytes[damage] ?? 0) ^ 1;
      await writeFile(file, damage === 'cut' ? bytes.subarray(0, 90_000) : bytes);
      const store = await open(directory);
      expect(found(store)).toBe('broken');
      await store.close();
    }
    const { directory, file } = await keptStore();
    await writeFile(file, 'no image at all');
    const store = await open(directory);
    expect(found(store)).toBe('none');
    await store.close();
  });

  it('is not made of small stores, nor of staged writes, nor when there is nothing', async () => {
    const directory = await temporaryDirectory();
    const store = await open(directory, 1000);
    store.putRevision(2, 0, false, new Uint8Array(20));
    expect(keep(store)).toBe(false);
    store.commit();
    expect(keep(store)).toBe(false);
    await store.close();
    const large = await open(directory);
    large.putRevision(3, 0, false, new Uint8Array(20));
    expect(keep(large)).toBe(false);
    large.commit();
    expect(large.keepImage(() => false)).toBe(false);
    expect((await readdir(path.join(directory, GENERATION))).join()).not.toContain('image');
    await large.close();
  });
});
