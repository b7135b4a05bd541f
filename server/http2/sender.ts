// Owns everything that leaves: response headers, body under flow control, trailers, and the count
// of what waits. A frame goes straight into the output when the windows and the output have room;
// otherwise the body waits in its stream's queue and the stream in the ready list, where streams
// take turns frame by frame.

import { assert } from '../base/assert.ts';
import { EMPTY_BYTES } from '../base/bytes.ts';
import { FrameWriter } from './frame-writer.ts';
import {
  copyBytes,
  copyRange,
  DEFAULT_PAYLOAD_BYTES_MAX,
  DEFAULT_WINDOW_BYTES,
  WINDOW_BYTES_MAX,
} from './frames.ts';
import { HpackEncoder } from './hpack-encoder.ts';
import {
  OUTPUT_BYTES_MAX,
  OUTPUT_HIGH_BYTES,
  SENT_PAYLOAD_BYTES_MAX,
  STREAM_QUEUE_HIGH_BYTES,
  STREAM_QUEUE_LOW_BYTES,
  ZERO_COPY_BYTES_MIN,
} from './limits.ts';
import type { Stream, StreamSender } from './stream.ts';
import type { HeaderField } from './types.ts';

export interface SenderOwner {
  /** The stream's END_STREAM has been framed. */
  onLocalEnd(stream: Stream): void;
  /** There is output where there was none. */
  onOutputReady(): void;
  /** The peer lets too much of our output wait. */
  onOutputOverflow(reason: string): void;
}

export class Sender implements StreamSender {
  /** For control frames; the caller tells with `wrote`. */
  readonly frames: FrameWriter = new FrameWriter();
  /** HEADERS and DATA frames framed so far. */
  responseFrameCount = 0;
  readonly #owner: SenderOwner;
  readonly #encoder: HpackEncoder = new HpackEncoder();
  readonly #queuedBytesMax: number;
  #queuedBytes = 0;
  #window: number = DEFAULT_WINDOW_BYTES;
  #payloadBytesMax: number = DEFAULT_PAYLOAD_BYTES_MAX;
  #readyFirst: Stream | undefined = undefined;
  #readyLast: Stream | undefined = undefined;
  #isPumping = false;
  #isSignalled = false;

  constructor(owner: SenderOwner, queuedBytesMax: number) {
    this.#owner = owner;
    this.#queuedBytesMax = queuedBytesMax;
  }

  /** Body bytes waiting in all queues. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Follows the peer's settings that concern the frames sent to it. */
  applySettings(headerTableBytes: number, payloadBytesMax: number): void {
    this.#encoder.setTableLimit(headerTableBytes);
    this.#payloadBytesMax = Math.min(payloadBytesMax, SENT_PAYLOAD_BYTES_MAX);
  }

  /**
   * The peer granted more of the connection's window; false when it exceeds what is legal. `pump`
   * is to follow.
   */
  raiseWindow(increment: number): boolean {
    const raised = this.#window + increment;
    if (raised > WINDOW_BYTES_MAX) return false;
    this.#window = raised;
    return true;
  }

  /**
   * The peer changed a stream's window, also downwards; false when it exceeds what is legal. `pump`
   * is to follow.
   */
  shiftStreamWindow(stream: Stream, increment: number): boolean {
    const raised = stream.sendWindow + increment;
    if (raised > WINDOW_BYTES_MAX) return false;
    stream.sendWindow = raised;
    this.#makeReady(stream);
    return true;
  }

  sendHeaders(stream: Stream, fields: readonly HeaderField[], endStream: boolean): void {
    if (stream.closed || stream.endQueued) return;
    assert(!stream.headersSent, `stream ${stream.id}: response headers sent twice`);
    stream.headersSent = true;
    this.#writeHeaders(stream, fields, endStream);
    this.wrote();
    if (endStream && !stream.closed) this.#endLocal(stream);
  }

  sendData(stream: Stream, bytes: Uint8Array, endStream: boolean): boolean {
    return this.sendPrefixed(stream, EMPTY_BYTES, bytes, endStream);
  }

