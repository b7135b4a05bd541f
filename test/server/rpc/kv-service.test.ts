// Goal: the KV service answers what etcd's does, byte for byte as the generated decoders read it, and refuses with etcd's
// codes and texts. Method: fake calls on the service over a whole node in memory. A failure means clients that
// misunderstand an answer, or an error they do not recognise.
import { beforeEach, describe, expect, it } from 'vitest';
import { EMPTY_BYTES, utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import {
  type Compare,
  CompareTarget,
  createCompactionRequest,
  createPutRequest,
  createRequestOp,
  createTxnRequest,
  decodeCompactionResponse,
  decodeDeleteRangeResponse,
  decodePutResponse,
  decodeRangeResponse,
  decodeTxnResponse,
  encodeCompactionRequest,
  encodeDeleteRangeRequest,
  encodePutRequest,
  encodeRangeRequest,
  encodeTxnRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from '../../../server/proto/gen/rpc.ts';
import {
  compareOf,
  deleteOf,
  deleteOp,
  putOf,
  putOp,
  rangeOf,
  rangeOp,
  txnOp,
} from '../../support/apply-harness.ts';
import { callUnary, endOf, type FakeUnary } from '../../support/fake-call.ts';
import { KV, RpcWorld } from '../../support/rpc-harness.ts';

let world: RpcWorld;

beforeEach(() => {
  world = new RpcWorld();
  world.start();
});

function put(key: string, value = '', more: Partial<PutRequest> = {}): Uint8Array {
  return world.answer(world.kv, `${KV}Put`, encodePutRequest(putOf(key, value, more)));
}

/** Everything there is, in slices. */
const local = rangeOf('\0', '\0', { serializable: true });

/** More keys than a slice reads, and a clock by which a step takes a slice. */
function fill(): void {
  const txn = world.store.beginWrite();
  for (let i = 0; i < 3000; i++) txn.put(utf8Bytes(`k${i}`), EMPTY_BYTES, 0n);
  txn.end();
  world.time.lookMs = 10;
}

function forbidLoads(): void {
  world.store.load = () => {
    throw new Error('loaded for nobody');
  };
}

function refusalOf(method: string, message: Uint8Array): string {
  return endOf(world.call(world.kv, KV + method, message));
}

function txn(request: Partial<TxnRequest>): ReturnType<typeof decodeTxnResponse> {
  const message = encodeTxnRequest(createTxnRequest(request));
  return decodeTxnResponse(world.answer(world.kv, `${KV}Txn`, message));
}

const refusedTxn = (request: Partial<TxnRequest>): string =>
  refusalOf('Txn', encodeTxnRequest(createTxnRequest(request)));

describe('put', () => {
  it('answers header and previous value', () => {
    expect(decodePutResponse(put('a', '1'))).toEqual({
      header: world.fullHeader(2),
      prevKv: undefined,
    });
    expect(decodePutResponse(put('a', '2', { prevKv: true }))).toMatchObject({
      header: { revision: 3 },
      prevKv: { value: utf8Bytes('1'), modRevision: 2, version: 1 },
    });
  });

  it.each<[string, PutRequest, string]>([
    ['no key', createPutRequest(), '3 etcdserver: key is not provided'],
    [
      'a value to ignore',
      putOf('a', 'v', { ignoreValue: true }),
      '3 etcdserver: value is provided',
    ],
    [
      'a lease to ignore',
      putOf('a', '', { ignoreLease: true, lease: 1n }),
      '3 etcdserver: lease is provided',
    ],
    ['an unknown lease', putOf('a', '', { lease: 1n }), '5 etcdserver: requested lease not found'],
    ['nothing to keep', putOf('a', '', { ignoreValue: true }), '3 etcdserver: key not found'],
    ['too much', putOf('a', 'x'.repeat(10_000)), '3 etcdserver: request is too large'],
  ])('refuses %s', (_name, request, text) => {
    expect(refusalOf('Put', encodePutRequest(request))).toBe(text);
    expect(world.store.revision).toBe(1);
  });

  it('refuses bytes that are no request', () => {
    expect(refusalOf('Put', Uint8Array.of(0x0a, 5, 1))).toMatch(
      /^13 grpc: error unmarshalling request: /,
    );
  });
});

describe('range', () => {
  const range = (request: RangeRequest): ReturnType<typeof decodeRangeResponse> =>
    decodeRangeResponse(world.answer(world.kv, `${KV}Range`, encodeRangeRequest(request)));

  it('answers keys, count and more', () => {
    for (const key of ['a', 'b', 'c']) put(key, key);
    const response = range(rangeOf('a', '\0', { limit: 2 }));
    expect(response).toMatchObject({ header: world.fullHeader(4), more: true, count: 3 });
    expect(response.kvs.map((kv) => utf8Text(kv.key))).toEqual(['a', 'b']);
    expect(response.kvs[0]).toEqual({
      key: utf8Bytes('a'),
      value: utf8Bytes('a'),
      createRevision: 2,
      modRevision: 2,
      version: 1,
      lease: 0n,
    });
    expect(range(rangeOf('z'))).toEqual({
      header: world.fullHeader(4),
      kvs: [],
      more: false,
      count: 0,
    });
  });

  it('linearizable reads wait for their index, serializable ones do not', () => {
    put('a');
    world.log.isInstant = false;
    const linearizable = callUnary(world.kv, `${KV}Range`, encodeRangeRequest(rangeOf('a')));
    const serializable = callUnary(
      world.kv,
      `${KV}Range`,
      encodeRangeRequest(rangeOf('a', '', { serializable: true })),
    );
    expect([endOf(linearizable), endOf(serializable)]).toEqual(['open after 0', 'ok']);
    world.time.settle();
    expect(endOf(linearizable)).toBe('ok');
  });

  it('a call that was given up is not read for', () => {
    const call = callUnary(world.kv, `${KV}Range`, encodeRangeRequest(rangeOf('a')));
    call.cancel();
    world.store.select = () => {
      throw new Error('read for nobody');
    };
    world.time.settle();
    expect(call.sent).toEqual([]);
  });

  it('a call that is given up while a big range is read for it is not read on for', () => {
    fill();
    const call = callUnary(world.kv, `${KV}Range`, encodeRangeRequest(local));
    expect(endOf(call)).toBe('open after 0');
    call.cancel();
    forbidLoads();
    world.time.settle();
    expect(call.sent).toEqual([]);
  });

  it.each<[string, RangeRequest, string]>([
    ['no key', rangeOf(''), '3 etcdserver: key is not provided'],
    ['an unknown order', rangeOf('a', '', { sortOrder: 3 }), '3 etcdserver: invalid sort option'],
    ['a negative order', rangeOf('a', '', { sortOrder: -1 }), '3 etcdserver: invalid sort option'],
    ['an unknown target', rangeOf('a', '', { sortTarget: 5 }), '3 etcdserver: invalid sort option'],
    [
      'the future',
      rangeOf('a', '', { revision: 9 }),
      '11 etcdserver: mvcc: required revision is a future revision',
    ],
  ])('refuses %s', (_name, request, text) => {
    expect(refusalOf('Range', encodeRangeRequest(request))).toBe(text);
  });

  it('times out without a leader, serializable reads still answer', () => {
    world = new RpcWorld({ voters: [1n, 2n] });
    world.start();
    const call = callUnary(world.kv, `${KV}Range`, encodeRangeRequest(rangeOf('a')));
    world.time.advance(8000);
    expect(endOf(call)).toBe('14 etcdserver: request timed out');
    const local = rangeOf('a', '', { serializable: true });
    expect(refusalOf('Range', encodeRangeRequest(local))).toBe('ok');
  });
});

describe('delete', () => {
  it('answers count and what was there', () => {
    for (const key of ['a', 'b']) put(key, key);
    const message = encodeDeleteRangeRequest(deleteOf('a', '\0', true));
    const response = decodeDeleteRangeResponse(world.answer(world.kv, `${KV}DeleteRange`, message));
    expect(response).toMatchObject({ header: world.fullHeader(4), deleted: 2 });
    expect(response.prevKvs.map((kv) => utf8Text(kv.value))).toEqual(['a', 'b']);
    const again = world.answer(world.kv, `${KV}DeleteRange`, message);
    expect(decodeDeleteRangeResponse(again)).toEqual({
      header: world.fullHeader(4),
      deleted: 0,
      prevKvs: [],
    });
  });

  it('refuses an empty key', () => {
    expect(refusalOf('DeleteRange', EMPTY_BYTES)).toBe('3 etcdserver: key is not provided');
  });
});

describe('txn', () => {
  it('answers each operation under a header with the revision alone, nested ones under an empty one', () => {
    put('a', '1');
    const response = txn({
      compare: [compareOf('a', { target: CompareTarget.version, version: 1 })],
      success: [
        rangeOp('a'),
        putOp('b', '2', { prevKv: true }),
        deleteOp('a', '', true),
        txnOp({ failure: [], success: [putOp('c')] }),
      ],
    });
    const inner = { clusterId: 0n, memberId: 0n, revision: 0, raftTerm: 0 };
    expect(response).toMatchObject({ header: world.fullHeader(3), succeeded: true });
    expect(response.responses).toMatchObject([
      { responseRange: { header: { ...inner, revision: 2 }, count: 1 } },
      { responsePut: { header: { ...inner, revision: 3 }, prevKv: undefined } },
      { responseDeleteRange: { header: { ...inner, revision: 3 }, deleted: 1 } },
      {
        responseTxn: {
          header: inner,
          succeeded: true,
          responses: [{ responsePut: { header: { ...inner, revision: 3 } } }],
        },
      },
    ]);
    expect(response.responses[2]?.responseDeleteRange?.prevKvs).toMatchObject([
      { value: utf8Bytes('1') },
    ]);
  });

  it('reads without the log when it only reads', () => {
    put('a', '1');
    const before = world.log.entries.length;
    const compare: Compare[] = [compareOf('a', { target: CompareTarget.version, version: 7 })];
    expect(txn({ compare, failure: [rangeOp('a')] })).toMatchObject({
      header: world.fullHeader(2),
      succeeded: false,
      responses: [{ responseRange: { count: 1, header: { revision: 2 } } }],
    });
    expect(world.log.entries).toHaveLength(before);
  });

  it('serializable ones answer at once, an empty one too', () => {
    const local = rangeOp('a', '', { serializable: true });
    const open = (ops: RequestOp[]): string =>
      endOf(callUnary(world.kv, `${KV}Txn`, encodeTxnRequest(createTxnRequest({ success: ops }))));
    expect(open([local])).toBe('ok');
    expect(open([])).toBe('ok');
    expect(open([local, rangeOp('a')])).toBe('open after 0');
  });

  it('a call that was given up is not read for, and not read on for', () => {
    const asked = (request: RangeRequest): FakeUnary => {
      const message = createTxnRequest({ success: [createRequestOp({ requestRange: request })] });
      return callUnary(world.kv, `${KV}Txn`, encodeTxnRequest(message));
    };
    fill();
    const waiting = asked(rangeOf('a'));
    const reading = asked(local);
    expect([endOf(waiting), endOf(reading)]).toEqual(['open after 0', 'open after 0']);
    waiting.cancel();
    reading.cancel();
    world.store.select = () => {
      throw new Error('read for nobody');
    };
    forbidLoads();
    world.time.settle();
    expect([waiting.sent, reading.sent]).toEqual([[], []]);
  });

  it('a transaction in a transaction goes through the log, whatever it does', () => {
    const before = world.log.entries.length;
    txn({ success: [txnOp({ success: [rangeOp('a')] })] });
    expect(world.log.entries).toHaveLength(before + 1);
  });

  it('refuses compacted and future reads, in the log and beside it', () => {
    put('a');
    const future = '11 etcdserver: mvcc: required revision is a future revision';
    expect(refusedTxn({ success: [rangeOp('a', '', { revision: 9 })] })).toBe(future);
    expect(refusedTxn({ success: [rangeOp('a', '', { revision: 9 }), putOp('b')] })).toBe(future);
    expect(world.store.revision).toBe(2);
  });

  const many = (count: number): RequestOp[] =>
    Array.from({ length: count }, (_, i) => putOp(`k${i}`));
  const tooMany = '3 etcdserver: too many operations in txn request';
  const noKey = '3 etcdserver: key is not provided';

  it.each<[string, Partial<TxnRequest>, string]>([
    ['too many puts', { success: many(129) }, tooMany],
    ['too many in the other branch', { failure: many(129) }, tooMany],
    ['too many comparisons', { compare: Array(129).fill(compareOf('a', {})) }, tooMany],
    [
      'too many with the nested ones',
      { success: [...many(127), txnOp({ success: many(1) })] },
      tooMany,
    ],
    ['a comparison without a key', { compare: [compareOf('', {})] }, noKey],
    ['a put without a key', { success: [putOp('')] }, noKey],
    ['a range without a key', { failure: [rangeOp('')] }, noKey],
    ['a deletion without a key', { failure: [deleteOp('')] }, noKey],
    ['the same deeper down', { success: [txnOp({ failure: [putOp('')] })] }, noKey],
    [
      'an operation without content',
      { success: [createRequestOp()] },
      '3 etcdserver: key not found',
    ],
    [
      'a bad sort inside',
      { success: [rangeOp('a', '', { sortOrder: 9 })] },
      '3 etcdserver: invalid sort option',
    ],
    [
      'a value to ignore inside',
      { success: [putOp('a', 'v', { ignoreValue: true })] },
      '3 etcdserver: value is provided',
    ],
  ])('refuses %s', (_name, request, text) => {
    expect(refusedTxn(request)).toBe(text);
  });

  it.each<[string, RequestOp[]]>([
    ['a key put twice', [putOp('a'), putOp('a')]],
    ['a key put and deleted', [putOp('a'), deleteOp('a')]],
    ['a key put inside of a deletion', [deleteOp('a', 'c'), putOp('b')]],
    ['the same in the nested one', [txnOp({ success: [putOp('a'), putOp('a')] })]],
    ['put here and in a nested one', [putOp('a'), txnOp({ failure: [putOp('a')] })]],
    [
      'put in two nested ones',
      [txnOp({ success: [putOp('a')] }), txnOp({ success: [putOp('a')] })],
    ],
    ['put in a nested one, deleted here', [txnOp({ success: [putOp('b')] }), deleteOp('a', 'c')]],
    ['deleted in a nested one, put here', [txnOp({ failure: [deleteOp('a')] }), putOp('a')]],
    [
      'deleted in a nested one, put in a later one',
      [txnOp({ success: [deleteOp('a')] }), txnOp({ success: [putOp('a')] })],
    ],
  ])('refuses %s', (_name, ops) => {
    const text = '3 etcdserver: duplicate key given in txn request';
    expect(refusedTxn({ success: ops })).toBe(text);
    expect(refusedTxn({ failure: ops })).toBe(text);
  });

  it.each<[string, Partial<TxnRequest>]>([
    ['as many as allowed', { success: many(128), failure: many(128) }],
    ['the same key in both branches', { success: [putOp('a')], failure: [putOp('a')] }],
    [
      'the same key in both branches of a nested one',
      { success: [txnOp({ success: [putOp('a')], failure: [putOp('a')] })] },
    ],
    ['deletions that overlap', { success: [deleteOp('a', 'c'), deleteOp('b', 'd')] }],
    ['a put at the end of a deletion', { success: [deleteOp('a', 'c'), putOp('c')] }],
    ['a put after an interval turned around', { success: [deleteOp('c', 'a'), putOp('b')] }],
    // etcd does not see that this deletion meets the put.
    ['a put beside an open deletion', { success: [deleteOp('a', '\0'), putOp('b')] }],
    ['bytes beyond ASCII', { success: [putOp('\u00e4'), putOp('\u00e5'), deleteOp('\u00e6')] }],
  ])('takes %s', (_name, request) => {
    expect(refusedTxn(request)).toBe('ok');
  });
});

describe('compact', () => {
  const compact = (revision: number, physical = false): Uint8Array =>
    encodeCompactionRequest(createCompactionRequest({ revision, physical }));

  it('answers the current revision', () => {
    put('a');
    put('a');
    const bytes = world.answer(world.kv, `${KV}Compact`, compact(2));
    expect(decodeCompactionResponse(bytes)).toEqual({ header: world.fullHeader(3) });
  });

  it('refuses the past and the future', () => {
    put('a');
    world.answer(world.kv, `${KV}Compact`, compact(2));
    expect(refusalOf('Compact', compact(2))).toBe(
      '11 etcdserver: mvcc: required revision has been compacted',
    );
    expect(refusalOf('Compact', compact(3))).toBe(
      '11 etcdserver: mvcc: required revision is a future revision',
    );
  });

  it('physical: answers after the deletion, also when another one asked for it', () => {
    for (let i = 0; i < 300; i++) put('a');
    const first = world.call(world.kv, `${KV}Compact`, compact(250, true));
    const second = world.call(world.kv, `${KV}Compact`, compact(250, true));
    const third = world.call(world.kv, `${KV}Compact`, compact(250));
    expect([first, second].map(endOf)).toEqual(['open after 0', 'open after 0']);
    expect(endOf(third)).toBe('11 etcdserver: mvcc: required revision has been compacted');
    world.time.advance(1000);
    expect(endOf(first)).toBe('ok');
    expect(endOf(second)).toBe('11 etcdserver: mvcc: required revision has been compacted');
    expect(world.store.pendingCompaction).toBeUndefined();
  });
});

it('every answer of the log is failed when the member stops', () => {
  world = new RpcWorld({ voters: [1n, 2n] });
  world.start();
  const calls = [
    callUnary(world.kv, `${KV}Put`, encodePutRequest(putOf('a'))),
    callUnary(world.kv, `${KV}Range`, encodeRangeRequest(rangeOf('a'))),
  ];
  world.node.stop();
  expect(calls.map(endOf)).toEqual([
    '14 etcdserver: server stopped',
    '14 etcdserver: server stopped',
  ]);
});
