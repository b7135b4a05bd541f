// Goal: big ranges are read in slices that never hold the loop, answer exactly what one look at their revision would,
// whatever is written meanwhile, and in the order asked for. Method: every kind of range is read sliced, with writes and
// compactions between slices, and compared with the same range in one go. A failure means torn or unsorted lists.
import { beforeEach, describe, expect, it } from 'vitest';
import { executeRange } from '../../../server/apply/range.ts';
import type { RangeResult, TxnResult } from '../../../server/apply/result.ts';
import { readTxn } from '../../../server/apply/txn.ts';
import { type EtcdError, isEtcdError } from '../../../server/base/errors.ts';
import type { KvReader } from '../../../server/node/kv-reader.ts';
import { BACKGROUND_SLICE_MS } from '../../../server/node/limits.ts';
import {
  CompareResult,
  CompareTarget,
  createTxnRequest,
  type RangeRequest,
  SortOrder,
  SortTarget,
  type TxnRequest,
} from '../../../server/proto/gen/rpc.ts';
import {
  ApplyWorld,
  compareOf,
  deleteCommand,
  rangeOf,
  rangeOp,
} from '../../support/apply-harness.ts';
import { loneReader } from '../../support/lone-reader.ts';
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
  reader = loneReader(world.store, time);
});

interface Seen<R> {
  result: R | string | undefined;
  turns: number;
}

type Between = (turn: number) => void;

/** Reads with a clock that makes every look cost a whole slice; `between` runs after each turn. */
function readSliced(request: RangeRequest, between?: Between): Seen<RangeResult> {
  return slices((done) => reader.range(request, done), between);
}

function txnSliced(request: Partial<TxnRequest>, between?: Between): Seen<TxnResult> {
  return slices((done) => reader.txn(createTxnRequest(request), done), between);
}

function slices<R>(
  read: (done: (result: R | EtcdError) => void) => void,
  between: Between = () => {},
): Seen<R> {
  const seen: Seen<R> = { result: undefined, turns: 0 };
  time.lookMs = BACKGROUND_SLICE_MS;
  read((result) => {
    seen.result = isEtcdError(result) ? result.code : result;
  });
  while (seen.result === undefined && seen.turns < 100) {
    seen.turns++;
    between(seen.turns);
    time.turn();
  }
  return seen;
}

/** With the rows of each range in one text: thousands of byte strings take long to compare. */
function inTexts(result: TxnResult | string | undefined): unknown {
  if (typeof result !== 'object') return result;
  const responses = result.responses.map((response) =>
    response.kind === 'range'
      ? { ...response, kvs: Buffer.concat(response.kvs).toString('latin1') }
      : response,
  );
  return { ...result, responses };
}

/** Rows of each load from now on. */
function spyLoads(): number[] {
  const loads: number[] = [];
  const { load } = world.store;
  world.store.load = function counted(columns, from, to, into): void {
    loads.push(to - from);
    load.call(this, columns, from, to, into);
  };
  return loads;
}

/** From now on every KeyValue has so many bytes. */
function growValues(bytes: number): number[] {
  const loads: number[] = [];
  const kv = new Uint8Array(bytes);
  world.store.load = (_columns, from, to, into): void => {
    loads.push(to - from);
    for (let i = from; i < to; i++) into.push(kv);
  };
  return loads;
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
    const loads = spyLoads();
    const { turns } = readSliced(rangeOf('\0', '\0'));
    // One load per slice: the clock says after each that the time is up.
    expect(loads).toEqual([...Array(11).fill(1001), KEYS - 11 * 1001]);
    expect(turns).toBeGreaterThanOrEqual(loads.length);
  });

  it('sorts and filters before it loads, in slices, too', () => {
    const loads = spyLoads();
    const newest = { sortOrder: descend, sortTarget: SortTarget.mod };
    expect(readSliced(rangeOf('\0', '\0', { ...newest, limit: 10 })).turns).toBeGreaterThan(10);
    expect(loads).toEqual([10]);
    expect(readSliced(rangeOf('\0', '\0', newest)).turns).toBeGreaterThan(20);
    expect(loads.splice(0)).toHaveLength(1 + 12);
    readSliced(rangeOf('\0', '\0', { minModRevision: KEYS - 1999 }));
    expect(loads.splice(0)).toEqual([1001, 1000]);
    const byValue = { sortOrder: ascend, sortTarget: SortTarget.value };
    expect(readSliced(rangeOf('\0', '\0', byValue)).turns).toBeGreaterThan(30);
    expect(loads).toHaveLength(12);
  });

  it.each([
    ['while it finds rows', 1],
    ['while it loads', 6],
  ])('is dropped when its call is over: %s', (_name, turns) => {
    const call = { finished: false };
    let result: unknown;
    time.lookMs = BACKGROUND_SLICE_MS;
    const done = (answer: unknown): void => {
      result = answer;
    };
    reader.range(rangeOf('\0', '\0'), done, undefined, call);
    for (let i = 0; i < turns; i++) time.turn();
    call.finished = true;
    const loads = spyLoads();
    time.turn();
    expect(result).toMatchObject({ code: 'canceled' });
    time.settle();
    expect(loads).toEqual([]);
  });

  it('stops loading when its answer could not be sent', () => {
    const loads = growValues(800_000);
    let result: unknown;
    reader.range(rangeOf('\0', '\0'), (answer) => {
      result = answer;
    });
    expect(loads).toHaveLength(3);
    expect(result).toMatchObject({
      code: 'answerTooLarge',
      // Three loads of rows with four bytes of frame each.
      message: `grpc: trying to send message larger than max (${3003 * 800_004} vs. 2147483647)`,
    });
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
      txnSliced({ success: [rangeOp('k00001', '', { revision })] });
    expect(ask(0)).toMatchObject({ result: { kind: 'txn', succeeded: true }, turns: 0 });
    expect(ask(KEYS + 2)).toEqual({ result: 'futureRev', turns: 0 });
    expect(time.turnCount).toBe(0);
  });

  it('nothing is read while the store is being replaced', () => {
    world.store.restore();
    expect(txnSliced({}).result).toBe('timeout');
    expect(txnSliced({ success: [rangeOp('\0', '\0')] }).result).toBe('timeout');
    expect(readSliced(rangeOf('\0', '\0')).result).toBe('timeout');
  });
});

