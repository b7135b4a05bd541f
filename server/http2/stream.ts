// Owns the state of one stream and the face its owner sees. It decides nothing: sending is the
// Sender's, receiving the connection's. What they share lies in plain fields, because a stream is
// made and thrown away for every request.
//
//   open --peer's END_STREAM--> half closed (remote) --our END_STREAM--> closed
//     |                                 |
//     +-- our END_STREAM: RST_STREAM(NO_ERROR) follows at once, nothing more is wanted --> closed
//     +-- RST_STREAM either way, end of the connection --> closed
//
// Half closed (local) does not exist here: a server that has answered has no use for the rest of
// the request.

import { ReceiveWindow } from './flow-control.ts';
import type { HeaderField, ServerStream, StreamEvents } from './types.ts';

/** The side of the connection that streams send through. */
export interface StreamSender {
  sendHeaders(stream: Stream, fields: readonly HeaderField[], endStream: boolean): void;
  sendData(stream: Stream, bytes: Uint8Array, endStream: boolean): boolean;
  sendPrefixed(stream: Stream, prefix: Uint8Array, bytes: Uint8Array, endStream: boolean): boolean;
  sendTrailers(stream: Stream, fields: readonly HeaderField[]): void;
  sendUnary(
    stream: Stream,
    headers: readonly HeaderField[],
    prefix: Uint8Array,
    bytes: Uint8Array,
    trailers: readonly HeaderField[],
  ): void;
}

/** The side of the connection that keeps the books of received data and of open streams. */
export interface StreamKeeper {
  consumed(stream: Stream, sizeBytes: number): void;
  reset(stream: Stream, errorCode: number): void;
}

export interface StreamOptions {
  readonly sendWindow: number;
  readonly receiveWindowBytes: number;
  /** Bytes of body announced, or NO_CONTENT_LENGTH. */
  readonly contentLength: number;
  readonly openedTick: number;
}

export class Stream implements ServerStream {
  readonly id: number;
  closed = false;
  queuedBytes = 0;

  /** Undefined while the owner is being asked. */
  events: StreamEvents | undefined = undefined;
  /** The error code when the stream ended before `events` were known, else -1. */
  abortedEarly = -1;

  // Receiving.
  remoteEnded: boolean;
  readonly receiveWindow: ReceiveWindow;
  /** Bytes handed to the owner and not given back yet. */
  unconsumedBytes = 0;
  /** Announced bytes of body still to come, negative when none were announced. */
  remainingBytes: number;
  readonly openedTick: number;

  // Sending.
  headersSent = false;
  localEnded = false;
  /** Negative after the peer has shrunk its initial window. */
  sendWindow: number;
  queue: Uint8Array[] | undefined = undefined;
  /** Place of the first byte in the queue that is not framed yet. */
  queueIndex = 0;
  queueOffset = 0;
  /**
   * Nothing may be queued any more: the stream ends after the queue, with trailers if there are
   * some.
   */
  endQueued = false;
  trailers: readonly HeaderField[] | undefined = undefined;
  wantsDrain = false;
  /** Links of the Sender's list of streams that can send. */
  isReady = false;
  previousReady: Stream | undefined = undefined;
  nextReady: Stream | undefined = undefined;

  readonly #sender: StreamSender;
  readonly #keeper: StreamKeeper;

  constructor(
    id: number,
    sender: StreamSender,
    keeper: StreamKeeper,
    remoteEnded: boolean,
    options: StreamOptions,
  ) {
    this.id = id;
    this.remoteEnded = remoteEnded;
    this.receiveWindow = new ReceiveWindow(options.receiveWindowBytes);
    this.remainingBytes = options.contentLength;
    this.openedTick = options.openedTick;
    this.sendWindow = options.sendWindow;
    this.#sender = sender;
    this.#keeper = keeper;
  }

  consumed(sizeBytes: number): void {
    this.#keeper.consumed(this, sizeBytes);
  }

  sendHeaders(fields: readonly HeaderField[], endStream: boolean): void {
    this.#sender.sendHeaders(this, fields, endStream);
  }

  sendData(bytes: Uint8Array, endStream: boolean): boolean {
    return this.#sender.sendData(this, bytes, endStream);
  }

  sendPrefixed(prefix: Uint8Array, bytes: Uint8Array, endStream: boolean): boolean {
    return this.#sender.sendPrefixed(this, prefix, bytes, endStream);
  }

  sendTrailers(fields: readonly HeaderField[]): void {
    this.#sender.sendTrailers(this, fields);
  }

  sendUnary(
    headers: readonly HeaderField[],
    prefix: Uint8Array,
    bytes: Uint8Array,
    trailers: readonly HeaderField[],
  ): void {
    this.#sender.sendUnary(this, headers, prefix, bytes, trailers);
  }

  reset(errorCode: number): void {
    this.#keeper.reset(this, errorCode);
  }
}
