// Owns transactions: comparisons decided up front for all levels, checks before the first write, then the operations of
// the branches chosen. A transaction that passed its checks cannot fail. etcd: server/etcdserver/txn/txn.go.

import { assert } from '../base/assert.ts';
import { compareBytes } from '../base/bytes.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import { RevisionColumns } from '../mvcc/revision-columns.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { WriteTxn } from '../mvcc/write-txn.ts';
import { decodeKeyValue } from '../proto/gen/kv.ts';
import {
  type Compare,
  CompareResult,
  CompareTarget,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from '../proto/gen/rpc.ts';
import type { KeyWriter } from './key-writer.ts';
import { executeRange } from './range.ts';
import type { OpResult, TxnResult } from './result.ts';

/** Which branch runs, for a transaction and the ones inside the branch that was chosen. */
interface Choice {
  readonly succeeded: boolean;
  readonly ops: readonly RequestOp[];
  /** One per nested transaction in `ops`, in order. */
  readonly nested: readonly Choice[];
}

/** Applies a transaction that may write. Throws EtcdError before anything changed. */
export function applyTxn(store: MvccStore, writer: KeyWriter, request: TxnRequest): TxnResult {
  const choice = choose(store, request);
  checkChoice(store, writer, choice);
  const txn = store.beginWrite();
  const responses = runWithoutFailure(() => runOps(store, writer, txn, choice));
  const revision = txn.end();
  return { kind: 'txn', revision, succeeded: choice.succeeded, responses };
}

/** Runs a transaction that only reads. Throws EtcdError. */
export function readTxn(store: MvccStore, request: TxnRequest): TxnResult {
  const choice = choose(store, request);
  const responses: OpResult[] = [];
  for (const op of choice.ops) {
    if (op.requestRange !== undefined) checkRangeRevision(store, op.requestRange);
  }
  for (const op of choice.ops) {
    if (op.requestRange === undefined) responses.push({ kind: 'empty' });
    else responses.push(executeRange(store, op.requestRange));
  }
  return { kind: 'txn', revision: store.revision, succeeded: choice.succeeded, responses };
}

/** After the checks an error would leave half a transaction behind: it is a bug, and the process stops. */
function runWithoutFailure(run: () => OpResult[]): OpResult[] {
  try {
    return run();
  } catch (error) {
    assert(!isEtcdError(error), `transaction failed after its checks: ${String(error)}`);
    throw error;
  }
}

// ---- comparisons

function choose(store: MvccStore, request: TxnRequest): Choice {
  const succeeded = request.compare.every((compare) => holds(store, compare));
  const ops = succeeded ? request.success : request.failure;
  const nested: Choice[] = [];
  for (const op of ops) {
    if (op.requestTxn !== undefined) nested.push(choose(store, op.requestTxn));
  }
  return { succeeded, ops, nested };
}

let columns = new RevisionColumns();

/** Columns that grew beyond this are let go, so that one comparison over a huge range does not hold its memory. */
const COMPARE_ROWS_KEPT = 4096;

/** True when the comparison holds for every key of its range, or for a key that does not exist when there is none. */
function holds(store: MvccStore, compare: Compare): boolean {
  if (columns.main.length > COMPARE_ROWS_KEPT) columns = new RevisionColumns();
  const options = { revision: 0, limit: 0, countOnly: false, withTotal: false };
  store.select(compare.key, compare.rangeEnd, options, columns);
  if (columns.count === 0) {
    // etcd: a value is never compared with one that does not exist, because that has no form on the wire.
    return (
      compare.target !== CompareTarget.value && accepts(compare.result, orderOfNothing(compare))
    );
  }
  if (compare.target === CompareTarget.value || compare.target === CompareTarget.lease) {
    const kvs: Uint8Array[] = [];
    store.load(columns, 0, columns.count, kvs);
    return kvs.every((kv) => accepts(compare.result, orderOfStored(compare, kv)));
  }
  for (let i = 0; i < columns.count; i++) {
    if (!accepts(compare.result, orderOfRow(compare, i))) return false;
  }
  return true;
}

function orderOfRow(compare: Compare, row: number): number {
  switch (compare.target) {
    case CompareTarget.version:
      return (columns.version[row] as number) - compare.version;
    case CompareTarget.create:
      return (columns.create[row] as number) - compare.createRevision;
    case CompareTarget.mod:
      return (columns.main[row] as number) - compare.modRevision;
    default:
      // etcd: a target it does not know compares as equal.
      return 0;
  }
}

function orderOfNothing(compare: Compare): number {
  switch (compare.target) {
    case CompareTarget.version:
      return -compare.version;
    case CompareTarget.create:
      return -compare.createRevision;
    case CompareTarget.mod:
      return -compare.modRevision;
    case CompareTarget.lease:
      return orderOfIds(0n, compare.lease);
    default:
      return 0;
  }
}

function orderOfStored(compare: Compare, stored: Uint8Array): number {
  const kv = decodeKeyValue(stored);
  return compare.target === CompareTarget.value
    ? compareBytes(kv.value, compare.value)
    : orderOfIds(kv.lease, compare.lease);
}

function orderOfIds(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function accepts(result: number, order: number): boolean {
  switch (result) {
    case CompareResult.equal:
      return order === 0;
    case CompareResult.notEqual:
      return order !== 0;
    case CompareResult.greater:
      return order > 0;
    case CompareResult.less:
      return order < 0;
    default:
      // etcd: a result it does not know accepts everything.
      return true;
  }
}

// ---- checks

function checkChoice(store: MvccStore, writer: KeyWriter, choice: Choice): void {
  let nested = 0;
  for (const op of choice.ops) {
    if (op.requestRange !== undefined) checkRangeRevision(store, op.requestRange);
    else if (op.requestPut !== undefined) writer.checkPut(op.requestPut);
    else if (op.requestTxn !== undefined) {
      checkChoice(store, writer, choice.nested[nested] as Choice);
      nested++;
    }
  }
}

function checkRangeRevision(store: MvccStore, request: RangeRequest): void {
  if (request.revision === 0) return;
  if (request.revision > store.revision) throw new EtcdError('futureRev');
  if (request.revision < store.compactRevision) throw new EtcdError('compacted');
}

// ---- operations

function runOps(store: MvccStore, writer: KeyWriter, txn: WriteTxn, choice: Choice): OpResult[] {
  const results: OpResult[] = [];
  let nested = 0;
  for (const op of choice.ops) {
    if (op.requestRange !== undefined) {
      results.push(executeRange(store, op.requestRange));
    } else if (op.requestPut !== undefined) {
      results.push(writer.put(txn, op.requestPut));
    } else if (op.requestDeleteRange !== undefined) {
      results.push(writer.deleteRange(txn, op.requestDeleteRange));
    } else if (op.requestTxn !== undefined) {
      const inner = choice.nested[nested] as Choice;
      nested++;
      const responses = runOps(store, writer, txn, inner);
      results.push({ kind: 'txn', revision: 0, succeeded: inner.succeeded, responses });
    } else {
      results.push({ kind: 'empty' });
    }
  }
  return results;
}
