// Goal: the index stays within its memory budget: 150 bytes per key beside the key's own bytes.
// Method: 200,000 keys of 40 bytes, in order and scattered; what typed arrays and the heap grew by. The full figures at
// a million keys come from bench/micro/mvcc-memory.bench.ts.
// A failure means: some structure holds an object per key again, or nodes are left half empty.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import { KeyIndex } from '../../../server/mvcc/key-index.ts';

const KEYS = 200_000;

setFlagsFromString('--expose_gc');
const collectGarbage: unknown = runInNewContext('gc');

function memoryBytes(): number {
  // More than once: buffers found to be garbage are counted out by the next collection only.
  for (let i = 0; i < 3; i++) if (typeof collectGarbage === 'function') collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

/** Indexes already measured: kept, so that their end does not hide what the next one takes. */
const measured: KeyIndex[] = [];

describe('key index', () => {
  it.each([
    ['in order', (i: number) => i],
    ['scattered', (i: number) => Math.imul(i, 0x9e3779b1) >>> 0],
  ])('takes at most 150 bytes per key, %s', (_name, nth) => {
    const key = utf8Bytes('/registry/pods/namespace/000000000000000');
    const before = memoryBytes();
    const index = new KeyIndex();
    measured.push(index);
    for (let i = 0; i < KEYS; i++) {
      let rest = nth(i);
      for (let at = key.length - 1; at >= 25; at--) {
        key[at] = 0x30 + (rest % 10);
        rest = Math.floor(rest / 10);
      }
      index.put(key, i + 2, 0);
    }
    const perKey = (memoryBytes() - before) / KEYS - key.length;
    expect(index.liveCount).toBe(KEYS);
    expect(perKey).toBeGreaterThan(30);
    expect(perKey).toBeLessThan(150);
  });
});
