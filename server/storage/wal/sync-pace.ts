// Owns the choice of where one sync runs: on the thread pool, or at once on the event loop. The pool costs two thread
// switches, which on a disk that syncs in 0.1 ms is half of what a lone client waits for, and on a busy machine each may
// wait for a time slice; the loop is free of them but does nothing else meanwhile. So it is for disks known to be fast.
//
// Only syncs on the loop are measured: one on the pool says as much about the scheduler as about the disk.
import { LOOP_SYNC_MS_MAX, LOOP_SYNC_PROBE_EVERY } from './limits.ts';

/** Weight of the newest sync: two slow ones in a row, or one in a few, end syncing on the loop. */
const NEWEST_WEIGHT = 1 / 8;

/** One very slow sync counts as this many times the limit, so that a single hiccup does not decide. */
const OUTLIER_FACTOR = 4;

export class SyncPace {
  #typicalMs = 0;
  #refusedCount = 0;

  /** True when the next lone sync should run on the loop: the disk is fast, or it is time to look again whether it is. */
  shouldBlock(): boolean {
    if (this.#typicalMs <= LOOP_SYNC_MS_MAX) return true;
    this.#refusedCount = (this.#refusedCount + 1) % LOOP_SYNC_PROBE_EVERY;
    return this.#refusedCount === 0;
  }

  /** How long a sync on the loop took. */
  record(tookMs: number): void {
    const counted = Math.min(tookMs, LOOP_SYNC_MS_MAX * OUTLIER_FACTOR);
    this.#typicalMs += (counted - this.#typicalMs) * NEWEST_WEIGHT;
  }
}
