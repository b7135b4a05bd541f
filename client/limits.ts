// Owns the client's bounds and waits, each with its reason.

/** A member that accepts no connection within this time is no use to a caller who waits. */
export const DIAL_TIMEOUT_MS = 5_000;

/** Longer than the server takes to give up on a request: 5 s and two election timeouts. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** etcd: clientv3's default; a server takes 1.5 MiB and some room for the envelope. */
export const SEND_BYTES_MAX: number = 2 * 1024 * 1024;

/** etcd: clientv3's default, math.MaxInt32: a range may be as long as the server makes it. */
export const RECEIVE_BYTES_MAX: number = 2 ** 31 - 1;

/** etcd: clientv3's default. With the waits below a read outlives an election and a restart. */
export const RETRY_COUNT_MAX = 100;

/** Wait between two rounds over all members; doubled each round. An election takes about 1 s. */
export const RETRY_WAIT_MS = 25;

/** A member that is back should be found soon, and one that is down not be hammered. */
export const RETRY_WAIT_MAX_MS = 1_000;

/** A member that vanished without a word must not hold a watch for ever. Servers refuse pings more often than every 5 s. */
export const KEEP_ALIVE_TIME_MS = 10_000;
export const KEEP_ALIVE_TIMEOUT_MS = 5_000;

/** How long a member that failed a call is passed over while others are connected. */
export const SUSPECT_MS = 1_000;

/** Waits of the transport between two attempts to connect. Below a second: a restarted member should be found soon. */
export const RECONNECT_WAIT_MS = 100;
export const RECONNECT_WAIT_MAX_MS = 1_000;

/** Batches a watcher holds for a slow consumer before it stops reading; flow control then stops the server. */
export const WATCH_QUEUE_MAX = 16;

/** A batch split in fragments that is larger than this is a server gone wrong. */
export const FRAGMENT_EVENTS_MAX = 1_000_000;

/** A lease is renewed when a third of it has passed: two renewals may be lost. */
export const KEEP_ALIVE_PARTS = 3;

/** etcd: clientv3/concurrency. */
export const SESSION_TTL_SECONDS = 60;

/** Wait before a broken stream of keep-alives is opened again. etcd: clientv3's retryConnWait. */
export const KEEP_ALIVE_RECONNECT_MS = 500;

/** The longest delay of a Node timer. */
export const TIMER_MS_MAX: number = 2 ** 31 - 1;
