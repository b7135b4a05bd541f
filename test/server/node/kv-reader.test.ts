// Goal: big ranges are read in slices that never hold the loop, answer exactly what one look at their revision would,
// whatever is written meanwhile, and in the order asked for. Method: every kind of range is read sliced, with writes and
// compactions between slices, and compared with the same range in one go. A failure means torn or unsorted lists.
import { beforeEach, describe, expect, it } from 'vitest';
import { executeRange } from '../../../server/apply/range.ts';
import type { RangeResult } from '../../../server/apply/result.ts';
import { isEtcdError } from '../../../server/base/errors.ts';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import { MetricRegistry } from '../../../server/base/metrics.ts';
import { KvReader } from '../../../server/node/kv-reader.ts';
import { BACKGROUND_SLICE_MS } from '../../../server/node/limits.ts';
import { RequestDurations } from '../../../server/node/request-durations.ts';
import { SlowRequests } from '../../../server/node/slow-requests.ts';
import {
  createTxnRequest,
  type RangeRequest,
  SortOrder,
  SortTarget,
} from '../../../server/proto/gen/rpc.ts';
import { ApplyWorld, deleteCommand, rangeOf, rangeOp } from '../../support/apply-harness.ts';
import { compact } from '../../support/mvcc-harness.ts';
import { SteppedTime } from '../../support/stepped-scheduler.ts';

const KEYS = 12_000;

let world: ApplyWorld;
let time: SteppedTime;
let reader: KvReader;

beforeEach(() => {
  world = new ApplyWorld();
  for (let i = 0; i < KEYS; i++)
    world.put(`k${String((i * 7919) % KEYS).padStart(5, '0')}`, `${i % 10}`);
  time = new SteppedTime();
  const registry = new MetricRegistry();
  const durations = new RequestDurations(registry);
  const count = registry.counter('slow', 'Slow.');
  const slow = new SlowRequests(Number.POSITIVE_INFINITY, SILENT_LOGGER, count);
  reader = new KvReader(world.store, { clock: time, scheduler: time }, durations, slow);
});

interface Seen {
  result: RangeResult | string | undefined;
  turns: number;
}

/** Reads with a clock that makes every look cost a whole slice; `between` runs after each turn. */
function readSliced(request: RangeRequest, between: (turn: number) => void = () => {}): Seen {
  const seen: Seen = { result: undefined, turns: 0 };
  time.lookMs = BACKGROUND_SLICE_MS;
  reader.range(request, (result) => {
    seen.result = isEtcdError(result) ? result.code : result;
  });
  while (seen.result === undefined && seen.turns < 100) {
    seen.turns++;
    between(seen.turns);
    time.turn();
  }
  return seen;
}

const { none, ascend, descend } = SortOrder;
const kinds: [string, string, Partial<RangeRequest>][] = [
  ['everything', '\0', {}],
  ['a part', 'k06000', {}],
  ['a big page', '\0', { limit: 5000 }],
  ['a small page of an old revision', '\0', { limit: 10, revision: 9000 }],
  ['an old revision', '\0', { revision: 9000 }],
  ['keys only', '\0', { keysOnly: true }],
  ['keys only, a page', '\0', { keysOnly: true, limit: 4000 }],
  ['a count', '\0', { countOnly: true }],
  ['an old count', '\0', { countOnly: true, revision: 9000 }],
  ['by value without an order', '\0', { sortOrder: none, sortTarget: SortTarget.value }],
  ['by change, newest first', '\0', { sortOrder: descend, sortTarget: SortTarget.mod, limit: 7 }],
  ['keys down', '\0', { sortOrder: descend, sortTarget: SortTarget.key }],
  ['keys up', '\0', { sortOrder: ascend, sortTarget: SortTarget.key }],
  ['changed lately', '\0', { minModRevision: 8000, limit: 5 }],
];

