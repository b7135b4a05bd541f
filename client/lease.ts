// Owns leases: granting, revoking, asking about them, and keeping them alive.
import { EtcdError } from '../server/base/errors.ts';
import {
  decodeLeaseGrantResponse,
  decodeLeaseLeasesResponse,
  decodeLeaseRevokeResponse,
  decodeLeaseTimeToLiveResponse,
  encodeLeaseGrantRequest,
  encodeLeaseLeasesRequest,
  encodeLeaseRevokeRequest,
  encodeLeaseTimeToLiveRequest,
  type LeaseGrantResponse,
  type LeaseKeepAliveResponse,
  type LeaseLeasesResponse,
  type LeaseRevokeResponse,
  type LeaseTimeToLiveResponse,
} from '../server/proto/gen/rpc.ts';
import type { Caller } from './caller.ts';
import { KeepAliveStream, type LeaseKeeper } from './keep-alive.ts';
import { type CallOptions, reading, writing } from './method.ts';

const SERVICE = '/etcdserverpb.Lease';
const GRANT = writing(`${SERVICE}/LeaseGrant`, encodeLeaseGrantRequest, decodeLeaseGrantResponse);
const REVOKE = writing(
  `${SERVICE}/LeaseRevoke`,
  encodeLeaseRevokeRequest,
  decodeLeaseRevokeResponse,
);
const TIME_TO_LIVE = reading(
  `${SERVICE}/LeaseTimeToLive`,
  encodeLeaseTimeToLiveRequest,
  decodeLeaseTimeToLiveResponse,
);
const LEASES = reading(
  `${SERVICE}/LeaseLeases`,
  encodeLeaseLeasesRequest,
  decodeLeaseLeasesResponse,
);

export class Leases {
  readonly #caller: Caller;
  readonly #keepAlives: KeepAliveStream;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.#keepAlives = new KeepAliveStream(caller);
  }

  /** `id` 0 lets the server choose. The server may raise the time to live. */
  grant(
    ttlSeconds: number,
    options: CallOptions & { readonly id?: bigint } = {},
  ): Promise<LeaseGrantResponse> {
    return this.#caller.unary(GRANT, { ttl: ttlSeconds, id: options.id ?? 0n }, options);
  }

  /** Ends a lease; its keys go. */
  revoke(id: bigint, options: CallOptions = {}): Promise<LeaseRevokeResponse> {
    return this.#caller.unary(REVOKE, { id }, options);
  }

  /** A time to live of -1 says that there is no such lease. */
  timeToLive(
    id: bigint,
    options: CallOptions & { readonly keys?: boolean } = {},
  ): Promise<LeaseTimeToLiveResponse> {
    return this.#caller.unary(TIME_TO_LIVE, { id, keys: options.keys ?? false }, options);
  }

  list(options: CallOptions = {}): Promise<LeaseLeasesResponse> {
    return this.#caller.unary(LEASES, {}, options);
  }

  /** Renews once. Throws leaseNotFound for a lease that is gone. */
  async keepAliveOnce(id: bigint, options: CallOptions = {}): Promise<LeaseKeepAliveResponse> {
    const response = await this.#keepAlives.once(id, options);
    if (response.ttl <= 0) throw new EtcdError('leaseNotFound');
    return response;
  }

  /** Renews whenever a third of the time to live has passed, until stopped or until the lease is gone. */
  keepAlive(id: bigint): LeaseKeeper {
    return this.#keepAlives.keep(id);
  }

  close(): void {
    this.#keepAlives.close();
  }
}
