// Owns calling a member over gRPC in the suites outside vitest: grpc-js, which is other people's, with our messages.

import { Client, type ClientDuplexStream, credentials, type ServiceError } from '@grpc/grpc-js';
import {
  type CompactionResponse,
  createWatchCreateRequest,
  createWatchRequest,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  decodeCompactionResponse,
  decodeDeleteRangeResponse,
  decodeHashKVResponse,
  decodeLeaseGrantResponse,
  decodeLeaseRevokeResponse,
  decodeLeaseTimeToLiveResponse,
  decodePutResponse,
  decodeRangeResponse,
  decodeTxnResponse,
  decodeWatchResponse,
  encodeCompactionRequest,
  encodeDeleteRangeRequest,
  encodeHashKVRequest,
  encodeLeaseGrantRequest,
  encodeLeaseRevokeRequest,
  encodeLeaseTimeToLiveRequest,
  encodePutRequest,
  encodeRangeRequest,
  encodeTxnRequest,
  encodeWatchRequest,
  type HashKVResponse,
  type LeaseGrantResponse,
  type LeaseRevokeResponse,
  type LeaseTimeToLiveResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type TxnRequest,
  type TxnResponse,
  type WatchCreateRequest,
  type WatchResponse,
} from '../../server/proto/gen/rpc.ts';

const CALL_TIMEOUT_MS = 20_000;
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

export interface Watching {
  cancel(): void;
}

export class EtcdCalls {
  readonly #client: Client;

  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure(), {
      'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
      // Clients of one address would share a connection and its waits between attempts.
      'grpc.use_local_subchannel_pool': 1,
      // Restarts are quick, and so must be finding them.
      'grpc.initial_reconnect_backoff_ms': 20,
      'grpc.min_reconnect_backoff_ms': 20,
      'grpc.max_reconnect_backoff_ms': 100,
    });
  }

  put(request: PutRequest): Promise<PutResponse> {
    return this.#unary('KV/Put', encodePutRequest(request), decodePutResponse);
  }

  range(request: RangeRequest): Promise<RangeResponse> {
    return this.#unary('KV/Range', encodeRangeRequest(request), decodeRangeResponse);
  }

  deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    return this.#unary(
      'KV/DeleteRange',
      encodeDeleteRangeRequest(request),
      decodeDeleteRangeResponse,
    );
  }

  txn(request: TxnRequest): Promise<TxnResponse> {
    return this.#unary('KV/Txn', encodeTxnRequest(request), decodeTxnResponse);
  }

  compact(revision: number): Promise<CompactionResponse> {
    const request = encodeCompactionRequest({ revision, physical: true });
    return this.#unary('KV/Compact', request, decodeCompactionResponse);
  }

  leaseGrant(ttl: number, id = 0n): Promise<LeaseGrantResponse> {
    const request = encodeLeaseGrantRequest({ ttl, id });
    return this.#unary('Lease/LeaseGrant', request, decodeLeaseGrantResponse);
  }

  leaseTimeToLive(id: bigint): Promise<LeaseTimeToLiveResponse> {
    const request = encodeLeaseTimeToLiveRequest({ id, keys: true });
    return this.#unary('Lease/LeaseTimeToLive', request, decodeLeaseTimeToLiveResponse);
  }

  leaseRevoke(id: bigint): Promise<LeaseRevokeResponse> {
    const request = encodeLeaseRevokeRequest({ id });
    return this.#unary('Lease/LeaseRevoke', request, decodeLeaseRevokeResponse);
  }

  hashKv(revision = 0): Promise<HashKVResponse> {
    const request = encodeHashKVRequest({ revision });
    return this.#unary('Maintenance/HashKV', request, decodeHashKVResponse);
  }

  /** Watches until the stream breaks, which `onEnd` tells. */
  watch(
    create: Partial<WatchCreateRequest>,
    onResponse: (response: WatchResponse) => void,
    onEnd: () => void,
  ): Watching {
    const stream: ClientDuplexStream<Uint8Array, Buffer> = this.#client.makeBidiStreamRequest(
      '/etcdserverpb.Watch/Watch',
      asBuffer,
      asIs,
    );
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      onEnd();
    };
    stream.on('data', (bytes: Buffer) => onResponse(decodeWatchResponse(bytes)));
    stream.on('error', end);
    stream.on('end', end);
    const createRequest = createWatchCreateRequest(create);
    stream.write(encodeWatchRequest(createWatchRequest({ createRequest })));
    return { cancel: () => stream.cancel() };
  }

  close(): void {
    this.#client.close();
  }

  #unary<T>(method: string, request: Uint8Array, decode: (bytes: Uint8Array) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, bytes: Buffer | undefined): void => {
        if (error !== null) reject(error);
        else resolve(decode(bytes ?? new Uint8Array(0)));
      };
      const deadline = Date.now() + CALL_TIMEOUT_MS;
      const path = `/etcdserverpb.${method}`;
      this.#client.makeUnaryRequest(path, asBuffer, asIs, request, { deadline }, done);
    });
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
