// Owns one HTTP/2 connection on the gRPC side: makes a call of every gRPC request, hands other requests to the HTTP
// side, keeps the keepalive rules and knows the streams in flight. The socket side feeds and drains it.

import type { GrpcStatusCode } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { ServerConnection } from '../../http2/connection.ts';
import {
  type ConnectionEvents,
  ErrorCode,
  type HeaderField,
  type RequestHead,
  type ServerStream,
  type StreamEvents,
} from '../../http2/types.ts';
import { BidiServerCall } from './bidi-server-call.ts';
import type { DeadlineWheel } from './deadline-wheel.ts';
import type { ByteMetrics } from './grpc-metrics.ts';
import type { CallHost, SessionOwner, SessionServer } from './host.ts';
import { Keepalive } from './keepalive.ts';
import { ServerStreamServerCall, UnaryServerCall } from './one-message-call.ts';
import {
  type HeadRefusal,
  type JudgedHead,
  judgeHead,
  type MethodEntry,
  refuseHttp,
} from './request-head.ts';
import type { ServerCall } from './server-call.ts';
import { encodeGrpcMessage } from './status-message.ts';
import type { AnyCall, GrpcPeer } from './types.ts';

/** Receives what follows a request that was refused or is done with. */
const IGNORED: StreamEvents = {
  onData: () => undefined,
  onEnd: () => undefined,
  onAborted: () => undefined,
  onDrain: () => undefined,
};

export class GrpcSession implements ConnectionEvents, CallHost {
  readonly peer: GrpcPeer;
  readonly logger: Logger;
  readonly wheel: DeadlineWheel;
  readonly bytes: ByteMetrics;
  readonly messageBytesMax: number;
  nowMs: number;
  readonly #server: SessionServer;
  readonly #owner: SessionOwner;
  readonly #connection: ServerConnection;
  readonly #keepalive: Keepalive;
  /** Unanswered streaming calls, which a stop of the server must end. */
  readonly #streams: Set<ServerCall> = new Set();
  #unaryCount = 0;
  #lastHead: RequestHead | undefined = undefined;
  #lastJudged: JudgedHead = { kind: 'http' };

  constructor(server: SessionServer, peer: GrpcPeer, owner: SessionOwner) {
    this.peer = peer;
    this.logger = server.logger;
    this.wheel = server.wheel;
    this.bytes = server.bytes;
    this.messageBytesMax = server.messageBytesMax;
    this.nowMs = server.clock.monotonicMs();
    this.#server = server;
    this.#owner = owner;
    this.#connection = new ServerConnection(this, server.connectionOptions);
    this.#keepalive = new Keepalive(server.keepalive, this.nowMs);
  }

  get disconnected(): boolean {
    return this.#connection.closed;
  }

  /** The engine, for draining its output. */
  get connection(): ServerConnection {
    return this.#connection;
  }

  /** gRPC calls not answered yet. */
  get callCount(): number {
    return this.#unaryCount + this.#streams.size;
  }

  /** Bytes from the socket; handlers run within this call. */
  receive(chunk: Uint8Array): void {
    this.nowMs = this.#server.clock.monotonicMs();
    this.#keepalive.onReceived(this.nowMs);
    this.#connection.receive(chunk);
  }

  /** The socket is gone: every call in flight is cancelled. */
  disconnect(): void {
    this.nowMs = this.#server.clock.monotonicMs();
    this.#connection.disconnected();
    this.#server.onSessionClosed(this);
  }

  /** Announces that no new calls are taken; those in flight go on. */
  drain(): void {
    this.#connection.goAway(true);
  }

  /** Ends what drain waits for. */
  stopStreams(status: GrpcStatusCode, message: string): void {
    for (const call of [...this.#streams]) call.stop(status, message);
  }

  /** Once a second. */
  tickKeepalive(nowMs: number): void {
    this.#connection.tick();
    const action = this.#keepalive.tick(nowMs);
    if (action === 'ping') this.#connection.ping();
    else if (action === 'close')
      this.#connection.goAwayNow(ErrorCode.noError, 'keepalive ping not acked within timeout');
  }

  onRequest(stream: ServerStream, head: RequestHead, endStream: boolean): StreamEvents {
    let judged = this.#lastJudged;
    if (head !== this.#lastHead) {
      judged = judgeHead(head, this.#server.tables);
      this.#lastHead = head;
      this.#lastJudged = judged;
    }
    switch (judged.kind) {
      case 'call':
        return this.#startCall(stream, head, judged, endStream);
      case 'refused':
        return this.#refuse(stream, judged.refusal);
      case 'http':
        if (this.#owner.onHttpRequest === undefined) {
          return this.#refuse(stream, refuseHttp(head));
        }
        return this.#owner.onHttpRequest(stream, head, endStream);
    }
  }

  onOutput(): void {
    this.#owner.onOutput();
  }

  onClose(errorCode: number, reason: string): void {
    this.#owner.onClose(errorCode, reason);
  }

  onPing(): void {
    const connection = this.#connection;
    const { activeStreams, responseFrameCount } = connection;
    if (this.#keepalive.onPing(this.nowMs, activeStreams, responseFrameCount)) return;
    connection.goAwayNow(ErrorCode.enhanceYourCalm, 'too_many_pings');
  }

  admit(call: AnyCall): boolean {
    return this.#server.admit(call);
  }

  onCallFinished(call: ServerCall, entry: MethodEntry, status: GrpcStatusCode): void {
    if (call.kind === 'unary') this.#unaryCount--;
    else this.#streams.delete(call);
    this.#server.onCallFinished(call.asCall(), entry, status);
  }

  #startCall(
    stream: ServerStream,
    head: RequestHead,
    start: Extract<JudgedHead, { kind: 'call' }>,
    endStream: boolean,
  ): StreamEvents {
    let call: ServerCall;
    if (start.entry.method.kind === 'unary') {
      call = new UnaryServerCall(this, stream, head, start);
      this.#unaryCount++;
    } else if (start.entry.method.kind === 'serverStream') {
      call = new ServerStreamServerCall(this, stream, head, start);
      this.#streams.add(call);
    } else {
      const bidi = new BidiServerCall(this, stream, head, start);
      this.#streams.add(bidi);
      bidi.start();
      call = bidi;
    }
    if (endStream) call.onEnd();
    return call;
  }

  #refuse(stream: ServerStream, refusal: HeadRefusal): StreamEvents {
    const fields: HeaderField[] = [
      [':status', refusal.httpStatus],
      ['content-type', 'application/grpc'],
      ['grpc-status', String(refusal.status)],
      ['grpc-message', encodeGrpcMessage(refusal.message)],
    ];
    if (refusal.acceptEncoding !== '') {
      fields.push(['grpc-accept-encoding', refusal.acceptEncoding]);
    }
    stream.sendHeaders(fields, true);
    return IGNORED;
  }
}
