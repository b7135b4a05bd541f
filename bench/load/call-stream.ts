// Owns one call in flight: its messages out, as far as the windows allow, and its messages in, whatever the frames.

import type { CallEvents, Connection } from './connection.ts';

const PREFIX_BYTES = 5;
const NO_PREFIX = new Uint8Array(0);

export class CallStream {
  readonly events: CallEvents;
  readonly #connection: Connection;
  readonly #id: number;
  readonly #prefix: Uint8Array;
  #sendWindow: number;
  #isBlocked: boolean;
  /** Framed messages that wait for window. */
  readonly #waiting: Uint8Array[];
  #endsAfterWaiting: boolean;
  /** A message cut by frames: what has come of it, prefix included. */
  #partial: Uint8Array;
  #partialBytes: number;
  #consumedBytes: number;

  constructor(connection: Connection, id: number, sendWindow: number, events: CallEvents) {
    this.events = events;
    this.#connection = connection;
    this.#id = id;
    this.#prefix = new Uint8Array(PREFIX_BYTES);
    this.#sendWindow = sendWindow;
    this.#isBlocked = false;
    this.#waiting = [];
    this.#endsAfterWaiting = false;
    this.#partial = NO_PREFIX;
    this.#partialBytes = 0;
    this.#consumedBytes = 0;
  }

  /** Sends a message, which is copied before the call returns. */
  send(message: Uint8Array, endStream: boolean): void {
    const wanted = PREFIX_BYTES + message.length;
    new DataView(this.#prefix.buffer).setUint32(1, message.length);
    const allowed = this.#connection.allowance(wanted, this.#sendWindow);
    if (allowed === wanted && !this.#isBlocked) {
      this.#sendWindow -= wanted;
      this.#connection.writeData(this.#id, this.#prefix, message, endStream);
      return;
    }
    const framed = new Uint8Array(wanted);
    framed.set(this.#prefix);
    framed.set(message, PREFIX_BYTES);
    this.#waiting.push(framed);
    this.#endsAfterWaiting = endStream;
    this.resume();
  }

  /** Sends what waits, as far as it goes. */
  resume(): void {
    this.#isBlocked = false;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const allowed = this.#connection.allowance(next.length, this.#sendWindow);
      if (allowed === 0) {
        this.#isBlocked = true;
        this.#connection.waitForWindow(this);
        return;
      }
      const isWhole = allowed === next.length;
      if (isWhole) this.#waiting.shift();
      else this.#waiting[0] = next.subarray(allowed);
      const isLast = isWhole && this.#waiting.length === 0 && this.#endsAfterWaiting;
      this.#sendWindow -= allowed;
      this.#connection.writeData(this.#id, NO_PREFIX, next.subarray(0, allowed), isLast);
    }
  }

  widen(increment: number): void {
    this.#sendWindow += increment;
  }

  /** Takes received bytes; returns how many have come since `acknowledge`. */
  take(bytes: Uint8Array, start: number, end: number): number {
    this.#consumedBytes += end - start;
    let at = start;
    while (this.#partialBytes > 0 && at < end) at = this.#complete(bytes, at, end);
    while (end - at >= PREFIX_BYTES) {
      const messageEnd = at + PREFIX_BYTES + lengthAt(bytes, at);
      if (messageEnd > end) break;
      this.events.onMessage(bytes, at + PREFIX_BYTES, messageEnd);
      at = messageEnd;
    }
    if (at < end) this.#keep(bytes, at, end);
    return this.#consumedBytes;
  }

  /** Adds to the message under way; hands it on when it is whole. Returns the offset behind what was used. */
  #complete(bytes: Uint8Array, start: number, end: number): number {
    const isPrefixKnown = this.#partialBytes >= PREFIX_BYTES;
    const wanted = isPrefixKnown ? PREFIX_BYTES + lengthAt(this.#partial, 0) : PREFIX_BYTES;
    const used = Math.min(end - start, wanted - this.#partialBytes);
    this.#keep(bytes, start, start + used);
    if (this.#partialBytes >= PREFIX_BYTES) {
      const messageEnd = PREFIX_BYTES + lengthAt(this.#partial, 0);
      if (this.#partialBytes === messageEnd) {
        this.#partialBytes = 0;
        this.events.onMessage(this.#partial, PREFIX_BYTES, messageEnd);
      }
    }
    return start + used;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const sizeBytes = this.#partialBytes + end - start;
    if (sizeBytes > this.#partial.length) {
      // Room for the whole message once its length is known, or a long one would be copied again and again.
      const isKnown = this.#partialBytes === 0 && end - start >= PREFIX_BYTES;
      const wholeBytes = isKnown ? PREFIX_BYTES + lengthAt(bytes, start) : 2 * sizeBytes;
      const grown = new Uint8Array(Math.max(sizeBytes, wholeBytes));
      grown.set(this.#partial.subarray(0, this.#partialBytes));
      this.#partial = grown;
    }
    this.#partial.set(bytes.subarray(start, end), this.#partialBytes);
    this.#partialBytes = sizeBytes;
  }

  acknowledge(): void {
    this.#consumedBytes = 0;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at + 1] as number) << 24) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 8) |
      (bytes[at + 4] as number)) >>>
    0
  );
}
