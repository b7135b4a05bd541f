// Owns the workloads over leases: keeping one alive, and its whole life.

import {
  createLeaseGrantRequest,
  createLeaseKeepAliveRequest,
  createLeaseRevokeRequest,
  createPutRequest,
  decodeLeaseGrantResponse,
  encodeLeaseGrantRequest,
  encodeLeaseKeepAliveRequest,
  encodeLeaseRevokeRequest,
  encodePutRequest,
} from '../../server/proto/gen/rpc.ts';
import { call } from './call.ts';
import type { Connection } from './connection.ts';
import { makeValue } from './keys.ts';
import { type LoadOptions, Path, type Task, type Workload } from './task.ts';

const TTL_SECONDS = 600;

const GRANT: Uint8Array = Uint8Array.from(
  encodeLeaseGrantRequest(createLeaseGrantRequest({ ttl: TTL_SECONDS })),
);

/** Messages on one stream, all the same. */
class KeepAliveTask implements Task {
  readonly path: string = Path.leaseKeepAlive;
  readonly isStream: boolean = true;
  readonly #message: Uint8Array;

  constructor(id: bigint) {
    const request = createLeaseKeepAliveRequest({ id });
    this.#message = Uint8Array.from(encodeLeaseKeepAliveRequest(request));
  }

  begin(): Uint8Array {
    return this.#message;
  }

  take(): void {}

  next(): undefined {
    return undefined;
  }
}

/** Grant, put with the lease, revoke: one operation. */
class LeaseLifeTask implements Task {
  path: string = Path.leaseGrant;
  readonly isStream: boolean = false;
  readonly #key: Uint8Array;
  readonly #value: Uint8Array;
  #lease: bigint;

  constructor({ keys, valueBytes }: LoadOptions, client: number) {
    this.#key = keys.make(client);
    this.#value = makeValue(valueBytes, client);
    this.#lease = 0n;
  }

  begin(): Uint8Array {
    this.path = Path.leaseGrant;
    return GRANT;
  }

  take(bytes: Uint8Array, start: number, end: number): void {
    if (this.path === Path.leaseGrant) this.#lease = decodeLeaseGrantResponse(bytes, start, end).id;
  }

  next(): Uint8Array | undefined {
    if (this.path === Path.leaseGrant) {
      this.path = Path.put;
      const [key, value, lease] = [this.#key, this.#value, this.#lease];
      return encodePutRequest(createPutRequest({ key, value, lease }));
    }
    if (this.path === Path.put) {
      this.path = Path.leaseRevoke;
      return encodeLeaseRevokeRequest(createLeaseRevokeRequest({ id: this.#lease }));
    }
    return undefined;
  }
}

async function createKeepAlive(connection: Connection): Promise<Task> {
  const answer = await call(connection, Path.leaseGrant, GRANT);
  return new KeepAliveTask(decodeLeaseGrantResponse(answer).id);
}

export const LEASE_WORKLOADS: readonly Workload[] = [
  {
    name: 'lease-keepalive',
    about: 'keep a lease of its own alive, one stream per client',
    needsKeys: false,
    createTask: (_options, _client, connection) => createKeepAlive(connection),
  },
  {
    name: 'lease-life',
    about: 'grant a lease, put a key with it, revoke it',
    needsKeys: false,
    createTask: (options, client) => Promise.resolve(new LeaseLifeTask(options, client)),
  },
];
