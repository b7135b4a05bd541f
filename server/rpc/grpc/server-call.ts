// Owns what unary and streaming calls have in common: one object per call, which is at once the stream's event
// receiver, the handler's call object and the node of the deadline wheel.
//
//   open --(status sent)--> finished
//   open --(RST_STREAM, deadline, connection lost)--> finished + cancelled, the listener is told once

import { AssertionError } from '../../base/assert.ts';
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { GrpcStatus, type GrpcStatusCode, isEtcdError } from '../../base/errors.ts';
import type { HeaderField, RequestHead, ServerStream, StreamEvents } from '../../http2/types.ts';
import { NOT_IN_WHEEL, type TimedCall } from './deadline-wheel.ts';
import { isRefusal, openMessage } from './decompress.ts';
import type { CallHost } from './host.ts';
import { MESSAGE_PREFIX_BYTES, SENT_MESSAGE_BYTES_MAX } from './limits.ts';
import { MessageReader } from './message-reader.ts';
import { decodeBinaryValue, type MethodEntry, maybeField } from './request-head.ts';
import { encodeGrpcMessage } from './status-message.ts';
import type {
  AnyCall,
  CancelListener,
  CancelReason,
  GrpcCall,
  GrpcPeer,
  MessageEncoder,
  ServerStreamListener,
} from './types.ts';

/** Values of the call that the head's judgement gives. */
export interface CallStart {
  readonly entry: MethodEntry;
  readonly timeoutMs: number;
  readonly encoding: string;
}

const STATUS_FIELD: HeaderField = [':status', '200'];
const CONTENT_TYPE_FIELD: HeaderField = ['content-type', 'application/grpc'];
const OK_FIELD: HeaderField = ['grpc-status', '0'];
export const PLAIN_HEADERS: readonly HeaderField[] = [STATUS_FIELD, CONTENT_TYPE_FIELD];
export const OK_TRAILERS: readonly HeaderField[] = [OK_FIELD];

export abstract class ServerCall implements StreamEvents, TimedCall, GrpcCall {
  abstract readonly kind: GrpcCall['kind'];
  /** Itself, under the type its kind tells. */
  abstract asCall(): AnyCall;
  protected abstract listenerOf(): CancelListener | ServerStreamListener | undefined;

  readonly head: RequestHead;
  readonly deadlineMs: number;
  readonly startedMs: number;
  finished = false;
  cancelled = false;
  attachment: unknown = undefined;
  wheelSlot: number = NOT_IN_WHEEL;
  wheelNext: TimedCall | undefined = undefined;
  wheelPrevious: TimedCall | undefined = undefined;
  protected readonly host: CallHost;
  protected readonly stream: ServerStream;
  protected readonly entry: MethodEntry;
  protected readonly encoding: string;
  protected reader: MessageReader | undefined = undefined;
  protected headersSent = false;
  protected extra: HeaderField[] | undefined = undefined;

  constructor(host: CallHost, stream: ServerStream, head: RequestHead, start: CallStart) {
    this.head = head;
    this.startedMs = host.nowMs;
    this.deadlineMs = host.nowMs + start.timeoutMs;
    this.host = host;
    this.stream = stream;
    this.entry = start.entry;
    this.encoding = start.encoding;
    start.entry.metrics.started.inc();
    if (start.timeoutMs !== Number.POSITIVE_INFINITY) host.wheel.add(this);
  }

  get path(): string {
    return this.entry.path;
  }

  get peer(): GrpcPeer {
    return this.host.peer;
  }

  metadata(name: string): string | undefined {
    return maybeField(this.head, name);
  }

  binaryMetadata(name: string): Uint8Array | undefined {
    const value = maybeField(this.head, name);
    return value === undefined ? undefined : decodeBinaryValue(value);
  }

  addMetadata(name: string, value: string): void {
    if (this.extra === undefined) this.extra = [];
    this.extra.push([name, value]);
  }

  fail(status: GrpcStatusCode, message: string, details: Uint8Array = EMPTY_BYTES): void {
    if (this.finished) return;
    const fields: HeaderField[] = this.headersSent ? [] : [STATUS_FIELD, CONTENT_TYPE_FIELD];
    fields.push(['grpc-status', String(status)], ['grpc-message', encodeGrpcMessage(message)]);
    if (details.length > 0) {
      const text = Buffer.from(details.buffer, details.byteOffset, details.length);
      fields.push(['grpc-status-details-bin', text.toString('base64')]);
    }
    if (this.extra !== undefined) fields.push(...this.extra);
    this.#sendLast(fields);
    this.finish(status);
  }

  /** Runs a handler: an error of the table becomes its status, anything else Unknown, our own bugs go on. */
  failFrom(error: unknown): void {
    if (error instanceof AssertionError) throw error;
    if (isEtcdError(error)) {
      this.fail(error.status, error.message);
      return;
    }
    const text = error instanceof Error ? error.message : String(error);
    this.host.logger.error('a gRPC handler has thrown', { method: this.path, error: text });
    this.fail(GrpcStatus.unknown, text);
  }

  abstract onData(bytes: Uint8Array, endStream: boolean): void;
  abstract onEnd(): void;
  abstract onDrain(): void;

  onAborted(_errorCode: number): void {
    this.cancel(GrpcStatus.canceled, this.host.disconnected ? 'disconnected' : 'cancelled');
  }

  onDeadline(): void {
    if (this.finished) return;
    const listener = this.listenerOf();
    this.cancelled = true;
    this.fail(GrpcStatus.deadlineExceeded, 'context deadline exceeded');
    listener?.onCancelled(this, 'deadline');
  }

