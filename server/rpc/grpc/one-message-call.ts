// Owns calls whose request is exactly one message, unary and server-streaming: gather it, run the handler once.
// The common case, one DATA frame in and one answer out, copies no request byte.

import { EMPTY_BYTES } from '../../base/bytes.ts';
import { GrpcStatus } from '../../base/errors.ts';
import { MESSAGE_PREFIX_BYTES } from './limits.ts';
import { OK_TRAILERS, prefixOf, ServerCall } from './server-call.ts';
import type {
  CallContent,
  CancelListener,
  MessageEncoder,
  ServerStreamCall,
  ServerStreamListener,
  ServerStreamMethod,
  UnaryCall,
  UnaryMethod,
} from './types.ts';

abstract class OneMessageCall extends ServerCall {
  message: Uint8Array = EMPTY_BYTES;
  #handled = false;

  protected abstract runHandler(): void;

  override onData(bytes: Uint8Array, endStream: boolean): void {
    if (bytes.length > 0) {
      this.stream.consumed(bytes.length);
      if (!this.#handled && !this.finished) this.#take(bytes);
    }
    if (endStream) this.#checkComplete();
  }

  override onEnd(): void {
    this.#checkComplete();
  }

  #take(bytes: Uint8Array): void {
    if (this.reader === undefined && isWholeMessage(bytes)) this.#takeWhole(bytes);
    else this.#gather(bytes);
  }

  #takeWhole(bytes: Uint8Array): void {
    const sizeBytes = bytes.length - MESSAGE_PREFIX_BYTES;
    if (sizeBytes > this.host.messageBytesMax) {
      this.failTooLarge(sizeBytes);
      return;
    }
    this.countReceived(sizeBytes);
    this.#run(bytes.subarray(MESSAGE_PREFIX_BYTES));
  }

  #gather(bytes: Uint8Array): void {
    if (this.reader === undefined) this.reader = this.newReader();
    const reader = this.reader;
    const step = reader.next(bytes, 0);
    if (step === 'incomplete') return;
    if (step === 'tooLarge') {
      this.failTooLarge(reader.lengthBytes);
      return;
    }
    const message = this.openRead(reader);
    if (message !== undefined) this.#run(message);
  }

  #run(message: Uint8Array): void {
    this.#handled = true;
    this.reader = undefined;
    this.message = message;
    try {
      if (this.host.admit(this.asCall())) this.runHandler();
    } catch (error) {
      this.failFrom(error);
    }
    // The view is over: a handler that kept the call must not find another request's bytes here.
    this.message = EMPTY_BYTES;
  }

  // etcd: grpc-go ends a unary call without a message with these texts (server.go processUnaryRPC).
  #checkComplete(): void {
    if (this.#handled || this.finished) return;
    const text =
      this.reader === undefined || this.reader.atBoundary
        ? 'cardinality violation: received no request message from non-client-streaming RPC'
        : 'unexpected EOF';
    this.fail(GrpcStatus.internal, text);
  }
}

/** True when the frame is one uncompressed message and nothing else. */
function isWholeMessage(bytes: Uint8Array): boolean {
  if (bytes.length < MESSAGE_PREFIX_BYTES || bytes[0] !== 0) return false;
  const low = ((bytes[2] as number) << 16) | ((bytes[3] as number) << 8) | (bytes[4] as number);
  return (bytes[1] as number) * 0x1000000 + low === bytes.length - MESSAGE_PREFIX_BYTES;
}

export class UnaryServerCall extends OneMessageCall implements UnaryCall {
  override readonly kind = 'unary' as const;
  listener: CancelListener | undefined = undefined;
  content: CallContent | undefined = undefined;

  respond<T>(encoder: MessageEncoder<T>, value: T): void {
    if (this.finished) return;
    const bytes = this.encode(encoder, value);
    if (bytes !== undefined) this.respondBytes(bytes);
  }

  respondBytes(bytes: Uint8Array): void {
    if (this.finished || !this.isSendable(bytes.length)) return;
    this.countSent(bytes.length);
    const headers = this.responseHeaders();
    this.stream.sendUnary(headers, prefixOf(bytes.length), bytes, OK_TRAILERS);
    this.headersSent = true;
    this.finish(GrpcStatus.ok);
  }

  override onDrain(): void {
    // One answer: nobody waits to send more.
  }

  protected override runHandler(): void {
    // The session makes this class for methods of this kind only.
    (this.entry.method as UnaryMethod).handle(this);
  }

  override asCall(): UnaryCall {
    return this;
  }

  protected override listenerOf(): CancelListener | undefined {
    return this.listener;
  }
}

export class ServerStreamServerCall extends OneMessageCall implements ServerStreamCall {
  override readonly kind = 'serverStream' as const;
  listener: ServerStreamListener | undefined = undefined;

  override onDrain(): void {
    if (!this.finished) this.listener?.onDrain(this);
  }

  protected override runHandler(): void {
    (this.entry.method as ServerStreamMethod).handle(this);
  }

  override asCall(): ServerStreamCall {
    return this;
  }

  protected override listenerOf(): CancelListener | undefined {
    return this.listener;
  }
}
