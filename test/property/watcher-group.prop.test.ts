// Goal: the group finds exactly the watchers whose key or range holds a key, while watchers come and go.
// Method: random additions and removals of single keys and overlapping ranges against a linear search.
// A failure means: a watcher would miss events or get those of others.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, EMPTY_BYTES } from '../../server/base/bytes.ts';
import type { WatcherOwner } from '../../server/mvcc/watcher.ts';
import { Watcher } from '../../server/mvcc/watcher.ts';
import { type RangePlace, WatcherGroup } from '../../server/mvcc/watcher-group.ts';

const OWNER: WatcherOwner = {
  isFull: () => false,
  sendEvents: () => undefined,
  cancelCompacted: () => undefined,
  block: () => undefined,
};

function watcherOf(id: number, key: Uint8Array, rangeEnd: Uint8Array): Watcher {
  const flags = { prevKv: false, progressNotify: false, fragment: false };
  const filters = { noPut: false, noDelete: false };
  const request = { watchId: BigInt(id), key, rangeEnd, startRevision: 0, ...flags, ...filters };
  return new Watcher(OWNER, BigInt(id), request, 1);
}

function holds(watcher: Watcher, key: Uint8Array): boolean {
  const order = compareBytes(key, watcher.key);
  if (watcher.end === undefined) return order >= 0;
  if (watcher.end.length === 0) return order === 0;
  return order >= 0 && compareBytes(key, watcher.end) < 0;
}

function found(group: WatcherGroup, key: Uint8Array): bigint[] {
  const places: RangePlace[] = [];
  group.match(key, places);
  return places.flatMap((place) => place.watchers.map((watcher) => watcher.id)).sort(byId);
}

function byId(a: bigint, b: bigint): number {
  return a < b ? -1 : 1;
}

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 5 });
const end = fc.oneof(fc.constant(EMPTY_BYTES), fc.constant(new Uint8Array(1)), key);
const step = fc.record({ remove: fc.boolean(), pick: fc.nat(40), key, end });

describe('watcher group', () => {
  it('equals a linear search', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), key, (steps, probe) => {
        const group = new WatcherGroup();
        const live: Watcher[] = [];
        for (const [i, s] of steps.entries()) {
          if (s.remove && live.length > 0) {
            const [gone] = live.splice(s.pick % live.length, 1);
            if (gone !== undefined) group.remove(gone);
          } else {
            const watcher = watcherOf(i, s.key, s.end);
            live.push(watcher);
            group.add(watcher);
          }
          expect(group.size).toBe(live.length);
          const expected = live.filter((watcher) => holds(watcher, probe));
          expect(found(group, probe)).toEqual(expected.map((watcher) => watcher.id).sort(byId));
        }
        group.forEach((watcher) => {
          group.remove(watcher);
        });
        expect([group.size, found(group, probe)]).toEqual([0, []]);
      }),
      { numRuns: 300 },
    );
  });

  it('stays quick with ten thousand nested and disjoint ranges', () => {
    const group = new WatcherGroup();
    for (let i = 0; i < 10_000; i++) {
      const from = new Uint8Array([1, i >>> 8, i & 0xff]);
      group.add(watcherOf(i, from, new Uint8Array([1, i >>> 8, (i & 0xff) + 1, 1])));
    }
    const places: RangePlace[] = [];
    const begin = process.hrtime.bigint();
    for (let i = 0; i < 10_000; i++) {
      places.length = 0;
      group.match(new Uint8Array([1, i >>> 8, i & 0xff, 0]), places);
      expect(places.length).toBeLessThanOrEqual(3);
    }
    // A linear search would make a hundred million comparisons: many seconds.
    expect(Number(process.hrtime.bigint() - begin) / 1e6).toBeLessThan(3000);
  });
});
