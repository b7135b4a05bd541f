// Owns the small buckets: their keys on disk (one bucket byte in front of etcd's key) and a copy of all of them in
// memory. The copy answers every read, staged writes included, and knows the size of what a write replaces, so
// that a commit never has to read the disk first. All of them together are small: the largest is "lease" with
// some 100 bytes per lease, which the lessor keeps in memory anyway.

import { at, must } from '../../base/assert.ts';
import { META_BUCKETS, type MetaBucket } from '../../base/backend.ts';
import type { Accounting } from './accounting.ts';
import { META_KEY_SCRATCH_BYTES } from './limits.ts';

/** First byte of a bucket's keys. Written to disk: a number never changes and is never used again. */
const BUCKET_BYTES: Readonly<Record<MetaBucket, number>> = {
  alarm: 1,
  auth: 2,
  authRoles: 3,
  authUsers: 4,
  cluster: 5,
  lease: 6,
  members: 7,
  members_removed: 8,
  meta: 9,
};

/** The key of this folder's own record of sizes; no bucket has byte 0. */
export const STAT_KEY: Uint8Array = new Uint8Array([0]);

/** The key of bytes that mean nothing (generation.ts says what for). */
export const BALLAST_KEY: Uint8Array = new Uint8Array([0, 1]);

/** The bucket a stored key belongs to, or undefined for our own records. */
export function bucketOfKey(key: Uint8Array): MetaBucket | undefined {
  return META_BUCKETS.find((bucket) => BUCKET_BYTES[bucket] === key[0]);
}

/** The first key a bucket can have. */
export function bucketStart(bucket: MetaBucket): Uint8Array {
  return new Uint8Array([BUCKET_BYTES[bucket]]);
}

export class MetaKeyScratch {
  readonly #buffer: Uint8Array;

  constructor() {
    this.#buffer = new Uint8Array(META_KEY_SCRATCH_BYTES);
  }

  /** The key on disk; valid until the next call. */
  encode(bucket: MetaBucket, key: Uint8Array): Uint8Array {
    const sizeBytes = key.length + 1;
    const buffer = sizeBytes <= this.#buffer.length ? this.#buffer : new Uint8Array(sizeBytes);
    buffer[0] = BUCKET_BYTES[bucket];
    buffer.set(key, 1);
    return buffer.subarray(0, sizeBytes);
  }
}

export class MetaBuckets {
  /** Per bucket: the key's bytes as a latin1 text, which compares like the bytes do, to the value. */
  readonly #values: ReadonlyMap<MetaBucket, Map<string, Uint8Array>>;

  constructor() {
    this.#values = new Map(META_BUCKETS.map((bucket) => [bucket, new Map()]));
  }

  /** Takes a value over as it is; counts nothing. */
  load(bucket: MetaBucket, key: Uint8Array, value: Uint8Array): void {
    this.#bucket(bucket).set(textOf(key), value);
  }

  put(bucket: MetaBucket, key: Uint8Array, value: Uint8Array, accounting: Accounting): void {
    const values = this.#bucket(bucket);
    const text = textOf(key);
    const replaced = values.get(text);
    if (replaced !== undefined) accounting.removeRecord(key.length, replaced.length);
    accounting.addRecord(key.length, value.length);
    // A copy, because the caller may change the bytes after the commit. From the pool: most are tiny.
    values.set(text, Buffer.from(value));
  }

  /** False when there is nothing to delete. */
  delete(bucket: MetaBucket, key: Uint8Array, accounting: Accounting): boolean {
    const values = this.#bucket(bucket);
    const text = textOf(key);
    const removed = values.get(text);
    if (removed === undefined) return false;
    accounting.removeRecord(key.length, removed.length);
    return values.delete(text);
  }

  get(bucket: MetaBucket, key: Uint8Array): Uint8Array | undefined {
    return this.#bucket(bucket).get(textOf(key));
  }

  entries(bucket: MetaBucket): [key: Uint8Array, value: Uint8Array][] {
    const values = this.#bucket(bucket);
    const texts = [...values.keys()].sort();
    return texts.map((text) => [bytesOf(text), must(values.get(text), 'key listed')]);
  }

  /** Every pair, in no order. Pairs added while this runs may show up, deleted ones do not. */
  *all(): Generator<[bucket: MetaBucket, key: Uint8Array, value: Uint8Array]> {
    for (let i = 0; i < META_BUCKETS.length; i++) {
      const bucket = at(META_BUCKETS, i);
      for (const [text, value] of this.#bucket(bucket)) yield [bucket, bytesOf(text), value];
    }
  }

  #bucket(bucket: MetaBucket): Map<string, Uint8Array> {
    return must(this.#values.get(bucket), 'bucket of the table');
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
