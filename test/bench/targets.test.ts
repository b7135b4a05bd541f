// Goal: the page and the gate say what was measured: met, missed, failed, not measured, worse than before. Method: made-up
// samples. A failure means a missed target that looks met, or a regression that passes.

import { expect, it } from 'vitest';
import {
  bestRatiosOf,
  findFailures,
  findRegressions,
  ratiosOf,
} from '../../bench/runner/baseline.ts';
import { KNOWN_LIMITS } from '../../bench/runner/known-limits.ts';
import { createSamples, type Samples } from '../../bench/runner/samples.ts';
import { outcomeOf, TARGETS } from '../../bench/runner/targets.ts';

function verdict(samples: Samples, work: string): string {
  const target = TARGETS.find((one) => one.work === work);
  return target === undefined
    ? 'no such target'
    : outcomeOf(target, samples, 'ours', 'etcd').verdict;
}

function withPuts(ours: number, theirs: number): Samples {
  const samples = createSamples();
  for (const noise of [0.9, 1, 1.1]) {
    samples.add('ours', 'put/1', 'rate', ours * noise);
    samples.add('etcd', 'put/1', 'rate', theirs * noise);
  }
  return samples;
}

it('tells how targets came out', () => {
  expect(verdict(withPuts(150, 100), 'put, 1 member')).toBe('met');
  expect(verdict(withPuts(120, 100), 'put, 1 member')).toBe('**missed** by 20 %');
  const samples = withPuts(150, 100);
  expect(verdict(samples, 'put, 3 members')).toBe('not measured');
  samples.fail('ours', 'put/3', 'no leader\nmore');
  expect(verdict(samples, 'put, 3 members')).toBe('**failed**: no leader');
  samples.add('ours', 'learner', 'elections', 1);
  expect(verdict(samples, 'a learner joins under load: elections')).toBe('**missed**: 1');
  samples.add('ours', 'put/1', 'p99 ms', 2);
  samples.fail('etcd', 'put/1', 'gone');
  expect(verdict(samples, 'put, 1000 clients, 1 member: p99')).toBe('etcd failed: gone');
});

it('knows limits of targets only', () => {
  const works = TARGETS.map(({ work }) => work);
  for (const work of KNOWN_LIMITS.keys()) expect(works).toContain(work);
});

it('finds ratios that fell, of rates and of costs', () => {
  const samples = withPuts(200, 100);
  samples.add('ours', 'put/1', 'p99 ms', 1);
  samples.add('etcd', 'put/1', 'p99 ms', 2);
  const stored = ratiosOf(samples, 'ours', 'etcd');
  expect(stored).toEqual({ 'put/1 rate': 2, 'put/1 p99 ms': 0.5 });
  expect(findRegressions(stored, { 'put/1 rate': 1.71, 'put/1 p99 ms': 0.58 })).toEqual([]);
  expect(findRegressions(stored, { 'put/1 rate': 1.69, 'put/1 p99 ms': 0.6 })).toHaveLength(2);
  expect(findRegressions(stored, { 'put/1 rate': 3 })).toEqual([]);
});

it('takes the best round of each figure, side by side with the same round of etcd', () => {
  const samples = createSamples();
  for (const [ours, theirs] of [
    [100, 100],
    [300, 150],
    [120, 100],
  ] as const) {
    samples.add('ours', 'put/1', 'rate', ours);
    samples.add('etcd', 'put/1', 'rate', theirs);
    samples.add('ours', 'put/1', 'p99 ms', ours);
    samples.add('etcd', 'put/1', 'p99 ms', theirs);
  }
  samples.add('ours', 'put/3', 'rate', 1);
  const best = bestRatiosOf(samples, 'ours', 'etcd');
  expect(best).toEqual({ 'put/1 rate': 2, 'put/1 p99 ms': 1 });
});

it('counts a row that failed as worse', () => {
  const samples = withPuts(200, 100);
  expect(findFailures(samples, 'ours')).toEqual([]);
  samples.fail('ours', 'put/3', 'no leader\nmore');
  samples.fail('etcd', 'range/3', 'no leader');
  expect(findFailures(samples, 'ours')).toEqual(['put/3 failed: no leader']);
});
