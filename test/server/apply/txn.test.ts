// Goal: transactions do what etcd's do: comparisons up front, checks before any write, one revision, answers that see
// what was written before them. Method: small transactions on a known store. A failure means broken atomicity, or a
// client whose compare-and-swap decides differently than with etcd.
import { beforeEach, describe, expect, it } from 'vitest';
import { readTxn } from '../../../server/apply/txn.ts';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import { isEtcdError } from '../../../server/base/errors.ts';
import {
  CompareResult,
  CompareTarget,
  createTxnRequest,
  type RequestOp,
  type TxnRequest,
} from '../../../server/proto/gen/rpc.ts';
import {
  ApplyWorld,
  compareOf,
  deleteOp,
  putOp,
  rangeOp,
  readable,
  txnCommand,
  txnOp,
} from '../../support/apply-harness.ts';

const { equal, greater, less, notEqual } = CompareResult;
const { version, create, mod, value, lease } = CompareTarget;

let world: ApplyWorld;

/** a: created at 2, changed at 4, version 2, value "m", lease 5. b: created at 3, version 1, value "k". */
beforeEach(() => {
  world = new ApplyWorld();
  world.done({ kind: 'leaseGrant', request: { id: 5n, ttl: 60 } });
  world.put('a', 'x');
  world.put('b', 'k');
  world.put('a', 'm', { lease: 5n });
});

function txn(request: Partial<TxnRequest>): unknown {
  return readable(world.done(txnCommand(request)));
}

function holds(...compare: ReturnType<typeof compareOf>[]): boolean {
  const result = world.done(txnCommand({ compare }));
  if (result.kind !== 'txn') throw new Error(result.kind);
  return result.succeeded;
}

describe('comparisons with one key', () => {
  const targets: [string, Parameters<typeof compareOf>[1], Parameters<typeof compareOf>[1]][] = [
    ['version', { target: version, version: 2 }, { target: version, version: 3 }],
    ['create', { target: create, createRevision: 2 }, { target: create, createRevision: 3 }],
    ['mod', { target: mod, modRevision: 4 }, { target: mod, modRevision: 5 }],
    ['value', { target: value, value: utf8Bytes('m') }, { target: value, value: utf8Bytes('n') }],
    ['lease', { target: lease, lease: 5n }, { target: lease, lease: 6n }],
  ];
  it.each(targets)('%s', (_name, same, bigger) => {
    const outcomes = (operand: typeof same): boolean[] =>
      [equal, notEqual, greater, less].map((result) =>
        holds(compareOf('a', { ...operand, result })),
      );
    expect(outcomes(same)).toEqual([true, false, false, false]);
    expect(outcomes(bigger)).toEqual([false, true, false, true]);
  });

  it('greater: the operand is the smaller one', () => {
    expect(holds(compareOf('a', { target: version, version: 1, result: greater }))).toBe(true);
    const operand = { target: value, value: utf8Bytes('l'), result: greater };
    expect(holds(compareOf('a', operand))).toBe(true);
    expect(holds(compareOf('b', operand))).toBe(false);
    expect(holds(compareOf('a', { target: lease, lease: 4n, result: greater }))).toBe(true);
  });

  it('values are compared byte by byte, a prefix is less', () => {
    const operand = { target: value, value: utf8Bytes('mm') };
    expect(holds(compareOf('a', { ...operand, result: less }))).toBe(true);
  });

  it('unknown targets compare as equal, unknown results accept', () => {
    expect(holds(compareOf('a', { target: 17 }))).toBe(true);
    expect(holds(compareOf('a', { target: 17, result: notEqual }))).toBe(false);
    expect(holds(compareOf('a', { target: version, version: 99, result: 9 }))).toBe(true);
    expect(holds(compareOf('none', { target: 17 }))).toBe(true);
  });

  it('an operand that is missing counts as zero', () => {
    expect(holds(compareOf('a', { target: version, modRevision: 4, result: greater }))).toBe(true);
  });

  it('a key that does not exist has zero everywhere, and no value', () => {
    expect(holds(compareOf('none', { target: version }))).toBe(true);
    expect(holds(compareOf('none', { target: create, result: less, createRevision: 1 }))).toBe(
      true,
    );
    expect(holds(compareOf('none', { target: mod, result: greater }))).toBe(false);
    expect(holds(compareOf('none', { target: lease, lease: 1n, result: less }))).toBe(true);
    for (const result of [equal, notEqual, greater, less]) {
      expect(holds(compareOf('none', { target: value, result }))).toBe(false);
    }
  });
});

