// Goal: sync covers every log file RocksDB has, whatever happens to the files meanwhile, and its failure is fatal; who
// needs a moment without staged writes gets one.
// Method: syncs during writes and defragmentations; a sync of a store whose files are gone. What a power loss leaves
// cannot be tested here; that the bytes are in the file before the sync is what crash.test.ts shows.

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { StoreFatalError } from '../../../../server/storage/rocks/errors.ts';
import { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';
import { openStore, temporaryDirectory } from './temporary-store.ts';

describe('sync', () => {
  it('goes together with writes and defragmentation', async () => {
    const store = await openStore();
    const work: Promise<void>[] = [];
    for (let main = 2; main < 300; main++) {
      store.putRevision(main, 0, false, new Uint8Array(1000));
      store.commit();
      if (main % 10 === 0) work.push(store.sync());
      if (main % 100 === 0) work.push(store.defragment());
      if (main % 30 === 0) await work.at(-1);
    }
    await Promise.all(work);
    expect(store.scanRevisions(0, 0, 1000, 1000).length).toBe(298);
  });

  it('fails for good when the store is gone', async () => {
    const directory = await temporaryDirectory();
    const store = await RocksBackend.open({ directory, logger: SILENT_LOGGER });
    await rm(path.join(directory, '0000000000000001'), { recursive: true });
    await expect(store.sync()).rejects.toThrow(StoreFatalError);
    await expect(store.close()).rejects.toThrow();
  });
});

describe('waiting for a moment without staged writes', () => {
  it('asks for a commit until there was one', async () => {
    const store = await openStore();
    store.putRevision(2, 0, false, new Uint8Array(1));
    let isOver = false;
    const waiting = store.whenCommitted().then(() => {
      isOver = true;
    });
    await setImmediate();
    expect([store.isCommitAwaited, isOver]).toEqual([true, false]);
    store.commit();
    await waiting;
    expect(store.isCommitAwaited).toBe(false);
    await store.whenCommitted();
  });
});
