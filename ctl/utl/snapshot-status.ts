// Owns what `etcdutl snapshot status` tells of a file. etcd: etcdutl/snapshot/v3_snapshot.go.
import { equalBytes, utf8Text } from '../../server/base/bytes.ts';
import { crc32c } from '../../server/base/crc32c.ts';
import type { BboltReader } from '../../server/storage/bbolt/bbolt-reader.ts';
import {
  isTombstone,
  KEY_BUCKET,
  META_BUCKET,
  MetaKey,
  mainRevision,
  metaValue,
  ownerOf,
} from './revision-record.ts';

export interface SnapshotStatus {
  /** CRC-32C of all buckets: their names, keys and values. */
  readonly hash: number;
  readonly revision: number;
  /** Keys that are there; since 3.6 without those that were deleted. */
  readonly totalKey: number;
  /** Size of the database without the hash behind it. */
  readonly totalSize: number;
  /** Version of the store; empty in files of members before 3.6. */
  readonly version: string;
}

/** Reads the whole file. Throws BboltError or ExitError for what is wrong with it. */
export function snapshotStatus(reader: BboltReader): SnapshotStatus {
  const keys = new Set<string>();
  let hash = 0;
  let revision = 0;
  for (const name of reader.bucketNames()) {
    hash = crc32c(hash, name);
    const isKeys = equalBytes(name, KEY_BUCKET);
    for (const [key, value] of reader.pairs(name)) {
      hash = crc32c(crc32c(hash, key), value);
      if (!isKeys) continue;
      revision = mainRevision(key);
      if (isTombstone(key)) keys.delete(ownerOf(value));
      else keys.add(ownerOf(value));
    }
  }
  const version = metaValue(reader.pairs(META_BUCKET), MetaKey.storageVersion);
  const { pageCount, pageSize } = reader.meta;
  return {
    hash,
    revision,
    totalKey: keys.size,
    totalSize: pageCount * pageSize,
    version: version === undefined ? '' : utf8Text(version),
  };
}
