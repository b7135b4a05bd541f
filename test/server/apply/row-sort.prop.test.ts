// Goal: a sort in steps gives the same order as one in one go, equal rows as they were. Method: random keys and values with
// many equal ones, sorted in steps of random size, beside Array.sort. A failure means lists in the wrong order.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefixNumber, RowSort } from '../../../server/apply/row-sort.ts';
import { compareBytes } from '../../../server/base/bytes.ts';

const sign = fc.constantFrom(1, -1);
const budget = fc.integer({ min: 1, max: 200 });

function sorted(sort: RowSort, maxRows: number): number[] {
  for (let steps = 0; !sort.step(maxRows); steps++) {
    if (steps > 10_000) throw new Error('it never ends');
  }
  return [...sort.order];
}

function rowsOf(count: number): number[] {
  return Array.from({ length: count }, (_, row) => row);
}

describe('a sort in steps', () => {
  it('by numbers', () => {
    const numbers = fc.array(fc.oneof(fc.nat(5), fc.maxSafeNat()), { maxLength: 300 });
    fc.assert(
      fc.property(numbers, sign, budget, (keys, direction, maxRows) => {
        const sort = new RowSort(Float64Array.from(keys), keys.length, direction);
        const expected = rowsOf(keys.length).sort(
          (a, b) => direction * ((keys[a] ?? 0) - (keys[b] ?? 0)),
        );
        expect(sorted(sort, maxRows)).toEqual(expected);
      }),
    );
  });

  it('by values', () => {
    const byte = fc.constantFrom(0, 1, 255);
    const value = fc.oneof(
      fc.array(byte, { maxLength: 3 }),
      fc.array(byte, { maxLength: 3 }).map((end) => [0, 1, 2, 3, 4, 5, ...end]),
    );
    const values = fc.array(
      value.map((bytes) => Uint8Array.from(bytes)),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(values, sign, budget, (all, direction, maxRows) => {
        const sort = new RowSort(Float64Array.from(all, prefixNumber), all.length, direction, all);
        const at = (row: number): Uint8Array => all[row] ?? new Uint8Array(0);
        const expected = rowsOf(all.length).sort((a, b) => direction * compareBytes(at(a), at(b)));
        expect(sorted(sort, maxRows)).toEqual(expected);
      }),
    );
  });

  it('a step is as long as it was asked to be', () => {
    const keys = Float64Array.from({ length: 1000 }, (_, i) => (i * 7) % 1000);
    const sort = new RowSort(keys, 1000, 1);
    let steps = 1;
    while (!sort.step(100)) steps++;
    // Runs of sixteen rows, then six merges of them all.
    expect(steps).toBeGreaterThan(60);
    expect(steps).toBeLessThan(80);
  });
});
