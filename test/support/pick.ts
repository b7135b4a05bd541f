// Owns random choices from lists, for suites with a seed.

import type { Prng } from '../../server/base/prng.ts';

/** One of a list, which must not be empty. */
export function pick<T>(random: Prng, list: readonly T[]): T {
  const one = list[random.below(list.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

/** Some of a list, each at most once, in any order. */
export function pickSome<T>(random: Prng, list: readonly T[], count: number): readonly T[] {
  const left = [...list];
  const picked: T[] = [];
  while (picked.length < count && left.length > 0) {
    picked.push(...left.splice(random.below(left.length), 1));
  }
  return picked;
}
