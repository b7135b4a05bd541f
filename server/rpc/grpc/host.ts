// Owns the ports inside this folder: what a call asks of its session, a session of its server, and a session of the
// socket side.

import type { Clock } from '../../base/clock.ts';
import type { GrpcStatusCode } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type {
  ConnectionOptions,
  RequestHead,
  ServerStream,
  StreamEvents,
} from '../../http2/types.ts';
import type { DeadlineWheel } from './deadline-wheel.ts';
import type { ByteMetrics } from './grpc-metrics.ts';
import type { KeepaliveOptions } from './keepalive.ts';
import type { MethodEntry, MethodTables } from './request-head.ts';
import type { ServerCall } from './server-call.ts';
import type { AnyCall, GrpcPeer } from './types.ts';

/** What a call asks of its connection. */
export interface CallHost {
  readonly peer: GrpcPeer;
  readonly logger: Logger;
  readonly wheel: DeadlineWheel;
  readonly bytes: ByteMetrics;
  readonly messageBytesMax: number;
  /** Monotonic time of the input being handled; read once per chunk. */
  readonly nowMs: number;
  /** True once the connection is gone, so that an abort is not taken for the client's cancel. */
  readonly disconnected: boolean;
  /** Runs the interceptor; false when it has ended the call. */
  admit(call: AnyCall): boolean;
  onCallFinished(call: ServerCall, entry: MethodEntry, status: GrpcStatusCode): void;
}

/** What a session asks of the server that made it. */
export interface SessionServer {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wheel: DeadlineWheel;
  readonly bytes: ByteMetrics;
  readonly messageBytesMax: number;
  readonly keepalive: KeepaliveOptions;
  readonly connectionOptions: ConnectionOptions;
  readonly tables: MethodTables;
  admit(call: AnyCall): boolean;
  onCallFinished(call: AnyCall, entry: MethodEntry, status: GrpcStatusCode): void;
  onSessionClosed(session: object): void;
}

/** The socket side of one connection. */
export interface SessionOwner {
  /** Output is waiting; called once until it is taken. */
  onOutput(): void;
  /** Write what output there is, then close the socket. */
  onClose(errorCode: number, reason: string): void;
  /** A request that is not gRPC; without this it is refused with 415. */
  readonly onHttpRequest?: (
    stream: ServerStream,
    head: RequestHead,
    endStream: boolean,
  ) => StreamEvents;
}
