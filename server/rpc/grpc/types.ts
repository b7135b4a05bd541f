// Owns what a gRPC service sees: the service table and the call objects. No service and no transport in here.
// A call is one object and tells its handler things through methods of a listener the handler owns, so that
// neither side makes a closure or a promise per call.

import type { GrpcStatusCode } from '../../base/errors.ts';

/** Who is at the other end of the connection. One object per connection. */
export interface GrpcPeer {
  /** ip:port, "@" for a unix socket. */
  readonly remoteAddress: string;
  readonly secure: boolean;
  /** Common name of the verified client certificate, "" without one. */
  readonly commonName: string;
}

/** Writes one message. The two methods agree: `write` puts exactly `sizeBytes(value)` bytes at `offset`. */
export interface MessageEncoder<T> {
  sizeBytes(value: T): number;
  /** Answers the offset after the last byte. */
  write(value: T, out: Uint8Array, offset: number): number;
}

/** Why a call ended without the handler's doing. */
export type CancelReason = 'cancelled' | 'deadline' | 'disconnected' | 'stopping';

/** What every kind of call offers. */
export interface GrpcCall {
  /** "/etcdserverpb.KV/Put". */
  readonly path: string;
  readonly kind: GrpcMethod['kind'];
  readonly peer: GrpcPeer;
  /** On the clock's monotonic scale; Infinity without a grpc-timeout. */
  readonly deadlineMs: number;
  /** When the request head arrived, on the clock's monotonic scale. */
  readonly startedMs: number;
  /** True once nothing more can be sent: answered, failed, cancelled or timed out. */
  readonly finished: boolean;
  /** True when the peer, the deadline or the connection ended the call before the handler did. */
  readonly cancelled: boolean;
  /** A free slot of the interceptor and the handler (authentication result, waiter id, ...). */
  attachment: unknown;
  /** First value of a request metadata field, name in lower case. Binary fields (-bin) are base64 text here. */
  metadata(name: string): string | undefined;
  /** First value of a -bin field, decoded; undefined when absent or not base64. */
  binaryMetadata(name: string): Uint8Array | undefined;
  /**
   * Adds to the headers (before the first message) or, later, to the trailers. Values of names ending in -bin
   * must be base64 already.
   */
  addMetadata(name: string, value: string): void;
  /**
   * Ends the call with a status other than OK, after everything sent before. `details` is the encoded
   * google.rpc.Status for grpc-status-details-bin. Does nothing on a finished call.
   */
  fail(status: GrpcStatusCode, message: string, details?: Uint8Array): void;
  /** The same from outside of the handler, whose listener is told (`stopping`). */
  stop(status: GrpcStatusCode, message: string): void;
}

/**
 * One request, one response. The handler answers with exactly one of respond, respondBytes and fail, now or
 * later; on a finished call all three do nothing, so a late answer to a cancelled call needs no check.
 */
export interface UnaryCall extends GrpcCall {
  readonly kind: 'unary';
  /**
   * The request's bytes. A view of the socket's read buffer: valid only until `handle` returns. Copy
   * (`slice`) what must live longer; decode helpers that slice key and value are enough.
   */
  readonly message: Uint8Array;
  /** Told when the call is cancelled before it is answered; set it during `handle` or later. */
  listener: CancelListener | undefined;
  /** Asked at the end of a slow call what to log of it; set it during `handle`. Without it nothing is known. */
  content: CallContent | undefined;
  /** Encodes `value` straight into the connection's output. Nothing is kept of it. */
  respond<T>(encoder: MessageEncoder<T>, value: T): void;
  /** Sends ready bytes, which must stay unchanged from now on. */
  respondBytes(bytes: Uint8Array): void;
}

/** What the log line of a slow call says of it. */
export interface CallStats {
  readonly requestCount: number;
  readonly requestBytes: number;
  readonly responseCount: number;
  readonly responseBytes: number;
  /** Without values. */
  readonly requestContent: string;
}

/** etcd: v3rpc/interceptor.go: of calls other than the key-value ones. */
export const UNKNOWN_STATS: CallStats = {
  requestCount: -1,
  requestBytes: -1,
  responseCount: -1,
  responseBytes: -1,
  requestContent: '',
};

export interface CallContent {
  /** Runs before `respond` or `fail` returns. */
  stats(): CallStats;
}

export interface CancelListener {
  onCancelled(call: GrpcCall, reason: CancelReason): void;
}

/** The sending half that both kinds of streams have. */
export interface SendingCall extends GrpcCall {
  /** Bytes queued for the peer and not yet taken by its window or the socket. */
  readonly queuedBytes: number;
  /**
   * Queues one message; false asks the caller to wait for onDrain before the next (sending on is allowed, the
   * caller then bounds the queue itself). On a finished call: drops the message, answers false.
   */
  send<T>(encoder: MessageEncoder<T>, value: T): boolean;
  /** Same for ready bytes, which must stay unchanged from now on: one buffer may serve many watchers. */
  sendBytes(bytes: Uint8Array): boolean;
  /** Ends the call with OK after all queued messages. */
  end(): void;
}

/** One request, many responses. */
export interface ServerStreamCall extends SendingCall {
  readonly kind: 'serverStream';
  /** As UnaryCall.message: valid only until `handle` returns. */
  readonly message: Uint8Array;
  listener: ServerStreamListener | undefined;
}

export interface ServerStreamListener extends CancelListener {
  /** The queue has drained after a send answered false. */
  onDrain(call: SendingCall): void;
}

/** Messages both ways. */
export interface BidiCall extends SendingCall {
  readonly kind: 'bidi';
  /**
   * No onMessage and no onHalfClose until `resume`; what arrives meanwhile stays within the stream's receive
   * window, so the peer is slowed down and memory is bounded.
   */
  pause(): void;
  resume(): void;
}

/** Owned by the handler of one bidi call. `onMessage` bytes are valid only until it returns. */
export interface BidiListener extends ServerStreamListener {
  onMessage(call: BidiCall, message: Uint8Array): void;
  /** The peer will send no more; the handler may go on sending and ends the call itself. */
  onHalfClosed(call: BidiCall): void;
}

export type AnyCall = UnaryCall | ServerStreamCall | BidiCall;

export interface UnaryMethod {
  readonly kind: 'unary';
  handle(call: UnaryCall): void;
}

export interface ServerStreamMethod {
  readonly kind: 'serverStream';
  handle(call: ServerStreamCall): void;
}

export interface BidiMethod {
  readonly kind: 'bidi';
  /** The listener is asked for once, before any message, and hears everything about this call. */
  open(call: BidiCall): BidiListener;
}

export type GrpcMethod = UnaryMethod | ServerStreamMethod | BidiMethod;

/** Methods by path ("/etcdserverpb.KV/Put"). Handlers must not throw; if one does, the call ends with Unknown. */
export type ServiceTable = Readonly<Record<string, GrpcMethod>>;

/**
 * Runs before every handler: for unary and server-streaming calls with the message at hand, for bidi before the
 * first message. Answers false after it has ended the call with `fail`.
 */
export type Interceptor = (call: AnyCall) => boolean;

/** Runs after every call: request duration metrics, slow request warnings. */
export type FinishObserver = (call: AnyCall, status: GrpcStatusCode) => void;
