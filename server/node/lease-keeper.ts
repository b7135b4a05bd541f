// Owns the leader's part of leases: who counts down, and the revocation of what has run out. Leases themselves live
// in server/lease; only the leader lets them expire. etcd: server/lease/lessor.go revokeExpiredLeases.

import type { Clock } from '../base/clock.ts';
import type { Lessor } from '../lease/lessor.ts';
import { LEASE_EXPIRY_INTERVAL_MS, LEASES_REVOKED_PER_PASS } from './limits.ts';
import type { Cancel, Scheduler } from './scheduler.ts';

export class LeaseKeeper {
  readonly #lessor: Lessor;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #extendMs: number;
  readonly #revoke: (id: bigint) => void;
  #cancel: Cancel | undefined = undefined;

  /** `extendMs`: what a new leader adds to every lease, one election timeout. `revoke` proposes a revocation. */
  constructor(
    lessor: Lessor,
    time: { readonly clock: Clock; readonly scheduler: Scheduler },
    extendMs: number,
    revoke: (id: bigint) => void,
  ) {
    this.#lessor = lessor;
    this.#clock = time.clock;
    this.#scheduler = time.scheduler;
    this.#extendMs = extendMs;
    this.#revoke = revoke;
  }

  /** This member applied the first entry of its own term: it counts down from now on. */
  promote(): void {
    this.#lessor.promote(this.#extendMs, this.#clock.monotonicMs());
    this.#cancel ??= this.#scheduler.every(LEASE_EXPIRY_INTERVAL_MS, () => this.#expire());
  }

  demote(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#lessor.demote();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #expire(): void {
    const expired = this.#lessor.expired(this.#clock.monotonicMs(), LEASES_REVOKED_PER_PASS);
    for (const id of expired) this.#revoke(id);
  }
}
