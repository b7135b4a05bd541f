// Owns building requests on keys, alone or inside a transaction, and the comparisons of transactions.
import { EMPTY_BYTES } from '../server/base/bytes.ts';
import {
  type Compare,
  CompareResult,
  CompareTarget,
  createCompare,
  createDeleteRangeRequest,
  createPutRequest,
  createRangeRequest,
  createRequestOp,
  createTxnRequest,
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  SortOrder,
  SortTarget,
  type TxnRequest,
} from '../server/proto/gen/rpc.ts';
import { type KeyRangeOptions, keyRange, toBytes } from './key-range.ts';
import type { BytesLike } from './method.ts';

export interface GetOptions extends KeyRangeOptions {
  /** Most keys in the answer; 0 for all. */
  readonly limit?: number;
  /** The store as it was at this revision; 0 for now. */
  readonly revision?: number;
  readonly sortOrder?: keyof typeof SortOrder;
  readonly sortTarget?: keyof typeof SortTarget;
  /** Answered by the member alone, which may lag behind. */
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}

export interface PutOptions {
  /** The key goes when this lease ends. */
  readonly lease?: bigint;
  readonly prevKv?: boolean;
  /** Keeps the value and changes the lease only. */
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export interface DeleteOptions extends KeyRangeOptions {
  readonly prevKv?: boolean;
}

export interface TxnOptions {
  readonly compare?: readonly Compare[];
  readonly success?: readonly RequestOp[];
  readonly failure?: readonly RequestOp[];
}

export type CompareSign = '=' | '!=' | '>' | '<';

const RESULTS: Readonly<Record<CompareSign, number>> = {
  '=': CompareResult.equal,
  '!=': CompareResult.notEqual,
  '>': CompareResult.greater,
  '<': CompareResult.less,
};

export function rangeRequest(key: BytesLike, options: GetOptions = {}): RangeRequest {
  const sortTarget = SortTarget[options.sortTarget ?? 'key'];
  const sortOrder = SortOrder[options.sortOrder ?? 'none'];
  return createRangeRequest({
    ...keyRange(key, options),
    limit: options.limit ?? 0,
    revision: options.revision ?? 0,
    // etcd: clientv3 WithSort. Keys come ascending anyway.
    sortOrder: sortTarget === SortTarget.key && sortOrder === SortOrder.ascend ? 0 : sortOrder,
    sortTarget,
    serializable: options.serializable ?? false,
    keysOnly: options.keysOnly ?? false,
    countOnly: options.countOnly ?? false,
    minModRevision: options.minModRevision ?? 0,
    maxModRevision: options.maxModRevision ?? 0,
    minCreateRevision: options.minCreateRevision ?? 0,
    maxCreateRevision: options.maxCreateRevision ?? 0,
  });
}

export function putRequest(key: BytesLike, value: BytesLike, options: PutOptions = {}): PutRequest {
  return createPutRequest({
    key: toBytes(key),
    value: options.ignoreValue === true ? EMPTY_BYTES : toBytes(value),
    lease: options.lease ?? 0n,
    prevKv: options.prevKv ?? false,
    ignoreValue: options.ignoreValue ?? false,
    ignoreLease: options.ignoreLease ?? false,
  });
}

export function deleteRequest(key: BytesLike, options: DeleteOptions = {}): DeleteRangeRequest {
  return createDeleteRangeRequest({ ...keyRange(key, options), prevKv: options.prevKv ?? false });
}

export function txnRequest(options: TxnOptions): TxnRequest {
  return createTxnRequest({
    compare: options.compare ?? [],
    success: options.success ?? [],
    failure: options.failure ?? [],
  });
}

export function getOp(key: BytesLike, options: GetOptions = {}): RequestOp {
  return createRequestOp({ requestRange: rangeRequest(key, options) });
}

export function putOp(key: BytesLike, value: BytesLike, options: PutOptions = {}): RequestOp {
  return createRequestOp({ requestPut: putRequest(key, value, options) });
}

export function deleteOp(key: BytesLike, options: DeleteOptions = {}): RequestOp {
  return createRequestOp({ requestDeleteRange: deleteRequest(key, options) });
}

export function txnOp(options: TxnOptions): RequestOp {
  return createRequestOp({ requestTxn: txnRequest(options) });
}

/** Versions count the writes of a key since it was made; 0 for a key that is not there. */
export function compareVersion(key: BytesLike, sign: CompareSign, version: number): Compare {
  return comparison(key, sign, { target: CompareTarget.version, version });
}

/** 0 for a key that is not there. */
export function compareCreate(key: BytesLike, sign: CompareSign, createRevision: number): Compare {
  return comparison(key, sign, { target: CompareTarget.create, createRevision });
}

export function compareMod(key: BytesLike, sign: CompareSign, modRevision: number): Compare {
  return comparison(key, sign, { target: CompareTarget.mod, modRevision });
}

/** False for a key that is not there, whatever the sign. */
export function compareValue(key: BytesLike, sign: CompareSign, value: BytesLike): Compare {
  return comparison(key, sign, { target: CompareTarget.value, value: toBytes(value) });
}

export function compareLease(key: BytesLike, sign: CompareSign, lease: bigint): Compare {
  return comparison(key, sign, { target: CompareTarget.lease, lease });
}

/** The comparison for every key of a range. */
export function compareRange(compare: Compare, options: KeyRangeOptions): Compare {
  return { ...compare, ...keyRange(compare.key, options) };
}

function comparison(key: BytesLike, sign: CompareSign, rest: Partial<Compare>): Compare {
  return createCompare({ key: toBytes(key), result: RESULTS[sign], ...rest });
}
