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

function makeOrNothing(main: number): Uint8Array | undefined {
  return main === 0 ? undefined : makeValue(main, 0);
}

describe('value cache', () => {
  it('keeps the newest values within its budget', () => {
    const cache = new ValueCache(2 * 50 * 100);
    for (let main = 1; main <= 1000; main++) cache.addRead(main, 0, makeValue(main, 0));
    expect(cache.sizeBytes).toBe(50 * 100);
    for (let main = 1; main <= 1000; main++) {
      expect(cache.get(main, 0)).toEqual(main > 900 ? makeValue(main, 0) : undefined);
      expect(cache.get(main, 1)).toBeUndefined();
    }
  });

  it('keeps the newest values after its ring went round', () => {
    const cache = new ValueCache(1 << 30);
    const last = 2 * VALUE_CACHE_SLOTS + 100;
    for (let main = 1; main <= last; main++) cache.addRead(main, 0, makeValue(main, 0));
    expect(cache.get(last, 0)).toEqual(makeValue(last, 0));
    expect(cache.get(last - VALUE_CACHE_SLOTS + 1, 0)).toBeDefined();
    expect(cache.get(last - VALUE_CACHE_SLOTS, 0)).toBeUndefined();
  });

  it('counts a value from when it came in last', () => {
    const cache = new ValueCache(2 * 50 * 10);
    cache.addRead(1, 0, makeValue(1, 0));
    for (let main = 2; main <= 6; main++) cache.addRead(main, 0, makeValue(main, 0));
    cache.addRead(1, 0, makeValue(1, 0));
    for (let main = 7; main <= 14; main++) cache.addRead(main, 0, makeValue(main, 0));
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
      cache.addRead(main, sub, value);
      if (cache.get(main, sub) !== value) wrong.push(`${main}.${sub} lost`);
    }
    expect(wrong).toEqual([]);
    expect(cache.sizeBytes).toBeLessThanOrEqual(50 * VALUE_CACHE_SLOTS);
    cache.clear();
    expect([cache.sizeBytes, cache.get(1, 0)]).toEqual([0, undefined]);
  });

  it('gives back what was written while its bytes are there, the newest always', () => {
    const cache = new ValueCache(2 * 50 * 100);
    for (let main = 1; main <= 1000; main++) {
      cache.addWritten(main, 0, makeValue(main, 0));
      expect(cache.get(main - (main % 7), 0)).toEqual(makeOrNothing(main - (main % 7)));
    }
    for (let main = 1; main <= 900; main++) {
      const found = cache.get(main, 0);
      if (found !== undefined) expect(found).toEqual(makeValue(main, 0));
    }
    for (let main = 901; main <= 1000; main++) {
      expect(cache.get(main, 0)).toEqual(makeValue(main, 0));
    }
    expect(cache.sizeBytes).toBeLessThanOrEqual(50 * 100);
  });

  it('gives out copies of written values, the same again from the second time on', () => {
    const cache = new ValueCache(1 << 12);
    const value = makeValue(1, 0);
    cache.addWritten(1, 0, value);
    value.fill(0);
    const found = cache.get(1, 0);
    expect(found).toEqual(makeValue(1, 0));
    // Overwrites every byte there was.
    for (let main = 2; main <= 200; main++) cache.addWritten(main, 0, makeValue(main, 0));
    expect(found).toEqual(makeValue(1, 0));
    expect(cache.get(1, 0)).toBe(found);
  });

  it('keeps values of changing sizes apart in the buffer of written ones', () => {
    const cache = new ValueCache(1 << 12);
    for (let main = 1; main <= 5000; main++) {
      const value = new Uint8Array((main * 37) % 700).fill(main);
      cache.addWritten(main, 0, value);
      for (let back = 0; back < 20 && back < main; back++) {
        const found = cache.get(main - back, 0);
        const expected = new Uint8Array(((main - back) * 37) % 700).fill(main - back);
        if (found !== undefined && !equalBytes(found, expected)) expect(found).toEqual(expected);
        if (back === 0) expect(found).toEqual(expected);
      }
    }
  });

  it('leaves big values out, and all without a budget', () => {
    const cache = new ValueCache(1 << 20);
    cache.addRead(1, 0, new Uint8Array(VALUE_CACHE_ITEM_BYTES_MAX + 1));
    expect(cache.get(1, 0)).toBeUndefined();
    const none = new ValueCache(0);
    none.addRead(1, 0, new Uint8Array(1));
    expect(none.get(1, 0)).toBeUndefined();
  });
});
