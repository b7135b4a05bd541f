// Owns what the log line of a slow call says about a key-value request and its answer; asked for only once a call was slow.
// etcd: server/etcdserver/api/v3rpc/interceptor.go logUnaryRequestStats, whose odd counts are kept.

import type { Command } from '../apply/command.ts';
import type { ApplyResult, TxnResult } from '../apply/result.ts';
import {
  type RequestOp,
  sizeDeleteRangeRequest,
  sizePutRequest,
  sizeRangeRequest,
  sizeRequestOp,
  type TxnRequest,
} from '../proto/gen/rpc.ts';
import { deleteRangeText, putText, rangeText, txnText } from '../proto/request-text.ts';
import { type CallStats, UNKNOWN_STATS } from './grpc/types.ts';

/** `result` is undefined for a call that failed, and `responseBytes` zero. */
export function statsOf(
  command: Command,
  result: ApplyResult | undefined,
  responseBytes: number,
): CallStats {
  switch (command.kind) {
    case 'range':
      return {
        requestCount: 0,
        requestBytes: sizeRangeRequest(command.request),
        responseCount: result?.kind === 'range' ? result.count : 0,
        responseBytes,
        requestContent: rangeText(command.request),
      };
    case 'put':
      return {
        requestCount: 1,
        requestBytes: sizePutRequest(command.request),
        responseCount: 0,
        responseBytes,
        requestContent: putText(command.request),
      };
    case 'deleteRange':
      return {
        requestCount: 0,
        requestBytes: sizeDeleteRangeRequest(command.request),
        responseCount: result?.kind === 'deleteRange' ? result.deleted : 0,
        responseBytes,
        requestContent: deleteRangeText(command.request),
      };
    case 'txn':
      return txnStats(command.request, result?.kind === 'txn' ? result : undefined, responseBytes);
    default:
      return UNKNOWN_STATS;
  }
}

/** etcd: the operations of the branch that ran; nothing at all when the transaction failed. */
function txnStats(
  request: TxnRequest,
  result: TxnResult | undefined,
  responseBytes: number,
): CallStats {
  if (result === undefined) {
    return {
      requestCount: 0,
      requestBytes: 0,
      responseCount: 0,
      responseBytes: 0,
      requestContent: '',
    };
  }
  const ran: readonly RequestOp[] = result.succeeded ? request.success : request.failure;
  return {
    requestCount: ran.length,
    requestBytes: ran.reduce((sum, op) => sum + sizeRequestOp(op), 0),
    responseCount: 0,
    responseBytes,
    requestContent: txnText(request),
  };
}
