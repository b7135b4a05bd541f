// Goal: compaction, hashing and watchers catching up proceed in slices, finish, and tell who waits. Method: a store in
// memory and stepped time. A failure means a loop that is held, or work that never ends.
import { beforeEach, describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import { isEtcdError } from '../../../server/base/errors.ts';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import { MetricRegistry } from '../../../server/base/metrics.ts';
import type { WatchResponse } from '../../../server/mvcc/watch-types.ts';
import { Background } from '../../../server/node/background.ts';
import {
  BACKGROUND_SLICE_MS,
  COMPACTION_STEP_RECORDS,
  HOUSEWORK_SLICE_MS,
} from '../../../server/node/limits.ts';
import { createNodeMetrics } from '../../../server/node/metrics.ts';
import { WatchPump } from '../../../server/node/watch-pump.ts';
import { ApplyWorld } from '../../support/apply-harness.ts';
import { compact, hashKv } from '../../support/mvcc-harness.ts';
import { SteppedTime } from '../../support/stepped-scheduler.ts';

const PAUSE_MS = 10;

let world: ApplyWorld;
let time: SteppedTime;
let registry: MetricRegistry;
let background: Background;

beforeEach(() => {
  world = new ApplyWorld();
  for (let i = 0; i < 2000; i++) world.put(`k${i % 500}`, 'v');
  time = new SteppedTime();
  registry = new MetricRegistry();
  background = createBackground(world);
});

function createBackground({ store }: ApplyWorld, compactionBatchLimit = 100): Background {
  const metrics = createNodeMetrics(registry);
  const deps = { clock: time, scheduler: time, logger: SILENT_LOGGER, metrics };
  return new Background(store, deps, { compactionBatchLimit, compactionPauseMs: PAUSE_MS }, () =>
    store.backend.commit(),
  );
}

describe('compaction', () => {
  it('deletes a batch, commits it, pauses, and ends', () => {
    world.store.scheduleCompaction(1900);
    background.compact();
    background.compact();
    const commits = world.backend.commits;
    time.turn();
    expect(world.backend.commits).toBe(commits + 1);
    expect(time.turnCount).toBe(0);
    time.advance(PAUSE_MS - 1);
    expect(world.backend.commits).toBe(commits + 1);
    time.advance(1000);
    expect(world.store.pendingCompaction).toBeUndefined();
    expect(world.backend.records()).toHaveLength(500 + 2001 - 1900);
    // The finished mark is in the store too: a crash does not compact again.
    expect(world.backend.lost().entries('meta')).toEqual(world.backend.entries('meta'));
    expect(time.timerCount).toBe(0);
  });

  it('gives the loop back within a batch, and pauses after a whole one', () => {
    background = createBackground(world, 4 * COMPACTION_STEP_RECORDS);
    world.store.scheduleCompaction(1900);
    background.compact();
    // Every look at the clock uses up a slice.
    time.lookMs = HOUSEWORK_SLICE_MS;
    const records = (): number => world.backend.records().length;
    const counts = [records()];
    for (let slice = 0; slice < 5; slice++) {
      if (slice === 0) time.turn();
      else time.advance(0);
      counts.push(records());
    }
    // The first slice looks for what is kept at all; the sixth would come after the pause.
    const atBatch = counts.at(-1);
    expect(new Set(counts.slice(1)).size).toBe(5);
    time.advance(PAUSE_MS - 1);
    expect(records()).toBe(atBatch);
    time.advance(1);
    expect(records()).toBeLessThan(atBatch ?? 0);
  });

  it('of less than a batch is over within a turn', () => {
    world.store.scheduleCompaction(50);
    background.compact();
    time.turn();
    expect(world.store.pendingCompaction).toBeUndefined();
  });

  it('tells who waits once nothing is pending, and at once when nothing was', () => {
    const told: string[] = [];
    background.waitCompactions(() => told.push('nothing to do'));
    world.store.scheduleCompaction(1000);
    background.compact();
    background.waitCompactions(() => told.push('done'));
    world.store.scheduleCompaction(1500);
    expect(told).toEqual(['nothing to do']);
    time.advance(2000);
    expect(told).toEqual(['nothing to do', 'done']);
    expect(world.store.pendingCompaction).toBeUndefined();
    world.store.scheduleCompaction(1600);
    background.compact();
    time.advance(2000);
    expect(world.store.pendingCompaction).toBeUndefined();
  });

  it('tells how long it took, how long it held others back, and when it ended', () => {
    world.store.scheduleCompaction(1900);
    background.compact();
    time.lookMs = 1;
    time.advance(2000);
    const name = 'etcd_debugging_mvcc_db_compaction';
    const text = registry.print();
    const value = (metric: string): number =>
      Number(new RegExp(`^${name}_${metric} (.*)$`, 'm').exec(text)?.[1]);
    const total = value('total_duration_milliseconds_sum');
    expect(value('total_duration_milliseconds_count')).toBe(1);
    expect(value('pause_duration_milliseconds_count')).toBeGreaterThan(1);
    expect(value('pause_duration_milliseconds_sum')).toBeLessThan(total);
    expect(total).toBeGreaterThan(PAUSE_MS);
    expect(value('last')).toBeGreaterThanOrEqual(1);
  });

  it('goes on with what a former life left', () => {
    world.store.scheduleCompaction(1900);
    world.backend.commit();
    const again = new ApplyWorld({ backend: world.backend.lost() });
    const resumed = createBackground(again);
    resumed.compact();
    time.advance(2000);
    compact(world.store, 1950);
    expect(again.backend.records()).toHaveLength(500 + 2001 - 1900);
  });

  it('stops with the member', () => {
    world.store.scheduleCompaction(1900);
    background.compact();
    background.stop();
    time.advance(5000);
    expect(world.store.pendingCompaction).toBeDefined();
  });
});

describe('hashes', () => {
  function hash(revision: number): unknown[] {
    const results: unknown[] = [];
    background.hashKv(revision, (result) => {
      results.push(isEtcdError(result) ? result.code : result);
    });
    return results;
  }

  it('take turns, and are those of one go', () => {
    time.lookMs = HOUSEWORK_SLICE_MS;
    const results = hash(1500);
    expect(results).toEqual([]);
    let turns = 0;
    while (results.length === 0 && turns < 100) {
      turns++;
      time.turn();
    }
    expect(turns).toBeGreaterThan(3);
    expect(results).toEqual([hashKv(world.store, 1500)]);
  });

  it('of a revision being compacted are the ones before and after', () => {
    const [before] = hash(1900);
    world.store.scheduleCompaction(1900);
    background.compact();
    time.turn();
    const during = hash(1900);
    const ofAnother = hash(1950);
    expect(during).toEqual([]);
    expect(ofAnother).toHaveLength(1);
    time.advance(1000);
    expect(world.store.pendingCompaction).toBeUndefined();
    expect(during).toEqual([before]);
    expect(hash(1900)).toEqual([before]);
  });

  it('of bad revisions are refused through the callback', () => {
    compact(world.store, 1000);
    expect(hash(999)).toEqual(['compacted']);
    expect(hash(5000)).toEqual(['futureRev']);
  });

  it('that are stopped let compactions go on', () => {
    time.lookMs = HOUSEWORK_SLICE_MS;
    const results = hash(0);
    background.stop();
    time.settle();
    expect(results).toEqual([]);
    compact(world.store, 1000);
    expect(world.store.pendingCompaction).toBeUndefined();
  });
});

describe('watchers that are behind', () => {
  it('get a slice per turn, and their answers are let out', () => {
    let flushes = 0;
    const pump = new WatchPump(world.store.watchHub, { clock: time, scheduler: time }, () => {
      flushes++;
    });
    const responses: WatchResponse[] = [];
    const stream = world.store.watchHub.open({
      isFull: () => false,
      send: (response) => responses.push(response),
    });
    time.lookMs = BACKGROUND_SLICE_MS;
    stream.create({
      watchId: 0n,
      key: utf8Bytes('k'),
      rangeEnd: utf8Bytes('l'),
      startRevision: 2,
      prevKv: false,
      progressNotify: false,
      fragment: false,
      noPut: false,
      noDelete: false,
    });
    expect(responses).toHaveLength(1);
    time.lookMs = 1;
    time.settle();
    expect(flushes).toBeGreaterThan(0);
    expect(responses.flatMap(({ events }) => events)).toHaveLength(2000);
    expect(world.store.watchHub.syncedCount).toBe(1);
    pump.stop();
    expect(world.store.watchHub.onWork).toBeUndefined();
  });
});
