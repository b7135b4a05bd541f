// Owns one gRPC connection of the load generator: HTTP/2 in the client's role over the server's own frame codec. It knows
// no deadlines, no retries and no TLS; what it is for is costing little, so that on a small machine the server is
// what is measured. A call costs about 2 us of this process.

import { connect, type Socket } from 'node:net';
import { FrameReader, type FrameSink } from '../../server/http2/frame-reader.ts';
import { FrameWriter } from '../../server/http2/frame-writer.ts';
import {
  CLIENT_PREFACE,
  DEFAULT_WINDOW_BYTES,
  Flag,
  FrameType,
  readUint32,
} from '../../server/http2/frames.ts';
import { PeerSettings, SettingId } from '../../server/http2/settings.ts';
import { CallStream } from './call-stream.ts';
import { RequestBlocks } from './request-blocks.ts';
import { ResponseBlocks } from './response-blocks.ts';

/** Receive windows: large enough that no response waits for them. */
const STREAM_WINDOW_BYTES = 16 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 256 * 1024 * 1024;
const FRAME_BYTES_MAX = 1024 * 1024;

export interface CallEvents {
  /** One message of the peer; `bytes[start, end)` is valid only during the call. */
  onMessage(bytes: Uint8Array, start: number, end: number): void;
  /** The call is over. `status` is gRPC's, or -1 when the connection was lost. */
  onEnd(status: number, message: string): void;
}

export class Connection implements FrameSink {
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #requests: RequestBlocks;
  readonly #responses: ResponseBlocks;
  readonly #peer: PeerSettings;
  readonly #streams: Map<number, CallStream>;
  /** Streams that wait for window; in order. */
  #blocked: CallStream[];
  #nextStreamId: number;
  #sendWindow: number;
  #unacknowledgedBytes: number;
  #isFlushing: boolean;
  readonly #flush: () => void;

  private constructor(socket: Socket, authority: string) {
    this.#socket = socket;
    this.#writer = new FrameWriter();
    this.#reader = new FrameReader(this, FRAME_BYTES_MAX);
    this.#requests = new RequestBlocks(authority);
    this.#responses = new ResponseBlocks();
    this.#peer = new PeerSettings();
    this.#streams = new Map();
    this.#blocked = [];
    this.#nextStreamId = 1;
    this.#sendWindow = DEFAULT_WINDOW_BYTES;
    this.#unacknowledgedBytes = 0;
    this.#isFlushing = false;
    this.#flush = () => this.#writeOutput();
  }

  /** Connects to `host:port`. */
  static async open(address: string): Promise<Connection> {
    const colon = address.lastIndexOf(':');
    const socket = connect(Number(address.slice(colon + 1)), address.slice(0, colon));
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.setNoDelay(true);
    const connection = new Connection(socket, address);
    connection.#start();
    return connection;
  }

  /** Sends a request with one message; the peer answers with one message and the end. */
  unary(path: string, message: Uint8Array, events: CallEvents): void {
    const stream = this.stream(path, events);
    stream.send(message, true);
  }

