// Goal: keys that arrive in runs beside each other, between deletions and reads, end up in order. Method: seeded runs of
// puts, tombstones and compactions against a plain sorted list; the tree checks its own rules. A failure means that
// the shortcut for neighbouring keys put one into the wrong leaf.

import { expect, it } from 'vitest';
import { utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import { Prng } from '../../../server/base/prng.ts';
import { KeyIndex } from '../../../server/mvcc/key-index.ts';

const ROUNDS = 300;
const RUN_MAX = 120;

function keysOf(index: KeyIndex): string[] {
  const keys: string[] = [];
  for (let more = index.walk(new Uint8Array(0), undefined); more; more = index.walkNext()) {
    keys.push(utf8Text(index.keyView(index.walkId())));
  }
  return keys;
}

it('keeps keys in order whatever the runs', () => {
  for (const seed of [1, 2, 3]) {
    const random = new Prng(seed);
    const index = new KeyIndex();
    const expected = new Set<string>();
    let revision = 1;
    for (let round = 0; round < ROUNDS; round++) {
      let number = random.below(20_000);
      const step = random.below(3) - 1;
      for (let i = random.below(RUN_MAX); i >= 0 && number >= 0; i--, number += step) {
        const key = `key/${String(number).padStart(6, '0')}`;
        index.put(utf8Bytes(key), ++revision, 0);
        expected.add(key);
        // Reads and removals move the place that the next put might go on from.
        if (random.below(20) === 0) index.countLive(utf8Bytes('key/'), utf8Bytes(key));
        if (random.below(20) !== 0) continue;
        const id = index.tombstone(utf8Bytes(key), ++revision, 0);
        index.compactRow(id, ++revision);
        expected.delete(key);
      }
    }
    index.verify();
    expect(keysOf(index)).toEqual([...expected].sort());
  }
});
