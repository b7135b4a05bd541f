// Owns what makes a key-value request acceptable before it is proposed: the cheap checks that need no store.
// etcd: server/etcdserver/api/v3rpc/key.go.

import { compareBytes } from '../base/bytes.ts';
import type { EtcdErrorCode } from '../base/errors.ts';
import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../proto/gen/rpc.ts';
import { SortOrder, SortTarget } from '../proto/gen/rpc.ts';

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
  // Only after the size is known to be bounded: the overlap check compares puts with deletes pairwise.
  if (collectWrites(request.success) === undefined) return 'duplicateKey';
  if (collectWrites(request.failure) === undefined) return 'duplicateKey';
  return undefined;
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

interface Writes {
  /** Keys as text, one character per byte. */
  readonly puts: Set<string>;
  readonly deletes: DeleteRangeRequest[];
}

/** Keys put and intervals deleted by one branch, nested transactions included; undefined when they collide. */
function collectWrites(ops: readonly RequestOp[]): Writes | undefined {
  const writes: Writes = { puts: new Set(), deletes: [] };
  for (const op of ops) {
    if (op.requestDeleteRange !== undefined) writes.deletes.push(op.requestDeleteRange);
  }
  for (const op of ops) {
    if (op.requestTxn !== undefined && !addNested(writes, op.requestTxn)) return undefined;
  }
  for (const op of ops) {
    if (op.requestPut === undefined) continue;
    const key = keyText(op.requestPut.key);
    if (writes.puts.has(key) || isDeleted(writes.deletes, op.requestPut.key)) return undefined;
    writes.puts.add(key);
  }
  return writes;
}

/** Adds a nested transaction; its two branches may touch the same key, because only one of them runs. */
function addNested(writes: Writes, txn: TxnRequest): boolean {
  const onSuccess = collectWrites(txn.success);
  const onFailure = collectWrites(txn.failure);
  if (onSuccess === undefined || onFailure === undefined) return false;
  for (const key of onSuccess.puts) {
    if (writes.puts.has(key) || isDeleted(writes.deletes, keyBytes(key))) return false;
    writes.puts.add(key);
  }
  for (const key of onFailure.puts) {
    if (writes.puts.has(key) && !onSuccess.puts.has(key)) return false;
    if (isDeleted(writes.deletes, keyBytes(key))) return false;
    writes.puts.add(key);
  }
  writes.deletes.push(...onSuccess.deletes, ...onFailure.deletes);
  return true;
}

/** etcd: an interval up to "\0" (every key from here on) meets no key in this check. */
function isDeleted(deletes: readonly DeleteRangeRequest[], key: Uint8Array): boolean {
  for (const request of deletes) {
    const order = compareBytes(key, request.key);
    if (request.rangeEnd.length === 0) {
      if (order === 0) return true;
    } else if (order >= 0 && compareBytes(key, request.rangeEnd) < 0) {
      return true;
    }
  }
  return false;
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

function keyBytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
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
