// Owns calls without a connection: what a service does to them is recorded, what a client does is played by the test.

import type { GrpcStatusCode } from '../../server/base/errors.ts';
import { encodeMessage } from '../../server/rpc/grpc/server-call.ts';
import type {
  BidiCall,
  BidiListener,
  CallContent,
  CancelListener,
  GrpcCall,
  GrpcMethod,
  MessageEncoder,
  ServerStreamCall,
  ServerStreamListener,
  ServiceTable,
  UnaryCall,
} from '../../server/rpc/grpc/types.ts';

/** How a call ended: with a status and its text. */
export interface FakeEnd {
  readonly status: GrpcStatusCode;
  readonly message: string;
}

export interface FakeCallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Messages a stream takes before it says it is full. */
  readonly room?: number;
}

abstract class FakeCall implements GrpcCall {
  abstract readonly kind: GrpcMethod['kind'];
  readonly path: string;
  readonly peer = { remoteAddress: '127.0.0.1:1', secure: false, commonName: '' };
  readonly deadlineMs: number = Number.POSITIVE_INFINITY;
  readonly startedMs = 0;
  cancelled = false;
  attachment: unknown = undefined;
  /** Undefined while the call goes on. */
  ended: FakeEnd | undefined = undefined;
  /** Messages sent to the client. */
  readonly sent: Uint8Array[] = [];
  readonly #metadata: Readonly<Record<string, string>>;

  constructor(path: string, options: FakeCallOptions) {
    this.path = path;
    this.#metadata = options.metadata ?? {};
  }

  get finished(): boolean {
    return this.ended !== undefined;
  }

  metadata(name: string): string | undefined {
    return this.#metadata[name];
  }

  binaryMetadata(): undefined {
    return undefined;
  }

  addMetadata(): void {
    // Nobody looks.
  }

  fail(status: GrpcStatusCode, message: string): void {
    this.ended ??= { status, message };
  }

  stop(status: GrpcStatusCode, message: string): void {
    if (this.finished) return;
    this.cancelled = true;
    this.fail(status, message);
    this.listenerOf()?.onCancelled(this, 'stopping');
  }

  /** The client gives up. */
  cancel(): void {
    if (this.finished) return;
    this.cancelled = true;
    this.ended = { status: 1, message: 'gone' };
    this.listenerOf()?.onCancelled(this, 'cancelled');
  }

  protected abstract listenerOf(): CancelListener | undefined;
}

export class FakeUnary extends FakeCall implements UnaryCall {
  override readonly kind = 'unary' as const;
  readonly message: Uint8Array;
  listener: CancelListener | undefined = undefined;
  content: CallContent | undefined = undefined;

  constructor(path: string, message: Uint8Array, options: FakeCallOptions = {}) {
    super(path, options);
    this.message = message;
  }

  respond<T>(encoder: MessageEncoder<T>, value: T): void {
    this.respondBytes(encodeMessage(encoder, value));
  }

  respondBytes(bytes: Uint8Array): void {
    if (this.finished) return;
    this.sent.push(bytes);
    this.ended = { status: 0, message: '' };
  }

  protected override listenerOf(): CancelListener | undefined {
    return this.listener;
  }
}

abstract class FakeSending extends FakeCall {
  readonly queuedBytes = 0;
  #room: number;

  constructor(path: string, options: FakeCallOptions) {
    super(path, options);
    this.#room = options.room ?? Number.POSITIVE_INFINITY;
  }

  send<T>(encoder: MessageEncoder<T>, value: T): boolean {
    return this.sendBytes(encodeMessage(encoder, value));
  }

  sendBytes(bytes: Uint8Array): boolean {
    if (this.finished) return false;
    this.sent.push(bytes);
    this.#room--;
    return this.#room > 0;
  }

  end(): void {
    this.ended ??= { status: 0, message: '' };
  }

  /** The client took everything; there is room for so many again. */
  drain(room: number = Number.POSITIVE_INFINITY): void {
    this.#room = room;
    if (!this.finished) this.tellDrained();
  }

  protected abstract tellDrained(): void;
}

export class FakeServerStream extends FakeSending implements ServerStreamCall {
  override readonly kind = 'serverStream' as const;
  readonly message: Uint8Array;
  listener: ServerStreamListener | undefined = undefined;

  constructor(path: string, message: Uint8Array, options: FakeCallOptions = {}) {
    super(path, options);
    this.message = message;
  }

  protected override listenerOf(): CancelListener | undefined {
    return this.listener;
  }

  protected override tellDrained(): void {
    this.listener?.onDrain(this);
  }
}

export class FakeBidi extends FakeSending implements BidiCall {
  override readonly kind = 'bidi' as const;
  listener: BidiListener | undefined = undefined;
  isPaused = false;
  readonly #held: Uint8Array[] = [];
  #isHalfClosed = false;

  constructor(path: string, options: FakeCallOptions = {}) {
    super(path, options);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    while (!this.isPaused && this.#held.length > 0) {
      const message = this.#held.shift();
      if (message !== undefined) this.#deliver(message);
    }
    if (this.#isHalfClosed && !this.isPaused) this.halfClose();
  }

  /** The client sends a message. */
  receive(message: Uint8Array): void {
    if (this.isPaused) this.#held.push(message);
    else this.#deliver(message);
  }

  /** The client will send no more. */
  halfClose(): void {
    this.#isHalfClosed = true;
    if (this.isPaused || this.finished) return;
    this.#isHalfClosed = false;
    this.listener?.onHalfClosed(this);
  }

  protected override listenerOf(): CancelListener | undefined {
    return this.listener;
  }

  protected override tellDrained(): void {
    this.listener?.onDrain(this);
  }

  #deliver(message: Uint8Array): void {
    if (!this.finished) this.listener?.onMessage(this, message);
  }
}

function methodOf(table: ServiceTable, path: string): GrpcMethod {
  const method = table[path];
  if (method === undefined) throw new Error(`no method ${path}`);
  return method;
}

/** Runs a unary method; the call may be answered later. */
export function callUnary(
  table: ServiceTable,
  path: string,
  message: Uint8Array,
  options: FakeCallOptions = {},
): FakeUnary {
  const method = methodOf(table, path);
  if (method.kind !== 'unary') throw new Error(`${path} is ${method.kind}`);
  // A view of a buffer that is used again: what a handler keeps without copying turns to zeros.
  const view = message.slice();
  const call = new FakeUnary(path, view, options);
  method.handle(call);
  view.fill(0);
  return call;
}

export function callStream(
  table: ServiceTable,
  path: string,
  message: Uint8Array,
  options: FakeCallOptions = {},
): FakeServerStream {
  const method = methodOf(table, path);
  if (method.kind !== 'serverStream') throw new Error(`${path} is ${method.kind}`);
  const view = message.slice();
  const call = new FakeServerStream(path, view, options);
  method.handle(call);
  view.fill(0);
  return call;
}

export function openBidi(
  table: ServiceTable,
  path: string,
  options: FakeCallOptions = {},
): FakeBidi {
  const method = methodOf(table, path);
  if (method.kind !== 'bidi') throw new Error(`${path} is ${method.kind}`);
  const call = new FakeBidi(path, options);
  call.listener = method.open(call);
  return call;
}

/** The status a call ended with, as "code text". */
export function endOf(call: Pick<FakeCall, 'ended'> & { readonly sent: unknown[] }): string {
  if (call.ended === undefined) return `open after ${call.sent.length}`;
  const { status, message } = call.ended;
  return status === 0 ? 'ok' : `${status} ${message}`;
}
