// Owns the temporary directories of this folder's tests and the stores opened in them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';

const directories: string[] = [];
const stores: RocksBackend[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

/** A directory that is removed after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'rocks-'));
  directories.push(directory);
  return directory;
}

/** A store that is closed after the test; in a directory of its own unless one is given. */
export async function openStore(directory?: string): Promise<RocksBackend> {
  const store = await RocksBackend.open({
    directory: directory ?? (await temporaryDirectory()),
    logger: SILENT_LOGGER,
  });
  stores.push(store);
  return store;
}
