// Owns the numbers of the peer transport, each with its reason. Most are etcd's, because both ends must agree.

import type { PeerTiming } from './types.ts';

/** Messages that wait for one stream. etcd: rafthttp/stream.go streamBufSize; enough for one second of replication. */
export const STREAM_QUEUE_MAX = 4096;

/** Messages that wait for POSTs of one peer, and how many POSTs run at once. etcd: rafthttp/pipeline.go. */
export const PIPELINE_QUEUE_MAX = 64;
export const PIPELINE_WORKERS = 4;

/** A learner that takes over a long log rests after so much of it: a few milliseconds of work, which is what a writer
 *  beside it may have to wait for. */
export const CATCH_UP_SLICE_BYTES: number = 512 * 1024;

/** A slice that takes longer to arrive is no flood: under 5 MB/s nobody needs a rest. */
export const CATCH_UP_FILL_MS_MAX = 100;

/** Longest single rest. On a machine where work takes longer, resting as long as working would stretch a join too far. */
export const CATCH_UP_REST_MS_MAX = 50;

/** All rests of a stream together: a join takes at most this much longer. */
export const CATCH_UP_RESTS_MS_MAX = 60_000;

/** An answer that takes longer does not come: what was read was not what raft had waited for. */
export const CATCH_UP_SETTLE_MS_MAX = 1_000;

/** Databases on their way to all peers together. etcd: etcdserver/raft.go maxInFlightMsgSnap. */
export const SNAPSHOTS_IN_FLIGHT_MAX = 16;

/** Databases arriving at once: each takes a file of the size of the database. One leader sends one; a new one may begin
 *  before the old leader's has failed. */
export const SNAPSHOTS_ARRIVING_MAX = 4;

/** From this size on the data of an entry is sent from where it is instead of being copied: a piece more in a write costs
 *  about as much as copying 10 kB, and memory of this size is an allocation of its own. */
export const INSERTED_DATA_BYTES: number = 16 * 1024;

/** One write to a stream takes messages until it has this many bytes: large enough to make the cost of a write vanish,
 *  small enough to pass within the write deadline on a slow line. */
export const WRITE_BYTES_MAX: number = 1024 * 1024;

/** Largest message on a stream. etcd: rafthttp/msg_codec.go; its senders stay near 1 MiB plus one entry. */
export const STREAM_MESSAGE_BYTES_MAX: number = 512 * 1024 * 1024;

/** Largest body of POST /raft: messages that would also go over a stream. etcd sets no limit; a body is held in memory
 *  whole, so this is what etcd recommends as largest request, with room for many entries. */
export const PIPELINE_BODY_BYTES_MAX: number = 64 * 1024 * 1024;

/** Largest message in front of a database. etcd: rafthttp/http.go snapshotLimitByte. */
export const SNAPSHOT_MESSAGE_BYTES_MAX: number = 64 * 1024 * 1024;

/** Bodies of the small questions between members: an id, a revision. etcd: lease/leasehttp/http.go. */
export const QUESTION_BYTES_MAX: number = 64 * 1024;

/** Answers to those: a member list, all keys of a lease. etcd: lease/leasehttp/http.go maxLeaseHTTPResponseSize. */
export const ANSWER_BYTES_MAX: number = 100 * 1024 * 1024;

/** Answers to POSTs of messages: a status and a line of text. */
export const POST_ANSWER_BYTES_MAX: number = 64 * 1024;

/** After so many bytes of a database its sender lets everything else run: a few milliseconds of work. */
export const SNAPSHOT_PAUSE_BYTES: number = 1024 * 1024;

/** Senders that are no members yet. etcd keeps all; a cluster has a handful of members, and whoever knows the cluster id
 *  could fill the memory. */
export const REMOTES_MAX = 64;

/** Peer URLs taken from one X-PeerURLs header. */
export const HEADER_URLS_MAX = 32;

/** Connections to one peer that rest between POSTs: the pipeline's, a snapshot's, the prober's. */
export const IDLE_CONNECTIONS_MAX = 8;

/** Resting connections are closed before the other side's 5 s read deadline does it under a request. */
export const IDLE_CONNECTION_MS = 4_000;

/** The other direction: peers that keep connections longer than etcd (proxies) get no request cut. */
export const SERVER_KEEP_ALIVE_MS = 30_000;

/** Time for the headers of a request. Bodies have no limit as a whole: a database takes as long as it takes. */
export const SERVER_HEADERS_TIMEOUT_MS = 10_000;

/** Head of a request on a connection for renewals of leases; node:http takes as much. */
export const REQUEST_HEAD_BYTES_MAX: number = 16 * 1024;

/** Renewals of one connection that are being answered; more are not read meanwhile. A turn's worth of a busy follower. */
export const RENEWALS_ANSWERING_MAX = 4096;

/** Renewals under way on one connection to the leader, and how many connections there are. A Go leader answers one after
 *  the other, so a second connection takes what would wait long; ours answers all of a turn together. */
export const RENEWALS_PER_CONNECTION = 256;
export const RENEWAL_CONNECTIONS_MAX = 4;

/** Renewals that wait for a place on a connection; clients repeat those that are refused. */
export const RENEWALS_WAITING_MAX = 65_536;

/** How often a connection for renewals is looked at: whether its leader is silent, or nobody uses it. */
export const RENEWAL_CHECK_MS = 250;

/** A difference of clocks from which lease times and certificates may surprise. etcd: rafthttp/probing_status.go. */
export const CLOCK_DRIFT_WARN_MS = 1_000;

/** Weight of the newest round trip in the mean. etcd: the prober's TCP-like smoothing. */
export const ROUND_TRIP_WEIGHT = 0.125;

/** Questions to the members of a cluster that is to be joined. etcd: etcdserver/cluster_util.go. */
export const CLUSTER_QUESTION_MS = 10_000;

/** Comparing peer URLs by what their names resolve to. etcd: membership/cluster.go. */
export const RESOLVE_TIMEOUT_MS = 30_000;
export const RESOLVE_RETRY_MS = 1_000;

/** etcd: rafthttp/peer.go ConnReadTimeout and what is derived from it; 1 s + election timeout is the dial timeout of the
 *  default configuration. The patience is ours: a slow line's few round trips. */
export const DEFAULT_TIMING: PeerTiming = {
  streamSilenceMs: 5_000,
  linkHeartbeatMs: 5_000 / 3,
  redialMs: 100,
  patienceMs: 150,
  dialTimeoutMs: 2_000,
  responseTimeoutMs: 5_000,
  snapshotStallMs: 30_000,
  snapshotSaveMs: 600_000,
  probeIntervalMs: 4_000,
  unhealthyLogMs: 5_000,
  healthyLogMs: 30_000,
};
