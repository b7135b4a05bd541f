// Owns the boundary of the HTTP/2 engine: what the socket side feeds in and drains, and what the
// gRPC side is told. The engine is synchronous and does no I/O: bytes in, events and bytes out.

/**
 * Decoded request headers; one object may serve many requests with an identical block, so nobody
 * changes it.
 */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly scheme: string;
  /** The :authority field, or the host field when there is none, or ''. */
  readonly authority: string;
  /** Regular header fields in the order sent, names in lower case. */
  readonly fields: readonly HeaderField[];
}

/** Field names and values hold one character per octet (Latin-1), as they travel. */
export type HeaderField = readonly [name: string, value: string];

/** RFC 9113 section 7. */
export const ErrorCode = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  settingsTimeout: 0x4,
  streamClosed: 0x5,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  connectError: 0xa,
  enhanceYourCalm: 0xb,
  inadequateSecurity: 0xc,
  http11Required: 0xd,
} as const;

/** What one stream's owner is told. Called synchronously from `receive`. */
export interface StreamEvents {
  /**
   * Body bytes. `bytes` is a view of the socket's buffer: copy what must outlive the call. The
   * stream window is given back when the owner calls `stream.consumed`.
   */
  onData(bytes: Uint8Array, endStream: boolean): void;
  /** The peer half-closed without data in the last frame, or sent trailers. */
  onEnd(): void;
  /**
   * The stream is gone before both sides finished: RST_STREAM from the peer or the end of the
   * connection.
   */
  onAborted(errorCode: number): void;
  /** Queued output of this stream has drained below the low mark after `send*` returned false. */
  onDrain(): void;
}

/** One request in flight, the owner's side. Every method does nothing once the stream is closed. */
export interface ServerStream {
  readonly id: number;
  /**
   * True once both sides finished or the stream was reset: nothing is sent and no event comes any
   * more.
   */
  readonly closed: boolean;
  /** Bytes of body accepted but held back by flow control. */
  readonly queuedBytes: number;
  /** Gives `sizeBytes` of receive window back to the peer, on the stream and the connection. */
  consumed(sizeBytes: number): void;
  /** Response headers; once, before any data. */
  sendHeaders(fields: readonly HeaderField[], endStream: boolean): void;
  /** Queues body bytes, kept unchanged by the caller; false asks the caller to wait for onDrain. */
  sendData(bytes: Uint8Array, endStream: boolean): boolean;
  /**
   * Like sendData for `prefix` followed by `bytes`, as one run of body (one DATA frame where it
   * fits). `prefix` is copied before the call returns, so the caller may reuse it; `bytes` is kept
   * unchanged by the caller.
   */
  sendPrefixed(prefix: Uint8Array, bytes: Uint8Array, endStream: boolean): boolean;
  /** Ends the response with trailers, after all queued data. */
  sendTrailers(fields: readonly HeaderField[]): void;
  /**
   * A whole response at once: headers, `prefix` followed by `bytes` as body, trailers. The fast
   * path of unary calls; the same as sendHeaders, sendPrefixed and sendTrailers where flow control
   * does not allow more.
   */
  sendUnary(
    headers: readonly HeaderField[],
    prefix: Uint8Array,
    bytes: Uint8Array,
    trailers: readonly HeaderField[],
  ): void;
  reset(errorCode: number): void;
}

/** What the connection's owner is told. */
export interface ConnectionEvents {
  /** A new request; the answer receives its stream's events. `endStream`: no body follows. */
  onRequest(stream: ServerStream, head: RequestHead, endStream: boolean): StreamEvents;
  /**
   * Output is waiting: the socket side schedules one round of `takeOutput` for this turn, until it
   * answers undefined or the socket is full. Called once until taken, and again when a take leaves
   * more behind.
   */
  onOutput(): void;
  /** The connection is over: after takeOutput is written, the socket is to be closed. */
  onClose(errorCode: number, reason: string): void;
  /**
   * A PING of the peer arrived (and was answered): the place to count keepalive pings against a
   * clock.
   */
  onPing?(): void;
  /** The answer to `ping()` arrived: the peer is alive. */
  onPingAck?(): void;
}

/** What can be chosen per connection; every default is in limits.ts. */
export interface ConnectionOptions {
  /** Streams the peer may have open at once; above, REFUSED_STREAM. */
  readonly concurrentStreamsMax?: number;
  /** Receive window of each stream in bytes. */
  readonly streamWindowBytes?: number;
  /** Receive window of the connection in bytes. */
  readonly connectionWindowBytes?: number;
  /** Largest header list accepted, counted as RFC 9113 section 6.5.2 does. */
  readonly headerListBytesMax?: number;
  /** Body bytes that may wait in this connection's queues before it is given up. */
  readonly queuedBytesMax?: number;
}
