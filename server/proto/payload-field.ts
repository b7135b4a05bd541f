// Owns the numbers of the payloads a log entry may carry; raft-internal.proto has the whole list.

/** Field numbers of InternalRaftRequest's payloads that this server proposes. */
export const PayloadField = {
  put: 4,
  deleteRange: 5,
  txn: 6,
  compaction: 7,
  leaseGrant: 8,
  leaseRevoke: 9,
  alarm: 10,
  leaseCheckpoint: 11,
  clusterVersionSet: 1300,
  clusterMemberAttrSet: 1301,
  downgradeInfoSet: 1302,
} as const;

export type PayloadFieldNumber = (typeof PayloadField)[keyof typeof PayloadField];
