// Goal: the generator is the same for equal seeds and looks random for every one. Method: published output of the
// algorithm for a known state cannot be fed in from outside, so distribution and independence are measured; a failure
// means that simulations repeat themselves or cannot be repeated.
import { describe, expect, it } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';

function take(prng: Prng, count: number): number[] {
  return Array.from({ length: count }, () => prng.next());
}

describe('Prng', () => {
  it('depends on the seed alone', () => {
    expect(take(new Prng(7), 100)).toEqual(take(new Prng(7), 100));
    expect(take(new Prng(7), 100)).not.toEqual(take(new Prng(8), 100));
    expect(take(new Prng(2 ** 40 + 7), 100)).not.toEqual(take(new Prng(7), 100));
  });

  it('spreads evenly over its range, bit by bit', () => {
    for (const seed of [0, 1, 2, 12345, 2 ** 52]) {
      const prng = new Prng(seed);
      const bits = new Array<number>(32).fill(0);
      for (let i = 0; i < 20_000; i++) {
        const value = prng.next();
        for (let bit = 0; bit < 32; bit++) bits[bit] = (bits[bit] ?? 0) + ((value >>> bit) & 1);
      }
      for (const ones of bits) expect(Math.abs(ones - 10_000)).toBeLessThan(400);
    }
  });

  it('keeps to the ranges asked for', () => {
    const prng = new Prng(3);
    const seen = new Set<number>();
    for (let i = 0; i < 1000; i++) seen.add(prng.between(5, 9));
    expect([...seen].sort()).toEqual([5, 6, 7, 8, 9]);
    for (let i = 0; i < 1000; i++) expect(prng.below(3)).toBeLessThan(3);
    expect(prng.chance(0)).toBe(false);
    expect(prng.chance(1)).toBe(true);
  });

  it('forks into unrelated sequences', () => {
    const prng = new Prng(11);
    const [a, b] = [prng.fork(), prng.fork()];
    expect(take(a, 50)).not.toEqual(take(b, 50));
  });
});