  sendPrefixed(stream: Stream, prefix: Uint8Array, bytes: Uint8Array, endStream: boolean): boolean {
    if (stream.closed || stream.endQueued) return true;
    assert(stream.headersSent, `stream ${stream.id}: body sent before the headers`);
    const sizeBytes = prefix.length + bytes.length;
    if (sizeBytes === 0 && !endStream) return true;
    if (this.#fitsNow(stream, sizeBytes)) {
      this.#writeData(stream, prefix, bytes, sizeBytes, endStream);
      this.wrote();
      if (endStream && !stream.closed) this.#endLocal(stream);
      return true;
    }
    if (prefix.length > 0) this.#enqueue(stream, copyRange(prefix, 0, prefix.length));
    if (bytes.length > 0) this.#enqueue(stream, bytes);
    if (stream.closed) return true;
    stream.endQueued = endStream;
    this.#makeReady(stream);
    this.pump();
    if (stream.closed || stream.queuedBytes <= STREAM_QUEUE_HIGH_BYTES) return true;
    stream.wantsDrain = true;
    return false;
  }

  sendTrailers(stream: Stream, fields: readonly HeaderField[]): void {
    if (stream.closed || stream.endQueued) return;
    assert(stream.headersSent, `stream ${stream.id}: trailers sent before the headers`);
    if (stream.queuedBytes > 0) {
      stream.endQueued = true;
      stream.trailers = fields;
      return;
    }
    this.#writeHeaders(stream, fields, true);
    this.wrote();
    if (!stream.closed) this.#endLocal(stream);
  }

  sendUnary(
    stream: Stream,
    headers: readonly HeaderField[],
    prefix: Uint8Array,
    bytes: Uint8Array,
    trailers: readonly HeaderField[],
  ): void {
    if (stream.closed || stream.endQueued) return;
    const sizeBytes = prefix.length + bytes.length;
    if (!this.#fitsNow(stream, sizeBytes)) {
      this.sendHeaders(stream, headers, false);
      this.sendPrefixed(stream, prefix, bytes, false);
      this.sendTrailers(stream, trailers);
      return;
    }
    assert(!stream.headersSent, `stream ${stream.id}: response headers sent twice`);
    stream.headersSent = true;
    this.#writeHeaders(stream, headers, false);
    if (sizeBytes > 0) this.#writeData(stream, prefix, bytes, sizeBytes, false);
    this.#writeHeaders(stream, trailers, true);
    this.wrote();
    if (!stream.closed) this.#endLocal(stream);
  }

  /** Drops what a closed stream still has queued. */
  forget(stream: Stream): void {
    this.#unlinkReady(stream);
    this.#queuedBytes -= stream.queuedBytes;
    stream.queuedBytes = 0;
    stream.queue = undefined;
    stream.trailers = undefined;
    stream.wantsDrain = false;
  }

  /** To be called after frames were written: asks for the output to be taken, once. */
  wrote(): void {
    if (!this.#isSignalled) {
      this.#isSignalled = true;
      this.#owner.onOutputReady();
    }
    if (this.frames.output.pendingBytes > OUTPUT_BYTES_MAX) {
      this.#owner.onOutputOverflow('output is not read');
    }
  }

  /** The next bytes for the socket; room made by taking them is filled from the queues. */
  take(): Uint8Array | undefined {
    const output = this.frames.output;
    const bytes = output.take();
    this.#isSignalled = false;
    if (this.#readyFirst !== undefined) this.pump();
    if (output.pendingBytes > 0) this.wrote();
    return bytes;
  }

  /**
   * Frames queued body, stream by stream, while the connection's window and the output have room.
   */
  pump(): void {
    if (this.#isPumping || this.#readyFirst === undefined) return;
    this.#isPumping = true;
    const output = this.frames.output;
    while (output.pendingBytes < OUTPUT_HIGH_BYTES) {
      const stream: Stream | undefined = this.#readyFirst;
      if (stream === undefined || (this.#window <= 0 && stream.queuedBytes > 0)) break;
      this.#unlinkReady(stream);
      // The peer may have shrunk the window since the stream became ready.
      if (stream.queuedBytes > 0 && stream.sendWindow <= 0) continue;
      this.#writeQueued(stream);
    }
    this.#isPumping = false;
  }

  #fitsNow(stream: Stream, sizeBytes: number): boolean {
    return (
      sizeBytes < ZERO_COPY_BYTES_MIN &&
      sizeBytes <= stream.sendWindow &&
      sizeBytes <= this.#window &&
      stream.queuedBytes === 0 &&
      this.frames.output.pendingBytes < OUTPUT_HIGH_BYTES
    );
  }

  #writeHeaders(stream: Stream, fields: readonly HeaderField[], endStream: boolean): void {
    this.responseFrameCount++;
    const block = this.#encoder.encode(fields);
    this.frames.headers(stream.id, block, endStream, this.#payloadBytesMax);
  }

  #writeData(
    stream: Stream,
    prefix: Uint8Array,
    bytes: Uint8Array,
    sizeBytes: number,
    endStream: boolean,
  ): void {
    this.responseFrameCount++;
    stream.sendWindow -= sizeBytes;
    this.#window -= sizeBytes;
    this.frames.data(stream.id, prefix, bytes, endStream);
  }

  #endLocal(stream: Stream): void {
    stream.localEnded = true;
    stream.endQueued = true;
    this.#owner.onLocalEnd(stream);
  }

  #enqueue(stream: Stream, bytes: Uint8Array): void {
    if (this.#queuedBytes > this.#queuedBytesMax) {
      this.#owner.onOutputOverflow('too much response data waits for the reader');
    }
    if (stream.closed) return;
    if (stream.queue === undefined) stream.queue = [];
    stream.queue.push(bytes);
    stream.queuedBytes += bytes.length;
    this.#queuedBytes += bytes.length;
  }