describe('a sliced range', () => {
  it.each(kinds)('%s: the same as in one go, with writes in between', (_name, key, more) => {
    const request = rangeOf(key, '\0', more);
    const expected = executeRange(world.store, request);
    const { result } = readSliced(request, (turn) => {
      world.put(`k0${turn}`, 'new');
      world.put('k11999', 'changed');
      world.done(deleteCommand(`k0${(turn * 1000) % 9000}`));
    });
    expect(result).toEqual(expected);
  });

  it('takes more than one turn where there is much to do', () => {
    expect(readSliced(rangeOf('\0', '\0')).turns).toBeGreaterThan(10);
    expect(readSliced(rangeOf('\0', '\0', { keysOnly: true })).turns).toBeGreaterThan(10);
    expect(readSliced(rangeOf('\0', '\0', { limit: 10, revision: 9000 })).turns).toBeGreaterThan(1);
  });

  it('does not look at the clock less often than after a slice of work', () => {
    let loads = 0;
    const { load } = world.store;
    world.store.load = function counted(columns, from, to, into): void {
      loads++;
      expect(to - from).toBeLessThanOrEqual(1001);
      load.call(this, columns, from, to, into);
    };
    const { turns } = readSliced(rangeOf('\0', '\0'));
    // One load per slice: the clock says after each that the time is up.
    expect(loads).toBe(12);
    expect(turns).toBeGreaterThanOrEqual(loads);
  });

  it('is one turn while the clock stands still', () => {
    let result: unknown;
    reader.range(rangeOf('\0', '\0'), (done) => {
      result = done;
    });
    expect(result).toMatchObject({ count: KEYS });
    time.settle();
    expect(time.turnCount).toBe(0);
  });

  it('shares one slice of a turn with all others, in turns', () => {
    time.lookMs = BACKGROUND_SLICE_MS;
    const finished: number[] = [];
    const perTurn: number[] = [];
    for (let i = 0; i < 5; i++) reader.range(rangeOf('k00000', 'k00002'), () => finished.push(i));
    while (finished.length < 5 && perTurn.length < 100) {
      perTurn.push(finished.length);
      time.turn();
    }
    expect(finished).toEqual([0, 1, 2, 3, 4]);
    expect(perTurn).toEqual([1, 2, 3, 4]);
  });

  it.each([{}, { keysOnly: true }])('fails when what it reads is compacted away: %o', (more) => {
    const { result } = readSliced(rangeOf('\0', '\0', more), (turn) => {
      if (turn !== 5) return;
      for (let i = 0; i < KEYS; i += 2) world.put(`k${String(i).padStart(5, '0')}`, 'new');
      compact(world.store, world.store.revision);
      world.store.cache.clear();
    });
    expect(result).toBe('compacted');
  });

  it('goes on through a compaction of what is older than its revision', () => {
    const request = rangeOf('\0', '\0', { keysOnly: true });
    const expected = executeRange(world.store, request);
    const { revision } = world.store;
    const { result } = readSliced(request, (turn) => {
      if (turn === 3) compact(world.store, revision);
    });
    expect(result).toEqual(expected);
  });

  it('fails when the store is replaced', () => {
    const { result } = readSliced(rangeOf('\0', '\0'), (turn) => {
      if (turn === 3) world.store.restore().run();
    });
    expect(result).toBe('timeout');
  });

  it('refuses bad revisions at once', () => {
    expect(readSliced(rangeOf('\0', '\0', { revision: KEYS + 2 }))).toEqual({
      result: 'futureRev',
      turns: 0,
    });
  });
});

describe('small reads', () => {
  it.each([
    ['one key', rangeOf('k00001', '')],
    ['a page', rangeOf('\0', '\0', { limit: 500 })],
  ])('%s is answered at once', (_name, request) => {
    time.lookMs = 1000;
    let result: unknown;
    reader.range(request, (done) => {
      result = done;
    });
    expect(result).toEqual(executeRange(world.store, request));
    expect(time.turnCount).toBe(0);
  });

  it('chunks have no total', () => {
    expect(reader.chunk(rangeOf('\0', '\0', { limit: 5 }))).toMatchObject({ count: 0, more: true });
  });

  it('transactions answer or refuse', () => {
    const ask = (revision: number): unknown =>
      reader.txn(createTxnRequest({ success: [rangeOp('k00001', '', { revision })] }));
    expect(ask(0)).toMatchObject({ kind: 'txn', succeeded: true });
    expect(ask(KEYS + 2)).toMatchObject({ code: 'futureRev' });
  });

  it('nothing is read while the store is being replaced', () => {
    world.store.restore();
    expect(reader.txn(createTxnRequest({}))).toMatchObject({ code: 'timeout' });
    expect(readSliced(rangeOf('\0', '\0')).result).toBe('timeout');
  });
});
