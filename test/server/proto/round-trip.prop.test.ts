// Goal: what is written is read back, and bytes of others never do harm. Method: random messages through encode and
// decode; random and damaged bytes into every decoder, which may answer or throw DecodeError, nothing else. A
// failure means lost data, or a member that one packet can stop.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as auth from '../../../server/proto/gen/auth.ts';
import * as etcdserver from '../../../server/proto/gen/etcdserver.ts';
import * as kv from '../../../server/proto/gen/kv.ts';
import * as lease from '../../../server/proto/gen/lease.ts';
import * as membership from '../../../server/proto/gen/membership.ts';
import * as raft from '../../../server/proto/gen/raft.ts';
import * as raftInternal from '../../../server/proto/gen/raft-internal.ts';
import * as rpc from '../../../server/proto/gen/rpc.ts';
import * as snap from '../../../server/proto/gen/snap.ts';
import * as wal from '../../../server/proto/gen/wal.ts';
import { NESTING_MAX } from '../../../server/proto/limits.ts';
import { DecodeError } from '../../../server/proto/reader.ts';

const MODULES = { auth, etcdserver, kv, lease, membership, raft, raftInternal, rpc, snap, wal };
type Decoder = (bytes: Uint8Array) => unknown;

const decoders: [name: string, decode: Decoder][] = Object.entries(MODULES).flatMap(
  ([file, module]) =>
    Object.entries(module)
      .filter(([name]) => name.startsWith('decode'))
      .map(([name, value]): [string, Decoder] => [`${file}.${name}`, value as Decoder]),
);

const bytes = fc.uint8Array({ maxLength: 200 });
const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const count = fc.oneof(fc.nat(), fc.maxSafeInteger());
const term = fc.oneof(fc.nat(), fc.maxSafeNat());
const signedId = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const unsignedId = fc.bigInt(0n, 2n ** 64n - 1n);

const rangeRequest: fc.Arbitrary<rpc.RangeRequest> = fc.record({
  key: bytes,
  rangeEnd: bytes,
  limit: count,
  revision: count,
  sortOrder: fc.integer(),
  sortTarget: fc.nat(4),
  serializable: fc.boolean(),
  keysOnly: fc.boolean(),
  countOnly: fc.boolean(),
  minModRevision: count,
  maxModRevision: count,
  minCreateRevision: count,
  maxCreateRevision: count,
});

const putRequest: fc.Arbitrary<rpc.PutRequest> = fc.record({
  key: bytes,
  value: bytes,
  lease: signedId,
  prevKv: fc.boolean(),
  ignoreValue: fc.boolean(),
  ignoreLease: fc.boolean(),
});

const compare: fc.Arbitrary<rpc.Compare> = fc.record({
  result: fc.nat(3),
  target: fc.nat(4),
  key: bytes,
  version: count,
  createRevision: count,
  modRevision: count,
  value: bytes,
  lease: signedId,
  rangeEnd: bytes,
});

const { txn } = fc.letrec<{ txn: rpc.TxnRequest; op: rpc.RequestOp }>((tie) => ({
  op: fc.oneof(
    { maxDepth: 4 },
    rangeRequest.map((requestRange) => rpc.createRequestOp({ requestRange })),
    putRequest.map((requestPut) => rpc.createRequestOp({ requestPut })),
    tie('txn').map((requestTxn) => rpc.createRequestOp({ requestTxn })),
  ),
  txn: fc.record({
    compare: fc.array(compare, { maxLength: 3 }),
    success: fc.array(tie('op'), { maxLength: 3 }),
    failure: fc.array(tie('op'), { maxLength: 3 }),
  }),
}));

const confState: fc.Arbitrary<raft.ConfState> = fc.record({
  voters: fc.array(unsignedId),
  learners: fc.array(unsignedId),
  votersOutgoing: fc.array(unsignedId),
  learnersNext: fc.array(unsignedId),
  autoLeave: fc.boolean(),
});

