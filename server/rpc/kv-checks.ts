// Owns what makes a key-value request acceptable before it is proposed: the cheap checks that need no store.
// etcd: server/etcdserver/api/v3rpc/key.go.

import type { EtcdErrorCode } from '../base/errors.ts';
import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../proto/gen/rpc.ts';
import { SortOrder, SortTarget } from '../proto/gen/rpc.ts';
import { overlaps } from './txn-overlap.ts';

/** What is wrong with the request, or undefined. */
export type Refusal = EtcdErrorCode | undefined;

export function checkRange(request: RangeRequest): Refusal {
  if (request.key.length === 0) return 'emptyKey';
  const { sortOrder, sortTarget } = request;
  if (sortOrder < SortOrder.none || sortOrder > SortOrder.descend) return 'invalidSortOption';
  if (sortTarget < SortTarget.key || sortTarget > SortTarget.value) return 'invalidSortOption';
  return undefined;
}

export function checkPut(request: PutRequest): Refusal {
  if (request.key.length === 0) return 'emptyKey';
  if (request.ignoreValue && request.value.length !== 0) return 'valueProvided';
  if (request.ignoreLease && request.lease !== 0n) return 'leaseProvided';
  return undefined;
}

export function checkDeleteRange(request: DeleteRangeRequest): Refusal {
  return request.key.length === 0 ? 'emptyKey' : undefined;
}

/** Size, keys and the rule that one transaction touches a key once. */
export function checkTxn(request: TxnRequest, opsMax: number): Refusal {
  const refusal = checkTxnOps(request, opsMax);
  if (refusal !== undefined) return refusal;
  return overlaps(request.success) || overlaps(request.failure) ? 'duplicateKey' : undefined;
}

function checkTxnOps(request: TxnRequest, opsMax: number): Refusal {
  const opCount = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (opCount > opsMax) return 'tooManyOps';
  for (const compare of request.compare) {
    if (compare.key.length === 0) return 'emptyKey';
  }
  return (
    checkBranch(request.success, opsMax - opCount) ?? checkBranch(request.failure, opsMax - opCount)
  );
}

function checkBranch(ops: readonly RequestOp[], opsMax: number): Refusal {
  for (const op of ops) {
    const refusal = checkOp(op, opsMax);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkOp(op: RequestOp, opsMax: number): Refusal {
  if (op.requestRange !== undefined) return checkRange(op.requestRange);
  if (op.requestPut !== undefined) return checkPut(op.requestPut);
  if (op.requestDeleteRange !== undefined) return checkDeleteRange(op.requestDeleteRange);
  if (op.requestTxn !== undefined) return checkTxnOps(op.requestTxn, opsMax);
  // etcd: an operation without content is answered with this text.
  return 'keyNotFound';
}

/** True when no operation writes and none is a transaction: such a transaction needs no log entry. */
export function isReadOnlyTxn(request: TxnRequest): boolean {
  return (
    request.success.every((op) => op.requestRange !== undefined) &&
    request.failure.every((op) => op.requestRange !== undefined)
  );
}

/** True when every read of a read-only transaction may be answered without asking the other members. */
export function isSerializableTxn(request: TxnRequest): boolean {
  const isSerializable = (op: RequestOp): boolean => op.requestRange?.serializable === true;
  return request.success.every(isSerializable) && request.failure.every(isSerializable);
}
