// Owns how a new leader keeps leases from expiring all at once: it restarted every countdown at the same moment, so
// that leases of one length end together, faster than they can be revoked. etcd: lessor.go Promote.
import type { Lease } from './lease.ts';
import { LEASES_REVOKED_PER_SECOND } from './limits.ts';

/** Fewer than can be revoked, so that leases which ended for other reasons still get their turn. */
const SPREAD_PER_SECOND = (3 * LEASES_REVOKED_PER_SECOND) / 4;

/** Units of the sort key: a quarter of a second is finer than the countdown's own steps. */
const UNIT_MS = 250;
const UNITS_MAX = 2 ** 32 - 1;
const INDEX_SPAN = 2 ** 20;

/**
 * The leases that have to end later, with the milliseconds to add. Walks them by expiry in windows of a second: once
 * more than 750 end within one, each further one is moved back in proportion, and the window grows with it.
 */
export function spreadExpiries(
  leases: readonly Lease[],
  nowMs: number,
): readonly [lease: Lease, delayMs: number][] {
  const delayed: [Lease, number][] = [];
  if (leases.length < LEASES_REVOKED_PER_SECOND) return delayed;
  const order = orderByExpiry(leases, nowMs);
  let baseMs = Number.NEGATIVE_INFINITY;
  let windowEndMs = Number.NEGATIVE_INFINITY;
  let expiries = 0;
  for (const index of order) {
    const lease = leases[index] as Lease;
    const leftMs = lease.expiryMs - nowMs;
    if (leftMs > windowEndMs) {
      baseMs = leftMs;
      windowEndMs = baseMs + 1000;
      expiries = 1;
      continue;
    }
    expiries++;
    if (expiries <= SPREAD_PER_SECOND) continue;
    // A lease that ends n milliseconds into the window already has that much of its delay.
    const delayMs = 1000 * (expiries / SPREAD_PER_SECOND) - (leftMs - baseMs);
    windowEndMs = baseMs + delayMs;
    delayed.push([lease, delayMs]);
  }
  return delayed;
}

/** Indexes of `leases` by expiry. Sorting numbers natively takes a tenth of sorting objects with a function. */
function orderByExpiry(leases: readonly Lease[], nowMs: number): Float64Array {
  const keys = new Float64Array(leases.length);
  // Index and time share the 53 bits of a number: the more leases, the sooner a far expiry counts as "far".
  const span = leases.length <= INDEX_SPAN ? INDEX_SPAN : 2 ** Math.ceil(Math.log2(leases.length));
  const unitsMax = Math.min(UNITS_MAX, Math.floor(Number.MAX_SAFE_INTEGER / span) - 1);
  for (let i = 0; i < leases.length; i++) {
    const leftMs = Math.max(0, (leases[i] as Lease).expiryMs - nowMs);
    keys[i] = Math.min(unitsMax, Math.floor(leftMs / UNIT_MS)) * span + i;
  }
  keys.sort();
  for (let i = 0; i < keys.length; i++) keys[i] = (keys[i] as number) % span;
  return keys;
}
