// Owns filling an empty generation from etcd's buckets: an installed snapshot, or the data of another etcd.

import { META_BUCKETS } from '../../base/backend.ts';
import { Accounting } from './accounting.ts';
import { GenerationBuildError } from './errors.ts';
import type { Generation } from './generation.ts';
import { SLICE_BYTES, SLICE_ROWS } from './limits.ts';
import { MetaBuckets, MetaKeyScratch, STAT_KEY } from './meta-buckets.ts';
import { Pacer } from './pacer.ts';
import { isRevisionKey, mainOf, subOf } from './revision-key.ts';
import { StoredState } from './stored-state.ts';

/** One pair of a bucket of etcd's. */
export interface BucketPair {
  readonly bucket: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Writes all pairs in slices and returns what the backend must know about them. Pairs of "key" come in ascending
 * order. Buckets etcd 3.7 does not have are left out: nothing would ever read them. The pairs are input from a
 * file or from a peer, so they are checked here.
 */
export async function fillGeneration(
  generation: Generation,
  pairs: AsyncIterable<BucketPair> | Iterable<BucketPair>,
): Promise<StoredState> {
  const state = new StoredState(new MetaBuckets(), new Accounting(0, 0));
  const metaKey = new MetaKeyScratch();
  const pacer = new Pacer();
  let rowCount = 0;
  let sizeBytes = 0;
  for await (const pair of pairs) {
    if (pair.bucket === 'key') {
      takeRevision(generation, state, pair);
    } else {
      const bucket = META_BUCKETS.find((name) => name === pair.bucket);
      if (bucket === undefined) continue;
      state.meta.put(bucket, pair.key, pair.value, state.accounting);
      generation.putMeta(metaKey.encode(bucket, pair.key), pair.value);
    }
    rowCount += 1;
    sizeBytes += pair.key.length + pair.value.length;
    if (rowCount >= SLICE_ROWS || sizeBytes >= SLICE_BYTES) {
      generation.write();
      rowCount = 0;
      sizeBytes = 0;
      await pacer.pauseFor(generation);
    }
  }
  generation.putMeta(STAT_KEY, state.accounting.settle());
  generation.write();
  return state;
}

function takeRevision(generation: Generation, state: StoredState, pair: BucketPair): void {
  if (!isRevisionKey(pair.key)) throw new GenerationBuildError('a revision is malformed');
  const main = mainOf(pair.key);
  const sub = subOf(pair.key);
  if (!state.isNext(main, sub)) throw new GenerationBuildError('the revisions are out of order');
  state.lastMain = main;
  state.lastSub = sub;
  state.accounting.addRecord(pair.key.length, pair.value.length);
  generation.putRevision(pair.key, pair.value);
}
