// Owns what the backend keeps in memory about a generation: the small buckets, the sizes and the last revision, read
// when a generation is opened or counted while one is filled.

import { assert, at } from '../../base/assert.ts';
import { equalBytes } from '../../base/bytes.ts';
import { Accounting } from './accounting.ts';
import { StoreOpenError } from './errors.ts';
import type { Generation } from './generation.ts';
import { VIEW_ROWS } from './limits.ts';
import { bucketOfKey, MetaBuckets, STAT_KEY } from './meta-buckets.ts';
import { isRevisionKey, mainOf, subOf } from './revision-key.ts';

export class StoredState {
  readonly meta: MetaBuckets;
  accounting: Accounting;
  /** The newest revision ever put here, or -1: new ones must come after it. */
  lastMain: number;
  lastSub: number;

  constructor(meta: MetaBuckets, accounting: Accounting) {
    this.meta = meta;
    this.accounting = accounting;
    this.lastMain = -1;
    this.lastSub = -1;
  }

  /** True when the revision sorts after all others so far. */
  isNext(main: number, sub: number): boolean {
    return main > this.lastMain || (main === this.lastMain && sub > this.lastSub);
  }
}

/** Reads the state of an opened generation. */
export async function loadState(generation: Generation): Promise<StoredState> {
  const meta = new MetaBuckets();
  let accounting: Accounting | undefined;
  let isEmpty = true;
  const stream = generation.openStream('meta', undefined);
  try {
    for (let finished = false; !finished; ) {
      const batch = await stream.next(VIEW_ROWS);
      finished = batch.finished;
      for (let i = 0; i < batch.rows.length; i += 2) {
        const key = at(batch.rows, i);
        const value = at(batch.rows, i + 1);
        const bucket = bucketOfKey(key);
        isEmpty = false;
        if (bucket !== undefined) meta.load(bucket, key.subarray(1), value);
        else if (equalBytes(key, STAT_KEY)) accounting = Accounting.decode(value);
      }
    }
  } finally {
    await stream.close();
  }
  const lastKey = generation.lastRevisionKey();
  if (accounting === undefined && !(isEmpty && lastKey === undefined)) {
    throw new StoreOpenError(
      'unreadable',
      `the store in ${generation.path} has no record of sizes`,
    );
  }
  const state = new StoredState(meta, accounting ?? new Accounting(0, 0));
  if (lastKey !== undefined) {
    if (!isRevisionKey(lastKey)) {
      throw new StoreOpenError(
        'unreadable',
        `the store in ${generation.path} is not one of etcd's`,
      );
    }
    state.lastMain = mainOf(lastKey);
    state.lastSub = subOf(lastKey);
  }
  assert(state.lastMain >= -1, 'revisions are not negative');
  return state;
}
