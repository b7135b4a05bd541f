// Owns what one lease is, and the table of all leases by id.
import type { DueItem } from '../base/due-heap.ts';
import { LEASE_SHARDS } from './limits.ts';

/** A follower's leases never expire: only the leader counts down. */
export const FOREVER: number = Number.POSITIVE_INFINITY;

/** Seconds left are to be counted from the next moment the lessor learns the time. */
export const NOT_STARTED: number = Number.NaN;

/** `dueMs` is when the lessor looks at the lease again: its expiry, or later once it has been handed out. */
export interface Lease extends DueItem {
  readonly id: bigint;
  readonly ttlSeconds: number;
  /** What the last checkpoint said was left; 0 when there was none since the last renewal. */
  remainingTtlSeconds: number;
  /** FOREVER on followers, NOT_STARTED on a leader until the time is known. */
  expiryMs: number;
  /** First of the attached keys, see KeyTable; -1 when there is none. */
  firstItem: number;
  itemCount: number;
  /** The lease's number in KeyTable; -1 as long as no key was attached. */
  slot: number;
}

export function createLease(
  id: bigint,
  ttlSeconds: number,
  remainingTtlSeconds: number,
  expiryMs: number,
): Lease {
  return {
    dueMs: 0,
    heapIndex: -1,
    id,
    ttlSeconds,
    remainingTtlSeconds,
    expiryMs,
    firstItem: -1,
    itemCount: 0,
    slot: -1,
  };
}

/** Milliseconds a lease lives when it starts over. etcd: lease.go getRemainingTTL. */
export function lifeMs(lease: Lease): number {
  const { remainingTtlSeconds, ttlSeconds } = lease;
  return (remainingTtlSeconds > 0 ? remainingTtlSeconds : ttlSeconds) * 1000;
}

/** All leases by id, in many small maps so that growing never takes long. */
export class LeaseTable {
  readonly #shards: readonly Map<bigint, Lease>[];
  #size = 0;

  constructor() {
    this.#shards = Array.from({ length: LEASE_SHARDS }, () => new Map());
  }

  get size(): number {
    return this.#size;
  }

  get(id: bigint): Lease | undefined {
    return this.#shardOf(id).get(id);
  }

  /** Adds a lease whose id is not in the table. */
  add(lease: Lease): void {
    this.#shardOf(lease.id).set(lease.id, lease);
    this.#size++;
  }

  delete(id: bigint): void {
    if (this.#shardOf(id).delete(id)) this.#size--;
  }

  clear(): void {
    for (const shard of this.#shards) shard.clear();
    this.#size = 0;
  }

  /** Every lease, in no order that means anything. */
  *[Symbol.iterator](): Iterator<Lease> {
    for (const shard of this.#shards) yield* shard.values();
  }

  #shardOf(id: bigint): Map<bigint, Lease> {
    // Ids are made of a counter in their low bits, which spreads them evenly.
    return this.#shards[Number(BigInt.asUintN(32, id)) & (LEASE_SHARDS - 1)] as Map<bigint, Lease>;
  }
}
