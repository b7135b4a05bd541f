// Goal: what repeats keeps its pace on a busy machine. Method: the arithmetic on numbers, and stepped timers. A failure means election timeouts longer than those of etcd, and writes that wait for them.
import { describe, expect, it, vi } from 'vitest';
import { nextDueMs, PROCESS_SCHEDULER } from '../../../server/node/scheduler.ts';

describe('repeating', () => {
  it('has fixed places in time', () => {
    expect(nextDueMs(100, 100, 100)).toBe(200);
    expect(nextDueMs(100, 99.5, 100)).toBe(200);
    expect(nextDueMs(100, 199, 100)).toBe(200);
  });

  it('leaves out what was missed', () => {
    expect(nextDueMs(100, 200, 100)).toBe(300);
    expect(nextDueMs(100, 1250, 100)).toBe(1300);
  });

  it('runs once in every interval', () => {
    vi.useFakeTimers();
    const runsMs: number[] = [];
    const startMs = performance.now();
    const cancel = PROCESS_SCHEDULER.every(100, () => runsMs.push(performance.now() - startMs));
    vi.advanceTimersByTime(1000);
    cancel();
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    expect(runsMs).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  });

  it('ends when it is cancelled, even by itself', async () => {
    let count = 0;
    const cancel = PROCESS_SCHEDULER.every(1, () => {
      count++;
      cancel();
    });
    const never = PROCESS_SCHEDULER.every(1, () => {
      count += 100;
    });
    never();
    await new Promise<void>((resolve) => {
      PROCESS_SCHEDULER.after(20, resolve);
    });
    expect(count).toBe(1);
  });
});
