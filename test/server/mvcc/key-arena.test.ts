// Goal: the arena keeps every key as it was given until it is freed, and uses freed space again.
// Method: random keys of all sizes, added and freed in random order, against a map; churn at a constant live size.
// A failure means: keys would change under the index, or memory would grow without end.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, equalBytes } from '../../../server/base/bytes.ts';
import { KeyArena } from '../../../server/mvcc/key-arena.ts';
import { ARENA_CHUNK_BYTES, ARENA_OWN_CHUNK_BYTES } from '../../../server/mvcc/limits.ts';

const SIZES = [
  0,
  1,
  6,
  7,
  8,
  40,
  247,
  254,
  255,
  256,
  300,
  5000,
  70_000,
  ARENA_OWN_CHUNK_BYTES,
  ARENA_CHUNK_BYTES - 5,
  ARENA_CHUNK_BYTES + 1,
];

function keyOf(size: number, seed: number): Uint8Array {
  return new Uint8Array(size).fill(seed & 0xff);
}

describe('key arena', () => {
  it('keeps keys apart', () => {
    const step = fc.record({
      size: fc.constantFrom(...SIZES),
      free: fc.boolean(),
      pick: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const arena = new KeyArena();
        const live: [ref: number, key: Uint8Array][] = [];
        for (const [i, s] of steps.entries()) {
          if (s.free && live.length > 0) {
            const [gone] = live.splice(s.pick % live.length, 1);
            if (gone !== undefined) arena.free(gone[0]);
          } else {
            const key = keyOf(s.size, i);
            live.push([arena.add(key, 0, key.length), key]);
          }
          for (const [ref, key] of live) {
            expect(ref).toBeGreaterThan(0);
            expect(arena.lengthOf(ref)).toBe(key.length);
            expect(equalBytes(arena.view(ref), key)).toBe(true);
          }
        }
        for (const [ref] of live) arena.free(ref);
        expect(arena.usedBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('compares with any known common prefix', () => {
    const key = fc.array(fc.constantFrom(0, 1, 255), { maxLength: 6 });
    fc.assert(
      fc.property(key, key, (a, b) => {
        const arena = new KeyArena();
        const stored = new Uint8Array(a);
        const other = new Uint8Array(b);
        const ref = arena.add(stored, 0, stored.length);
        let common = 0;
        while (common < Math.min(a.length, b.length) && a[common] === b[common]) common++;
        for (let from = 0; from <= common; from++) {
          const order = arena.compareFrom(ref, other, from);
          expect(Math.sign(order)).toBe(Math.sign(compareBytes(stored, other)));
          if (order !== 0) expect(Math.abs(order) - 1).toBe(common);
        }
        expect(arena.equals(ref, other, 0, other.length)).toBe(equalBytes(stored, other));
      }),
    );
  });

  it('does not grow while keys come and go', () => {
    const arena = new KeyArena();
    const refs: number[] = [];
    for (let i = 0; i < 20_000; i++) {
      const key = keyOf(20 + (i % 50), i);
      refs.push(arena.add(key, 0, key.length));
    }
    const reserved = arena.reservedBytes;
    for (let i = 0; i < 200_000; i++) {
      const at = (i * 7919) % refs.length;
      const size = arena.lengthOf(refs[at] ?? 0);
      arena.free(refs[at] ?? 0);
      refs[at] = arena.add(keyOf(size, i), 0, size);
    }
    expect(arena.reservedBytes).toBe(reserved);
  });
});
