// Goal: every key is attached to exactly one lease or none, whatever happened before. Method: random attaching,
// detaching and revoking against plain maps, with few keys (collisions of meaning) and many (growing, squeezing,
// chains). A failure means keys that outlive their lease, or vanish with a foreign one.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareBytes, utf8Bytes } from '../../../server/base/bytes.ts';
import { KeyTable } from '../../../server/lease/key-table.ts';
import { createLease, type Lease } from '../../../server/lease/lease.ts';

const LEASES = 5;

const step = fc.record({
  kind: fc.constantFrom('attach', 'attach', 'attach', 'detach', 'revoke'),
  key: fc.nat(40),
  lease: fc.nat(LEASES - 1),
});

/** Keys of many lengths, the empty one and a long one among them. */
function keyOf(number: number): Uint8Array {
  return utf8Bytes(number === 0 ? '' : `${'k'.repeat((number * 37) % 300)}${number}`);
}

function check(
  table: KeyTable,
  leases: readonly Lease[],
  model: ReadonlyMap<number, number>,
): void {
  expect(table.count).toBe(model.size);
  leases.forEach((lease, index) => {
    const keys = [...model].filter(([, owner]) => owner === index).map(([key]) => keyOf(key));
    expect(table.keysOf(lease)).toEqual(keys.sort(compareBytes));
    expect(lease.itemCount).toBe(keys.length);
  });
}

it('agrees with plain maps', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new KeyTable();
      const leases = Array.from({ length: LEASES }, (_, i) => createLease(BigInt(i + 1), 60, 0, 0));
      const model = new Map<number, number>();
      for (const { kind, key, lease: index } of steps) {
        const lease = leases[index] as Lease;
        if (kind === 'attach') {
          table.attach(keyOf(key), lease);
          model.set(key, index);
        } else if (kind === 'detach') {
          table.detach(keyOf(key), lease);
          if (model.get(key) === index) model.delete(key);
        } else {
          table.detachAll(lease);
          for (const [one, owner] of [...model]) if (owner === index) model.delete(one);
        }
        const owner = model.get(key);
        const expected = owner === undefined ? undefined : leases[owner];
        expect(table.leaseOf(keyOf(key))).toBe(expected);
      }
      check(table, leases, model);
    }),
  );
});

it('holds a hundred thousand keys and gives them all back', () => {
  const table = new KeyTable();
  const leases = Array.from({ length: 7 }, (_, i) => createLease(BigInt(i + 1), 60, 0, 0));
  const key = (i: number): Uint8Array => utf8Bytes(`/registry/events/default/${i}`);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 100_000; i++) table.attach(key(i), leases[i % 7] as Lease);
    for (let i = 0; i < 100_000; i += 3) table.detach(key(i), leases[i % 7] as Lease);
    for (let i = 0; i < 100_000; i += 3) table.attach(key(i), leases[(i + 1) % 7] as Lease);
    expect(table.count).toBe(100_000);
    for (let i = 0; i < 100_000; i += 997) {
      const owner = i % 3 === 0 ? (i + 1) % 7 : i % 7;
      expect(table.leaseOf(key(i))).toBe(leases[owner]);
    }
    expect(leases.reduce((sum, lease) => sum + table.keysOf(lease).length, 0)).toBe(100_000);
    for (const lease of leases) table.detachAll(lease);
    expect(table.count).toBe(0);
    expect(table.leaseOf(key(1))).toBeUndefined();
  }
});
