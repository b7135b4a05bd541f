// Owns what applying one command gives: the answer for the client that asked, or the error it gets. Results carry
// stored bytes as they are (an encoded KeyValue is its own wire form), so that answering decodes nothing.

import type { EtcdError } from '../base/errors.ts';

/** Rows of a range, ready for the wire. */
export interface RangeResult {
  readonly kind: 'range';
  /** Encoded KeyValues in the order asked for. */
  readonly kvs: readonly Uint8Array[];
  /** True when a limit left keys out. */
  readonly more: boolean;
  /** Keys in the interval at that revision, whatever the limit and the filters. */
  readonly count: number;
  /** The store's revision when it was read. */
  readonly revision: number;
}

export interface PutResult {
  readonly kind: 'put';
  readonly revision: number;
  readonly prevKv: Uint8Array | undefined;
}

export interface DeleteRangeResult {
  readonly kind: 'deleteRange';
  readonly revision: number;
  readonly deleted: number;
  readonly prevKvs: readonly Uint8Array[];
}

export interface TxnResult {
  readonly kind: 'txn';
  readonly revision: number;
  readonly succeeded: boolean;
  readonly responses: readonly OpResult[];
}

/** An operation that was not given at all has no result: the response keeps an empty place for it. */
export type OpResult = RangeResult | PutResult | DeleteRangeResult | TxnResult | { kind: 'empty' };

export interface CompactionResult {
  readonly kind: 'compaction';
  readonly revision: number;
}

export interface LeaseGrantResult {
  readonly kind: 'leaseGrant';
  readonly id: bigint;
  readonly ttlSeconds: number;
  readonly revision: number;
}

export interface LeaseRevokeResult {
  readonly kind: 'leaseRevoke';
  readonly revision: number;
}

export interface AlarmResult {
  readonly kind: 'alarm';
  readonly alarms: readonly { readonly memberId: bigint; readonly alarm: number }[];
  readonly revision: number;
}

/** Commands without an answer of their own: membership attributes, versions, checkpoints. */
export interface DoneResult {
  readonly kind: 'done';
}

export type ApplyResult =
  | RangeResult
  | PutResult
  | DeleteRangeResult
  | TxnResult
  | CompactionResult
  | LeaseGrantResult
  | LeaseRevokeResult
  | AlarmResult
  | DoneResult;

/** A refusal is a normal outcome of applying: every member refuses alike and the state is unchanged. */
export type ApplyOutcome = ApplyResult | EtcdError;
