// Owns the warning of requests that took too long to apply or to read: which they were, and what came of them. All of it is
// made up when the time has passed already; others cost one comparison.
// etcd: server/etcdserver/txn/util.go, api/etcdserverpb/raft_internal_stringer.go.

import { type Command, decodeCommand, readCommandHeader } from '../apply/command.ts';
import type { ApplyOutcome, OpResult, RangeResult, TxnResult } from '../apply/result.ts';
import { type EtcdError, isEtcdError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Counter } from '../base/metrics.ts';
import {
  createDeleteRangeResponse,
  createPutResponse,
  createRangeResponse,
  createResponseHeader,
  createTxnResponse,
  type RangeRequest,
  sizeDeleteRangeResponse,
  sizePutResponse,
  sizeRangeResponse,
  sizeTxnResponse,
  type TxnRequest,
} from '../proto/gen/rpc.ts';
import { REQUEST_TEXT_CHARS_MAX } from '../proto/limits.ts';
import { deleteRangeText, putText, rangeText, txnText } from '../proto/request-text.ts';
import { sizeUint32 } from '../proto/writer.ts';
import { type Entry, EntryType } from '../raft/types.ts';

export class SlowRequests {
  /** What takes longer is slow. */
  readonly warningMs: number;
  readonly #logger: Logger;
  readonly #count: Counter;

  constructor(warningMs: number, logger: Logger, count: Counter) {
    this.warningMs = warningMs;
    this.#logger = logger;
    this.#count = count;
  }

  /**
   * etcd warns of single requests. Entries of one turn are applied together here, and nobody looks at the clock between
   * them: all are named, as far as a line goes, and an answer is told only of one that was alone.
   */
  applied(entries: readonly Entry[], lastOutcome: ApplyOutcome | undefined, tookMs: number): void {
    const outcome = entries.length === 1 ? lastOutcome : undefined;
    const response = outcome === undefined || isEtcdError(outcome) ? '' : answerText(outcome);
    this.#warn(tookMs, '', entriesText(entries), response, outcome, entries.length);
  }

  range(request: RangeRequest, result: RangeResult | EtcdError, tookMs: number): void {
    const response = isEtcdError(result)
      ? ''
      : `range_response_count:${result.kvs.length} size:${resultBytes(result)}`;
    this.#warn(tookMs, 'read-only range ', rangeText(request), response, result, undefined);
  }

  readTxn(request: TxnRequest, result: TxnResult | EtcdError, tookMs: number): void {
    const response = isEtcdError(result) ? '' : readTxnAnswerText(result);
    this.#warn(tookMs, 'read-only txn ', txnText(request), response, result, undefined);
  }

  #warn(
    tookMs: number,
    prefix: string,
    request: string,
    response: string,
    outcome: ApplyOutcome | undefined,
    entries: number | undefined,
  ): void {
    this.#count.inc();
    this.#logger.warn('apply request took too long', {
      took: `${tookMs.toFixed(3)}ms`,
      'expected-duration': `${this.warningMs}ms`,
      prefix,
      request,
      response,
      ...(isEtcdError(outcome) ? { error: outcome.message } : {}),
      ...(entries === undefined ? {} : { entries }),
    });
  }
}

function entriesText(entries: readonly Entry[]): string {
  let text = '';
  for (const entry of entries) {
    if (entry.type !== EntryType.normal || entry.data.length === 0) continue;
    if (text.length > REQUEST_TEXT_CHARS_MAX) return `${text} ...`;
    text += text === '' ? entryText(entry.data) : ` ${entryText(entry.data)}`;
  }
  return text;
}

function entryText(data: Uint8Array): string {
  const header = readCommandHeader(data);
  const request = commandText(decodeCommand(data));
  if (header === undefined) return request;
  let text = `ID:${header.id}`;
  if (header.username !== '') text += ` username:${JSON.stringify(header.username)}`;
  if (header.authRevision !== 0) text += ` auth_revision:${header.authRevision}`;
  return `header:<${text}> ${request}`;
}

/** Of what is not about keys and leases, only the name. */
function commandText(command: Command): string {
  switch (command.kind) {
    case 'put':
      return `put:<${putText(command.request)}>`;
    case 'txn':
      return `txn:<${txnText(command.request)}>`;
    case 'deleteRange':
      return `delete_range:{${deleteRangeText(command.request)}}`;
    case 'range':
      return `range:{${rangeText(command.request)}}`;
    case 'compaction': {
      const { revision, physical } = command.request;
      return `compaction:{revision:${revision}${physical ? ' physical:true' : ''}}`;
    }
    case 'leaseGrant': {
      const { ttl, id } = command.request;
      return `lease_grant:<ttl:${ttl}-second id:${hexId(id)}>`;
    }
    case 'leaseRevoke':
      return `lease_revoke:<id:${hexId(command.request.id)}>`;
    default:
      return `${command.kind.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}:{}`;
  }
}

function hexId(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16).padStart(16, '0');
}

/** Answers to key-value requests by their size; others are of no size worth telling. */
function answerText(outcome: Exclude<ApplyOutcome, EtcdError>): string {
  switch (outcome.kind) {
    case 'range':
    case 'put':
    case 'deleteRange':
    case 'txn':
      return `size:${resultBytes(outcome)}`;
    default:
      return '';
  }
}

function readTxnAnswerText(result: TxnResult): string {
  let counts = '';
  for (const response of result.responses) {
    if (response.kind !== 'range' || counts.length > REQUEST_TEXT_CHARS_MAX) continue;
    counts += `${counts === '' ? '' : ' '}range_response_count:${response.kvs.length}`;
  }
  return `responses:<${counts}> size:${resultBytes(result)}`;
}

/** Bytes of an answer as it is when it was applied: its header has nothing but the revision yet. */
function resultBytes(result: Exclude<OpResult, { kind: 'empty' }>): number {
  const header = createResponseHeader({ revision: result.revision });
  switch (result.kind) {
    case 'range': {
      const { more, count, kvs } = result;
      return sizeRangeResponse(createRangeResponse({ header, more, count })) + rowBytes(kvs);
    }
    case 'put': {
      const rows = result.prevKv === undefined ? [] : [result.prevKv];
      return sizePutResponse(createPutResponse({ header })) + rowBytes(rows);
    }
    case 'deleteRange': {
      const { deleted, prevKvs } = result;
      const response = createDeleteRangeResponse({ header, deleted });
      return sizeDeleteRangeResponse(response) + rowBytes(prevKvs);
    }
    case 'txn': {
      let size = sizeTxnResponse(createTxnResponse({ header, succeeded: result.succeeded }));
      for (const response of result.responses) {
        size += fieldBytes(response.kind === 'empty' ? 0 : fieldBytes(resultBytes(response)));
      }
      return size;
    }
  }
}

function rowBytes(rows: readonly Uint8Array[]): number {
  let size = 0;
  for (const row of rows) size += fieldBytes(row.length);
  return size;
}

/** With tag and length. */
function fieldBytes(sizeBytes: number): number {
  return 1 + sizeUint32(sizeBytes) + sizeBytes;
}
