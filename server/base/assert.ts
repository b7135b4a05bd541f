// Owns the checks of our own invariants. They stay on in production: a broken invariant is a bug of ours,
// and stopping with the numbers beats going on with wrong data. Input (network, disk, YAML) is never asserted.

/** A broken invariant: a bug of ours. The process reports it and exits; nobody catches it to go on. */
export class AssertionError extends Error {
  override readonly name: string = 'AssertionError';
}

/** Throws AssertionError with `message` unless `condition` holds. Put the numbers in the message. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The value itself, where our own logic says it must be there. */
export function must<T>(value: T | null | undefined, why: string): T {
  if (value === undefined || value === null) throw new AssertionError(`missing value: ${why}`);
  return value;
}

/** `list[index]` where our own logic says the index is in range. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const value = list[index];
  if (value === undefined) {
    throw new AssertionError(`index ${index} outside of a list of ${list.length}`);
  }
  return value;
}

/** Ends an exhaustive switch: the type checker proves no case is missing, this proves it at run time. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable case: ${JSON.stringify(value)}`);
}
