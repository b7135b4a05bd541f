// Goal: a transaction is refused for writing a key twice exactly when etcd refuses it, and a wide or deep one is judged in
// time. Method: random small transactions against the rule written down plainly, which compares everything with
// everything; and large ones whose comparisons are counted. A failure means a legal transaction that is refused, one
// with two meanings that is taken, or a request that stops the member for seconds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, utf8Bytes } from '../../../server/base/bytes.ts';
import {
  createDeleteRangeRequest,
  createPutRequest,
  createRangeRequest,
  createRequestOp,
  createTxnRequest,
  type DeleteRangeRequest,
  type RequestOp,
  type TxnRequest,
} from '../../../server/proto/gen/rpc.ts';
import { OverlapCheck, overlaps } from '../../../server/rpc/txn-overlap.ts';

function putOp(key: string): RequestOp {
  return createRequestOp({ requestPut: createPutRequest({ key: utf8Bytes(key) }) });
}

function deleteOp(key: string, rangeEnd = ''): RequestOp {
  const request = { key: utf8Bytes(key), rangeEnd: utf8Bytes(rangeEnd) };
  return createRequestOp({ requestDeleteRange: createDeleteRangeRequest(request) });
}

function txnOp(success: RequestOp[], failure: RequestOp[] = []): RequestOp {
  return createRequestOp({ requestTxn: createTxnRequest({ success, failure }) });
}

// ---- the rule, plainly

interface Writes {
  readonly puts: Set<string>;
  readonly deletes: DeleteRangeRequest[];
}

function collectPlainly(ops: readonly RequestOp[]): Writes | undefined {
  const writes: Writes = { puts: new Set(), deletes: [] };
  for (const op of ops) {
    if (op.requestDeleteRange !== undefined) writes.deletes.push(op.requestDeleteRange);
  }
  for (const op of ops) {
    if (op.requestTxn !== undefined && !addPlainly(writes, op.requestTxn)) return undefined;
  }
  for (const op of ops) {
    if (op.requestPut === undefined) continue;
    const key = Buffer.from(op.requestPut.key).toString('latin1');
    if (writes.puts.has(key) || isDeleted(writes.deletes, key)) return undefined;
    writes.puts.add(key);
  }
  return writes;
}

function addPlainly(writes: Writes, txn: TxnRequest): boolean {
  const onSuccess = collectPlainly(txn.success);
  const onFailure = collectPlainly(txn.failure);
  if (onSuccess === undefined || onFailure === undefined) return false;
  for (const key of onSuccess.puts) {
    if (writes.puts.has(key) || isDeleted(writes.deletes, key)) return false;
    writes.puts.add(key);
  }
  for (const key of onFailure.puts) {
    if (writes.puts.has(key) && !onSuccess.puts.has(key)) return false;
    if (isDeleted(writes.deletes, key)) return false;
    writes.puts.add(key);
  }
  writes.deletes.push(...onSuccess.deletes, ...onFailure.deletes);
  return true;
}

function isDeleted(deletes: readonly DeleteRangeRequest[], text: string): boolean {
  const key = Buffer.from(text, 'latin1');
  return deletes.some((request) => {
    const order = compareBytes(key, request.key);
    if (request.rangeEnd.length === 0) return order === 0;
    return order >= 0 && compareBytes(key, request.rangeEnd) < 0;
  });
}

// ---- random ones

/** Many keys collide and many do not: one and two bytes, the smallest and the largest among them. */
const key = fc.oneof(
  fc.nat({ max: 25 }).map((i) => String.fromCharCode(0x61 + i)),
  fc.constantFrom('\0', '\0\0', 'a\0', 'aa', 'ab', 'b\0', '\u00e4', '\u00ff'),
);
const leaf = fc.oneof(
  { weight: 5, arbitrary: key.map(putOp) },
  { weight: 1, arbitrary: key.map((one) => deleteOp(one)) },
  { weight: 1, arbitrary: fc.tuple(key, key).map(([from, to]) => deleteOp(from, to)) },
  { weight: 1, arbitrary: key.map((one) => deleteOp(one, '\0')) },
  {
    weight: 1,
    arbitrary: key.map((one) =>
      createRequestOp({ requestRange: createRangeRequest({ key: utf8Bytes(one) }) }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(createRequestOp()) },
);

/** Few in each list of a deep one, where many lists collide. */
const LEAVES_MAX = 4;

function opsOf(depth: number, leavesMax = LEAVES_MAX): fc.Arbitrary<RequestOp[]> {
  if (depth === 0) return fc.array(leaf, { maxLength: leavesMax });
  const inner = opsOf(depth - 1);
  const nested = fc.tuple(inner, inner).map(([success, failure]) => txnOp(success, failure));
  return fc.array(fc.oneof({ weight: 2, arbitrary: leaf }, { weight: 1, arbitrary: nested }), {
    maxLength: 4,
  });
}

describe('a key written twice', () => {
  it.each([0, 1, 2, 3])('is found as by comparing all with all, %i levels deep', (depth) => {
    const seen = { refused: 0, taken: 0 };
    fc.assert(
      fc.property(opsOf(depth, 2 * LEAVES_MAX), (ops) => {
        const isRefused = collectPlainly(ops) === undefined;
        seen[isRefused ? 'refused' : 'taken']++;
        expect(overlaps(ops)).toBe(isRefused);
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.refused, seen.taken)).toBeGreaterThan(50);
  });
});

describe('the work', () => {
  /** Every comparison and every change of a counter, with room for three times the bound of a balanced tree. */
  function expectBounded(ops: readonly RequestOp[], writeCount: number): void {
    const check = new OverlapCheck(ops);
    expect(check.overlaps()).toBe(false);
    expect(check.steps).toBeLessThan(3 * writeCount * Math.ceil(Math.log2(writeCount)));
  }

  it('stays within n log n for a transaction as wide as the budget of a path allows', () => {
    // As 42 x 43 x 43 operations are sent: 128 on every path, 77 658 in all.
    const leaves = (a: number, b: number): RequestOp[] =>
      Array.from({ length: 43 }, (_, c) => {
        const name = `${a}/${b}/${c}`;
        return c % 2 === 0 ? putOp(`p${name}`) : deleteOp(`d${name}`, `d${name}0`);
      });
    const middle = (a: number): RequestOp[] =>
      Array.from({ length: 43 }, (_, b) => txnOp(leaves(a, b)));
    const ops = Array.from({ length: 42 }, (_, a) => txnOp(middle(a)));
    expectBounded(ops, 42 * 43 * 43);
  });

  it('stays within it for a chain of transactions around many writes', () => {
    const writes = (at: number): RequestOp[] =>
      Array.from({ length: 5000 }, (_, i) =>
        i % 2 === 0 ? putOp(`p${at}/${i}`) : deleteOp(`d${at}/${i}`, `d${at}/${i}0`),
      );
    let ops = writes(0);
    // The larger part is now in one branch, now in the other.
    for (let depth = 1; depth <= 100; depth++) {
      const other = [putOp(`p${depth}`), deleteOp(`d${depth}`, `d${depth}0`)];
      ops = [depth % 2 === 0 ? txnOp(ops, other) : txnOp(other, ops)];
    }
    expectBounded(ops, 5200);
  });

  it('does not grow with the width when everything is deleted and nothing collides', () => {
    const ops = Array.from({ length: 50_000 }, (_, i) => deleteOp('a', `b${i}`));
    ops.push(putOp('c'));
    expectBounded(ops, 50_001);
  });
});
