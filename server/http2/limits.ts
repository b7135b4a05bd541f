// Owns every number that bounds the engine, with the reason for it.

/**
 * Receive window of a stream: a request of etcd's default size limit (1.5 MiB) needs one refill, no
 * more.
 */
export const STREAM_WINDOW_BYTES: number = 1 << 20;

/**
 * Receive window of a connection: four full streams, so that one slow stream does not stop the
 * others.
 */
export const CONNECTION_WINDOW_BYTES: number = 4 << 20;

/**
 * Largest frame payload accepted: the protocol's default, which bounds the copy of a frame split
 * over chunks.
 */
export const RECEIVED_PAYLOAD_BYTES_MAX = 16_384;

/** Largest DATA payload sent even to a peer that allows more, so that streams take turns often. */
export const SENT_PAYLOAD_BYTES_MAX = 65_536;

/** etcd: --max-concurrent-streams defaults to MaxUint32 (server/embed/config.go). */
export const CONCURRENT_STREAMS_MAX = 0xffff_ffff;

/**
 * Header list size accepted: room for big auth tokens; one list can never take more memory than
 * this.
 */
export const HEADER_LIST_BYTES_MAX = 65_536;

/**
 * CONTINUATION frames of one header block: a full list in frames of 1 KiB. More is an attack on the
 * CPU.
 */
export const CONTINUATION_COUNT_MAX = 64;

/**
 * Dynamic table of both directions: the protocol's default, never raised, so it needs no
 * negotiation.
 */
export const HEADER_TABLE_BYTES = 4096;

/**
 * Identical header blocks remembered per connection: more than the RPCs of etcd's API, a power of
 * two.
 */
export const BLOCK_CACHE_SLOTS = 64;

/**
 * Longest header block remembered: blocks of indexed fields take 10 to 20 bytes, a token some more.
 */
export const BLOCK_CACHE_BLOCK_BYTES_MAX = 256;

/**
 * Response field lists whose encoding is remembered per connection: headers, trailers and one per
 * status.
 */
export const INTERNED_LISTS_MAX = 16;

/** Field lists watched for a second use before they are put into the peer's table. */
export const INTERN_CANDIDATES = 4;

/**
 * `sendData` answers false above this: a few round trips' worth of data without keeping a whole
 * snapshot.
 */
export const STREAM_QUEUE_HIGH_BYTES = 262_144;

/** `onDrain` comes at or below this: early enough that the stream does not run dry. */
export const STREAM_QUEUE_LOW_BYTES = 65_536;

/**
 * DATA is framed into the output only below this, so that a slow reader's backlog stays in the
 * stream queues.
 */
export const OUTPUT_HIGH_BYTES = 262_144;

/** Framed output not taken that ends the connection: a peer that sends requests and never reads. */
export const OUTPUT_BYTES_MAX: number = 16 << 20;

/**
 * Body bytes queued on one connection that end it on the next send: one big answer passes, hoarding
 * does not.
 */
export const CONNECTION_QUEUE_BYTES_MAX: number = 256 << 20;

/**
 * Payload pieces from this size on are handed out as they are; below, copying is cheaper than one
 * more write.
 */
export const ZERO_COPY_BYTES_MIN = 8192;

/**
 * Output slabs double from the first to the second size: small for idle connections, few for busy
 * ones.
 */
export const SLAB_BYTES_MIN = 2048;
export const SLAB_BYTES_MAX = 32_768;

/**
 * Answers (acks, resets, window updates) waiting untaken: one 64 KiB chunk of PINGs asks for 3855.
 */
export const CONTROL_FRAMES_QUEUED_MAX = 10_000;

/**
 * Allowance for frames that cost us work and serve no request. Each DATA or HEADERS frame sent and
 * each tick earns some back, so a busy client's pings and window updates never add up.
 */
export const CONTROL_BUDGET = 10_000;
export const CONTROL_EARNED_PER_FRAME = 4;
export const CONTROL_EARNED_PER_TICK = 5000;

/** Price of a SETTINGS frame or an empty DATA frame against the plain control frame's 1. */
export const COSTLY_CONTROL_PRICE = 10;

/**
 * Allowance for streams reset right after they were opened (rapid reset), earned back by finished
 * requests.
 */
export const RESET_BUDGET = 1000;
export const RESET_EARNED_PER_TICK = 500;

/** Streams we reset lately whose late frames are ignored instead of answered. */
export const RESET_MEMORY_COUNT = 256;

/** Ticks after which a draining connection stops waiting for the answer to its ping. */
export const DRAIN_TICKS_MAX = 5;
