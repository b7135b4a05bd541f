// Owns the rule that a converged cluster is left alone: nothing about it is written while nothing happens; and what happens to
// one of itself, and is rightly told in its status.
import { leaderOf } from './oracle.ts';
import type { Sample } from './sample.ts';

/** The operator takes a member that does not answer within 2 s for one that is away. */
const SLOW_ANSWER_MS = 1_500;

/** Resource versions by kind and name. */
export type Versions = ReadonlyMap<string, string>;

/** What was written between two looks, in words. */
export function writesBetween(before: Versions, after: Versions): readonly string[] {
  const written: string[] = [];
  for (const [object, version] of after) {
    const was = before.get(object);
    if (was === undefined) written.push(`${object} was made`);
    else if (was !== version) written.push(`${object} was changed`);
  }
  for (const object of before.keys()) {
    if (!after.has(object)) written.push(`${object} was deleted`);
  }
  return written;
}

/** In words; undefined when nothing happened: no other leader, and no member that was slow to answer. */
export function unrestBetween(before: Sample, after: Sample): string | undefined {
  const [was, is] = [leaderOf(before), leaderOf(after)];
  if (was !== is) return `${is ?? 'nobody'} leads after ${was ?? 'nobody'}`;
  if (after.list === undefined) return 'nobody answers';
  for (const { name } of after.list) {
    const answeredMs = after.answers.get(name)?.atMs ?? 0;
    if (after.atMs - answeredMs > SLOW_ANSWER_MS) return `${name} is slow`;
  }
  return undefined;
}
