// Owns one connection in the server's role: its phases, the frames that concern it as a whole, its
// allowances and its end. Streams are the StreamTable's, sending is the Sender's. Every way of
// ending goes through #end, so a connection is always in exactly one of these states:
//
//   preface --24 bytes--> first SETTINGS -> open --goAway(true)--> announced
//      |                        |            |                        |  ping answered, or 5 ticks
//      |                        |            |                        v
//      |                        |            |                     draining --last stream--> closed
//      +------------------------+------------+-- error, goAwayNow, disconnected -> closed
//
// RFC 9113; the section numbers at the handlers are its.

import { Budget } from './budget.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import {
  CLIENT_PREFACE,
  DEFAULT_WINDOW_BYTES,
  Flag,
  FrameType,
  readUint32,
  STREAM_ID_MAX,
  writeUint32,
} from './frames.ts';
import * as limits from './limits.ts';
import { Sender, type SenderOwner } from './sender.ts';
import { PeerSettings, SettingId } from './settings.ts';
import type { Stream } from './stream.ts';
import { type ConnectionCore, StreamTable, type StreamTableOptions } from './stream-table.ts';
import { type ConnectionEvents, type ConnectionOptions, ErrorCode } from './types.ts';

const Phase = {
  preface: 0,
  firstSettings: 1,
  open: 2,
  /**
   * GOAWAY with the highest id is sent: new streams are still served until the peer has seen it.
   */
  announced: 3,
  /** GOAWAY with the last id is sent: the connection ends with its last stream. */
  draining: 4,
  closed: 5,
} as const;

/** Second half of the payload of our PINGs: what the answer means. The first half counts. */
const PingPurpose = { alive: 1, drain: 2 } as const;

export class ServerConnection implements FrameSink, SenderOwner, ConnectionCore {
  readonly #events: ConnectionEvents;
  readonly #options: StreamTableOptions;
  readonly #sender: Sender;
  readonly #reader: FrameReader;
  readonly #peer: PeerSettings = new PeerSettings();
  readonly #streams: StreamTable;
  readonly #controlBudget: Budget = new Budget(limits.CONTROL_BUDGET);
  readonly #resetBudget: Budget = new Budget(limits.RESET_BUDGET);
  #phase: number = Phase.preface;
  #prefaceBytes = 0;
  #controlQueued = 0;
  #earnedFrameCount = 0;
  #pingCount = 0;
  #tickCount = 0;
  #announcedTick = 0;

