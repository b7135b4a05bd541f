// Goal: answers that are written straight from stored bytes are those the generated code would write. Method: random
// results through both. A failure means that clients cannot read an answer, or read another one.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { OpResult, TxnResult } from '../../../server/apply/result.ts';
import { createKeyValue, encodeKeyValue } from '../../../server/proto/gen/kv.ts';
import {
  createResponseHeader,
  encodeDeleteRangeResponse,
  encodePutResponse,
  encodeRangeResponse,
  encodeTxnResponse,
  type ResponseHeader,
  type ResponseOp,
  type TxnResponse,
} from '../../../server/proto/gen/rpc.ts';
import { encodeMessage } from '../../../server/rpc/grpc/server-call.ts';
import { createKvEncoders } from '../../../server/rpc/kv-responses.ts';
import { ResponseHeaderWriter } from '../../../server/rpc/response-header.ts';

const HEADER = { clusterId: 2n ** 63n + 5n, memberId: 7n, raftTerm: 300 };
const encoders = createKvEncoders(
  new ResponseHeaderWriter(HEADER.clusterId, HEADER.memberId, () => HEADER.raftTerm),
);

const revision = fc.oneof(fc.constant(0), fc.nat(200), fc.maxSafeNat());
const stored = fc
  .record({ key: fc.uint8Array({ maxLength: 200 }), modRevision: revision })
  .map((kv) => createKeyValue(kv));

const rangeOf = fc
  .record({ kvs: fc.array(stored), more: fc.boolean(), count: revision, revision })
  .map(
    ({ kvs, ...rest }): Pair => ({
      result: { kind: 'range', kvs: kvs.map((kv) => encodeKeyValue(kv)), ...rest },
      responseOf: (header) => ({ responseRange: { header, kvs, ...pick(rest) } }),
    }),
  );

const putOf = fc.record({ prevKv: fc.option(stored, { nil: undefined }), revision }).map(
  ({ prevKv, revision: at }): Pair => ({
    result: { kind: 'put', revision: at, prevKv: prevKv && encodeKeyValue(prevKv) },
    responseOf: (header) => ({ responsePut: { header, prevKv } }),
  }),
);

const deletionOf = fc.record({ prevKvs: fc.array(stored), deleted: revision, revision }).map(
  ({ prevKvs, deleted, revision: at }): Pair => ({
    result: {
      kind: 'deleteRange',
      revision: at,
      deleted,
      prevKvs: prevKvs.map((kv) => encodeKeyValue(kv)),
    },
    responseOf: (header) => ({ responseDeleteRange: { header, deleted, prevKvs } }),
  }),
);

const empty = fc.constant<Pair>({ result: { kind: 'empty' }, responseOf: () => ({}) });

/** A result, and the answer it is, given its header. */
interface Pair {
  readonly result: OpResult;
  readonly responseOf: (header: ResponseHeader | undefined) => Partial<ResponseOp>;
}

interface TxnPair extends Pair {
  readonly result: TxnResult;
}

function txnOf(depth: number): fc.Arbitrary<TxnPair> {
  const ops: fc.Arbitrary<Pair>[] = [rangeOf, putOf, deletionOf, empty];
  if (depth > 0) ops.push(txnOf(depth - 1));
  return fc
    .record({
      succeeded: fc.boolean(),
      revision,
      parts: fc.array(fc.oneof(...ops), { maxLength: 4 }),
    })
    .map(({ succeeded, revision: at, parts }) => ({
      result: {
        kind: 'txn',
        succeeded,
        revision: at,
        responses: parts.map(({ result }) => result),
      },
      responseOf: (header) => ({
        responseTxn: { header, succeeded, responses: parts.map(innerResponse) },
      }),
    }));
}

/** Inside a transaction there is the revision alone, and for a nested transaction nothing. */
function innerResponse({ result, responseOf }: Pair): ResponseOp {
  const at = result.kind === 'empty' || result.kind === 'txn' ? 0 : result.revision;
  return {
    responseRange: undefined,
    responsePut: undefined,
    responseDeleteRange: undefined,
    responseTxn: undefined,
    ...responseOf(createResponseHeader({ revision: at })),
  };
}

function pick({ more, count }: { more: boolean; count: number }): { more: boolean; count: number } {
  return { more, count };
}

it('ranges, puts and deletions', () => {
  fc.assert(
    fc.property(rangeOf, putOf, deletionOf, (range, put, deletion) => {
      for (const { result, responseOf } of [range, put, deletion]) {
        if (result.kind === 'empty') continue;
        const answer = responseOf({ ...HEADER, revision: result.revision });
        const { responseRange, responsePut, responseDeleteRange } = answer;
        if (result.kind === 'range' && responseRange) {
          expect(plainBytes(encodeMessage(encoders.range, result))).toEqual(
            encodeRangeResponse(responseRange),
          );
        } else if (result.kind === 'put' && responsePut) {
          expect(plainBytes(encodeMessage(encoders.put, result))).toEqual(
            encodePutResponse(responsePut),
          );
        } else if (result.kind === 'deleteRange' && responseDeleteRange) {
          expect(plainBytes(encodeMessage(encoders.deleteRange, result))).toEqual(
            encodeDeleteRangeResponse(responseDeleteRange),
          );
        } else {
          throw new Error(`${result.kind} without its answer`);
        }
      }
    }),
  );
});

it('transactions, nested ones too', () => {
  fc.assert(
    fc.property(txnOf(2), ({ result, responseOf }) => {
      const { responseTxn } = responseOf({ ...HEADER, revision: result.revision });
      const expected = encodeTxnResponse(responseTxn as TxnResponse);
      expect(plainBytes(encodeMessage(encoders.txn, result))).toEqual(expected);
    }),
  );
});

/** Encoders write into Buffers, which compare unequal to plain byte arrays. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
