// Owns etcd's version numbers and which step from one to another is allowed: within a minor anything, up by one minor,
// never down by one. etcd's own members refuse a data directory of a newer minor, and speak only to their neighbours.

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

export const VERSION_PATTERN = '^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$';

/** "3.7.2", "v3.7.2" or "3.7.2-alpha.0" (what follows the patch is ignored). */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:[-+].*)?$/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

/** Negative when `a` is older. Text that is no version counts as older than any. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (left === undefined || right === undefined) {
    return (left === undefined ? 0 : 1) - (right === undefined ? 0 : 1);
  }
  return left.major - right.major || left.minor - right.minor || left.patch - right.patch;
}

export type VersionStep = 'same' | 'allowed' | 'downgrade' | 'tooFar';

/** Whether members running `from` may be replaced by members running `to`. */
export function versionStep(from: string, to: string): VersionStep {
  const [left, right] = [parseVersion(from), parseVersion(to)];
  // Someone's own build with its own name: there is nothing to judge it by.
  if (left === undefined || right === undefined) return 'allowed';
  if (right.major < left.major) return 'downgrade';
  if (right.major > left.major) return 'tooFar';
  if (right.minor < left.minor) return 'downgrade';
  if (right.minor > left.minor + 1) return 'tooFar';
  return right.minor === left.minor && right.patch === left.patch ? 'same' : 'allowed';
}
