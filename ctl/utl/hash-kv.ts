// Owns the hash of a file's keys and their history: the one that members compare (HashKV). A file is read twice: the first
// time to learn which records of the compacted past are still to be counted. etcd: server/storage/mvcc/hash.go.

import { crc32c } from '../../server/base/crc32c.ts';
import { EtcdError } from '../../server/base/errors.ts';
import type { BboltReader } from '../../server/storage/bbolt/bbolt-reader.ts';
import {
  isTombstone,
  KEY_BUCKET,
  META_BUCKET,
  MetaKey,
  mainRevision,
  metaValue,
  ownerOf,
  readU64,
} from './revision-record.ts';

export interface HashKv {
  readonly hash: number;
  readonly hashRevision: number;
  /** -1 when nothing was ever compacted. */
  readonly compactRevision: number;
}

/** `revision` 0 stands for the last one. Throws EtcdError for one that is not there. */
export function hashKv(reader: BboltReader, revision: number): HashKv {
  const compactRevision = compactRevisionOf(reader);
  const { kept, lastRevision } = survivors(reader, revision);
  const hashRevision = revision === 0 ? lastRevision : revision;
  if (revision !== 0 && revision < compactRevision) throw new EtcdError('compacted');
  if (revision > lastRevision) throw new EtcdError('futureRev');
  let hash = crc32c(0, KEY_BUCKET);
  for (const [key, value] of reader.pairs(KEY_BUCKET)) {
    const main = mainRevision(key);
    if (main > hashRevision) continue;
    if (main <= compactRevision && kept.size > 0 && !kept.has(textOf(key))) continue;
    if (main === compactRevision && isTombstone(key)) continue;
    hash = crc32c(crc32c(hash, key), value);
  }
  return { hash, hashRevision, compactRevision };
}

/** The newest record of each key up to `revision` that is not its deletion. */
function survivors(
  reader: BboltReader,
  revision: number,
): { readonly kept: ReadonlySet<string>; readonly lastRevision: number } {
  const newest = new Map<string, string>();
  // etcd: a store without any record is at revision 1.
  let lastRevision = 1;
  for (const [key, value] of reader.pairs(KEY_BUCKET)) {
    lastRevision = mainRevision(key);
    if (revision !== 0 && lastRevision > revision) continue;
    if (isTombstone(key)) newest.delete(ownerOf(value));
    else newest.set(ownerOf(value), textOf(key));
  }
  return { kept: new Set(newest.values()), lastRevision };
}

/** A compaction that was begun counts: the server finishes it when it starts. */
function compactRevisionOf(reader: BboltReader): number {
  const revisions = [MetaKey.finishedCompact, MetaKey.scheduledCompact].map((key) => {
    const value = metaValue(reader.pairs(META_BUCKET), key);
    return value === undefined ? -1 : readU64(value, 0);
  });
  return Math.max(...revisions);
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1');
}
