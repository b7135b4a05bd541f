// Owns the bounds of the controller, each with its reason.

/** controller-runtime's numbers: a fault that lasts is tried again soon at first, and rarely in the end. */
export const BACKOFF_MS_MIN = 5;
export const BACKOFF_MS_MAX = 1_000_000;
/** Doublings after which the backoff has reached its end. */
export const BACKOFF_DOUBLINGS_MAX = 18;

/** Clusters reconciled at a time: each waits for the network most of its time. */
export const CONCURRENT_RECONCILES = 4;

/** A member that does not answer must not hold up the round of a cluster. */
export const STATUS_DEADLINE_MS = 2_000;
/** The member list is linearizable: it waits for an election at most. */
export const MEMBER_LIST_DEADLINE_MS = 4_000;
export const MEMBERSHIP_CHANGE_DEADLINE_MS = 7_000;

/** Rounds of a hundred clusters that were asked for at once are spread by up to this part of their wait. */
export const JITTER_RATIO = 0.1;

/** The status is at most 30 s old, whatever failed: a round is tried at least this often. */
export const STATUS_AGE_MS_MAX = 20_000;

/** Time for the acts under way when the operator stops: what an API server that is busy needs for one. */
export const STOP_GRACE_MS = 5_000;
