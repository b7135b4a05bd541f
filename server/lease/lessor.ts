// Owns all leases of a member: granted and revoked through the log, counted down by the leader alone, with the keys
// attached to them. Nobody here knows the time: callers pass it in, always of one monotonic clock.
//
// Granting happens while the log is applied, where there is no time at all. A lease granted on the leader therefore
// waits in `#fresh` and starts its countdown at the next call that brings the time (at most one expiry pass later):
// it may live up to half a second longer than asked, never shorter. etcd: server/lease/lessor.go.
import type { Backend } from '../base/backend.ts';
import { DueHeap, type DueItem } from '../base/due-heap.ts';
import { EtcdError } from '../base/errors.ts';
import { KeyTable } from './key-table.ts';
import { createLease, FOREVER, type Lease, LeaseTable, lifeMs, NOT_STARTED } from './lease.ts';
import { decodeLeaseRecord, encodeLeaseRecord, leaseKey } from './lease-record.ts';
import {
  CHECKPOINT_INTERVAL_MS,
  EXPIRED_RETRY_MS,
  LEASE_TTL_SECONDS_MAX,
  LEASES_REVOKED_PER_SECOND,
} from './limits.ts';
import type { LeaseMetrics } from './metrics.ts';
import { spreadExpiries } from './spread.ts';

/** What became of a renewal. */
export type RenewResult =
  | { readonly kind: 'renewed'; readonly ttlSeconds: number }
  /** Unknown, or revoked. */
  | { readonly kind: 'notFound' }
  /** Only the leader renews. */
  | { readonly kind: 'notPrimary' }
  /** Its time is over but the revocation is not applied yet. Ask again once it is, or once leadership is lost. */
  | { readonly kind: 'expired' }
  /** A checkpoint with 0 seconds has to be applied first, lest the next leader counts from the old one. */
  | { readonly kind: 'checkpointed' };

/** Seconds are whole ones, rounded towards zero. */
export interface TimeToLive {
  readonly ttlSeconds: number;
  readonly grantedTtlSeconds: number;
}

export interface LeaseCheckpoint {
  readonly id: bigint;
  readonly remainingTtlSeconds: number;
}

export interface LessorOptions {
  /** Shorter leases are made this long; see `minLeaseTtlSeconds`. */
  readonly minTtlSeconds: number;
  /** Whether the leader replicates what is left of long leases (feature gate LeaseCheckpoint). */
  readonly checkpoints: boolean;
  readonly metrics?: LeaseMetrics;
}

interface CheckpointDue extends DueItem {
  readonly lease: Lease;
}

/** One and a half election timeouts, so that a lease outlives a change of leader. etcd: server.go minTTL. */
export function minLeaseTtlSeconds(electionTicks: number, tickMs: number): number {
  return Math.ceil((Math.floor((3 * electionTicks) / 2) * tickMs) / 1000);
}

export class Lessor {
  readonly #backend: Backend;
  readonly #options: LessorOptions;
  readonly #leases: LeaseTable = new LeaseTable();
  #keys: KeyTable = new KeyTable();
  /** On a leader: every lease whose countdown runs. */
  readonly #expiries: DueHeap<Lease> = new DueHeap();
  readonly #checkpoints: DueHeap<CheckpointDue> = new DueHeap();
  /** Granted on this leader since the time was last known. */
  #fresh: Lease[] = [];
  #primary = false;

  constructor(backend: Backend, options: LessorOptions) {
    this.#backend = backend;
    this.#options = options;
    this.restore();
  }

  /** Whether this member counts down. */
  get isPrimary(): boolean {
    return this.#primary;
  }

  get count(): number {
    return this.#leases.size;
  }

  /** Keys attached to leases in all. */
  get attachedCount(): number {
    return this.#keys.count;
  }

  has(id: bigint): boolean {
    return this.#leases.get(id) !== undefined;
  }

  // ---- replicated: called while the log is applied, alike on every member

