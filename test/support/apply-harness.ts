// Owns the shortcuts that tests of applying share: a whole applier over a store in memory, and commands and results
// written with texts for keys.

import { AlarmStore } from '../../server/alarm/alarm-store.ts';
import { Applier, type ApplierDeps } from '../../server/apply/applier.ts';
import type { Command } from '../../server/apply/command.ts';
import type { ApplyOutcome, ApplyResult, OpResult } from '../../server/apply/result.ts';
import { utf8Bytes } from '../../server/base/bytes.ts';
import { isEtcdError } from '../../server/base/errors.ts';
import { Lessor } from '../../server/lease/lessor.ts';
import type { MvccStore } from '../../server/mvcc/store.ts';
import {
  type Compare,
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
  type TxnRequest,
} from '../../server/proto/gen/rpc.ts';
import { MemoryBackend } from './memory-backend.ts';
import { openStore, type PlainKeyValue, plain } from './mvcc-harness.ts';

/** An applier with everything it works on, and what it told its owner. */
export class ApplyWorld {
  readonly backend: MemoryBackend;
  readonly store: MvccStore;
  readonly lessor: Lessor;
  readonly alarms: AlarmStore;
  readonly applier: Applier;
  readonly told: string[] = [];

  constructor(options: Partial<ApplierDeps> & { readonly backend?: MemoryBackend } = {}) {
    this.backend = options.backend ?? new MemoryBackend();
    this.lessor = new Lessor(this.backend, { minTtlSeconds: 2, checkpoints: false });
    this.store = openStore(this.backend);
    this.alarms = new AlarmStore(this.backend);
    const { told } = this;
    this.applier = new Applier({
      store: this.store,
      lessor: this.lessor,
      alarms: this.alarms,
      membership: {
        setClusterVersion: ({ ver }) => told.push(`version ${ver}`),
        setMemberAttributes: ({ memberId }) => told.push(`attributes ${memberId}`),
        setDowngradeInfo: ({ enabled, ver }) => told.push(`downgrade ${enabled} ${ver}`),
        putV2: (path, value) => told.push(`v2 ${path} ${value}`),
      },
      quotaBytes: -1,
      persistCheckpoints: false,
      onCompaction: (job) => told.push(`compaction ${job.revision}`),
      onNoSpace: () => told.push('no space'),
      ...options,
    });
  }

  apply(command: Command): ApplyOutcome {
    return this.applier.apply(command);
  }

  /** The result of a command that must not be refused. */
  done(command: Command): ApplyResult {
    const outcome = this.apply(command);
    if (isEtcdError(outcome)) throw outcome;
    return outcome;
  }

  /** The code a command is refused with. */
  refused(command: Command): string {
    const outcome = this.apply(command);
    return isEtcdError(outcome) ? outcome.code : `not refused: ${outcome.kind}`;
  }

  put(key: string, value = '', more: Partial<PutRequest> = {}): ApplyResult {
    return this.done(putCommand(key, value, more));
  }

  /** Keys of a range. */
  keys(key: string, end = '\0', more: Partial<RangeRequest> = {}): string[] {
    return this.rows(key, end, more).map((kv) => kv.key);
  }

  rows(key: string, end = '\0', more: Partial<RangeRequest> = {}): PlainKeyValue[] {
    const result = this.done({ kind: 'range', request: rangeOf(key, end, more) });
    if (result.kind !== 'range') throw new Error(`a range gave ${result.kind}`);
    return result.kvs.map(plain);
  }
}

export function rangeOf(key: string, end = '', more: Partial<RangeRequest> = {}): RangeRequest {
  return createRangeRequest({ key: utf8Bytes(key), rangeEnd: utf8Bytes(end), ...more });
}

export function putOf(key: string, value = '', more: Partial<PutRequest> = {}): PutRequest {
  return createPutRequest({ key: utf8Bytes(key), value: utf8Bytes(value), ...more });
}

export function deleteOf(key: string, end = '', prevKv = false): DeleteRangeRequest {
  return createDeleteRangeRequest({ key: utf8Bytes(key), rangeEnd: utf8Bytes(end), prevKv });
}

export function putCommand(key: string, value = '', more: Partial<PutRequest> = {}): Command {
  return { kind: 'put', request: putOf(key, value, more) };
}

export function deleteCommand(key: string, end = '', prevKv = false): Command {
  return { kind: 'deleteRange', request: deleteOf(key, end, prevKv) };
}

/** A comparison of one key or, with `end`, of a range. */
export function compareOf(key: string, more: Partial<Compare>, end = ''): Compare {
  return createCompare({ key: utf8Bytes(key), rangeEnd: utf8Bytes(end), ...more });
}

export function rangeOp(key: string, end = '', more: Partial<RangeRequest> = {}): RequestOp {
  return createRequestOp({ requestRange: rangeOf(key, end, more) });
}

export function putOp(key: string, value = '', more: Partial<PutRequest> = {}): RequestOp {
  return createRequestOp({ requestPut: putOf(key, value, more) });
}

export function deleteOp(key: string, end = '', prevKv = false): RequestOp {
  return createRequestOp({ requestDeleteRange: deleteOf(key, end, prevKv) });
}

export function txnOp(txn: Partial<TxnRequest>): RequestOp {
  return createRequestOp({ requestTxn: createTxnRequest(txn) });
}

export function txnCommand(txn: Partial<TxnRequest>): Command {
  return { kind: 'txn', request: createTxnRequest(txn) };
}

/** A result with its stored bytes decoded, for comparing with what a test expects. */
export function readable(result: ApplyResult | OpResult): unknown {
  switch (result.kind) {
    case 'range':
      return { ...result, kvs: result.kvs.map(plain) };
    case 'put':
      return { ...result, prevKv: result.prevKv === undefined ? undefined : plain(result.prevKv) };
    case 'deleteRange':
      return { ...result, prevKvs: result.prevKvs.map(plain) };
    case 'txn':
      return { ...result, responses: result.responses.map(readable) };
    default:
      return result;
  }
}
