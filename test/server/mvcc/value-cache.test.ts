// Goal: the value cache gives back exactly what was put in under a revision, or nothing, and stays within its budget.
// Method: many more values than it holds, hot values read in between, places that collide.
// A failure means: a read would get another key's value, or memory would grow.

import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../../server/base/bytes.ts';
import { VALUE_CACHE_ITEM_BYTES_MAX, VALUE_CACHE_SLOTS } from '../../../server/mvcc/limits.ts';
import { ValueCache } from '../../../server/mvcc/value-cache.ts';

function makeValue(main: number, sub: number): Uint8Array {
  return new TextEncoder().encode(`${main}.${sub}`.padEnd(50, '.'));
}

describe('value cache', () => {
  it('keeps the newest values within its budget', () => {
    const cache = new ValueCache(50 * 100);
    for (let main = 1; main <= 1000; main++) cache.add(main, 0, makeValue(main, 0));
    expect(cache.sizeBytes).toBe(50 * 100);
    for (let main = 1; main <= 1000; main++) {
      expect(cache.get(main, 0)).toEqual(main > 900 ? makeValue(main, 0) : undefined);
      expect(cache.get(main, 1)).toBeUndefined();
    }
  });

  it('keeps the newest values after its ring went round', () => {
    const cache = new ValueCache(1 << 30);
    const last = 2 * VALUE_CACHE_SLOTS + 100;
    for (let main = 1; main <= last; main++) cache.add(main, 0, makeValue(main, 0));
    expect(cache.get(last, 0)).toEqual(makeValue(last, 0));
    expect(cache.get(last - VALUE_CACHE_SLOTS + 1, 0)).toBeDefined();
    expect(cache.get(last - VALUE_CACHE_SLOTS, 0)).toBeUndefined();
  });

  it('counts a value from when it came in last', () => {
    const cache = new ValueCache(50 * 10);
    cache.add(1, 0, makeValue(1, 0));
    for (let main = 2; main <= 6; main++) cache.add(main, 0, makeValue(main, 0));
    cache.add(1, 0, makeValue(1, 0));
    for (let main = 7; main <= 14; main++) cache.add(main, 0, makeValue(main, 0));
    expect(cache.get(1, 0)).toEqual(makeValue(1, 0));
    expect(cache.get(5, 0)).toBeUndefined();
  });

  it('never confuses revisions that share a place', () => {
    const cache = new ValueCache(1 << 30);
    const wrong: string[] = [];
    for (let i = 0; i < 4 * VALUE_CACHE_SLOTS; i++) {
      const main = 1 + ((i * 7) % (3 * VALUE_CACHE_SLOTS));
      const sub = i % 3;
      const value = makeValue(main, sub);
      const known = cache.get(main, sub);
      if (known !== undefined && !equalBytes(known, value)) wrong.push(`${main}.${sub}`);
      cache.add(main, sub, value);
      if (cache.get(main, sub) !== value) wrong.push(`${main}.${sub} lost`);
    }
    expect(wrong).toEqual([]);
    expect(cache.sizeBytes).toBeLessThanOrEqual(50 * VALUE_CACHE_SLOTS);
    cache.clear();
    expect([cache.sizeBytes, cache.get(1, 0)]).toEqual([0, undefined]);
  });

  it('leaves big values out, and all without a budget', () => {
    const cache = new ValueCache(1 << 20);
    cache.add(1, 0, new Uint8Array(VALUE_CACHE_ITEM_BYTES_MAX + 1));
    expect(cache.get(1, 0)).toBeUndefined();
    const none = new ValueCache(0);
    none.add(1, 0, new Uint8Array(1));
    expect(none.get(1, 0)).toBeUndefined();
  });
});