  /** Makes a lease; answers the seconds it got. Throws leaseNotFound (id 0), leaseTtlTooLarge, leaseExist. */
  grant(id: bigint, ttlSeconds: number): number {
    if (id === 0n) throw new EtcdError('leaseNotFound');
    if (ttlSeconds > LEASE_TTL_SECONDS_MAX) throw new EtcdError('leaseTtlTooLarge');
    if (this.#leases.get(id) !== undefined) throw new EtcdError('leaseExist');
    const granted = Math.max(ttlSeconds, this.#options.minTtlSeconds);
    const lease = createLease(id, granted, 0, this.#primary ? NOT_STARTED : FOREVER);
    this.#leases.add(lease);
    this.#persist(lease);
    if (this.#primary) this.#fresh.push(lease);
    this.#options.metrics?.granted.inc();
    this.#options.metrics?.ttlSeconds.observe(granted);
    return granted;
  }

  /** Ends a lease; answers the keys that were attached, ascending, which the caller deletes. Throws leaseNotFound. */
  revoke(id: bigint): Uint8Array[] {
    const lease = this.#mustGet(id);
    const keys = this.#keys.keysOf(lease);
    this.#keys.detachAll(lease);
    this.#leases.delete(id);
    this.#expiries.remove(lease);
    // It may still stand in #fresh or #checkpoints: both skip what is no longer in the table.
    this.#backend.delete('lease', leaseKey(id));
    this.#options.metrics?.revoked.inc();
    return keys;
  }

  /** Takes over what the leader said is left; the expiry of a running countdown stays. `persist`: store it too. */
  checkpoint(id: bigint, remainingTtlSeconds: number, persist: boolean): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.remainingTtlSeconds = remainingTtlSeconds;
    if (persist) this.#persist(lease);
    if (this.#primary) this.#fresh.push(lease);
  }

  /** Attaches a key, taking it from another lease if need be. False when the lease is unknown. */
  attach(key: Uint8Array, id: bigint): boolean {
    const lease = this.#leases.get(id);
    if (lease === undefined) return false;
    this.#keys.attach(key, lease);
    return true;
  }

  /** Detaches a key from that lease, if it is attached to it. */
  detach(key: Uint8Array, id: bigint): void {
    const lease = this.#leases.get(id);
    if (lease !== undefined) this.#keys.detach(key, lease);
  }

  /** The lease a key is attached to; 0n for none. */
  leaseOf(key: Uint8Array): bigint {
    return this.#keys.leaseOf(key)?.id ?? 0n;
  }

  /** The keys attached to a lease, ascending. Throws leaseNotFound. */
  keysOf(id: bigint): Uint8Array[] {
    return this.#keys.keysOf(this.#mustGet(id));
  }

  /** Starts over from what the backend holds, as a follower and without keys: mvcc attaches them when it restores. */
  restore(): void {
    this.demote();
    this.#keys = new KeyTable();
    this.#leases.clear();
    for (const [, value] of this.#backend.entries('lease')) {
      const record = decodeLeaseRecord(value);
      const ttlSeconds = Math.max(record.ttlSeconds, this.#options.minTtlSeconds);
      this.#leases.add(createLease(record.id, ttlSeconds, record.remainingTtlSeconds, FOREVER));
    }
  }

  // ---- local: the leader's countdown

  /** Starts counting down: each lease gets its full time, or what a checkpoint left, plus `extendMs`. */
  promote(extendMs: number, nowMs: number): void {
    this.#primary = true;
    this.#fresh = [];
    this.#checkpoints.clear();
    const leases: Lease[] = [];
    for (const lease of this.#leases) {
      this.#start(lease, extendMs, nowMs);
      leases.push(lease);
    }
    for (const [lease, delayMs] of spreadExpiries(leases, nowMs)) {
      this.#start(lease, extendMs + delayMs, nowMs);
    }
    if (!this.#options.checkpoints) return;
    for (const lease of leases) this.#scheduleCheckpoint(lease, nowMs);
  }

  /** Stops counting down: nothing expires here until the next promotion. */
  demote(): void {
    this.#primary = false;
    this.#fresh = [];
    this.#expiries.clear();
    this.#checkpoints.clear();
    for (const lease of this.#leases) lease.expiryMs = FOREVER;
  }

  /** Starts the countdown over. */
  renew(id: bigint, nowMs: number): RenewResult {
    if (!this.#primary) return { kind: 'notPrimary' };
    this.#startFresh(nowMs);
    const lease = this.#leases.get(id);
    if (lease === undefined) return { kind: 'notFound' };
    if (lease.expiryMs <= nowMs) return { kind: 'expired' };
    if (this.#options.checkpoints && lease.remainingTtlSeconds > 0) {
      return { kind: 'checkpointed' };
    }
    this.#start(lease, 0, nowMs);
    this.#options.metrics?.renewed.inc();
    return { kind: 'renewed', ttlSeconds: lease.ttlSeconds };
  }

  /** Undefined: unknown. On a follower the time left means nothing: ask the leader. */
  timeToLive(id: bigint, nowMs: number): TimeToLive | undefined {
    this.#startFresh(nowMs);
    const lease = this.#leases.get(id);
    if (lease === undefined) return undefined;
    const ttlSeconds = Math.trunc((lease.expiryMs - nowMs) / 1000);
    return { ttlSeconds, grantedTtlSeconds: lease.ttlSeconds };
  }

  /** The ids of all leases, the one that ends first in front. */
  list(nowMs: number): bigint[] {
    this.#startFresh(nowMs);
    const leases = [...this.#leases];
    if (this.#primary) leases.sort((a, b) => a.expiryMs - b.expiryMs);
    return leases.map((lease) => lease.id);
  }

  /**
   * The leases whose time is over, at most `limit`, for the caller to propose their revocation. One that is not revoked
   * then comes again after EXPIRED_RETRY_MS. To be called every 500 ms.
   */
  expired(nowMs: number, limit: number = LEASES_REVOKED_PER_SECOND / 2): bigint[] {
    const ids: bigint[] = [];
    if (!this.#primary) return ids;
    this.#startFresh(nowMs);
    while (ids.length < limit) {
      const lease = this.#expiries.peek();
      if (lease === undefined || lease.dueMs > nowMs) break;
      this.#expiries.schedule(lease, nowMs + EXPIRED_RETRY_MS);
      ids.push(lease.id);
    }
    return ids;
  }

  /** What is left of long leases, at most `limit`, for the caller to propose as a checkpoint. */
  dueCheckpoints(nowMs: number, limit: number): LeaseCheckpoint[] {
    const due: LeaseCheckpoint[] = [];
    if (!this.#primary) return due;
    this.#startFresh(nowMs);
    while (due.length < limit) {
      const item = this.#checkpoints.peek();
      if (item === undefined || item.dueMs > nowMs) break;
      this.#checkpoints.remove(item);
      const { lease } = item;
      if (this.#leases.get(lease.id) !== lease || lease.expiryMs <= nowMs) continue;
      const remainingTtlSeconds = Math.ceil((lease.expiryMs - nowMs) / 1000);
      if (remainingTtlSeconds < lease.ttlSeconds) due.push({ id: lease.id, remainingTtlSeconds });
    }
    return due;
  }

  /** Lets what waited for the time begin: countdowns of granted leases, the next checkpoint of checkpointed ones. */
  #startFresh(nowMs: number): void {
    if (this.#fresh.length === 0) return;
    for (const lease of this.#fresh) {
      if (this.#leases.get(lease.id) !== lease) continue;
      if (Number.isNaN(lease.expiryMs)) this.#start(lease, 0, nowMs);
      if (this.#options.checkpoints) this.#scheduleCheckpoint(lease, nowMs);
    }
    this.#fresh = [];
  }

  #start(lease: Lease, extendMs: number, nowMs: number): void {
    lease.expiryMs = nowMs + lifeMs(lease) + extendMs;
    this.#expiries.schedule(lease, lease.expiryMs);
  }

  #scheduleCheckpoint(lease: Lease, nowMs: number): void {
    if (lifeMs(lease) <= CHECKPOINT_INTERVAL_MS) return;
    const item: CheckpointDue = { dueMs: 0, heapIndex: -1, lease };
    this.#checkpoints.schedule(item, nowMs + CHECKPOINT_INTERVAL_MS);
  }

  #persist(lease: Lease): void {
    const record = encodeLeaseRecord({
      id: lease.id,
      ttlSeconds: lease.ttlSeconds,
      remainingTtlSeconds: lease.remainingTtlSeconds,
    });
    this.#backend.put('lease', leaseKey(lease.id), record);
  }

  #mustGet(id: bigint): Lease {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw new EtcdError('leaseNotFound');
    return lease;
  }
}
