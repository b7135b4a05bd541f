// Goal: `.snap` files are etcd's to the byte, and damage is noticed. Method: the worked example, round trips of random
// snapshots, every bit of a file flipped. A failure means that another etcd cannot start from our snapshots, or that
// a damaged one is taken for good.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSnapFile,
  encodeSnapFile,
  parseSnapDatabaseName,
  parseSnapName,
  snapDatabaseName,
  snapName,
} from '../../../../server/storage/snap/snap-file.ts';

const id = fc.bigInt({ min: 1n, max: (1n << 64n) - 1n });
const snapshots = fc.record({
  data: fc.uint8Array({ maxLength: 300 }),
  metadata: fc.record({
    index: fc.maxSafeNat(),
    term: fc.maxSafeNat(),
    confState: fc.record({
      voters: fc.array(id, { maxLength: 5 }),
      learners: fc.array(id, { maxLength: 3 }),
      votersOutgoing: fc.array(id, { maxLength: 3 }),
      learnersNext: fc.array(id, { maxLength: 3 }),
      autoLeave: fc.boolean(),
    }),
  }),
});

const EXAMPLE = {
  data: new TextEncoder().encode('{}'),
  metadata: {
    index: 1,
    term: 1,
    confState: {
      voters: [0x8e9e05c52164694dn],
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    },
  },
};

describe('snap file', () => {
  it('equals the worked example', () => {
    expect(Buffer.from(encodeSnapFile(EXAMPLE)).toString('hex')).toBe(
      `0897fcfad7021219${'0a027b7d12130a0d08cdd2918bd2b881cf8e01280010011801'}`,
    );
  });

  it('gives back any snapshot', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        expect(decodeSnapFile(encodeSnapFile(snapshot))).toEqual(snapshot);
      }),
    );
  });

  it('refuses damaged, cut and empty files', () => {
    const bytes = encodeSnapFile(EXAMPLE);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bad = bytes.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // The checksum's own last byte has bits beyond the 32: what they say does not count, as in Go.
      if (bit >= 5 * 8 + 4 && bit < 6 * 8 - 1) expect(decodeSnapFile(bad)).toEqual(EXAMPLE);
      else
        expect(() => decodeSnapFile(bad)).toThrow(expect.objectContaining({ name: 'SnapError' }));
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSnapFile(bytes.slice(0, length))).toThrow(/^snap: /);
    }
    expect(() => decodeSnapFile(Uint8Array.of(0x08, 0x00, 0x12, 0x00))).toThrow('empty snapshot');
  });

  it('never fails in another way on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(() => decodeSnapFile(bytes)).toThrow(expect.objectContaining({ name: 'SnapError' }));
      }),
    );
  });

  it('has names of term and index', () => {
    expect(snapName(2, 0x186a5).name).toBe('0000000000000002-00000000000186a5.snap');
    expect(parseSnapName('0000000000000002-00000000000186a5.snap')).toEqual(snapName(2, 0x186a5));
    expect(parseSnapName('0000000000000002-00000000000186a5.snap.broken')).toBeUndefined();
    expect(snapDatabaseName(255)).toBe('00000000000000ff.snap.db');
    expect(parseSnapDatabaseName('00000000000000ff.snap.db')).toBe(255);
    expect(parseSnapDatabaseName('db')).toBeUndefined();
  });
});
