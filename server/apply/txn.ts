// Owns transactions: comparisons decided up front for all levels, checks before the first write, then the operations of
// the branches chosen. A transaction that passed its checks cannot fail. etcd: server/etcdserver/txn/txn.go.

import { assert } from '../base/assert.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { WriteTxn } from '../mvcc/write-txn.ts';
import type { RangeRequest, RequestOp, TxnRequest } from '../proto/gen/rpc.ts';
import { holds } from './compare.ts';
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

/** Throws unless the range can be read where `now` is the current revision. */
export function checkRangeRevision(
  store: MvccStore,
  request: RangeRequest,
  now: number = store.revision,
): void {
  if (request.revision === 0) return;
  if (request.revision > now) throw new EtcdError('futureRev');
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
