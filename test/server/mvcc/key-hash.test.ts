// Goal: the hash table in front of the tree is only a short way: keys made to collide are found all the same, and
// removing keys never hides others.
// Method: thousands of keys with one and the same hash, made by running the hash function backwards; random adding
// and removing against a map.
// A failure means: a client could hide keys or stall the server by choosing names.

import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../../server/base/bytes.ts';
import { KeyIndex } from '../../../server/mvcc/key-index.ts';

const A = 0x85ebca6b;
const B = 0xc2b2ae35;

/** The inverse of an odd number modulo 2^32, by Newton's method. */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

/** Undoes `x ^= x >>> shift`. */
function unshift(value: number, shift: number): number {
  let x = value;
  for (let i = 0; i < 32 / shift; i++) x = value ^ (x >>> shift);
  return x;
}

/** An 8-byte key whose state after both words is `state`: all of them hash alike. */
function colliding(first: number, state: number): Uint8Array {
  const step = (hash: number, word: number): number => {
    const mixed = Math.imul(hash ^ Math.imul(word ^ (word >>> 15), A), B);
    return mixed ^ (mixed >>> 13);
  };
  const afterFirst = step(8, first);
  const product = Math.imul(unshift(state, 13), inverse(B)) ^ afterFirst;
  const second = unshift(Math.imul(product, inverse(A)), 15);
  expect(step(afterFirst, second)).toBe(state);
  const key = new Uint8Array(8);
  new DataView(key.buffer).setInt32(0, first, true);
  new DataView(key.buffer).setInt32(4, second, true);
  return key;
}

describe('key hash', () => {
  it('finds thousands of keys with one hash', () => {
    const index = new KeyIndex();
    const keys = Array.from({ length: 3000 }, (_, i) => colliding(i * 2654435, 0x1234_5678));
    for (const [i, key] of keys.entries()) index.put(key, i + 2, 0);
    index.verify();
    expect(index.size).toBe(3000);
    for (const key of keys) index.put(key, 4000, 0);
    expect(index.size).toBe(3000);
    let main = 5000;
    for (const [i, key] of keys.entries()) if (i % 3 !== 0) index.tombstone(key, main++, 0);
    for (let id = 1; id < index.endId; id++) if (index.isUsed(id)) index.compactRow(id, main + 1);
    index.verify();
    for (const [i, key] of keys.entries()) expect(index.find(key) !== 0).toBe(i % 3 === 0);
    for (const key of keys) index.put(key, main + 2, 0);
    index.verify();
    expect(index.size).toBe(3000);
  });

  it('is filled at once with any number of keys, with those that collide too', () => {
    for (const count of [0, 1, 700, 20_000]) {
      const index = new KeyIndex();
      const collided = Array.from({ length: count / 20 }, (_, i) => colliding(i * 2654435, 77));
      const others = Array.from({ length: count }, (_, i) => new TextEncoder().encode(`k${i}`));
      const keys = [...collided, ...others].sort(compareBytes);
      for (const [i, key] of keys.entries()) index.append(0, key, i + 2, 0, i + 2, 1);
      index.endAppend();
      index.verify();
      for (const key of keys) index.put(key, 50_000, 0);
      for (let i = 0; i < count; i++) index.put(new TextEncoder().encode(`l${i}`), 50_000, 0);
      index.verify();
      expect(index.size).toBe(keys.length + count);
    }
  });

  it('finds what is left while keys come and go', () => {
    const index = new KeyIndex();
    const live = new Set<string>();
    let main = 1;
    for (let i = 0; i < 30_000; i++) {
      const name = String(Math.imul(i, 0x9e3779b1) % 4000);
      const key = new TextEncoder().encode(name);
      if (live.has(name)) {
        const id = index.tombstone(key, ++main, 0);
        index.compactRow(id, main + 1);
        live.delete(name);
      } else {
        index.put(key, ++main, 0);
        live.add(name);
      }
    }
    expect(index.size).toBe(live.size);
    index.verify();
  });
});
