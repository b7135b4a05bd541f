// Owns the consistent read view of the whole store: every bucket as it was at one moment, read over time while writes
// go on. For snapshots and for the hash of the whole store.

import { at } from '../../base/assert.ts';
import { META_BUCKETS, type MetaBucket } from '../../base/backend.ts';
import { utf8Bytes } from '../../base/bytes.ts';
import type { Pair } from '../bbolt/bbolt-reader.ts';
import type { BucketSource } from '../bbolt/bbolt-writer.ts';
import { StoreFatalError } from './errors.ts';
import type { Generation } from './generation.ts';
import { VIEW_ROWS } from './limits.ts';
import { bucketOfKey, bucketStart } from './meta-buckets.ts';
import type { RowStream } from './row-stream.ts';

export type BucketName = 'key' | MetaBucket;

/** etcd's buckets in the order bbolt keeps them. */
export const BUCKET_NAMES: readonly BucketName[] = (['key', ...META_BUCKETS] as const).toSorted();

export class BackendView {
  readonly #revisions: RowStream;
  readonly #meta: RowStream;
  #closed: boolean;

  /** `firstRevision`: no revision is live before this key; undefined where that is not known. */
  constructor(generation: Generation, firstRevision: Uint8Array | undefined) {
    this.#revisions = generation.openStream('revisions', firstRevision);
    this.#meta = generation.openStream('meta', undefined);
    this.#closed = false;
  }

  /** All pairs of a bucket with etcd's keys, in batches. One bucket is read at a time, each at most once. */
  async *pairs(bucket: BucketName): AsyncGenerator<Pair[]> {
    if (bucket === 'key') {
      for (;;) {
        const { rows, finished } = await this.#next(this.#revisions);
        if (rows.length > 0) yield batchOf(rows, 0, rows.length / 2);
        if (finished) return;
      }
    }
    this.#meta.seek(bucketStart(bucket));
    for (;;) {
      const { rows, finished } = await this.#next(this.#meta);
      let count = 0;
      while (count < rows.length / 2 && bucketOfKey(rows[2 * count] as Uint8Array) === bucket)
        count += 1;
      if (count > 0) yield batchOf(rows, 1, count);
      if (finished || count < rows.length / 2) return;
    }
  }

  /** Every bucket with its pairs, ascending, as the writer of bbolt files takes them. */
  *buckets(): Generator<BucketSource> {
    for (const bucket of BUCKET_NAMES) {
      yield { name: utf8Bytes(bucket), batches: this.pairs(bucket) };
    }
  }

  /** Lets the store go on without this view. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#revisions.close();
    await this.#meta.close();
  }

  #next(stream: RowStream): ReturnType<RowStream['next']> {
    if (this.#closed) throw new StoreFatalError('the view was closed while it was read');
    return stream.next(VIEW_ROWS);
  }
}

/** The first `count` rows of a list of keys and values in turn, without the first bytes of the keys. */
function batchOf(rows: readonly Uint8Array[], keyOffset: number, count: number): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) {
    const key = at(rows, 2 * i);
    pairs.push([keyOffset === 0 ? key : key.subarray(keyOffset), at(rows, 2 * i + 1)]);
  }
  return pairs;
}
