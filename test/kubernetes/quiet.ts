// Owns the rule that a converged cluster is left alone: nothing about it is written while nothing happens; and what happens to
// one of itself, and is rightly told in its status.
import { leaderOf } from './oracle.ts';
import type { Sample } from './sample.ts';

/** The operator takes a member that does not answer within 2 s for one that is away. */
const SLOW_ANSWER_MS = 1_500;

export interface Version {
  readonly resourceVersion: string;
  /** The object itself, as far as it is of interest what of it was changed. */
  readonly content?: unknown;
}

/** By kind and name. */
export type Versions = ReadonlyMap<string, Version>;

/** What was written between two looks, in words. */
export function writesBetween(before: Versions, after: Versions): readonly string[] {
  const written: string[] = [];
  for (const [object, is] of after) {
    const was = before.get(object);
    if (was === undefined) written.push(`${object} was made`);
    else if (was.resourceVersion !== is.resourceVersion) {
      written.push([`${object} was changed`, ...changesOf(was.content, is.content)].join('; '));
    }
  }
  for (const object of before.keys()) {
    if (!after.has(object)) written.push(`${object} was deleted`);
  }
  return written;
}

/** Each value that is another one, with its path: "status.leader: "a", now "b"". */
function changesOf(was: unknown, is: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof was === 'object' && was !== null && typeof is === 'object' && is !== null) {
    const [before, after] = [new Map(Object.entries(was)), new Map(Object.entries(is))];
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) =>
      changesOf(before.get(key), after.get(key), [...path, key]),
    );
  }
  if (was === is) return [];
  return [`${path.join('.')}: ${JSON.stringify(was)}, now ${JSON.stringify(is)}`];
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