  /** Opens a call; messages are sent on what it returns. */
  stream(path: string, events: CallEvents): CallStream {
    const id = this.#nextStreamId;
    this.#nextStreamId += 2;
    const stream = new CallStream(this, id, this.#peer.initialWindowBytes, events);
    this.#streams.set(id, stream);
    this.#writer.headers(id, this.#requests.next(path), false, this.#peer.payloadBytesMax);
    this.#scheduleFlush();
    return stream;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** For CallStream: how much of `wanted` bytes may be sent now on a stream with this window. */
  allowance(wanted: number, streamWindow: number): number {
    return Math.max(
      0,
      Math.min(wanted, streamWindow, this.#sendWindow, this.#peer.payloadBytesMax),
    );
  }

  /** For CallStream: sends bytes within the allowance. */
  writeData(streamId: number, prefix: Uint8Array, bytes: Uint8Array, endStream: boolean): void {
    this.#sendWindow -= prefix.length + bytes.length;
    this.#writer.data(streamId, prefix, bytes, endStream);
    this.#scheduleFlush();
  }

  /** For CallStream: call `resume` when there may be window again. */
  waitForWindow(stream: CallStream): void {
    this.#blocked.push(stream);
  }

  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    switch (type) {
      case FrameType.data:
        this.#takeData(flags, streamId, bytes, start, end);
        break;
      case FrameType.headers:
        this.#takeHeaders(flags, streamId, bytes, start, end);
        break;
      case FrameType.settings:
        this.#takeSettings(flags, bytes, start, end);
        break;
      case FrameType.windowUpdate:
        this.#takeWindow(streamId, readUint32(bytes, start));
        break;
      case FrameType.ping:
        if ((flags & Flag.ack) === 0) this.#writer.ping(Flag.ack, bytes, start);
        this.#scheduleFlush();
        break;
      case FrameType.rstStream:
        this.#end(streamId, -1, `reset with code ${readUint32(bytes, start)}`);
        break;
      case FrameType.goAway:
        this.#endAll(`the server goes away with code ${readUint32(bytes, start + 4)}`);
        break;
      case FrameType.continuation:
        throw new Error('a response header in several frames');
      default:
        break;
    }
    return true;
  }

  onOversizedFrame(_type: number, payloadBytes: number): void {
    throw new Error(`a frame of ${payloadBytes} bytes`);
  }

  #start(): void {
    const output = this.#writer.output;
    output.append(CLIENT_PREFACE);
    this.#writer.settings([
      [SettingId.enablePush, 0],
      [SettingId.initialWindowSize, STREAM_WINDOW_BYTES],
      [SettingId.maxFrameSize, FRAME_BYTES_MAX],
    ]);
    this.#writer.windowUpdate(0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
    this.#writeOutput();
    this.#socket.on('data', (chunk: Uint8Array) => this.#reader.feed(chunk, 0));
    this.#socket.on('error', (error) => this.#endAll(error.message));
    this.#socket.on('close', () => this.#endAll('the connection was closed'));
  }

  #takeData(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    this.#unacknowledgedBytes += end - start;
    if (this.#unacknowledgedBytes > CONNECTION_WINDOW_BYTES / 4) {
      this.#writer.windowUpdate(0, this.#unacknowledgedBytes);
      this.#unacknowledgedBytes = 0;
      this.#scheduleFlush();
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    const consumed = stream.take(bytes, start, end);
    if (consumed > STREAM_WINDOW_BYTES / 4) {
      this.#writer.windowUpdate(streamId, consumed);
      stream.acknowledge();
      this.#scheduleFlush();
    }
    if ((flags & Flag.endStream) !== 0) this.#end(streamId, -1, 'no trailers');
  }

  #takeHeaders(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if ((flags & Flag.endHeaders) === 0) throw new Error('a response header in several frames');
    const { status, message } = this.#responses.read(bytes, start, end);
    if ((flags & Flag.endStream) !== 0) this.#end(streamId, status, message);
  }

  #takeSettings(flags: number, bytes: Uint8Array, start: number, end: number): void {
    if ((flags & Flag.ack) !== 0) return;
    const before = this.#peer.initialWindowBytes;
    this.#peer.apply(bytes, start, end);
    const growth = this.#peer.initialWindowBytes - before;
    for (const stream of this.#streams.values()) stream.widen(growth);
    this.#writer.settingsAck();
    this.#scheduleFlush();
    this.#resumeBlocked();
  }

  #takeWindow(streamId: number, increment: number): void {
    if (streamId === 0) this.#sendWindow += increment;
    else this.#streams.get(streamId)?.widen(increment);
    if (this.#blocked.length > 0) this.#resumeBlocked();
  }

  #resumeBlocked(): void {
    const waiting = this.#blocked;
    this.#blocked = [];
    for (const stream of waiting) stream.resume();
  }

  #end(streamId: number, status: number, message: string): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    this.#streams.delete(streamId);
    stream.events.onEnd(status, message);
  }

  #endAll(reason: string): void {
    for (const streamId of [...this.#streams.keys()]) this.#end(streamId, -1, reason);
  }

  /** One write per turn, however many calls are started in it. */
  #scheduleFlush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    process.nextTick(this.#flush);
  }

  #writeOutput(): void {
    this.#isFlushing = false;
    const output = this.#writer.output;
    for (let piece = output.take(); piece !== undefined; piece = output.take()) {
      this.#socket.write(piece);
    }
  }
}
