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
 * database becomes the store's content. True until finishTakeover was called, also for a start after one that ended
 * early: more than the database must be taken over.
 */
export async function adoptDatabase(
  backend: RocksBackend,
  memberDirectory: string,
  logger: Logger,
): Promise<boolean> {
  const path = databasePath(memberDirectory);
  if (!existsSync(path)) return false;
  if (readPosition(backend).index !== 0) return true;
  logger.info('taking over the bbolt database', { path });
  await importSnapshot(backend, path);
  return true;
}

/** The database gets another name: from now on it is not brought up to date any more. */
export function finishTakeover(memberDirectory: string, logger: Logger): void {
  const path = databasePath(memberDirectory);
  const kept = `${path}.imported`;
  renameSync(path, kept);
  logger.info('took over the bbolt database; its file is not needed any more', { path: kept });
}

function databasePath(memberDirectory: string): string {
  return join(memberDirectory, 'snap', 'db');
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
