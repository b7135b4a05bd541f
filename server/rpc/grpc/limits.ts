// Owns the numbers of the gRPC layer, each with its reason.

/** etcd: server/etcdserver/api/v3rpc/grpc.go grpcOverheadBytes: room above --max-request-bytes for the envelope. */
export const GRPC_OVERHEAD_BYTES: number = 512 * 1024;

/** --max-request-bytes default (1.5 MiB) plus the overhead. */
export const DEFAULT_MESSAGE_BYTES_MAX: number = 1.5 * 1024 * 1024 + GRPC_OVERHEAD_BYTES;

/** etcd: v3rpc/grpc.go maxSendBytes, math.MaxInt32. One Buffer can hold it, which ends above 4 GiB. */
export const SENT_MESSAGE_BYTES_MAX: number = 0x7fffffff;

/** Flag byte and 32-bit length before every message. */
export const MESSAGE_PREFIX_BYTES: number = 5;

/**
 * First buffer for a message that spans frames. It doubles as bytes really arrive, so a peer that only announces
 * large messages on many streams costs this much each.
 */
export const ASSEMBLY_START_BYTES: number = 16 * 1024;

/** Deadlines are checked this often. Clients keep their own exact timer; ours only frees what they left. */
export const DEADLINE_TICK_MS: number = 20;

/** Slots of the deadline wheel; a power of two. One turn is about ten seconds, the usual client timeout. */
export const DEADLINE_SLOTS: number = 512;

/** Keepalive ages are counted in seconds and hours, so once a second is exact enough. */
export const KEEPALIVE_TICK_MS: number = 1000;

/** etcd: --grpc-keepalive-min-time. Pings closer together than this are counted as strikes. */
export const DEFAULT_KEEPALIVE_MIN_TIME_MS: number = 5_000;

/** etcd: --grpc-keepalive-interval. */
export const DEFAULT_KEEPALIVE_INTERVAL_MS: number = 2 * 60 * 60 * 1000;

/** etcd: --grpc-keepalive-timeout. */
export const DEFAULT_KEEPALIVE_TIMEOUT_MS: number = 20_000;

/** grpc-go: internal/transport/http2_server.go: least span between pings of a client without open streams. */
export const IDLE_PING_SPAN_MS: number = 2 * 60 * 60 * 1000;

/** grpc-go: the third strike closes the connection. */
export const PING_STRIKES_MAX: number = 2;

/** Longest grpc-timeout the specification allows is 8 digits and a unit. */
export const TIMEOUT_DIGITS_MAX: number = 8;
