// Owns what is done to the database between opening it and using it: taking over the one of a Go etcd, and giving back
// space when the start is told to. etcd: server/etcdserver/bootstrap.go maybeDefragBackend.

import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../base/logger.ts';
import { readPosition } from '../node/entry-applier.ts';
import type { RocksBackend } from '../storage/rocks/rocks-backend.ts';
import { importSnapshot } from '../storage/rocks/snapshot-file.ts';

const BYTES_PER_MEGABYTE = 1024 * 1024;

/**
 * A log beside an empty store and a bbolt database: `etcdutl snapshot restore` or a Go etcd made this directory. The
 * database becomes the store's content, and then gets another name: it is not brought up to date any more. A start that
 * ends before the renaming finds a store that is not empty and leaves the file where it is.
 */
export async function adoptDatabase(
  backend: RocksBackend,
  memberDirectory: string,
  logger: Logger,
): Promise<void> {
  const path = join(memberDirectory, 'snap', 'db');
  if (readPosition(backend).index !== 0 || !existsSync(path)) return;
  logger.info('taking over the bbolt database', { path });
  await importSnapshot(backend, path);
  const kept = `${path}.imported`;
  renameSync(path, kept);
  logger.info('took over the bbolt database; its file is not needed any more', { path: kept });
}

/** Defragments when this frees `thresholdMegabytes` or more; 0 never does. */
export async function maybeDefragment(
  backend: RocksBackend,
  thresholdMegabytes: number,
  logger: Logger,
): Promise<void> {
  if (thresholdMegabytes === 0) return;
  const sizeBytes = backend.sizeBytes();
  const sizeInUseBytes = backend.sizeInUseBytes();
  const thresholdBytes = thresholdMegabytes * BYTES_PER_MEGABYTE;
  if (sizeBytes - sizeInUseBytes < thresholdBytes) {
    logger.info('Skipping defragmentation', {
      'current-db-size-bytes': sizeBytes,
      'current-db-size-in-use-bytes': sizeInUseBytes,
      'bootstrap-defrag-threshold-bytes': thresholdBytes,
    });
    return;
  }
  await backend.defragment();
}
