// Owns the numbers that bound the consensus core, each with its reason.

/** Ticks without a leader before a member campaigns; with 100 ms ticks this is etcd's 1 s election timeout. */
export const DEFAULT_ELECTION_TICKS = 10;

/** Ticks between heartbeats. etcd: one tick is one heartbeat interval. */
export const DEFAULT_HEARTBEAT_TICKS = 1;

/** Entries in one append message. etcd: maxSizePerMsg; small enough that a lost message is cheap to send again. */
export const DEFAULT_MAX_SIZE_PER_MESSAGE_BYTES: number = 1024 * 1024;

/** Append messages under way to one member. etcd: maxInflightMsgs; with 1 MiB each this fills any link. */
export const DEFAULT_MAX_INFLIGHT_MESSAGES = 512;

/** Bytes under way to one member: bounds what a dead but connected member can hold in our send queues. */
export const DEFAULT_MAX_INFLIGHT_BYTES: number = 256 * 1024 * 1024;

/** Bytes a leader takes before a quorum has any of them: a leader cut off from its quorum must not eat the memory. */
export const DEFAULT_MAX_UNCOMMITTED_BYTES: number = 1024 * 1024 * 1024;

/** Entries handed out for applying in one Ready: keeps one turn of the node short after a restart with a long log. */
export const MAX_COMMITTED_PER_READY = 8192;

/** Encoded size of an entry beside its data: three tagged varints and the length of the data, rounded up. */
export const ENTRY_OVERHEAD_BYTES = 24;

/** Memory of an entry beside its data: the object, the view of its bytes, its place in the log. */
export const ENTRY_MEMORY_BYTES = 200;

/** Data of others' proposals that wait for the next leader: a second of them at most, on a link of a gigabit. */
export const HELD_PROPOSAL_BYTES_MAX: number = 64 * 1024 * 1024;

/** Reads waiting for their confirmation. Beyond it requests are dropped; whoever asked sends again after 500 ms. */
export const MAX_PENDING_READS: number = 16 * 1024;

/** Members in one configuration. etcd has no limit; far above any cluster that would still commit. */
export const MAX_MEMBERS = 256;

/** Ticks between pre-votes of a member whose leader is gone, while voters may still wait for that leader: long enough for
 *  answers from another continent at the usual tick of 100 ms. */
export const GONE_RETRY_TICKS = 3;
