// Goal: a big range or transaction that is read in slices answers what one look at the store at its start would have, whatever
// is written meanwhile. Method: random requests over a few thousand keys, sliced as small as can be with writes in every turn,
// beside the same request in one go before; with a compaction in between, the same answer or "compacted". A failure means
// answers that mix revisions, or that depend on how big they are.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executeRange } from '../../server/apply/range.ts';
import type { OpResult, RangeResult, TxnResult } from '../../server/apply/result.ts';
import { readTxn } from '../../server/apply/txn.ts';
import { EtcdError, isEtcdError } from '../../server/base/errors.ts';
import type { KvReader } from '../../server/node/kv-reader.ts';
import { BACKGROUND_SLICE_MS } from '../../server/node/limits.ts';
import {
  type Compare,
  createTxnRequest,
  type RangeRequest,
  type TxnRequest,
} from '../../server/proto/gen/rpc.ts';
import {
  ApplyWorld,
  compareOf,
  deleteCommand,
  rangeOf,
  rangeOp,
} from '../support/apply-harness.ts';
import { loneReader } from '../support/lone-reader.ts';
import { compact } from '../support/mvcc-harness.ts';
import { SteppedTime } from '../support/stepped-scheduler.ts';

/** Three loads' worth of keys, and as many changes. */
const KEYS = 2500;
const REVISIONS = 4000;

const revision = fc.constantFrom(0, 0, 0, -1, 10, 1500, REVISIONS - 100, REVISIONS + 9);
const filter = fc.constantFrom(0, 0, 0, 0, 100, 1700, REVISIONS - 50);
const interval = fc.constantFrom(
  ['\0', '\0'],
  ['\0', '\0'],
  ['k0300', '\0'],
  ['k0000', 'k1500'],
  ['k0004', 'k0900'],
  ['k0005', ''],
  ['x', 'y'],
);
const rangeOptions = fc.record({
  limit: fc.constantFrom(0, 0, 1, 7, 1000, 1001, 1002, 2300),
  revision,
  sortOrder: fc.constantFrom(0, 1, 2),
  sortTarget: fc.constantFrom(0, 1, 2, 3, 4),
  keysOnly: fc.boolean(),
  countOnly: fc.constantFrom(false, false, false, true),
  minModRevision: filter,
  maxModRevision: filter,
  minCreateRevision: filter,
  maxCreateRevision: filter,
});
const range = fc
  .tuple(interval, rangeOptions)
  .map(([[from = '', to = ''], more]) => rangeOf(from, to, more));
const comparison: fc.Arbitrary<Compare> = fc
  .record({
    interval,
    target: fc.constantFrom(0, 1, 2, 3, 4),
    result: fc.constantFrom(0, 1, 2, 3),
    number: fc.constantFrom(0, 1, REVISIONS),
    value: fc.constantFrom('', 'value 1', 'w'),
  })
  .map(({ interval: [from = '', to = ''], number, value, ...more }) =>
    compareOf(
      from,
      {
        ...more,
        version: number,
        createRevision: number,
        modRevision: number,
        value: Buffer.from(value),
      },
      to,
    ),
  );
const ranges = fc.array(range, { maxLength: 3 });
const transaction = fc.record({
  compare: fc.array(comparison, { maxLength: 2 }),
  success: ranges,
  failure: ranges,
});

/** A store with keys that were changed, deleted and made again, and values that are often equal. */
function openWorld(): ApplyWorld {
  const world = new ApplyWorld();
  world.done({ kind: 'leaseGrant', request: { id: 5n, ttl: 100 } });
  for (let i = 0; world.store.revision < REVISIONS; i++) {
    const key = keyOf((i * 787) % KEYS);
    if (i % 11 === 10) world.apply(deleteCommand(keyOf((i * 31) % KEYS)));
    else world.put(key, `value ${'9'.repeat(i % 4)}${i % 13}`, { lease: i % 5 === 0 ? 5n : 0n });
  }
  return world;
}

const keyOf = (i: number): string => `k${String(i).padStart(4, '0')}`;

type Result = RangeResult | TxnResult;
type Read = (reader: KvReader, done: (result: Result | EtcdError) => void) => void;

/** Reads in slices of one step each, with a write in every turn, and perhaps a compaction to now in one of them. */
function readSliced(world: ApplyWorld, read: Read, compactTurn = 0): unknown {
  const time = new SteppedTime();
  time.lookMs = BACKGROUND_SLICE_MS;
  const reader = loneReader(world.store, time);
  const results: unknown[] = [];
  read(reader, (result) => results.push(readable(result)));
  for (let turn = 1; results.length === 0 && turn < 1000; turn++) {
    world.put(keyOf((turn * 401) % KEYS), 'new');
    world.apply(deleteCommand(keyOf((turn * 907) % KEYS)));
    world.put(`k${turn}`, 'newer');
    if (turn === compactTurn) compactNow(world);
    time.turn();
  }
  time.settle();
  expect(results).toHaveLength(1);
  return results[0];
}

function compactNow(world: ApplyWorld): void {
  compact(world.store, world.store.revision);
  world.store.cache.clear();
}

function inOneGo(read: () => Result): unknown {
  try {
    return readable(read());
  } catch (error) {
    if (error instanceof EtcdError) return error.code;
    throw error;
  }
}

/** With all rows in one text: comparing thousands of byte strings one by one takes too long. */
function readable(result: OpResult | EtcdError): unknown {
  if (isEtcdError(result)) return result.code;
  if (result.kind === 'txn') return { ...result, responses: result.responses.map(readable) };
  if (result.kind !== 'range') return result;
  const rows = result.kvs.map((kv) => Buffer.from(kv).toString('latin1'));
  return { ...result, kvs: rows.join('\n'), rows: rows.length };
}

const sliceRange =
  (request: RangeRequest): Read =>
  (reader, done) =>
    reader.range(request, done);

const sliceTxn =
  (request: TxnRequest): Read =>
  (reader, done) =>
    reader.txn(request, done);

const txnOf = (parts: { compare: Compare[]; success: RangeRequest[]; failure: RangeRequest[] }) =>
  createTxnRequest({
    compare: parts.compare,
    success: parts.success.map((request) => ({ ...rangeOp(''), requestRange: request })),
    failure: parts.failure.map((request) => ({ ...rangeOp(''), requestRange: request })),
  });

describe('reads in slices', () => {
  it('ranges answer as in one go', () => {
    fc.assert(
      fc.property(range, (request) => {
        const world = openWorld();
        const expected = inOneGo(() => executeRange(world.store, request));
        expect(readSliced(world, sliceRange(request))).toEqual(expected);
      }),
      { numRuns: 80 },
    );
  });

  it('transactions answer as in one go', () => {
    fc.assert(
      fc.property(transaction, (parts) => {
        const world = openWorld();
        const request = txnOf(parts);
        const expected = inOneGo(() => readTxn(world.store, request));
        expect(readSliced(world, sliceTxn(request))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('a compaction in between leaves the answer as it is, or an error', () => {
    let compacted = 0;
    fc.assert(
      fc.property(transaction, fc.integer({ min: 1, max: 6 }), (parts, turn) => {
        const world = openWorld();
        const request = txnOf(parts);
        const expected = inOneGo(() => readTxn(world.store, request));
        const result = readSliced(world, sliceTxn(request), turn);
        if (result === 'compacted') compacted++;
        else expect(result).toEqual(expected);
      }),
      { numRuns: 40 },
    );
    expect(compacted).toBeGreaterThan(0);
  });
});
