// Owns the versions this server speaks for: etcd's release whose behaviour it matches, not the package's own.

/** The etcd release that clients, peers and tools are told. */
export const SERVER_VERSION = '3.7.1';

/** The oldest cluster version this server can be part of. etcd: api/version/version.go. */
export const MIN_CLUSTER_VERSION = '3.0.0';
