// Owns what clients do with leases beside granting and revoking them: keep-alives, looks, lists. Only the leader knows
// how long a lease has left. etcd: server/etcdserver/v3_server.go LeaseRenew, LeaseTimeToLive.

import type { Clock } from '../base/clock.ts';
import { EtcdError } from '../base/errors.ts';
import type { Lessor } from '../lease/lessor.ts';
import { LEASE_EXPIRED_RETRY_MS } from './limits.ts';
import type { RequestIdGenerator } from './request-id.ts';
import type { Scheduler } from './scheduler.ts';

export interface LeaseTimes {
  readonly ttlSeconds: number;
  readonly grantedTtlSeconds: number;
  readonly keys: readonly Uint8Array[];
}

export interface LeaseAccessDeps {
  readonly lessor: Lessor;
  readonly ids: RequestIdGenerator;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Proposes a checkpoint with nothing remaining, so that the next leader starts over. */
  readonly resetCheckpoint: (id: bigint, done: () => void) => void;
  readonly requestTimeoutMs: number;
}

export class LeaseAccess {
  readonly #deps: LeaseAccessDeps;

  constructor(deps: LeaseAccessDeps) {
    this.#deps = deps;
  }

  nextLeaseId(): bigint {
    return this.#deps.ids.nextLeaseId();
  }

  renew(id: bigint, done: (result: number | EtcdError) => void): void {
    this.#renew(id, this.#deps.clock.monotonicMs() + this.#deps.requestTimeoutMs, done);
  }

  timeToLive(id: bigint, withKeys: boolean, done: (result: LeaseTimes | EtcdError) => void): void {
    const { lessor, clock } = this.#deps;
    const times = lessor.timeToLive(id, clock.monotonicMs());
    if (times === undefined) {
      done(new EtcdError('leaseNotFound'));
    } else if (!lessor.isPrimary) {
      done(new EtcdError('notLeader'));
    } else {
      done({ ...times, keys: withKeys ? lessor.keysOf(id) : [] });
    }
  }

  list(): readonly bigint[] {
    return this.#deps.lessor.list(this.#deps.clock.monotonicMs());
  }

  #renew(id: bigint, deadlineMs: number, done: (result: number | EtcdError) => void): void {
    const { lessor, clock, scheduler } = this.#deps;
    const nowMs = clock.monotonicMs();
    const result = lessor.renew(id, nowMs);
    const again = (): void => this.#renew(id, deadlineMs, done);
    switch (result.kind) {
      case 'renewed':
        done(result.ttlSeconds);
        return;
      case 'notFound':
        done(new EtcdError('leaseNotFound'));
        return;
      case 'notPrimary':
        done(new EtcdError('notLeader'));
        return;
      case 'checkpointed':
        this.#deps.resetCheckpoint(id, again);
        return;
      case 'expired':
        // Its revocation is on the way: the answer is whatever the log says in the end.
        if (nowMs >= deadlineMs) done(new EtcdError('timeout'));
        else scheduler.after(LEASE_EXPIRED_RETRY_MS, again);
    }
  }
}