  /**
   * Puts a stream at the end of the ready list if it has something that its own window lets pass.
   */
  #makeReady(stream: Stream): void {
    if (stream.isReady || stream.closed) return;
    if (stream.queuedBytes === 0 ? !stream.endQueued : stream.sendWindow <= 0) return;
    stream.isReady = true;
    stream.previousReady = this.#readyLast;
    if (this.#readyLast === undefined) this.#readyFirst = stream;
    else this.#readyLast.nextReady = stream;
    this.#readyLast = stream;
  }

  /** Takes a stream out of the ready list, wherever it stands. */
  #unlinkReady(stream: Stream): void {
    if (!stream.isReady) return;
    stream.isReady = false;
    if (stream.previousReady === undefined) this.#readyFirst = stream.nextReady;
    else stream.previousReady.nextReady = stream.nextReady;
    if (stream.nextReady === undefined) this.#readyLast = stream.previousReady;
    else stream.nextReady.previousReady = stream.previousReady;
    stream.previousReady = undefined;
    stream.nextReady = undefined;
  }

  /** Frames the next part of a stream's queue and what follows from it. */
  #writeQueued(stream: Stream): void {
    const sizeBytes = Math.min(
      stream.queuedBytes,
      Math.max(stream.sendWindow, 0),
      this.#window,
      this.#payloadBytesMax,
    );
    const isLast = sizeBytes === stream.queuedBytes && stream.endQueued;
    const endStream = isLast && stream.trailers === undefined;
    this.responseFrameCount++;
    this.frames.dataHeader(stream.id, sizeBytes, endStream);
    this.#moveQueued(stream, sizeBytes);
    stream.sendWindow -= sizeBytes;
    this.#window -= sizeBytes;
    if (isLast && stream.trailers !== undefined) this.#writeHeaders(stream, stream.trailers, true);
    this.wrote();
    if (stream.closed) return;
    if (isLast) {
      this.#endLocal(stream);
      return;
    }
    this.#makeReady(stream);
    if (stream.wantsDrain && stream.queuedBytes <= STREAM_QUEUE_LOW_BYTES) {
      stream.wantsDrain = false;
      stream.events?.onDrain();
    }
  }

  /**
   * Moves bytes from the front of a queue into the output: short pieces by copying, long ones as
   * they are.
   */
  #moveQueued(stream: Stream, sizeBytes: number): void {
    const output = this.frames.output;
    const queue = stream.queue ?? [];
    let rest = sizeBytes;
    while (rest > 0) {
      const bytes = queue[stream.queueIndex] as Uint8Array;
      const from = stream.queueOffset;
      const count = Math.min(bytes.length - from, rest);
      const part = bytes.subarray(from, from + count);
      if (count >= ZERO_COPY_BYTES_MIN) {
        output.append(part);
      } else {
        output.reserve(count);
        output.at = copyBytes(output.slab, output.at, part, count);
      }
      rest -= count;
      stream.queueOffset = from + count;
      if (stream.queueOffset === bytes.length) {
        stream.queueIndex++;
        stream.queueOffset = 0;
      }
    }
    stream.queuedBytes -= sizeBytes;
    this.#queuedBytes -= sizeBytes;
    if (stream.queueIndex === queue.length) {
      stream.queue = undefined;
      stream.queueIndex = 0;
    } else if (stream.queueIndex >= 64 && 2 * stream.queueIndex >= queue.length) {
      // Moving what is left once per half of the queue costs a constant per piece, whatever the
      // length.
      queue.splice(0, stream.queueIndex);
      stream.queueIndex = 0;
    }
  }
}
