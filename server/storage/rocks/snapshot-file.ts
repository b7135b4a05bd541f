// Owns the way between the store and bbolt files: a snapshot out of it, a snapshot or the data of another etcd into
// it. Both work in slices with bounded memory while the store is in use.

import type { Pair } from '../bbolt/bbolt-reader.ts';
import { BboltReader } from '../bbolt/bbolt-reader.ts';
import { type BboltFile, type BucketSource, writeBboltFile } from '../bbolt/bbolt-writer.ts';
import type { DiskFile } from '../file-system.ts';
import { NODE_FILE_SYSTEM } from '../node-file-system.ts';
import { IMPORT_ROWS } from './limits.ts';
import type { RocksBackend } from './rocks-backend.ts';

/**
 * Writes the store as it is now (there must be no staged writes) as a bbolt database, durably unless told otherwise.
 * When it throws, the caller removes what is there of the file.
 */
export async function exportSnapshot(
  store: RocksBackend,
  file: string,
  options?: { readonly durable: boolean },
): Promise<BboltFile> {
  const view = store.openView();
  try {
    return await writeBboltFile(file, view.buckets(), options);
  } finally {
    await view.close();
  }
}

/** Replaces everything in the store by the content of a bbolt database. See RocksBackend.replaceContents. */
export async function importSnapshot(store: RocksBackend, file: string): Promise<void> {
  const opened: DiskFile = NODE_FILE_SYSTEM.open(file, 'read');
  try {
    await store.replaceContents(bucketsOf(new BboltReader(opened)));
  } finally {
    opened.close();
  }
}

function* bucketsOf(reader: BboltReader): Generator<BucketSource> {
  for (const name of reader.bucketNames()) {
    const batches: Iterable<readonly Pair[]> = reader.batches(name, IMPORT_ROWS);
    yield { name, batches };
  }
}
