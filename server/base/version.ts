// Owns the versions this server speaks for: etcd's release whose behaviour it matches, not the package's own.

/** The etcd release that clients, peers and tools are told. */
export const SERVER_VERSION = '3.7.1';

/** The oldest cluster version this server can be part of. etcd: api/version/version.go. */
export const MIN_CLUSTER_VERSION = '3.0.0';

/** Orders agreed versions of the form major.minor.patch by major and minor; what peers say goes through semver.ts. */
export function compareMinorVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}