describe('comparisons with ranges', () => {
  it('hold when they hold for every key', () => {
    const newerThan = (createRevision: number) =>
      compareOf('a', { target: create, createRevision, result: greater }, 'c');
    expect(holds(newerThan(1))).toBe(true);
    expect(holds(newerThan(2))).toBe(false);
    const smaller = (text: string) =>
      compareOf('a', { target: value, value: utf8Bytes(text), result: less }, '\0');
    expect(holds(smaller('n'))).toBe(true);
    expect(holds(smaller('m'))).toBe(false);
  });

  it('without keys are decided against a key that does not exist', () => {
    expect(holds(compareOf('x', { target: version }, 'z'))).toBe(true);
    expect(holds(compareOf('x', { target: value, result: notEqual }, 'z'))).toBe(false);
  });

  it('all have to hold', () => {
    const yes = compareOf('a', { target: version, version: 2 });
    const no = compareOf('a', { target: version, version: 1 });
    expect(holds(yes, yes)).toBe(true);
    expect(holds(yes, no)).toBe(false);
    expect(holds()).toBe(true);
  });
});

describe('operations', () => {
  it('run in order under one revision, and see what was written before', () => {
    expect(
      txn({
        success: [
          rangeOp('c'),
          putOp('c', '1'),
          rangeOp('c'),
          putOp('b', '2', { prevKv: true }),
          deleteOp('a', 'c', true),
          deleteOp('x'),
          rangeOp('\0', '\0'),
        ],
      }),
    ).toEqual({
      kind: 'txn',
      succeeded: true,
      revision: 5,
      responses: [
        { kind: 'range', kvs: [], count: 0, more: false, revision: 4 },
        { kind: 'put', revision: 5, prevKv: undefined },
        {
          kind: 'range',
          count: 1,
          more: false,
          revision: 5,
          kvs: [{ key: 'c', value: '1', create: 5, mod: 5, version: 1, lease: 0n }],
        },
        {
          kind: 'put',
          revision: 5,
          prevKv: { key: 'b', value: 'k', create: 3, mod: 3, version: 1, lease: 0n },
        },
        {
          kind: 'deleteRange',
          revision: 5,
          deleted: 2,
          prevKvs: [
            { key: 'a', value: 'm', create: 2, mod: 4, version: 2, lease: 5n },
            { key: 'b', value: '2', create: 3, mod: 5, version: 2, lease: 0n },
          ],
        },
        { kind: 'deleteRange', revision: 5, deleted: 0, prevKvs: [] },
        {
          kind: 'range',
          count: 1,
          more: false,
          revision: 5,
          kvs: [{ key: 'c', value: '1', create: 5, mod: 5, version: 1, lease: 0n }],
        },
      ],
    });
    expect(world.store.revision).toBe(5);
    const subs = world.backend
      .scanRevisions(5, 0, 5, 10)
      .map(({ sub, tombstone }) => [sub, tombstone]);
    expect(subs).toEqual([
      [0, false],
      [1, false],
      [2, true],
      [3, true],
    ]);
  });

  it('that change nothing use up no revision', () => {
    expect(txn({ success: [deleteOp('x'), rangeOp('a')] })).toMatchObject({
      revision: 4,
      responses: [{ revision: 4, deleted: 0 }, { revision: 4 }],
    });
    expect(world.store.revision).toBe(4);
  });

  it('of the other branch do not run', () => {
    const request = {
      compare: [compareOf('a', { target: version, version: 9 })],
      success: [putOp('then')],
      failure: [putOp('else')],
    };
    expect(txn(request)).toMatchObject({ succeeded: false, revision: 5 });
    expect(world.keys('\0')).toEqual(['a', 'b', 'else']);
  });

  it('an operation without content has an empty answer', () => {
    const empty: RequestOp = {
      requestRange: undefined,
      requestPut: undefined,
      requestDeleteRange: undefined,
      requestTxn: undefined,
    };
    expect(txn({ success: [empty, putOp('z')] })).toMatchObject({
      responses: [{ kind: 'empty' }, { kind: 'put', revision: 5 }],
    });
  });

  it('read old revisions inside', () => {
    expect(txn({ success: [putOp('a', 'new'), rangeOp('a', '', { revision: 2 })] })).toMatchObject({
      responses: [{}, { kvs: [{ value: 'x' }], revision: 5 }],
    });
  });

  it('leases follow puts and deletions', () => {
    txn({ success: [deleteOp('a'), putOp('c', '', { lease: 5n })] });
    expect(world.lessor.leaseOf(utf8Bytes('a'))).toBe(0n);
    expect(world.lessor.keysOf(5n)).toEqual([utf8Bytes('c')]);
  });
});

