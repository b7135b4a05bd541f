// Owns the open streams of a connection and every frame that names one: requests, bodies, trailers,
// resets and stream windows, and what frames on streams that are not open any more mean. RFC 9113;
// the section numbers at the handlers are its.

import { NumberMap } from '../base/number-map.ts';
import { ReceiveWindow } from './flow-control.ts';
import { Flag, readUint32, STREAM_ID_MAX } from './frames.ts';
import { HeaderBlock } from './header-block.ts';
import { COSTLY_CONTROL_PRICE } from './limits.ts';
import { RequestDecoder } from './request-decoder.ts';
import type { CheckedRequest } from './request-head.ts';
import { ResetMemory } from './reset-memory.ts';
import type { Sender } from './sender.ts';
import { Stream, type StreamKeeper } from './stream.ts';
import { type ConnectionEvents, ErrorCode } from './types.ts';

/** What the table needs of its connection. */
export interface ConnectionCore {
  readonly closed: boolean;
  /** Ends the connection with an error. */
  fail(errorCode: number, reason: string): false;
  /** Charges for a frame that serves no request; false when that ended the connection. */
  spendControl(price: number): boolean;
  /** Charges for a stream that was opened in vain; false when that ended the connection. */
  spendReset(): boolean;
  /** Counts a frame that the peer made us write; false when that ended the connection. */
  wroteControl(): boolean;
  /** A request was answered in full. */
  onCompleted(): void;
  /** The last open stream has gone. */
  onIdle(): void;
}

export interface StreamTableOptions {
  readonly concurrentStreamsMax: number;
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly headerListBytesMax: number;
}

export class StreamTable implements StreamKeeper {
  readonly #core: ConnectionCore;
  readonly #sender: Sender;
  readonly #events: ConnectionEvents;
  readonly #options: StreamTableOptions;
  readonly #requests: RequestDecoder;
  readonly #block: HeaderBlock;
  readonly #window: ReceiveWindow;
  readonly #streams: NumberMap<Stream> = new NumberMap();
  readonly #resets: ResetMemory = new ResetMemory();
  #lastStreamId = 0;
  /** Highest stream id that is served. */
  #servedStreamIdMax: number = STREAM_ID_MAX;
  #hasSkippedIds = false;
  #tickCount = 0;
  /** Initial send window of streams to come. */
  #initialSendWindow: number;

  constructor(
    core: ConnectionCore,
    sender: Sender,
    events: ConnectionEvents,
    options: StreamTableOptions,
    initialSendWindow: number,
  ) {
    this.#core = core;
    this.#sender = sender;
    this.#events = events;
    this.#options = options;
    this.#requests = new RequestDecoder(options.headerListBytesMax);
    this.#block = new HeaderBlock(options.headerListBytesMax);
    this.#window = new ReceiveWindow(options.connectionWindowBytes);
    this.#initialSendWindow = initialSendWindow;
  }

  get count(): number {
    return this.#streams.size;
  }

