// Goal: a fast disk is waited for on the event loop, a slow one is not, and one that becomes fast is noticed. Method:
// durations given by hand. A failure means a loop held up by a slow disk, or lone writers that wait for threads.
import { describe, expect, it } from 'vitest';
import { LOOP_SYNC_MS_MAX, LOOP_SYNC_PROBE_EVERY } from '../../../../server/storage/wal/limits.ts';
import { SyncPace } from '../../../../server/storage/wal/sync-pace.ts';

const FAST_MS = LOOP_SYNC_MS_MAX / 3;

/** Asks `count` times and answers with durations; resolves how many syncs ran on the loop. */
function run(pace: SyncPace, count: number, tookMs: number): number {
  let blockedCount = 0;
  for (let i = 0; i < count; i++) {
    if (!pace.shouldBlock()) continue;
    blockedCount++;
    pace.record(tookMs);
  }
  return blockedCount;
}

describe('SyncPace', () => {
  it('keeps a fast disk on the loop', () => {
    expect(run(new SyncPace(), 1000, FAST_MS)).toBe(1000);
  });

  it('forgives one hiccup of a fast disk, however long', () => {
    const pace = new SyncPace();
    run(pace, 100, FAST_MS);
    run(pace, 1, 5000);
    expect(run(pace, 100, FAST_MS)).toBe(100);
  });

  it('leaves a slow disk to the pool after a few syncs, and looks again only now and then', () => {
    const pace = new SyncPace();
    const first = run(pace, 20, 10);
    expect(first).toBeLessThan(5);
    expect(run(pace, 10 * LOOP_SYNC_PROBE_EVERY, 10)).toBe(10);
  });

  it('returns to the loop once the disk is fast again', () => {
    const pace = new SyncPace();
    run(pace, 100 * LOOP_SYNC_PROBE_EVERY, 10);
    run(pace, 20 * LOOP_SYNC_PROBE_EVERY, FAST_MS);
    expect(run(pace, 100, FAST_MS)).toBe(100);
  });
});
