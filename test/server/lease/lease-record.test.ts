// Goal: stored leases are what Go's tools and members store. Method: the worked bytes, the generated codec of
// server/proto as a second opinion, damaged records. A failure means leases lost or mistaken on restart.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeLeaseRecord,
  encodeLeaseRecord,
  LeaseRecordError,
  leaseKey,
} from '../../../server/lease/lease-record.ts';
import { encodeLease } from '../../../server/proto/gen/lease.ts';

describe('lease records', () => {
  it('have the bytes of the example', () => {
    expect([...leaseKey(1n)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
    expect([...leaseKey(-2n)]).toEqual([255, 255, 255, 255, 255, 255, 255, 254]);
    const record = { id: 1n, ttlSeconds: 60, remainingTtlSeconds: 0 };
    expect([...encodeLeaseRecord(record)]).toEqual([0x08, 0x01, 0x10, 0x3c]);
  });

  it('equal the general codec and are read back', () => {
    const id = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).filter((value) => value !== 0n);
    fc.assert(
      fc.property(
        id,
        fc.nat(9_000_000_000),
        fc.nat(9_000_000_000),
        (leaseId, ttl, remainingTtl) => {
          const record = { id: leaseId, ttlSeconds: ttl, remainingTtlSeconds: remainingTtl };
          const bytes = encodeLeaseRecord(record);
          expect(bytes).toEqual(encodeLease({ id: leaseId, ttl, remainingTtl }));
          expect(decodeLeaseRecord(bytes)).toEqual(record);
        },
      ),
    );
  });

  it.each([
    ['nothing', []],
    ['no id', [0x10, 0x3c]],
    ['a number cut short', [0x08, 0x81]],
    ['a number without end', [0x08, ...Array<number>(11).fill(0x80), 0]],
    ['another wire type', [0x0a, 0x01, 0x01]],
    ['an unknown field', [0x08, 0x01, 0x20, 0x01]],
  ])('are refused with %s', (_name, bytes) => {
    expect(() => decodeLeaseRecord(new Uint8Array(bytes))).toThrow(LeaseRecordError);
  });
});
