// Owns filling an empty generation from etcd's buckets: an installed snapshot, or the data of another etcd.

import { META_BUCKETS, type MetaBucket } from '../../base/backend.ts';
import { utf8Text } from '../../base/bytes.ts';
import type { Pair } from '../bbolt/bbolt-reader.ts';
import type { BucketSource } from '../bbolt/bbolt-writer.ts';
import { Accounting } from './accounting.ts';
import { GenerationBuildError } from './errors.ts';
import type { Generation } from './generation.ts';
import { MetaBuckets, MetaKeyScratch, STAT_KEY } from './meta-buckets.ts';
import { Pacer } from './pacer.ts';
import { isRevisionKey, mainOf, subOf } from './revision-key.ts';
import { StoredState } from './stored-state.ts';

/** Buckets and their pairs, wherever they come from. Pairs of "key" come in ascending order. */
export type BucketSources = AsyncIterable<BucketSource> | Iterable<BucketSource>;

/**
 * Writes all pairs in slices and returns what the backend must know about them. Buckets etcd 3.7 does not have are
 * left out: nothing would ever read them. The pairs are input from a file or from a peer, so they are checked here.
 */
export async function fillGeneration(
  generation: Generation,
  buckets: BucketSources,
): Promise<StoredState> {
  const state = new StoredState(new MetaBuckets(), new Accounting(0, 0));
  const pacer = new Pacer();
  for await (const { name, batches } of buckets) {
    const text = utf8Text(name);
    const bucket = META_BUCKETS.find((known) => known === text);
    if (bucket === undefined && text !== 'key') continue;
    const take =
      bucket === undefined
        ? revisionTaker(generation, state)
        : metaTaker(generation, state, bucket);
    for await (const batch of batches) {
      for (const pair of batch) take(pair);
      generation.write();
      await pacer.pauseFor(generation);
    }
  }
  generation.putMeta(STAT_KEY, state.accounting.settle());
  generation.write();
  return state;
}

type PairTaker = (pair: Pair) => void;

function metaTaker(generation: Generation, state: StoredState, bucket: MetaBucket): PairTaker {
  const scratch = new MetaKeyScratch();
  return ([key, value]) => {
    state.meta.put(bucket, key, value, state.accounting);
    generation.putMeta(scratch.encode(bucket, key), value);
  };
}

function revisionTaker(generation: Generation, state: StoredState): PairTaker {
  return ([key, value]) => {
    if (!isRevisionKey(key)) throw new GenerationBuildError('a revision is malformed');
    const main = mainOf(key);
    const sub = subOf(key);
    if (!state.isNext(main, sub)) throw new GenerationBuildError('the revisions are out of order');
    state.lastMain = main;
    state.lastSub = sub;
    state.accounting.addRecord(key.length, value.length);
    generation.putRevision(key, value);
  };
}