describe('a sliced transaction', () => {
  const everything = rangeOp('\0', '\0');
  const { mod, version, value } = CompareTarget;

  it.each<[string, Partial<TxnRequest>]>([
    ['ranges', { success: [everything, rangeOp('k00005'), everything] }],
    ['pages', { success: Array(20).fill(rangeOp('\0', '\0', { limit: 100 })) }],
    ['an old revision', { success: [rangeOp('\0', '\0', { revision: 5000 }), everything] }],
    [
      'a comparison of every key',
      {
        compare: [compareOf('\0', { target: version, version: 1 }, '\0')],
        success: [everything],
      },
    ],
    [
      'comparisons of which the second fails late',
      {
        compare: [
          compareOf('k00001', { target: version, version: 1 }),
          compareOf('\0', { target: mod, result: CompareResult.less, modRevision: KEYS + 1 }, '\0'),
          compareOf('\0', { target: version, version: 7 }, '\0'),
        ],
        success: [everything],
        failure: [rangeOp('k00001', 'k00003')],
      },
    ],
    [
      'values of every key',
      {
        compare: [
          compareOf(
            '\0',
            { target: value, result: CompareResult.less, value: Uint8Array.of(0x3a) },
            '\0',
          ),
        ],
        success: [rangeOp('\0', '\0', { sortOrder: descend, sortTarget: SortTarget.mod })],
      },
    ],
    ['no key at all', { compare: [compareOf('x', { target: mod }, 'y')], success: [everything] }],
  ])('%s: the same as in one go, with writes in between', (_name, request) => {
    const expected = readTxn(world.store, createTxnRequest(request));
    const { result } = txnSliced(request, (turn) => {
      world.put(`k0${turn}`, 'new');
      world.put('k11999', 'changed');
      world.done(deleteCommand(`k0${(turn * 1000) % 9000}`));
    });
    expect(inTexts(result)).toEqual(inTexts(expected));
  });

  it('takes turns between its ranges and within them', () => {
    expect(txnSliced({ success: [everything, everything] }).turns).toBeGreaterThan(24);
    expect(txnSliced({ success: Array(20).fill(rangeOp('k1', 'k2')) }).turns).toBeGreaterThan(19);
    const compare = [compareOf('\0', { target: value, value: Uint8Array.of(0x30) }, '\0')];
    const loads = spyLoads();
    txnSliced({ compare, success: [rangeOp('k00001')] });
    // The first keys show that it does not hold: the others are not read.
    expect(loads).toEqual([1001]);
  });

  it('shares the turns with others', () => {
    const finished: string[] = [];
    time.lookMs = BACKGROUND_SLICE_MS;
    reader.txn(createTxnRequest({ success: [everything] }), () => finished.push('txn'));
    reader.range(rangeOf('k00000', 'k00002'), () => finished.push('range'));
    time.settle();
    expect(finished).toEqual(['range', 'txn']);
  });

  it('is dropped when its call is over', () => {
    const call = { finished: false };
    const results: unknown[] = [];
    time.lookMs = BACKGROUND_SLICE_MS;
    const request = createTxnRequest({ success: [everything, everything] });
    reader.txn(request, (result) => results.push(result), call);
    for (let i = 0; i < 5; i++) time.turn();
    call.finished = true;
    const loads = spyLoads();
    time.settle();
    expect(results).toMatchObject([{ code: 'canceled' }]);
    expect(loads).toEqual([]);
  });

  it('stops loading when its answer could not be sent', () => {
    const loads = growValues(800_000);
    const part = rangeOp('k00000', 'k01000');
    expect(txnSliced({ success: Array(10).fill(part) }).result).toBe('answerTooLarge');
    expect(loads).toEqual([1000, 1000, 1000]);
  });

  it('fails when what it reads is compacted away', () => {
    const { result } = txnSliced({ success: [everything, everything] }, (turn) => {
      if (turn !== 5) return;
      for (let i = 0; i < KEYS; i += 2) world.put(`k${String(i).padStart(5, '0')}`, 'new');
      compact(world.store, world.store.revision);
      world.store.cache.clear();
    });
    expect(result).toBe('compacted');
  });

  it('refuses bad revisions before it reads', () => {
    const loads = spyLoads();
    const future = rangeOp('\0', '\0', { revision: KEYS + 2 });
    expect(txnSliced({ success: [everything, future] }).result).toBe('futureRev');
    expect(loads).toEqual([]);
  });
});
