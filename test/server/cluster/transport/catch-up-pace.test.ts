// Goal: a learner rests for as long as it worked, only for what comes as a flood, and not for ever. Method: the pace alone,
// time as a number. A failure means writers that wait behind a join, or a learner that never gets there.
import { describe, expect, it } from 'vitest';
import { CatchUpPace } from '../../../../server/cluster/transport/catch-up-pace.ts';
import {
  CATCH_UP_FILL_MS_MAX,
  CATCH_UP_REST_MS_MAX,
  CATCH_UP_RESTS_MS_MAX,
  CATCH_UP_SLICE_BYTES,
} from '../../../../server/cluster/transport/limits.ts';

const HALF = CATCH_UP_SLICE_BYTES / 2;

describe('CatchUpPace', () => {
  it('rests as long as a slice took until it was durable', () => {
    const pace = new CatchUpPace();
    expect(pace.took(HALF, 1, 100)).toBe(false);
    expect(pace.took(HALF, 3, 104)).toBe(true);
    expect(pace.settled(2, 109)).toBeUndefined();
    expect(pace.settled(3, 112)).toBe(12);
    expect(pace.took(HALF, 4, 130)).toBe(false);
  });

  it('does not wait for what is durable already', () => {
    const pace = new CatchUpPace();
    pace.settled(7, 0);
    expect(pace.took(2 * HALF, 7, 1)).toBe(false);
    expect(pace.took(1, 8, 2)).toBe(true);
  });

  it('leaves a log that comes slowly alone', () => {
    const pace = new CatchUpPace();
    expect(pace.took(HALF, 1, 0)).toBe(false);
    expect(pace.took(HALF, 2, CATCH_UP_FILL_MS_MAX + 1)).toBe(false);
    expect(pace.took(HALF, 3, CATCH_UP_FILL_MS_MAX + 2)).toBe(true);
  });

  it('forgets what it waited for when the stream ends', () => {
    const pace = new CatchUpPace();
    expect(pace.took(2 * HALF, 5, 0)).toBe(true);
    pace.reset();
    expect(pace.settled(5, 3)).toBeUndefined();
    expect(pace.took(HALF, 6, 4)).toBe(false);
  });

  it('bounds each rest, and all of them together', () => {
    const pace = new CatchUpPace();
    let restedMs = 0;
    let nowMs = 0;
    let index = 1;
    while (pace.took(2 * HALF, index, nowMs)) {
      nowMs += 1000;
      const restMs = pace.settled(index, nowMs) ?? expect.unreachable();
      expect(restMs).toBe(CATCH_UP_REST_MS_MAX);
      restedMs += restMs;
      index++;
    }
    expect(restedMs).toBe(CATCH_UP_RESTS_MS_MAX);
  });
});
