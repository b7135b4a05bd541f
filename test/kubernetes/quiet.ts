// Owns the rule that a converged cluster is left alone: nothing about it is written while nothing happens.

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