  /** The server stops and this call is not waited for. */
  stop(status: GrpcStatusCode, message: string): void {
    if (this.finished) return;
    const listener = this.listenerOf();
    this.cancelled = true;
    this.fail(status, message);
    listener?.onCancelled(this, 'stopping');
  }

  protected cancel(status: GrpcStatusCode, reason: CancelReason): void {
    if (this.finished) return;
    const listener = this.listenerOf();
    this.cancelled = true;
    this.finish(status);
    listener?.onCancelled(this, reason);
  }

  /** Accounts for the end; everything was sent already. */
  protected finish(status: GrpcStatusCode): void {
    this.finished = true;
    this.reader = undefined;
    if (this.wheelSlot !== NOT_IN_WHEEL) this.host.wheel.remove(this);
    this.entry.metrics.handled[status]?.inc();
    this.host.onCallFinished(this, this.entry, status);
  }

  /** The message the reader holds, plain; undefined after the call was failed because of it. */
  protected openRead(reader: MessageReader): Uint8Array | undefined {
    let message = reader.message;
    if (reader.flag !== 0) {
      const opened = openMessage(reader.flag, this.encoding, message, this.host.messageBytesMax);
      if (isRefusal(opened)) {
        this.fail(opened.status, opened.message);
        return undefined;
      }
      message = opened;
    }
    this.countReceived(message.length);
    return message;
  }

  protected countReceived(sizeBytes: number): void {
    this.entry.metrics.received.inc();
    this.host.bytes.received.add(sizeBytes);
  }

  protected countSent(sizeBytes: number): void {
    this.entry.metrics.sent.inc();
    this.host.bytes.sent.add(sizeBytes);
  }

  protected failTooLarge(lengthBytes: number): void {
    const sizes = `(${lengthBytes} vs. ${this.host.messageBytesMax})`;
    this.fail(GrpcStatus.resourceExhausted, `grpc: received message larger than max ${sizes}`);
  }

  /**
   * The bytes of an answer; undefined after the call was failed because of it. Whoever answers may run in a turn of the
   * node's, where an exception would end the process: an answer that finds no memory ends its own call only.
   */
  protected encode<T>(encoder: MessageEncoder<T>, value: T): Uint8Array | undefined {
    try {
      return this.isSendable(encoder.sizeBytes(value)) ? encodeMessage(encoder, value) : undefined;
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      const text = error instanceof Error ? error.message : String(error);
      this.host.logger.error('an answer could not be encoded', { method: this.path, error: text });
      this.stop(GrpcStatus.internal, `grpc: error while marshaling: ${text}`);
      return undefined;
    }
  }

  /** Fails the call unless a message of this size may be sent. etcd: grpc-go's texts, server.go and stream.go. */
  protected isSendable(sizeBytes: number): boolean {
    if (sizeBytes <= SENT_MESSAGE_BYTES_MAX) return true;
    const who = this.kind === 'unary' ? 'grpc: ' : '';
    const text = `${who}trying to send message larger than max`;
    // A stream's handler hears of it, because it goes on otherwise.
    this.stop(GrpcStatus.resourceExhausted, `${text} (${sizeBytes} vs. ${SENT_MESSAGE_BYTES_MAX})`);
    return false;
  }

  /** Bytes the peer has not taken yet. */
  get queuedBytes(): number {
    return this.stream.queuedBytes;
  }

  /** Streams only: one message. */
  send<T>(encoder: MessageEncoder<T>, value: T): boolean {
    if (this.finished) return false;
    const bytes = this.encode(encoder, value);
    return bytes !== undefined && this.sendBytes(bytes);
  }

  /** Streams only: one ready message. */
  sendBytes(bytes: Uint8Array): boolean {
    if (this.finished || !this.isSendable(bytes.length)) return false;
    this.countSent(bytes.length);
    if (!this.headersSent) {
      this.headersSent = true;
      this.stream.sendHeaders(this.responseHeaders(), false);
    }
    return this.stream.sendPrefixed(prefixOf(bytes.length), bytes, false);
  }

  /** Streams only: the end with OK. */
  end(): void {
    if (this.finished) return;
    if (!this.headersSent) this.#sendLast([...this.responseHeaders(), OK_FIELD]);
    else this.#sendLast(this.extra === undefined ? OK_TRAILERS : [OK_FIELD, ...this.extra]);
    this.finish(GrpcStatus.ok);
  }

  protected newReader(): MessageReader {
    return new MessageReader(this.host.messageBytesMax);
  }

  /** Headers of an answer with messages; what is added to the metadata later goes into the trailers. */
  protected responseHeaders(): readonly HeaderField[] {
    if (this.extra === undefined) return PLAIN_HEADERS;
    const fields = [...PLAIN_HEADERS, ...this.extra];
    this.extra = undefined;
    return fields;
  }

  #sendLast(fields: readonly HeaderField[]): void {
    if (this.headersSent) this.stream.sendTrailers(fields);
    else this.stream.sendHeaders(fields, true);
    this.headersSent = true;
  }
}

/** The bytes of one message. */
export function encodeMessage<T>(encoder: MessageEncoder<T>, value: T): Uint8Array {
  const bytes = Buffer.allocUnsafe(encoder.sizeBytes(value));
  encoder.write(value, bytes, 0);
  return bytes;
}

// The engine copies a prefix before it returns, so one buffer serves every message.
const prefix = new Uint8Array(MESSAGE_PREFIX_BYTES);

/** Flag and length before an uncompressed message; valid until the next call. */
export function prefixOf(sizeBytes: number): Uint8Array {
  prefix[1] = sizeBytes >>> 24;
  prefix[2] = sizeBytes >>> 16;
  prefix[3] = sizeBytes >>> 8;
  prefix[4] = sizeBytes;
  return prefix;
}
