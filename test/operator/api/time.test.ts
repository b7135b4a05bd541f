// Goal: times and durations without Date mean what Kubernetes and Go mean. Method: the calendar against Date over random
// times, examples for the rest. A failure shifts deadlines or condition times.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseQuantity } from '../../../operator/api/quantity.ts';
import {
  formatDuration,
  formatTime,
  parseDuration,
  parseTime,
} from '../../../operator/api/time.ts';
import { compareVersions, versionStep } from '../../../operator/api/versions.ts';

it('writes and reads times as Date does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      const text = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
      expect(formatTime(seconds * 1000)).toBe(text);
      expect(parseTime(text)).toBe(seconds * 1000);
    }),
  );
  expect(parseTime('2026-02-03T04:05:06.789Z')).toBe(Date.UTC(2026, 1, 3, 4, 5, 6, 789));
  expect(parseTime('2026-02-03T04:05:06+02:30')).toBe(Date.UTC(2026, 1, 3, 1, 35, 6));
  for (const text of [undefined, '', 'now', '2026-13-01T00:00:00Z', '2026-01-01']) {
    expect(parseTime(text)).toBeUndefined();
  }
});

it('reads durations and quantities', () => {
  expect(['100ms', '1.5s', '1h30m', '0s'].map(parseDuration)).toEqual([100, 1500, 5_400_000, 0]);
  expect(['', '5', '5d', '-1s'].map(parseDuration)).toEqual(Array(4).fill(undefined));
  expect([300_000, 90_000].map(formatDuration)).toEqual(['5m', '90s']);
  expect(['8Gi', '1k', '1.5Ki', '7'].map(parseQuantity)).toEqual([2 ** 33, 1000, 1536, 7]);
  expect(['8GB', '100m', '', '99999P'].map(parseQuantity)).toEqual(Array(4).fill(undefined));
});

it('knows which versions may follow each other', () => {
  const step = (from: string, to: string): string => versionStep(from, to);
  expect(step('3.6.1', '3.6.1')).toBe('same');
  expect(step('3.6.4', '3.6.1')).toBe('allowed');
  expect(step('3.6.4', '3.7.0')).toBe('allowed');
  expect(step('3.5.4', '3.7.0')).toBe('tooFar');
  expect(step('3.7.0', '3.6.9')).toBe('downgrade');
  expect(step('3.7.0', '4.0.0')).toBe('tooFar');
  expect(step('mine', '3.7.0')).toBe('allowed');
  expect(compareVersions('3.10.0', '3.9.9')).toBeGreaterThan(0);
});