const message: fc.Arbitrary<raft.Message> = fc.record({
  type: fc.nat(18),
  to: unsignedId,
  from: unsignedId,
  term,
  logTerm: term,
  index: term,
  entries: fc.array(fc.record({ type: fc.nat(2), term, index: term, data: bytes })),
  commit: term,
  snapshot: fc.option(
    fc.record({ data: bytes, metadata: fc.record({ confState, index: term, term }) }),
    { nil: undefined },
  ),
  reject: fc.boolean(),
  rejectHint: term,
  context: bytes,
});

describe('round trip', () => {
  it('of transactions', () => {
    fc.assert(
      fc.property(txn, (m) => {
        const encoded = rpc.encodeTxnRequest(m);
        expect(rpc.decodeTxnRequest(encoded)).toEqual(m);
        expect(rpc.sizeTxnRequest(m)).toBe(encoded.length);
      }),
    );
  });

  it('of raft messages', () => {
    fc.assert(
      fc.property(message, (m) => {
        expect(raft.decodeMessage(raft.encodeMessage(m))).toEqual(m);
      }),
    );
  });

  it('of texts, lists and numbers', () => {
    const status: fc.Arbitrary<rpc.StatusResponse> = fc.record({
      header: fc.option(
        fc.record({ clusterId: unsignedId, memberId: unsignedId, revision: count, raftTerm: term }),
        { nil: undefined },
      ),
      version: text,
      dbSize: count,
      leader: unsignedId,
      raftIndex: term,
      raftTerm: term,
      raftAppliedIndex: term,
      errors: fc.array(text),
      dbSizeInUse: count,
      isLearner: fc.boolean(),
      storageVersion: text,
      dbSizeQuota: count,
      downgradeInfo: fc.option(fc.record({ enabled: fc.boolean(), targetVersion: text }), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(status, (m) => {
        expect(rpc.decodeStatusResponse(rpc.encodeStatusResponse(m))).toEqual(m);
      }),
    );
  });

  it('inside a larger buffer, at an offset', () => {
    fc.assert(
      fc.property(putRequest, fc.nat(20), (m, offset) => {
        const out = new Uint8Array(rpc.sizePutRequest(m) + offset + 3);
        const end = rpc.writePutRequest(m, out, offset);
        expect(end).toBe(out.length - 3);
        expect(rpc.decodePutRequest(out, offset, end)).toEqual(m);
      }),
    );
  });
});

describe('hostile bytes', () => {
  it('end in a message or in a DecodeError', () => {
    expect(decoders.length).toBeGreaterThan(100);
    fc.assert(
      fc.property(
        fc.constantFrom(...decoders),
        fc.uint8Array({ maxLength: 80 }),
        ([, decode], input) => answersOrRefuses(decode, input),
      ),
      { numRuns: 3000 },
    );
  });

  it('may be a damaged message', () => {
    fc.assert(
      fc.property(txn, fc.nat(), fc.nat(255), fc.nat(), (m, position, byte, cut) => {
        const damaged = rpc.encodeTxnRequest(m).slice();
        if (damaged.length === 0) return;
        damaged[position % damaged.length] = byte;
        answersOrRefuses(rpc.decodeTxnRequest, damaged);
        answersOrRefuses(rpc.decodeTxnRequest, damaged.subarray(0, cut % damaged.length));
      }),
    );
  });

  it('may nest without end', () => {
    let nested: Uint8Array = new Uint8Array(0);
    for (let level = 0; level < NESTING_MAX + 1; level++) {
      nested = level % 2 === 0 ? wrap(0x22, nested) : wrap(0x12, nested);
    }
    expect(() => rpc.decodeTxnRequest(wrap(0x12, nested))).toThrow(DecodeError);
    expect(() => rpc.decodeTxnRequest(new Uint8Array(5000).fill(0x1b))).toThrow(DecodeError);
  });

  it.each([
    ['field number 0', [0x00, 0x01]],
    ['a varint of eleven bytes', [0x18, ...Array<number>(10).fill(0xff), 1]],
    ['a length beyond the end', [0x0a, 5, 1]],
    ['a length of 2^32', [0x0a, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['a field cut short', [0x18]],
    ['an end without a group', [0x0c]],
    ['wire type 7', [0x0f]],
  ])('refuses %s', (_name, input) => {
    expect(() => rpc.decodePutRequest(new Uint8Array(input))).toThrow(DecodeError);
  });

  it('refuses text that is not UTF-8, and keeps a byte order mark', () => {
    expect(() => rpc.decodeAuthUserGetRequest(new Uint8Array([0x0a, 1, 0xff]))).toThrow(
      DecodeError,
    );
    const m = { name: '\ufeffuser' };
    expect(rpc.decodeAuthUserGetRequest(rpc.encodeAuthUserGetRequest(m))).toEqual(m);
  });

  it('passes over unknown fields of every wire type', () => {
    const unknown = [
      0xf8, 0x07, 0x01, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, 0xfa, 0x07, 1, 0, 0xfb, 0x07, 0x08, 1,
      0xfc, 0x07, 0xfd, 0x07, 1, 2, 3, 4,
    ];
    const input = new Uint8Array([...unknown, 0x0a, 1, 97, ...unknown]);
    expect(rpc.decodePutRequest(input)).toEqual(
      rpc.createPutRequest({ key: new Uint8Array([97]) }),
    );
  });

  it('takes the last member of a oneof', () => {
    const put = rpc.encodeRequestOp(rpc.createRequestOp({ requestPut: rpc.createPutRequest() }));
    const range = rpc.encodeRequestOp(
      rpc.createRequestOp({ requestRange: rpc.createRangeRequest() }),
    );
    const op = rpc.decodeRequestOp(new Uint8Array([...put, ...range]));
    expect(op).toEqual(rpc.createRequestOp({ requestRange: rpc.createRangeRequest() }));
  });
});

describe('64-bit integers', () => {
  const MAX = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
  const MIN = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
  const MINUS_1 = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

  it.each([
    [2 ** 63, MAX],
    [-(2 ** 63), MIN],
    [-1, MINUS_1],
    [Number.MAX_SAFE_INTEGER, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    [2 ** 32, [0x80, 0x80, 0x80, 0x80, 0x10]],
    [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
    [2 ** 28, [0x80, 0x80, 0x80, 0x80, 0x01]],
    [128, [0x80, 0x01]],
    [127, [0x7f]],
  ])('%d as a signed number', (value, varint) => {
    const encoded = new Uint8Array([0x08, ...varint]);
    expect(rpc.decodeHashKVRequest(encoded).revision).toBe(value);
    expect(rpc.encodeHashKVRequest({ revision: value })).toEqual(encoded);
  });

  it('the largest unsigned number', () => {
    const encoded = new Uint8Array([0x08, 0, 0x10, 0, 0x18, ...MINUS_1]);
    expect(raft.decodeHardState(encoded).commit).toBe(2 ** 64);
    expect(raft.encodeHardState({ term: 0, vote: 0n, commit: 2 ** 64 })).toEqual(encoded);
  });

  it.each([
    [2n ** 63n - 1n, MAX],
    [-(2n ** 63n), MIN],
    [-1n, MINUS_1],
    [0x7fffffffn, [0xff, 0xff, 0xff, 0xff, 0x07]],
    [0xffffffffn, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('%d as an id', (value, varint) => {
    const encoded = new Uint8Array([0x08, ...varint]);
    expect(rpc.decodeLeaseRevokeRequest(encoded).id).toBe(value);
    expect(rpc.encodeLeaseRevokeRequest({ id: value })).toEqual(encoded);
    expect(rpc.decodeMemberRemoveRequest(encoded).id).toBe(BigInt.asUintN(64, value));
  });
});

function answersOrRefuses(decode: Decoder, input: Uint8Array): void {
  try {
    decode(input);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
  }
}

/** `tag`, a length, and the bytes. */
function wrap(tag: number, inner: Uint8Array): Uint8Array {
  const { length } = inner;
  const head = length < 0x80 ? [tag, length] : [tag, (length & 0x7f) | 0x80, length >>> 7];
  return new Uint8Array([...head, ...inner]);
}