  constructor(events: ConnectionEvents, options: ConnectionOptions = {}) {
    this.#events = events;
    const windowBytes = options.connectionWindowBytes ?? limits.CONNECTION_WINDOW_BYTES;
    this.#options = {
      concurrentStreamsMax: options.concurrentStreamsMax ?? limits.CONCURRENT_STREAMS_MAX,
      streamWindowBytes: options.streamWindowBytes ?? limits.STREAM_WINDOW_BYTES,
      connectionWindowBytes: Math.max(windowBytes, DEFAULT_WINDOW_BYTES),
      headerListBytesMax: options.headerListBytesMax ?? limits.HEADER_LIST_BYTES_MAX,
    };
    this.#sender = new Sender(this, options.queuedBytesMax ?? limits.CONNECTION_QUEUE_BYTES_MAX);
    this.#reader = new FrameReader(this, limits.RECEIVED_PAYLOAD_BYTES_MAX);
    this.#streams = new StreamTable(
      this,
      this.#sender,
      events,
      this.#options,
      this.#peer.initialWindowBytes,
    );
  }

  /** Requests in flight. */
  get activeStreams(): number {
    return this.#streams.count;
  }

  /** True once `onClose` was called or `disconnected`: no event comes any more. */
  get closed(): boolean {
    return this.#phase === Phase.closed;
  }

  /**
   * Bytes framed and not taken. The socket side stops reading while it is above OUTPUT_HIGH_BYTES.
   */
  get outputBytes(): number {
    return this.#sender.frames.output.pendingBytes;
  }

  /** Body bytes of all streams that wait for windows or for the socket. */
  get queuedBytes(): number {
    return this.#sender.queuedBytes;
  }

  /** HEADERS and DATA frames sent so far: keepalive enforcement forgives pings between them. */
  get responseFrameCount(): number {
    return this.#sender.responseFrameCount;
  }

  /**
   * Takes bytes from the socket, cut anywhere, beginning with the client's preface. They are not
   * kept.
   */
  receive(chunk: Uint8Array): void {
    let at = 0;
    if (this.#phase === Phase.preface) {
      at = this.#receivePreface(chunk);
      if (at < 0) return;
    }
    if (this.#phase !== Phase.closed) this.#reader.feed(chunk, at);
  }

  /**
   * The next bytes for the socket, never written again by the engine; undefined when there are
   * none.
   */
  takeOutput(): Uint8Array | undefined {
    const bytes = this.#sender.take();
    if (this.outputBytes === 0) this.#controlQueued = 0;
    return bytes;
  }

  /**
   * Ends the connection in good order. Graceful: the peer is told to open no more streams, requests
   * on their way are still served, and the connection closes after the last. Otherwise it closes
   * now and open streams are aborted.
   */
  goAway(graceful: boolean): void {
    if (!graceful) {
      this.goAwayNow(ErrorCode.noError, '');
      return;
    }
    if (this.#phase >= Phase.announced) return;
    if (this.#phase !== Phase.open) {
      this.#end(ErrorCode.noError, 'closed before it was used', true);
      return;
    }
    this.#phase = Phase.announced;
    this.#announcedTick = this.#tickCount;
    this.#sender.frames.goAway(STREAM_ID_MAX, ErrorCode.noError, '');
    this.#sendPing(PingPurpose.drain);
  }

  /** Closes now with GOAWAY: open streams are aborted, `onClose` is called. */
  goAwayNow(errorCode: number, debugText: string): void {
    this.#end(errorCode, debugText, true);
  }

  /** Asks the peer for a sign of life; `onPingAck` tells of the answer. */
  ping(): void {
    if (this.#phase !== Phase.closed) this.#sendPing(PingPurpose.alive);
  }

  /** The socket is gone: open streams are aborted with CANCEL, `onClose` is not called. */
  disconnected(): void {
    this.#end(ErrorCode.cancel, 'the socket is gone', false);
  }

  /**
   * To be called about once a second: earns allowances back and gives up waiting where a peer stays
   * silent.
   */
  tick(): void {
    this.#tickCount++;
    this.#streams.tick();
    this.#controlBudget.earn(limits.CONTROL_EARNED_PER_TICK);
    this.#resetBudget.earn(limits.RESET_EARNED_PER_TICK);
    if (
      this.#phase === Phase.announced &&
      this.#tickCount - this.#announcedTick >= limits.DRAIN_TICKS_MAX
    ) {
      this.#drain();
    }
    if (this.#streams.count === 0) this.#sender.frames.output.trim();
  }

  // The faces towards FrameReader, Sender and StreamTable; nobody else calls these.

  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (this.#phase === Phase.firstSettings) {
      if (type !== FrameType.settings || (flags & Flag.ack) !== 0) {
        return this.fail(ErrorCode.protocolError, 'the first frame is not SETTINGS');
      }
      this.#phase = Phase.open;
    }
    if (this.#streams.isInBlock && type !== FrameType.continuation) {
      return this.fail(ErrorCode.protocolError, 'a frame inside a header block');
    }
    switch (type) {
      case FrameType.data:
        return this.#streams.onData(flags, streamId, bytes, start, end);
      case FrameType.headers:
        return this.#streams.onHeaders(flags, streamId, bytes, start, end);
      case FrameType.windowUpdate:
        return this.#streams.onWindowUpdate(streamId, bytes, start, end);
      case FrameType.ping:
        return this.#onPing(flags, streamId, bytes, start, end);
      case FrameType.rstStream:
        return this.#streams.onRstStream(streamId, bytes, start, end);
      case FrameType.settings:
        return this.#onSettings(flags, streamId, bytes, start, end);
      case FrameType.continuation:
        return this.#streams.onContinuation(flags, streamId, bytes, start, end);
      case FrameType.priority:
        return this.#streams.onPriority(streamId, end - start);
      case FrameType.goAway:
        return this.#onGoAway(streamId, end - start);
      case FrameType.pushPromise:
        return this.fail(ErrorCode.protocolError, 'PUSH_PROMISE from a client');
      default:
        // 5.5: frames of unknown types are ignored.
        return this.spendControl(1);
    }
  }

  onOversizedFrame(type: number, payloadBytes: number): void {
    this.fail(ErrorCode.frameSizeError, `frame of type ${type} with ${payloadBytes} bytes`);
  }

  onLocalEnd(stream: Stream): void {
    this.#streams.onLocalEnd(stream);
  }

  onCompleted(): void {
    this.#resetBudget.earn(1);
  }

  onIdle(): void {
    if (this.#phase === Phase.draining) this.#end(ErrorCode.noError, 'drained', false, true);
  }

  onOutputReady(): void {
    this.#events.onOutput();
  }

  onOutputOverflow(reason: string): void {
    this.fail(ErrorCode.enhanceYourCalm, reason);
  }

  /** Answers the offset of the first frame in the chunk, -1 when there is none yet. Section 3.4. */
  #receivePreface(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && this.#prefaceBytes < CLIENT_PREFACE.length) {
      if (chunk[at] !== CLIENT_PREFACE[this.#prefaceBytes]) {
        this.fail(ErrorCode.protocolError, 'not an HTTP/2 preface');
        return -1;
      }
      at++;
      this.#prefaceBytes++;
    }
    if (this.#prefaceBytes < CLIENT_PREFACE.length) return -1;
    this.#phase = Phase.firstSettings;
    const settings: [number, number][] = [
      [SettingId.initialWindowSize, this.#options.streamWindowBytes],
      [SettingId.maxHeaderListSize, this.#options.headerListBytesMax],
    ];
    if (this.#options.concurrentStreamsMax < limits.CONCURRENT_STREAMS_MAX) {
      settings.push([SettingId.maxConcurrentStreams, this.#options.concurrentStreamsMax]);
    }
    this.#sender.frames.settings(settings);
    const increment = this.#options.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
    if (increment > 0) this.#sender.frames.windowUpdate(0, increment);
    this.#sender.wrote();
    return at;
  }

  /** 6.5 */
  #onSettings(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (streamId !== 0) return this.fail(ErrorCode.protocolError, 'SETTINGS on a stream');
    if ((flags & Flag.ack) !== 0) {
      if (end !== start) return this.fail(ErrorCode.frameSizeError, 'SETTINGS ack with payload');
      return this.spendControl(1);
    }
    const peer = this.#peer;
    const code = peer.apply(bytes, start, end);
    if (code !== ErrorCode.noError) return this.fail(code, 'illegal SETTINGS');
    this.#sender.applySettings(peer.headerTableBytes, peer.payloadBytesMax);
    this.#sender.frames.settingsAck();
    if (!this.wroteControl()) return false;
    if (!this.#streams.setInitialSendWindow(peer.initialWindowBytes)) {
      return this.fail(ErrorCode.flowControlError, 'initial window too large');
    }
    return this.spendControl(limits.COSTLY_CONTROL_PRICE);
  }

  /** 6.7 */
  #onPing(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== 8) return this.fail(ErrorCode.frameSizeError, 'PING of a wrong size');
    if (streamId !== 0) return this.fail(ErrorCode.protocolError, 'PING on a stream');
    if (!this.spendControl(1)) return false;
    if ((flags & Flag.ack) !== 0) {
      this.#onPingAck(readUint32(bytes, start + 4));
      return this.#phase !== Phase.closed;
    }
    this.#sender.frames.ping(Flag.ack, bytes, start);
    if (!this.wroteControl()) return false;
    this.#events.onPing?.();
    return this.#phase !== Phase.closed;
  }

  #onPingAck(purpose: number): void {
    if (purpose === PingPurpose.drain && this.#phase === Phase.announced) this.#drain();
    else if (purpose === PingPurpose.alive) this.#events.onPingAck?.();
  }

  /** 6.8: a client that goes away opens no more streams; the open ones are finished as ever. */
  #onGoAway(streamId: number, payloadBytes: number): boolean {
    if (streamId !== 0) return this.fail(ErrorCode.protocolError, 'GOAWAY on a stream');
    if (payloadBytes < 8) return this.fail(ErrorCode.frameSizeError, 'GOAWAY cut short');
    return this.spendControl(1);
  }

  #sendPing(purpose: number): void {
    this.#pingCount++;
    const payload = new Uint8Array(8);
    writeUint32(payload, writeUint32(payload, 0, this.#pingCount), purpose);
    this.#sender.frames.ping(Flag.none, payload, 0);
    this.#sender.wrote();
  }

  /** Counts an answer that the peer made us write; false when too many wait to be read. */
  wroteControl(): boolean {
    this.#controlQueued++;
    this.#sender.wrote();
    if (this.#controlQueued <= limits.CONTROL_FRAMES_QUEUED_MAX) {
      return this.#phase !== Phase.closed;
    }
    return this.fail(ErrorCode.enhanceYourCalm, 'answers are not read');
  }

  /** Charges for a frame that serves no request; false when the allowance is used up. */
  spendControl(price: number): boolean {
    const frameCount = this.#sender.responseFrameCount;
    const earned = (frameCount - this.#earnedFrameCount) * limits.CONTROL_EARNED_PER_FRAME;
    this.#earnedFrameCount = frameCount;
    if (earned > 0) this.#controlBudget.earn(earned);
    if (this.#controlBudget.spend(price)) return this.#phase !== Phase.closed;
    return this.fail(ErrorCode.enhanceYourCalm, 'too many control frames');
  }

  spendReset(): boolean {
    if (this.#resetBudget.spend(1)) return true;
    return this.fail(ErrorCode.enhanceYourCalm, 'too many streams reset');
  }

  /** Second step of a graceful end: from here on the ids served are fixed. */
  #drain(): void {
    this.#phase = Phase.draining;
    this.#streams.stopServing();
    this.#sender.frames.goAway(this.#streams.lastServedStreamId, ErrorCode.noError, '');
    this.#sender.wrote();
    if (this.#streams.count === 0) this.#end(ErrorCode.noError, 'drained', false, true);
  }

  fail(errorCode: number, reason: string): false {
    this.#end(errorCode, reason, true);
    return false;
  }

  /**
   * The one way out: says GOAWAY if it is due, aborts what is open, tells the owner unless it
   * knows.
   */
  #end(errorCode: number, reason: string, saysGoAway: boolean, tells: boolean = saysGoAway): void {
    if (this.#phase === Phase.closed) return;
    this.#phase = Phase.closed;
    if (saysGoAway) {
      this.#sender.frames.goAway(this.#streams.lastServedStreamId, errorCode, reason);
      this.#sender.wrote();
    }
    this.#streams.abortAll(errorCode);
    if (tells) this.#events.onClose(errorCode, reason);
  }
}
