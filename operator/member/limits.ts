// Owns the bounds of talking to members, each with its reason.

/** Clients kept open: nine members of a hundred clusters, and some that were replaced. The oldest unused goes. */
export const CLIENTS_KEPT = 1024;

/** A member that cannot be reached is known to be so before the deadline of the round is used up. */
export const DIAL_TIMEOUT_MS = 1_500;
