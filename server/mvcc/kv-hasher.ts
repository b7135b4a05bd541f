// Owns the digest that members compare: CRC-32C over the bucket name and every record that a member with the same
// history must also hold, whatever each of them has deleted already. etcd: server/storage/mvcc/hash.go kvHasher.

import type { RevisionRecord } from '../base/backend.ts';
import { utf8Bytes } from '../base/bytes.ts';
import { crc32c } from '../base/crc32c.ts';
import { COMPACTION_HASHES_MAX } from './limits.ts';
import { REVISION_BYTES, writeRevision } from './stored-revision.ts';

const BUCKET_NAME = utf8Bytes('key');

/** A digest and what it covers. */
export interface KeyValueHash {
  readonly hash: number;
  /** The compact revision the digest assumes; -1 for none. */
  readonly compactRevision: number;
  readonly revision: number;
}

export class KeyValueHasher {
  readonly #compactRevision: number;
  readonly #revision: number;
  readonly #keepIsEmpty: boolean;
  readonly #name: Uint8Array = new Uint8Array(REVISION_BYTES + 1);
  #crc: number;

  /** `keepIsEmpty`: no record at all is in the keep set of `revision`; etcd then hashes old records too. */
  constructor(compactRevision: number, revision: number, keepIsEmpty: boolean) {
    this.#compactRevision = compactRevision;
    this.#revision = revision;
    this.#keepIsEmpty = keepIsEmpty;
    this.#crc = crc32c(0, BUCKET_NAME);
  }

  /** True when the record counts only if it is in the keep set. */
  needsKeep(record: RevisionRecord): boolean {
    return record.main <= this.#compactRevision && !this.#keepIsEmpty;
  }

  /** Adds a record, in ascending order; `kept` matters only where needsKeep says so. */
  add(record: RevisionRecord, kept: boolean): void {
    if (record.main > this.#revision) return;
    if (!kept && this.needsKeep(record)) return;
    // etcd: releases before 3.5.16 delete the tombstone at the compact revision, later ones keep it.
    if (record.main === this.#compactRevision && record.tombstone) return;
    const length = writeRevision(this.#name, record.main, record.sub, record.tombstone);
    this.#crc = crc32c(this.#crc, this.#name, 0, length);
    this.#crc = crc32c(this.#crc, record.value);
  }

  result(): KeyValueHash {
    return {
      hash: this.#crc,
      compactRevision: this.#compactRevision,
      revision: this.#revision,
    };
  }
}

/** The digests computed by the last compactions: they can be compared after the records are gone. */
export class CompactionHashes {
  #hashes: KeyValueHash[] = [];

  /** Keeps the ones of the highest revisions. */
  add(hash: KeyValueHash): void {
    this.#hashes.push(hash);
    this.#hashes.sort((a, b) => a.revision - b.revision);
    if (this.#hashes.length > COMPACTION_HASHES_MAX) {
      this.#hashes = this.#hashes.slice(-COMPACTION_HASHES_MAX);
    }
  }

  find(revision: number): KeyValueHash | undefined {
    return this.#hashes.find((hash) => hash.revision === revision);
  }

  /** Ascending by revision. */
  list(): readonly KeyValueHash[] {
    return this.#hashes;
  }

  clear(): void {
    this.#hashes = [];
  }
}
