// Owns reading and writing keys.
import {
  type CompactionResponse,
  type DeleteRangeResponse,
  decodeCompactionResponse,
  decodeDeleteRangeResponse,
  decodePutResponse,
  decodeRangeResponse,
  decodeRangeStreamResponse,
  decodeTxnResponse,
  encodeCompactionRequest,
  encodeDeleteRangeRequest,
  encodePutRequest,
  encodeRangeRequest,
  encodeTxnRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type RequestOp,
  type TxnResponse,
} from '../server/proto/gen/rpc.ts';
import type { Caller } from './caller.ts';
import { toCallFailure } from './client-error.ts';
import { type BytesLike, type CallOptions, reading, writing } from './method.ts';
import {
  type DeleteOptions,
  deleteRequest,
  type GetOptions,
  type PutOptions,
  putRequest,
  rangeRequest,
  type TxnOptions,
  txnRequest,
} from './op.ts';

const SERVICE = '/etcdserverpb.KV';
const RANGE = reading(`${SERVICE}/Range`, encodeRangeRequest, decodeRangeResponse);
const RANGE_STREAM = reading(
  `${SERVICE}/RangeStream`,
  encodeRangeRequest,
  decodeRangeStreamResponse,
);
const PUT = writing(`${SERVICE}/Put`, encodePutRequest, decodePutResponse);
const DELETE = writing(
  `${SERVICE}/DeleteRange`,
  encodeDeleteRangeRequest,
  decodeDeleteRangeResponse,
);
const TXN = writing(`${SERVICE}/Txn`, encodeTxnRequest, decodeTxnResponse);
const READ_TXN = reading(`${SERVICE}/Txn`, encodeTxnRequest, decodeTxnResponse);
const COMPACT = writing(`${SERVICE}/Compact`, encodeCompactionRequest, decodeCompactionResponse);

export class Kv {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  get(key: BytesLike, options: GetOptions & CallOptions = {}): Promise<RangeResponse> {
    return this.range(rangeRequest(key, options), options);
  }

  /** As get, for a request made elsewhere. */
  range(request: RangeRequest, options: CallOptions = {}): Promise<RangeResponse> {
    return this.#caller.unary(RANGE, request, options);
  }

  /**
   * The same answer in parts, for ranges too large to be held at once; the last part alone has header, more and count.
   * Needs etcd 3.7. The revision is fixed by the first part. A failure ends the iteration: parts are not asked for again.
   */
  async *getStream(
    key: BytesLike,
    options: GetOptions & CallOptions = {},
  ): AsyncGenerator<RangeResponse, void, undefined> {
    const request = rangeRequest(key, options);
    const { call, connection, release } = await this.#caller.serverStream(
      RANGE_STREAM,
      request,
      options,
    );
    try {
      for await (const message of call) {
        const part: RangeResponse | undefined = message.rangeResponse;
        if (part !== undefined) yield part;
      }
    } catch (error) {
      const failure = toCallFailure(error);
      this.#caller.reportStreamFailure(connection, failure);
      throw failure;
    } finally {
      release();
    }
  }

  put(
    key: BytesLike,
    value: BytesLike,
    options: PutOptions & CallOptions = {},
  ): Promise<PutResponse> {
    return this.#caller.unary(PUT, putRequest(key, value, options), options);
  }

  delete(key: BytesLike, options: DeleteOptions & CallOptions = {}): Promise<DeleteRangeResponse> {
    return this.#caller.unary(DELETE, deleteRequest(key, options), options);
  }

  /** All of `success` when every comparison holds, all of `failure` otherwise, at one revision. */
  txn(txn: TxnOptions, options: CallOptions = {}): Promise<TxnResponse> {
    const request = txnRequest(txn);
    const method = [...request.success, ...request.failure].every(onlyReads) ? READ_TXN : TXN;
    return this.#caller.unary(method, request, options);
  }

  /** Forgets what was before `revision`. `physical` waits until the space is free. */
  compact(
    revision: number,
    options: CallOptions & { readonly physical?: boolean } = {},
  ): Promise<CompactionResponse> {
    const request = { revision, physical: options.physical ?? false };
    return this.#caller.unary(COMPACT, request, options);
  }
}

function onlyReads(op: RequestOp): boolean {
  return op.requestRange !== undefined;
}
