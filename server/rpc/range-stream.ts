// Owns KV.RangeStream: a range in chunks of about one message size, all at the revision of the first. Concatenated, the
// chunks are the answer Range would give. etcd: server/etcdserver/v3_server.go rangeStream.

import type { RangeResult } from '../apply/result.ts';
import { type EtcdError, GrpcStatus, isEtcdError } from '../base/errors.ts';
import type { Proposer } from '../node/api.ts';
import type { ReadCaller } from '../node/sliced-reads.ts';
import { decodeKeyValue } from '../proto/gen/kv.ts';
import { decodeRangeRequest, type RangeRequest } from '../proto/gen/rpc.ts';
import { hasRevisionFilters, isIndexOrder } from '../proto/range-request.ts';
import { sizeUint32, writeUint32 } from '../proto/writer.ts';
import type {
  MessageEncoder,
  SendingCall,
  ServerStreamCall,
  ServerStreamListener,
} from './grpc/types.ts';
import { checkRange } from './kv-checks.ts';
import { createRangeEncoder, type HeaderEncoder } from './kv-responses.ts';
import { failCall, failWith } from './status.ts';

/** etcd: initialStreamChunkLimit. */
const FIRST_CHUNK_KEYS = 10;

/** More than this at once would hold the event loop; a chunk of tiny keys is then smaller than it might be. */
const CHUNK_KEYS_MAX = 5000;

export interface RangeStreamDeps {
  readonly proposer: Proposer;
  readonly reader: {
    /** Gives up when its caller is finished. */
    range(
      request: RangeRequest,
      done: (result: RangeResult | EtcdError) => void,
      askedMs: number | undefined,
      caller: ReadCaller,
    ): void;
    /** Reads a small part of a range, without a total. */
    chunk(request: RangeRequest): RangeResult | EtcdError;
  };
  readonly header: HeaderEncoder;
  readonly chunkBytes: number;
}

/** Only the last chunk has a header. */
const NO_HEADER: HeaderEncoder = {
  sizeBytes: () => 0,
  write: (_revision, _out, offset) => offset,
};

const middleEncoder = wrapRange(createRangeEncoder(NO_HEADER));

/** A RangeResponse as the one field of a RangeStreamResponse. */
function wrapRange(inner: MessageEncoder<RangeResult>): MessageEncoder<RangeResult> {
  return {
    sizeBytes: (result) => {
      const size = inner.sizeBytes(result);
      return 1 + sizeUint32(size) + size;
    },
    write: (result, out, offset) => {
      out[offset] = 0x0a;
      return inner.write(result, out, writeUint32(inner.sizeBytes(result), out, offset + 1));
    },
  };
}

export function streamRange(deps: RangeStreamDeps, call: ServerStreamCall): void {
  try {
    const request = decodeRangeRequest(call.message.slice());
    const refusal = checkRange(request);
    if (refusal !== undefined) failWith(call, refusal);
    else if (!isIndexOrder(request)) refuse(call, 'custom sort orders');
    else if (hasRevisionFilters(request)) refuse(call, 'revision filters');
    else start(deps, call, request);
  } catch (error) {
    failCall(call, error);
  }
}

function refuse(call: ServerStreamCall, what: string): void {
  call.fail(GrpcStatus.unimplemented, `RangeStream does not support ${what}`);
}

function start(deps: RangeStreamDeps, call: ServerStreamCall, request: RangeRequest): void {
  const stream = new RangeStream(deps, call, request);
  if (request.serializable) {
    stream.next();
    return;
  }
  deps.proposer.readIndex({
    onReadable: (error) => {
      if (error !== undefined) failCall(call, error);
      else stream.next();
    },
  });
}

class RangeStream implements ServerStreamListener {
  readonly #deps: RangeStreamDeps;
  readonly #call: ServerStreamCall;
  readonly #lastEncoder: MessageEncoder<RangeResult>;
  readonly #limit: number;
  #request: RangeRequest;
  #chunkKeys = FIRST_CHUNK_KEYS;
  #sentKeys = 0;
  #headerRevision = 0;

  constructor(deps: RangeStreamDeps, call: ServerStreamCall, request: RangeRequest) {
    this.#deps = deps;
    this.#call = call;
    this.#lastEncoder = wrapRange(createRangeEncoder(deps.header));
    this.#limit = request.limit > 0 ? request.limit : Number.POSITIVE_INFINITY;
    this.#request = request;
    call.listener = this;
  }

  onDrain(_call: SendingCall): void {
    this.next();
  }

  onCancelled(): void {
    // Nothing is held: the next chunk is simply not asked for.
  }

  /** Sends chunks as long as the client takes them. */
  next(): void {
    if (this.#request.countOnly) {
      this.#count();
      return;
    }
    while (!this.#call.finished) {
      const result = this.#read();
      if (isEtcdError(result)) {
        failCall(this.#call, result);
        return;
      }
      if (!this.#send(result)) return;
    }
  }

  #count(): void {
    this.#readRange(this.#request, (result) =>
      this.#sendLast(result, result.count, result.revision),
    );
  }

  #readRange(request: RangeRequest, done: (result: RangeResult) => void): void {
    const finish = (result: RangeResult | EtcdError): void => {
      if (isEtcdError(result)) failCall(this.#call, result);
      else done(result);
    };
    this.#deps.reader.range(request, finish, undefined, this.#call);
  }

  #read(): RangeResult | EtcdError {
    const limit = Math.min(this.#chunkKeys, this.#limit - this.#sentKeys);
    return this.#deps.reader.chunk({ ...this.#request, limit });
  }

  /** False when the stream ended or the client has to catch up first. */
  #send(result: RangeResult): boolean {
    if (this.#headerRevision === 0) this.#headerRevision = result.revision;
    this.#sentKeys += result.kvs.length;
    if (!result.more || this.#sentKeys >= this.#limit) {
      this.#finish(result);
      return false;
    }
    this.#advance(result);
    return this.#call.send(middleEncoder, { ...result, more: false, count: 0 });
  }

  /** The last chunk has the count of the whole interval, also of the keys that a limit kept out. */
  #finish(result: RangeResult): void {
    if (!result.more) {
      this.#sendLast(result, this.#sentKeys, this.#headerRevision);
      return;
    }
    this.#advance(result);
    const rest = { ...this.#request, limit: 0, countOnly: true };
    this.#readRange(rest, (counted) =>
      this.#sendLast(result, this.#sentKeys + counted.count, this.#headerRevision),
    );
  }

  #sendLast(result: RangeResult, count: number, revision: number): void {
    this.#call.send(this.#lastEncoder, { ...result, count, revision });
    this.#call.end();
  }

  /** The next chunk begins after this one's last key, at the same revision, with twice or half as many keys. */
  #advance(result: RangeResult): void {
    const last = result.kvs[result.kvs.length - 1];
    if (last === undefined) return;
    const { key } = decodeKeyValue(last);
    const nextKey = new Uint8Array(key.length + 1);
    nextKey.set(key);
    this.#request = {
      ...this.#request,
      key: nextKey,
      revision: this.#request.revision > 0 ? this.#request.revision : this.#headerRevision,
    };
    const size = middleEncoder.sizeBytes(result);
    if (size < this.#deps.chunkBytes / 2) this.#chunkKeys *= 2;
    else if (size > this.#deps.chunkBytes * 2) this.#chunkKeys = Math.floor(this.#chunkKeys / 2);
    this.#chunkKeys = Math.min(Math.max(this.#chunkKeys, 1), CHUNK_KEYS_MAX);
  }
}
