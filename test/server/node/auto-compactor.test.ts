// Goal: automatic compaction keeps what it is told to keep and comes as often as etcd's. Method: samples by table, the
// revision growing by one per minute. A failure means history lost too early, or a store that grows without end.
import { describe, expect, it } from 'vitest';
import { type AutoCompactor, createAutoCompactor } from '../../../server/node/auto-compactor.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function compactorOf(mode: 'periodic' | 'revision', retention: number): AutoCompactor {
  const compactor = createAutoCompactor({ mode, retention }, 0);
  if (compactor === undefined) throw new Error('switched off');
  return compactor;
}

/** [minute, revision] of every compaction up to `minutes`; the revision at a minute is 100 plus the minute. */
function run(
  compactor: AutoCompactor,
  minutes: number,
  more: { isLeader?: (minute: number) => boolean; succeeds?: (minute: number) => boolean } = {},
): [number, number][] {
  const made: [number, number][] = [];
  const step = compactor.sampleIntervalMs / MINUTE;
  for (let minute = 0; minute <= minutes; minute += step) {
    const isLeader = more.isLeader?.(minute) ?? true;
    const target = compactor.sample(minute * MINUTE, 100 + minute, isLeader);
    if (target === undefined) continue;
    made.push([minute, target]);
    if (more.succeeds?.(minute) ?? true) compactor.succeeded();
  }
  return made;
}

it('is off without a retention', () => {
  expect(createAutoCompactor({ mode: 'periodic', retention: 0 }, 0)).toBeUndefined();
  expect(createAutoCompactor({ mode: 'revision', retention: 0 }, 0)).toBeUndefined();
});

describe('periodic', () => {
  it('one hour: samples each six minutes, compacts each hour at what was an hour ago', () => {
    const compactor = compactorOf('periodic', HOUR);
    expect(compactor.sampleIntervalMs).toBe(6 * MINUTE);
    expect(run(compactor, 200)).toEqual([
      [60, 100],
      [120, 160],
      [180, 220],
    ]);
  });

  it('ten minutes: each ten minutes', () => {
    const compactor = compactorOf('periodic', 10 * MINUTE);
    expect(compactor.sampleIntervalMs).toBe(MINUTE);
    expect(run(compactor, 30)).toEqual([
      [10, 100],
      [20, 110],
      [30, 120],
    ]);
  });

  it('ten hours: after ten hours, then each hour, ten hours back', () => {
    expect(run(compactorOf('periodic', 10 * HOUR), 12 * 60)).toEqual([
      [600, 100],
      [660, 160],
      [720, 220],
    ]);
  });

  it('tries again at the next sample after a failure', () => {
    const succeeds = (minute: number): boolean => minute >= 72;
    expect(run(compactorOf('periodic', HOUR), 140, { succeeds })).toEqual([
      [60, 100],
      [66, 106],
      [72, 112],
      [132, 172],
    ]);
  });

  it('a follower samples, so that it compacts as soon as it leads', () => {
    const isLeader = (minute: number): boolean => minute >= 90;
    expect(run(compactorOf('periodic', HOUR), 160, { isLeader })).toEqual([
      [90, 130],
      [150, 190],
    ]);
  });

  it('does not compact the same revision twice', () => {
    const compactor = compactorOf('periodic', HOUR);
    const targets: number[] = [];
    for (let minute = 0; minute <= 240; minute += 6) {
      const target = compactor.sample(minute * MINUTE, 100, true);
      if (target === undefined) continue;
      targets.push(target);
      compactor.succeeded();
    }
    expect(targets).toEqual([100]);
  });

  it('does not mind a timer that comes a little early', () => {
    const compactor = compactorOf('periodic', HOUR);
    for (let i = 0; i < 10; i++) compactor.sample(i * 6 * MINUTE, 100 + i, true);
    expect(compactor.sample(HOUR - 2, 110, true)).toBe(100);
  });
});

describe('revision', () => {
  it('looks each five minutes and keeps the newest ones', () => {
    const compactor = compactorOf('revision', 10);
    expect(compactor.sampleIntervalMs).toBe(5 * MINUTE);
    const targets = [5, 10, 11, 11, 30].map((revision) => {
      const target = compactor.sample(0, revision, true);
      if (target !== undefined) compactor.succeeded();
      return target;
    });
    expect(targets).toEqual([undefined, undefined, 1, undefined, 20]);
  });

  it('asks again for what failed, and only on the leader', () => {
    const compactor = compactorOf('revision', 10);
    expect(compactor.sample(0, 20, true)).toBe(10);
    expect(compactor.sample(1, 20, true)).toBe(10);
    expect(compactor.sample(2, 20, false)).toBeUndefined();
    compactor.succeeded();
    expect(compactor.sample(3, 20, true)).toBeUndefined();
  });
});