  /** Highest stream id that was or is being served. */
  get lastServedStreamId(): number {
    return Math.min(this.#lastStreamId, this.#servedStreamIdMax);
  }

  /** True between a HEADERS frame and the end of its block. */
  get isInBlock(): boolean {
    return this.#block.streamId !== 0;
  }

  /** Streams opened from now on count as younger. */
  tick(): void {
    this.#tickCount++;
  }

  /** Requests from now on are ignored. */
  stopServing(): void {
    this.#servedStreamIdMax = this.#lastStreamId;
  }

  abortAll(errorCode: number): void {
    // All are closed before the first owner is told, so that nobody sends on a stream that is to be
    // aborted next.
    const streams = this.#streams.values();
    for (const stream of streams) this.#remove(stream);
    for (const stream of streams) this.#tellAborted(stream, errorCode);
  }

  /**
   * 6.9.2: a new initial window moves the windows of all open streams; false when that is not
   * legal.
   */
  setInitialSendWindow(windowBytes: number): boolean {
    const change = windowBytes - this.#initialSendWindow;
    if (change === 0) return true;
    this.#initialSendWindow = windowBytes;
    for (const stream of this.#streams.values()) {
      if (!this.#sender.shiftStreamWindow(stream, change)) return false;
    }
    this.#sender.pump();
    return true;
  }

  /** Our END_STREAM has been framed. */
  onLocalEnd(stream: Stream): void {
    // 8.1: the answer is complete, so the rest of the request is not wanted.
    if (stream.remoteEnded) this.#core.onCompleted();
    else this.#sendReset(stream.id, ErrorCode.noError);
    this.#remove(stream);
  }

  consumed(stream: Stream, sizeBytes: number): void {
    const count = Math.min(sizeBytes, stream.unconsumedBytes);
    if (count <= 0) return;
    stream.unconsumedBytes -= count;
    this.#giveBack(count);
    if (stream.remoteEnded) return;
    const increment = stream.receiveWindow.giveBack(count);
    if (increment > 0) this.#sendWindowUpdate(stream.id, increment);
  }

  reset(stream: Stream, errorCode: number): void {
    if (stream.closed) return;
    this.#sendReset(stream.id, errorCode);
    this.#remove(stream);
  }

  /** 6.1 */
  onData(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): boolean {
    const payloadBytes = end - start;
    let from = start;
    let to = end;
    if ((flags & Flag.padded) !== 0) {
      if (from === to) return this.#failShort('DATA');
      to = end - (bytes[from++] as number);
      if (from > to) return this.#failPadding();
    }
    if (streamId > this.#lastStreamId || (streamId & 1) === 0) {
      return this.#core.fail(ErrorCode.protocolError, 'DATA on a stream that is not open');
    }
    if (!this.#window.take(payloadBytes)) {
      return this.#core.fail(ErrorCode.flowControlError, "DATA beyond the connection's window");
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      this.#giveBack(payloadBytes);
      return this.#onLateData(streamId);
    }
    if (stream.remoteEnded || !stream.receiveWindow.take(payloadBytes)) {
      this.#giveBack(payloadBytes);
      const isLate = stream.remoteEnded;
      return this.#failStream(stream, isLate ? ErrorCode.streamClosed : ErrorCode.flowControlError);
    }
    stream.unconsumedBytes += payloadBytes;
    const sizeBytes = to - from;
    // Padding is nobody's to consume, so it is given back here.
    if (sizeBytes < payloadBytes) this.consumed(stream, payloadBytes - sizeBytes);
    return this.#deliver(stream, bytes, from, sizeBytes, (flags & Flag.endStream) !== 0);
  }

  #deliver(
    stream: Stream,
    bytes: Uint8Array,
    from: number,
    sizeBytes: number,
    endStream: boolean,
  ): boolean {
    // Giving the padding back may have ended the connection.
    if (stream.closed) return false;
    if (stream.remainingBytes >= 0) {
      stream.remainingBytes -= sizeBytes;
      if (stream.remainingBytes < 0 || (endStream && stream.remainingBytes > 0)) {
        return this.#failStream(stream, ErrorCode.protocolError);
      }
    }
    if (endStream) stream.remoteEnded = true;
    if (sizeBytes > 0) {
      const view = new Uint8Array(bytes.buffer, bytes.byteOffset + from, sizeBytes);
      stream.events?.onData(view, endStream);
    } else if (endStream) {
      stream.events?.onEnd();
    } else {
      return this.#core.spendControl(COSTLY_CONTROL_PRICE);
    }
    return !this.#core.closed;
  }

  #onLateData(streamId: number): boolean {
    if (!this.#core.spendControl(1)) return false;
    if (this.#resets.has(streamId) || streamId > this.#servedStreamIdMax) return true;
    this.#sendReset(streamId, ErrorCode.streamClosed);
    return !this.#core.closed;
  }

  /** 6.2 */
  onHeaders(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    let from = start;
    let to = end;
    if ((flags & Flag.padded) !== 0) {
      if (from === to) return this.#failShort('HEADERS');
      to = end - (bytes[from++] as number);
    }
    if ((flags & Flag.priority) !== 0) from += 5;
    if (from > to) return this.#failPadding();
    if ((streamId & 1) === 0) {
      return this.#core.fail(ErrorCode.protocolError, `HEADERS on stream ${streamId}`);
    }
    const endStream = (flags & Flag.endStream) !== 0;
    if ((flags & Flag.endHeaders) !== 0) {
      return this.#onBlock(streamId, endStream, bytes, from, to);
    }
    this.#block.begin(streamId, endStream);
    return this.#addFragment(bytes, from, to);
  }

  /** 6.10 */
  onContinuation(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const block = this.#block;
    if (block.streamId === 0 || block.streamId !== streamId) {
      return this.#core.fail(ErrorCode.protocolError, 'CONTINUATION without its HEADERS');
    }
    if (!block.countContinuation()) {
      return this.#core.fail(ErrorCode.enhanceYourCalm, 'too many CONTINUATION frames');
    }
    if (!this.#addFragment(bytes, start, end)) return false;
    if ((flags & Flag.endHeaders) === 0) return true;
    const { bytes: blockBytes, sizeBytes, endStream } = block;
    block.finish();
    return this.#onBlock(streamId, endStream, blockBytes, 0, sizeBytes);
  }

  #addFragment(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#block.add(bytes, start, end)) return true;
    return this.#core.fail(ErrorCode.enhanceYourCalm, 'header block too large');
  }

  /** A whole header block: a request, trailers, or something too late. */
  #onBlock(
    streamId: number,
    endStream: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (streamId > this.#lastStreamId) {
      const expected = this.#lastStreamId === 0 ? 1 : this.#lastStreamId + 2;
      if (streamId !== expected) this.#hasSkippedIds = true;
      this.#lastStreamId = streamId;
      if (streamId > this.#servedStreamIdMax) return this.#skipBlock(bytes, start, end);
      return this.#onRequest(streamId, endStream, bytes, start, end);
    }
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) return this.#onTrailers(stream, endStream, bytes, start, end);
    if (this.#resets.has(streamId) || streamId > this.#servedStreamIdMax) {
      return this.#skipBlock(bytes, start, end);
    }
    // 5.1.1: an id that was jumped over is not known from one that was used, unless there are none.
    return this.#hasSkippedIds
      ? this.#core.fail(ErrorCode.protocolError, `HEADERS on stream ${streamId} out of order`)
      : this.#core.fail(ErrorCode.streamClosed, `HEADERS on closed stream ${streamId}`);
  }

  #skipBlock(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#requests.skip(bytes, start, end)) return this.#failCompression();
    return this.#core.spendControl(1);
  }

