// Goal: a store that cannot be opened says so in one clear error of the right kind, and nothing is removed.
// Method: a second open, files broken in several ways. A failure means a user would see a native error or lose data.

import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';
import { openStore, temporaryDirectory } from './temporary-store.ts';

const GENERATION = '0000000000000001';

function open(directory: string): Promise<RocksBackend> {
  return RocksBackend.open({ directory, logger: SILENT_LOGGER });
}

async function closedStore(): Promise<string> {
  const directory = await temporaryDirectory();
  const store = await openStore(directory);
  store.putRevision(2, 0, false, new Uint8Array(9));
  store.commit();
  await store.close();
  return directory;
}

describe('opening a store', () => {
  it('that is open already', async () => {
    const directory = await temporaryDirectory();
    const store = await openStore(directory);
    await expect(open(directory)).rejects.toMatchObject({
      name: 'StoreOpenError',
      failure: 'locked',
      message: `data directory ${directory} is used by another process`,
    });
    store.putRevision(2, 0, false, new Uint8Array(9));
    store.commit();
  });

  it('whose CURRENT names nothing', async () => {
    const directory = await closedStore();
    await writeFile(path.join(directory, 'CURRENT'), 'nonsense');
    await expect(open(directory)).rejects.toMatchObject({ failure: 'unreadable' });
    expect(await readdir(directory)).toContain(GENERATION);
  });

  it('whose CURRENT is gone', async () => {
    const directory = await closedStore();
    const store = await openStore(directory);
    await store.defragment();
    await store.close();
    await rm(path.join(directory, 'CURRENT'));
    await expect(open(directory)).rejects.toMatchObject({ failure: 'unreadable' });
    expect(await readdir(directory)).toEqual(['0000000000000002']);
  });

  it('whose database is broken', async () => {
    const directory = await closedStore();
    const generation = path.join(directory, GENERATION);
    for (const name of await readdir(generation)) {
      if (name.startsWith('MANIFEST')) await truncate(path.join(generation, name), 10);
    }
    await expect(open(directory)).rejects.toMatchObject({
      name: 'StoreOpenError',
      failure: 'unreadable',
      message: expect.stringContaining(`the store in ${directory} cannot be opened: `),
    });
  });

  it('whose directory is a file', async () => {
    const file = path.join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    await expect(open(file)).rejects.toMatchObject({ name: 'StoreOpenError' });
  });
});
