// Owns the waits and bounds of talking to the API server, each with its reason.

/** Longer than a busy API server needs for one object, shorter than anybody waits for a status. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** Lists may be large. */
export const LIST_TIMEOUT_MS = 60_000;
export const LIST_PAGE_ITEMS = 500;
/** An answer larger than this is no object of ours; the API server itself stops at 3 MiB for one object. */
export const ANSWER_BYTES_MAX = 268_435_456;

/** The server ends a watch after this time, and we after some more: a connection that died silently is found out. */
export const WATCH_SECONDS_MIN = 60;
export const WATCH_SECONDS_SPREAD = 30;
export const WATCH_GRACE_MS = 15_000;
/** Everything is listed again after this time, so that an event that was lost is not lost for ever. */
export const RELIST_AFTER_MS = 1_800_000;
export const RETRY_MS_MIN = 500;
export const RETRY_MS_MAX = 30_000;
/** A watch that ends sooner, and told nothing, has failed: it is not begun again without a wait. */
export const WATCH_MS_MIN = 1_000;
export const TCP_KEEP_ALIVE_MS = 15_000;
export const SOCKETS_MAX = 64;

/** client-go's figures. A leader that cannot renew in time stops before another can take over. */
export const LEASE_DURATION_MS = 15_000;
export const RENEW_DEADLINE_MS = 10_000;
export const LEASE_RETRY_MS = 2_000;

/** Events waiting to be written: what hundreds of clusters that start at once cause. Beyond it the oldest are dropped. */
export const EVENTS_PENDING_MAX = 10_000;
/** Events remembered for counting repeats. */
export const EVENTS_KNOWN_MAX = 1_000;
/** A repeat within this time adds to the count of the event there is. */
export const EVENT_SERIES_MS = 600_000;
/** client-go's figures: an event that cannot be written for some two minutes is given up. */
export const EVENT_ATTEMPTS_MAX = 12;
export const EVENT_RETRY_MS_MAX = 10_000;

/** How often it is asked which APIs the server has: it may be upgraded under us. */
export const DISCOVERY_AGE_MS = 600_000;

/** UIDs of deleted objects that are remembered, far more than writes can be under way. */
export const GONE_KNOWN_MAX = 1_000;
