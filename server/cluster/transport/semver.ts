// Owns the versions that members tell each other, and whether two of them may talk. etcd: rafthttp/util.go.

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

const SEMVER =
  /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?$/;

/** Undefined for what is no semantic version: it comes from the network. */
export function maybeParseVersion(text: string): Version | undefined {
  const match = SEMVER.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

/** Orders by major and minor alone: patches are always compatible. */
export function compareMinor(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor;
}

export function compareVersions(a: Version, b: Version): number {
  return compareMinor(a, b) || a.patch - b.patch;
}

/** What etcd 2.0, which sent no versions, counts as. */
export const VERSION_UNSAID: Version = { major: 2, minor: 0, patch: 0 };

/** The first version with both kinds of streams. */
const FIRST_WITH_STREAMS: Version = { major: 2, minor: 1, patch: 0 };

/** Whether a server of this version answers to both streams; none after 2.0 ever dropped one. */
export function hasStreams(version: Version): boolean {
  return compareMinor(version, FIRST_WITH_STREAMS) >= 0;
}