describe('nesting', () => {
  it('decides all comparisons before the first write', () => {
    const inner = {
      compare: [compareOf('c', { target: version, version: 0 })],
      success: [putOp('inner-then')],
      failure: [putOp('inner-else')],
    };
    expect(txn({ success: [putOp('c'), txnOp(inner)] })).toEqual({
      kind: 'txn',
      succeeded: true,
      revision: 5,
      responses: [
        { kind: 'put', revision: 5, prevKv: undefined },
        {
          kind: 'txn',
          succeeded: true,
          revision: 0,
          responses: [{ kind: 'put', revision: 5, prevKv: undefined }],
        },
      ],
    });
    expect(world.keys('\0')).toEqual(['a', 'b', 'c', 'inner-then']);
  });

  it('keeps several nested transactions apart, at several depths', () => {
    const no = [compareOf('a', { target: version, version: 9 })];
    const deep = txnOp({
      compare: no,
      success: [putOp('wrong')],
      failure: [txnOp({ success: [putOp('1')] }), putOp('2')],
    });
    const result = txn({
      success: [deep, txnOp({ compare: no, failure: [putOp('3')] }), putOp('4')],
    });
    expect(result).toMatchObject({
      responses: [
        { succeeded: false, responses: [{ succeeded: true }, { kind: 'put' }] },
        { succeeded: false },
        { kind: 'put' },
      ],
    });
    expect(world.keys('\0')).toEqual(['1', '2', '3', '4', 'a', 'b']);
    expect(world.store.revision).toBe(5);
  });
});

describe('a transaction that fails its checks', () => {
  it.each<[string, RequestOp, string]>([
    ['a lease that is unknown', putOp('z', '', { lease: 99n }), 'leaseNotFound'],
    ['a value to keep that is not there', putOp('z', '', { ignoreValue: true }), 'keyNotFound'],
    ['a lease to keep that is not there', putOp('z', '', { ignoreLease: true }), 'keyNotFound'],
    ['a range of the future', rangeOp('a', '', { revision: 6 }), 'futureRev'],
    ['a range that is compacted', rangeOp('a', '', { revision: 1 }), 'compacted'],
    ['the same deeper down', txnOp({ success: [rangeOp('a', '', { revision: 1 })] }), 'compacted'],
  ])('%s leaves no trace', (_name, op, code) => {
    world.done({ kind: 'compaction', request: { revision: 3, physical: false } });
    const before = world.backend.records().length;
    const request = { success: [putOp('w'), deleteOp('b'), op] };
    expect(world.refused(txnCommand(request))).toBe(code);
    expect(world.backend.records()).toHaveLength(before);
    expect(world.store.revision).toBe(4);
    expect(world.keys('\0')).toEqual(['a', 'b']);
    expect(world.put('next')).toMatchObject({ revision: 5 });
  });

  it('is not one whose bad operation stands in the other branch', () => {
    const bad = putOp('z', '', { lease: 99n });
    expect(txn({ success: [putOp('w')], failure: [bad] })).toMatchObject({ revision: 5 });
  });

  it('checks against the state before the transaction: a key made inside it is not there yet', () => {
    const request = { success: [putOp('new'), putOp('new', '', { ignoreValue: true })] };
    expect(world.refused(txnCommand(request))).toBe('keyNotFound');
  });
});

describe('a transaction that only reads', () => {
  it('reads without the log', () => {
    const request = createTxnRequest({
      compare: [compareOf('a', { target: version, version: 2 })],
      success: [rangeOp('a'), rangeOp('b', '', { revision: 3 })],
    });
    expect(readable(readTxn(world.store, request))).toMatchObject({
      succeeded: true,
      revision: 4,
      responses: [
        { kind: 'range', count: 1, revision: 4 },
        { kind: 'range', count: 1, revision: 4 },
      ],
    });
  });

  it.each([
    [6, 'futureRev'],
    [1, 'compacted'],
  ])('refuses revision %i', (revision, code) => {
    world.done({ kind: 'compaction', request: { revision: 3, physical: false } });
    const request = createTxnRequest({ success: [rangeOp('a', '', { revision })] });
    let error: unknown;
    try {
      readTxn(world.store, request);
    } catch (caught) {
      error = caught;
    }
    expect(isEtcdError(error) && error.code).toBe(code);
  });
});
