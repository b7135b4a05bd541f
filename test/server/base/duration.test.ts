// Goal: durations are read and printed as Go does. Method: a table, and a round trip of random spans. A failure means a
// timeout of another length than the user wrote.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDurationNs, parseDurationNs } from '../../../server/base/duration.ts';

describe('parseDurationNs', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['5s', 5e9],
    ['1h30m', 5400e9],
    ['1.5s', 1.5e9],
    ['.5ms', 5e5],
    ['1.s', 1e9],
    ['-3m', -180e9],
    ['+3m', 180e9],
    ['100us', 1e5],
    ['100µs', 1e5],
    ['7ns', 7],
    ['2h0m0s', 7200e9],
  ])('reads %s', (text, expected) => {
    expect(parseDurationNs(text)).toBe(expected);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['5', 'time: missing unit in duration "5"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['s', 'time: invalid duration "s"'],
    ['.s', 'time: invalid duration ".s"'],
    ['-', 'time: invalid duration "-"'],
    ['1h5', 'time: missing unit in duration "1h5"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseDurationNs(text)).toThrow(message);
  });
});

describe('formatDurationNs', () => {
  it.each([
    [0, '0s'],
    [1, '1ns'],
    [1500, '1.5µs'],
    [1e8, '100ms'],
    [1.5e9, '1.5s'],
    [60e9, '1m0s'],
    [7200e9, '2h0m0s'],
    [-90e9, '-1m30s'],
    [61_000_000_001, '1m1.000000001s'],
  ])('prints %d', (span, expected) => {
    expect(formatDurationNs(span)).toBe(expected);
  });

  it('prints what is read back as the same span', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), (span) => {
        expect(parseDurationNs(formatDurationNs(span))).toBe(span);
      }),
    );
  });
});
