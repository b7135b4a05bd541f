// Owns the file that `etcdctl snapshot save` leaves: a database followed by the SHA-256 of it. Databases are whole
// pages, so 32 bytes beyond a multiple of 512 tell that the hash is there.
import { createHash } from 'node:crypto';
import { equalBytes } from '../../base/bytes.ts';
import type { DiskFile } from '../file-system.ts';
import { BLOCK_BYTES, SNAPSHOT_CHUNK_BYTES } from './limits.ts';
import { BboltError } from './page.ts';

export const SHA256_BYTES = 32;

const SECTOR_BYTES = 512;

/** True for the size of a database with its hash behind it. */
export function hasHash(sizeBytes: number): boolean {
  return sizeBytes % SECTOR_BYTES === SHA256_BYTES;
}

/** Bytes of the database in a file of this size, with or without a hash. */
export function databaseBytes(sizeBytes: number): number {
  return hasHash(sizeBytes) ? sizeBytes - SHA256_BYTES : sizeBytes;
}

/** SHA-256 of the first `sizeBytes` of a file, or of all of it. */
export function hashFile(file: DiskFile, sizeBytes: number = file.sizeBytes()): Uint8Array {
  const hash = createHash('sha256');
  const block = new Uint8Array(BLOCK_BYTES);
  let offset = 0;
  while (offset < sizeBytes) {
    const wanted = Math.min(block.length, sizeBytes - offset);
    const count = file.read(block.subarray(0, wanted), offset);
    if (count === 0) throw new BboltError(`${file.path}: file ends at ${offset}`);
    hash.update(block.subarray(0, count));
    offset += count;
  }
  return new Uint8Array(hash.digest());
}

/** Puts the hash behind a database, durably. */
export function appendHash(file: DiskFile): void {
  const sizeBytes = file.sizeBytes();
  file.write(hashFile(file, sizeBytes), SHA256_BYTES, sizeBytes);
  file.syncNow();
}

/**
 * Checks the hash of a snapshot file and returns the size of the database in it. Texts are etcdutl's.
 * etcd: etcdutl/snapshot/v3_snapshot.go.
 */
export function checkSnapshotFile(file: DiskFile): number {
  const sizeBytes = file.sizeBytes();
  if (!hasHash(sizeBytes)) {
    throw new BboltError('snapshot missing hash but --skip-hash-check=false');
  }
  const expected = new Uint8Array(SHA256_BYTES);
  file.read(expected, sizeBytes - SHA256_BYTES);
  const got = hashFile(file, sizeBytes - SHA256_BYTES);
  if (!equalBytes(expected, got)) {
    throw new BboltError(
      `expected sha256 [${[...expected].join(' ')}], got [${[...got].join(' ')}]`,
    );
  }
  return sizeBytes - SHA256_BYTES;
}

/** One message of Maintenance.Snapshot. */
export interface SnapshotChunk {
  readonly bytes: Uint8Array;
  /** Bytes of the database behind this chunk. */
  readonly remainingBytes: number;
}

/** A database as Maintenance.Snapshot sends it: its bytes in pieces, then their hash. */
export function* snapshotChunks(file: DiskFile): Generator<SnapshotChunk, void, void> {
  const sizeBytes = file.sizeBytes();
  const hash = createHash('sha256');
  for (let offset = 0; offset < sizeBytes; offset += SNAPSHOT_CHUNK_BYTES) {
    const bytes = new Uint8Array(Math.min(SNAPSHOT_CHUNK_BYTES, sizeBytes - offset));
    if (file.read(bytes, offset) < bytes.length) {
      throw new BboltError(`${file.path}: file ends at ${offset}`);
    }
    hash.update(bytes);
    yield { bytes, remainingBytes: sizeBytes - offset - bytes.length };
  }
  yield { bytes: new Uint8Array(hash.digest()), remainingBytes: 0 };
}
