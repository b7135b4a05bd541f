// Owns bidirectional calls: messages to the listener as they arrive, held back while the handler has paused.

import { GrpcStatus, type GrpcStatusCode } from '../../base/errors.ts';
import { ServerCall } from './server-call.ts';
import type { BidiCall, BidiListener, BidiMethod, CancelListener } from './types.ts';

export class BidiServerCall extends ServerCall implements BidiCall {
  override readonly kind = 'bidi' as const;
  #listener: BidiListener | undefined = undefined;
  #paused = false;
  #delivering = false;
  /** Copies of body bytes that arrived while paused: at most one receive window, which is not given back. */
  readonly #held: Uint8Array[] = [];
  #halfClosed = false;
  #halfCloseTold = false;

  /** Runs the interceptor and the handler; once, before any event. */
  start(): void {
    try {
      // The session makes this class for methods of this kind only.
      if (this.host.admit(this)) this.#listener = (this.entry.method as BidiMethod).open(this);
    } catch (error) {
      this.failFrom(error);
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#delivering) this.#deliverHeld();
  }

  override onData(bytes: Uint8Array, endStream: boolean): void {
    if (bytes.length > 0) {
      if (this.#paused || this.#held.length > 0) this.#hold(bytes);
      else this.#deliver(bytes);
    }
    if (endStream) this.#halfClose();
  }

  override onEnd(): void {
    this.#halfClose();
  }

  override onDrain(): void {
    if (!this.finished) this.#listener?.onDrain(this);
  }

  override asCall(): BidiCall {
    return this;
  }

  protected override finish(status: GrpcStatusCode): void {
    // The engine gives the window of a closed stream back by itself.
    this.#held.length = 0;
    super.finish(status);
  }

  protected override listenerOf(): CancelListener | undefined {
    return this.#listener;
  }

  #hold(bytes: Uint8Array): void {
    if (this.finished) this.stream.consumed(bytes.length);
    else this.#held.push(bytes.slice());
  }

  #halfClose(): void {
    this.#halfClosed = true;
    this.#tellHalfClose();
  }

  #tellHalfClose(): void {
    if (!this.#halfClosed || this.#halfCloseTold || this.#paused || this.#held.length > 0) return;
    this.#halfCloseTold = true;
    if (this.finished) return;
    if (this.reader !== undefined && !this.reader.atBoundary) {
      this.fail(GrpcStatus.internal, 'unexpected EOF');
      return;
    }
    try {
      this.#listener?.onHalfClosed(this);
    } catch (error) {
      this.failFrom(error);
    }
  }

  #deliverHeld(): void {
    while (!this.#paused) {
      const bytes = this.#held.shift();
      if (bytes === undefined) break;
      this.#deliver(bytes);
    }
    this.#tellHalfClose();
  }

  // Gives the window back for what was read; what a pause leaves goes in front of the held bytes.
  #deliver(bytes: Uint8Array): void {
    this.#delivering = true;
    let at = 0;
    try {
      while (at < bytes.length && !this.finished && !this.#paused) at = this.#deliverOne(bytes, at);
    } catch (error) {
      this.failFrom(error);
    }
    this.#delivering = false;
    if (this.finished) {
      this.stream.consumed(bytes.length);
      return;
    }
    if (at > 0) this.stream.consumed(at);
    if (at < bytes.length) this.#held.unshift(bytes.slice(at));
  }

  #deliverOne(bytes: Uint8Array, from: number): number {
    if (this.reader === undefined) this.reader = this.newReader();
    const reader = this.reader;
    const step = reader.next(bytes, from);
    if (step === 'incomplete') return bytes.length;
    if (step === 'tooLarge') {
      this.failTooLarge(reader.lengthBytes);
      return bytes.length;
    }
    const next = reader.offset;
    const message = this.openRead(reader);
    if (message !== undefined) this.#listener?.onMessage(this, message);
    return next;
  }
}