  #onRequest(
    streamId: number,
    endStream: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const request = this.#requests.decodeRequest(bytes, start, end);
    if (request === undefined) {
      const code = this.#requests.errorCode;
      return code === ErrorCode.compressionError
        ? this.#failCompression()
        : this.#refuse(streamId, code);
    }
    if (endStream && request.contentLength > 0) {
      return this.#refuse(streamId, ErrorCode.protocolError);
    }
    if (this.#streams.size >= this.#options.concurrentStreamsMax) {
      this.#sendReset(streamId, ErrorCode.refusedStream);
      return this.#core.spendControl(1);
    }
    return this.#open(streamId, endStream, request);
  }

  #open(streamId: number, endStream: boolean, request: CheckedRequest): boolean {
    const stream = new Stream(streamId, this.#sender, this, endStream, {
      sendWindow: this.#initialSendWindow,
      receiveWindowBytes: this.#options.streamWindowBytes,
      contentLength: request.contentLength,
      openedTick: this.#tickCount,
    });
    this.#streams.set(streamId, stream);
    const events = this.#events.onRequest(stream, request.head, endStream);
    stream.events = events;
    if (stream.abortedEarly >= 0) events.onAborted(stream.abortedEarly);
    return !this.#core.closed;
  }

  #onTrailers(
    stream: Stream,
    endStream: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const isLegal = this.#requests.decodeTrailers(bytes, start, end);
    if (!isLegal && this.#requests.errorCode === ErrorCode.compressionError) {
      return this.#failCompression();
    }
    if (stream.remoteEnded) return this.#failStream(stream, ErrorCode.streamClosed);
    if (!isLegal) return this.#failStream(stream, this.#requests.errorCode);
    if (!endStream || stream.remainingBytes > 0) {
      return this.#failStream(stream, ErrorCode.protocolError);
    }
    stream.remoteEnded = true;
    stream.events?.onEnd();
    return !this.#core.closed;
  }

  /** 6.3: priorities are not used, their form is checked. */
  onPriority(streamId: number, payloadBytes: number): boolean {
    if (streamId === 0) return this.#core.fail(ErrorCode.protocolError, 'PRIORITY on stream 0');
    if (payloadBytes === 5) return this.#core.spendControl(1);
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) return this.#failStream(stream, ErrorCode.frameSizeError);
    if (streamId > this.#lastStreamId) {
      return this.#core.fail(ErrorCode.frameSizeError, `PRIORITY with ${payloadBytes} bytes`);
    }
    return this.#refuse(streamId, ErrorCode.frameSizeError);
  }

  /** 6.4 */
  onRstStream(streamId: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== 4) {
      return this.#core.fail(ErrorCode.frameSizeError, `RST_STREAM with ${end - start} bytes`);
    }
    if ((streamId & 1) === 0 || streamId > this.#lastStreamId) {
      return this.#core.fail(ErrorCode.protocolError, 'RST_STREAM on a stream that was not opened');
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#core.spendControl(1);
    // A request given up after a while is ordinary; one given up at once costs an attacker nothing
    // and us a lot.
    if (stream.openedTick === this.#tickCount && !this.#core.spendReset()) return false;
    this.#abort(stream, readUint32(bytes, start));
    return !this.#core.closed;
  }

  /** 6.9 */
  onWindowUpdate(streamId: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== 4) {
      return this.#core.fail(ErrorCode.frameSizeError, 'WINDOW_UPDATE of a wrong size');
    }
    if (!this.#core.spendControl(1)) return false;
    const increment = readUint32(bytes, start) & 0x7fff_ffff;
    if (streamId === 0) {
      if (increment === 0) return this.#core.fail(ErrorCode.protocolError, 'WINDOW_UPDATE of 0');
      if (!this.#sender.raiseWindow(increment)) {
        return this.#core.fail(ErrorCode.flowControlError, "connection's window too large");
      }
      this.#sender.pump();
      return !this.#core.closed;
    }
    if ((streamId & 1) === 0 || streamId > this.#lastStreamId) {
      return this.#core.fail(
        ErrorCode.protocolError,
        'WINDOW_UPDATE on a stream that was not opened',
      );
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return true;
    if (increment === 0) return this.#failStream(stream, ErrorCode.protocolError);
    if (!this.#sender.shiftStreamWindow(stream, increment)) {
      return this.#failStream(stream, ErrorCode.flowControlError);
    }
    this.#sender.pump();
    return !this.#core.closed;
  }

  /** Gives received bytes back on the connection's window. */
  #giveBack(sizeBytes: number): void {
    const increment = this.#window.giveBack(sizeBytes);
    if (increment > 0) this.#sendWindowUpdate(0, increment);
  }

  #sendWindowUpdate(streamId: number, increment: number): void {
    if (this.#core.closed) return;
    this.#sender.frames.windowUpdate(streamId, increment);
    this.#core.wroteControl();
  }

  #sendReset(streamId: number, errorCode: number): void {
    if (this.#core.closed) return;
    this.#resets.add(streamId);
    this.#sender.frames.rstStream(streamId, errorCode);
    this.#core.wroteControl();
  }

  /** The peer broke the rules on a stream nobody was told of. */
  #refuse(streamId: number, errorCode: number): boolean {
    this.#sendReset(streamId, errorCode);
    return !this.#core.closed && this.#core.spendReset();
  }

  /** The peer broke the rules on an open stream. */
  #failStream(stream: Stream, errorCode: number): boolean {
    this.#sendReset(stream.id, errorCode);
    this.#abort(stream, errorCode);
    return !this.#core.closed && this.#core.spendReset();
  }

  #abort(stream: Stream, errorCode: number): void {
    if (stream.closed) return;
    this.#remove(stream);
    this.#tellAborted(stream, errorCode);
  }

  #tellAborted(stream: Stream, errorCode: number): void {
    if (stream.events === undefined) stream.abortedEarly = errorCode;
    else stream.events.onAborted(errorCode);
  }

  #remove(stream: Stream): void {
    if (stream.closed) return;
    stream.closed = true;
    this.#streams.delete(stream.id);
    this.#sender.forget(stream);
    if (stream.unconsumedBytes > 0) {
      this.#giveBack(stream.unconsumedBytes);
      stream.unconsumedBytes = 0;
    }
    if (this.#streams.size === 0) this.#core.onIdle();
  }

  #failPadding(): boolean {
    return this.#core.fail(ErrorCode.protocolError, 'padding longer than its frame');
  }

  #failShort(name: string): boolean {
    return this.#core.fail(ErrorCode.frameSizeError, `${name} without its padding`);
  }

  #failCompression(): boolean {
    return this.#core.fail(ErrorCode.compressionError, 'illegal header block');
  }
}
