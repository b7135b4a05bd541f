// Owns the numbers of the operator's API, each with its reason.

/** More voters make writes slower and add nothing that a learner would not; etcd's own advice ends at 7, 9 leaves room
 *  for replacing two of them. */
export const REPLICAS_MAX = 9;

/** A member is named after its cluster and six characters more; the names of Pods in DNS end at 63. */
export const CLUSTER_NAME_LENGTH_MAX = 50;

/** The first release with /livez and /readyz, which the probes of a member ask. */
export const VERSION_MIN = '3.5.11';

/** Lists in the specification are walked by CEL rules, whose cost the API server computes from these bounds. */
export const EXTRA_ARGS_MAX = 32;
export const EXTRA_ARG_LENGTH_MAX = 256;
export const LIST_ITEMS_MAX = 32;

/** etcd refuses election timeouts over 50 s, and ones under five heartbeats. */
export const ELECTION_TIMEOUT_MS_MAX = 50_000;
export const HEARTBEATS_PER_ELECTION_MIN = 5;

/** Under a minute a Pod that only moves between nodes would already be given up. */
export const UNHEALTHY_AFTER_MS_MIN = 60_000;

/** A message longer than this is cut; the API server refuses conditions with more than 32768 characters. */
export const MESSAGE_LENGTH_MAX = 1024;
