// Owns a session: a lease that is kept alive for as long as its owner lives, to which locks and leaderships are tied.
// etcd: client/v3/concurrency/session.go.

import type { EtcdClient } from './client.ts';
import type { CallFailure } from './client-error.ts';
import type { LeaseKeeper } from './keep-alive.ts';
import { SESSION_TTL_SECONDS } from './limits.ts';

export interface SessionOptions {
  /** How long locks outlive an owner that vanished. */
  readonly ttlSeconds?: number;
  /** An existing lease to use; it is not granted again. */
  readonly leaseId?: bigint;
  readonly signal?: AbortSignal;
}

export class Session implements AsyncDisposable {
  readonly client: EtcdClient;
  readonly leaseId: bigint;
  /** Resolves when the lease is not kept any more, with the failure when it was lost. */
  readonly done: Promise<CallFailure | undefined>;
  readonly #keeper: LeaseKeeper;

  private constructor(client: EtcdClient, leaseId: bigint) {
    this.client = client;
    this.leaseId = leaseId;
    this.#keeper = client.leases.keepAlive(leaseId);
    this.done = this.#keeper.done;
  }

  static async open(client: EtcdClient, options: SessionOptions = {}): Promise<Session> {
    if (options.leaseId !== undefined) return new Session(client, options.leaseId);
    const ttlSeconds = options.ttlSeconds ?? SESSION_TTL_SECONDS;
    const { signal } = options;
    const { id } = await client.leases.grant(ttlSeconds, signal === undefined ? {} : { signal });
    return new Session(client, id);
  }

  /** Stops keeping the lease; it ends when its time is over. */
  orphan(): void {
    this.#keeper.stop();
  }

  /** Ends the session now, and everything tied to it. */
  async close(): Promise<void> {
    this.orphan();
    await this.client.leases.revoke(this.leaseId);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
