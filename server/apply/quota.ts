// Owns the price of a request against the storage quota. etcd: server/storage/quota.go. An estimate on purpose: the
// same request must cost the same on every member.

import type { PutRequest, RequestOp, TxnRequest } from '../proto/gen/rpc.ts';
import type { Command } from './command.ts';

/** etcd: what a key costs beside its bytes and its value's. */
const KEY_OVERHEAD_BYTES = 256;
const LEASE_OVERHEAD_BYTES = 64;

/** Bytes a command may add; 0 for one that adds nothing. */
export function commandCost(command: Command): number {
  switch (command.kind) {
    case 'put':
      return putCost(command.request);
    case 'txn':
      return txnCost(command.request);
    case 'leaseGrant':
      return LEASE_OVERHEAD_BYTES;
    default:
      return 0;
  }
}

function putCost(request: PutRequest): number {
  return KEY_OVERHEAD_BYTES + request.key.length + request.value.length;
}

/** The dearer of the two branches. */
export function txnCost(request: TxnRequest): number {
  return Math.max(branchCost(request.success), branchCost(request.failure));
}

function branchCost(ops: readonly RequestOp[]): number {
  let cost = 0;
  for (const op of ops) {
    if (op.requestPut !== undefined) cost += putCost(op.requestPut);
    else if (op.requestTxn !== undefined) cost += txnCost(op.requestTxn);
  }
  return cost;
}
