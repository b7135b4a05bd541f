// Owns the numbers of cluster membership, each with its reason.

/** Default of --max-learners. A learner costs the leader as much as a voter and adds no safety. etcd: membership. */
export const MAX_LEARNERS_DEFAULT = 1;
