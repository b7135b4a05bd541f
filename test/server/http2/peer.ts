// Owns the client that the engine's tests talk through: it writes frames, records what the engine
// tells its owner, and reads back every frame the engine sends.

import { concatBytes } from '../../../server/base/bytes.ts';
import { ServerConnection } from '../../../server/http2/connection.ts';
import { FrameReader } from '../../../server/http2/frame-reader.ts';
import { CLIENT_PREFACE, Flag, FrameType, writeFrameHeader } from '../../../server/http2/frames.ts';
import { HpackDecoder } from '../../../server/http2/hpack-decoder.ts';
import { HpackEncoder } from '../../../server/http2/hpack-encoder.ts';
import type {
  ConnectionOptions,
  HeaderField,
  RequestHead,
  ServerStream,
  StreamEvents,
} from '../../../server/http2/types.ts';

export interface SentFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}

export const UNARY_REQUEST: readonly HeaderField[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/etcdserverpb.KV/Range'],
  [':authority', 'localhost:2379'],
  ['content-type', 'application/grpc'],
  ['user-agent', 'test/1'],
  ['te', 'trailers'],
];

export const RESPONSE_HEADERS: readonly HeaderField[] = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];
export const TRAILERS_OK: readonly HeaderField[] = [
  ['grpc-status', '0'],
  ['grpc-message', ''],
];

export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array | readonly number[] = [],
): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, streamId);
  bytes.set(payload, 9);
  return bytes;
}

export function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function setting(id: number, value: number): number[] {
  return [id >>> 8, id & 0xff, ...uint32(value)];
}

/** One stream as its owner saw it. */
export class Seen implements StreamEvents {
  readonly stream: ServerStream;
  readonly head: RequestHead;
  readonly chunks: Uint8Array[] = [];
  ended: boolean;
  aborted = -1;
  drains = 0;
  onDrained: (() => void) | undefined = undefined;
  onEnded: (() => void) | undefined = undefined;
  readonly #log: string[];

  constructor(stream: ServerStream, head: RequestHead, ended: boolean, log: string[]) {
    this.stream = stream;
    this.head = head;
    this.ended = ended;
    this.#log = log;
  }

  get body(): Uint8Array {
    return concatBytes(this.chunks);
  }

  onData(bytes: Uint8Array, endStream: boolean): void {
    this.#log.push(`data ${this.stream.id} ${[...bytes].join(' ')} ${endStream}`);
    this.chunks.push(Uint8Array.from(bytes));
    if (endStream) this.#end();
  }

  onEnd(): void {
    this.#log.push(`end ${this.stream.id}`);
    this.#end();
  }

  onAborted(errorCode: number): void {
    this.#log.push(`aborted ${this.stream.id} ${errorCode}`);
    this.aborted = errorCode;
  }

  onDrain(): void {
    this.#log.push(`drain ${this.stream.id}`);
    this.drains++;
    this.onDrained?.();
  }

  #end(): void {
    this.ended = true;
    this.onEnded?.();
  }
}

/** An engine with its owner's records and a client's tools. */
export class Peer {
  readonly connection: ServerConnection;
  readonly log: string[] = [];
  readonly seen: Map<number, Seen> = new Map();
  readonly sent: SentFrame[] = [];
  readonly encoder: HpackEncoder = new HpackEncoder();
  readonly #decoder: HpackDecoder = new HpackDecoder(4096, 1 << 20);
  readonly #reader: FrameReader;
  closeCode = -1;
  closeReason = '';
  closeCount = 0;
  pings = 0;
  pingAcks = 0;
  outputSignals = 0;
  onRequest: ((seen: Seen) => void) | undefined = undefined;
  /** Cuts what is sent to the engine; whole by default. */
  cut: (bytes: Uint8Array) => Uint8Array[] = (bytes) => [bytes];

  constructor(options: ConnectionOptions = {}) {
    this.#reader = new FrameReader(
      {
        onFrame: (type, flags, streamId, bytes, start, end) => {
          this.sent.push({
            type,
            flags,
            streamId,
            payload: Uint8Array.from(bytes.subarray(start, end)),
          });
          return true;
        },
        onOversizedFrame: () => {
          throw new Error('the engine sent an oversized frame');
        },
      },
      1 << 20,
    );
    this.connection = new ServerConnection(
      {
        onRequest: (stream, head, endStream) => {
          this.log.push(`request ${stream.id} ${JSON.stringify(head)} ${endStream}`);
          const seen = new Seen(stream, head, endStream, this.log);
          this.seen.set(stream.id, seen);
          this.onRequest?.(seen);
          return seen;
        },
        onOutput: () => {
          this.outputSignals++;
        },
        onClose: (code, reason) => {
          this.log.push(`close ${code} ${reason}`);
          this.closeCode = code;
          this.closeReason = reason;
          this.closeCount++;
        },
        onPing: () => {
          this.pings++;
        },
        onPingAck: () => {
          this.pingAcks++;
        },
      },
      options,
    );
  }

  /** Preface, SETTINGS and the first answers out of the way. */
  static opened(options: ConnectionOptions = {}, settings: readonly number[] = []): Peer {
    const peer = new Peer(options);
    peer.send(CLIENT_PREFACE, frame(FrameType.settings, 0, 0, settings));
    peer.takeAll();
    return peer;
  }

  send(...parts: readonly Uint8Array[]): void {
    for (const piece of this.cut(concatBytes(parts))) this.connection.receive(piece);
  }

  /** Opens a stream with a request of `fields`. */
  request(
    streamId: number,
    endStream: boolean,
    fields: readonly HeaderField[] = UNARY_REQUEST,
  ): void {
    this.send(this.headers(streamId, endStream, fields));
  }

  headers(streamId: number, endStream: boolean, fields: readonly HeaderField[]): Uint8Array {
    const flags = Flag.endHeaders | (endStream ? Flag.endStream : 0);
    return frame(FrameType.headers, flags, streamId, this.encoder.encode(fields));
  }

  /** Takes all output and answers the frames it brought. */
  takeAll(): SentFrame[] {
    const before = this.sent.length;
    for (;;) {
      const bytes = this.connection.takeOutput();
      if (bytes === undefined) break;
      this.#reader.feed(bytes, 0);
    }
    return this.sent.slice(before);
  }

  takeOne(): SentFrame[] {
    const before = this.sent.length;
    const bytes = this.connection.takeOutput();
    if (bytes !== undefined) this.#reader.feed(bytes, 0);
    return this.sent.slice(before);
  }

  /**
   * The fields of a header block that the engine sent. Blocks are to be decoded once each, in
   * order.
   */
  decode(block: Uint8Array): [string, string][] {
    if (!this.#decoder.decode(block, 0, block.length)) throw new Error('illegal header block sent');
    return this.#decoder.entries.map((entry) => [entry.field[0], entry.field[1]]);
  }

  /** The code of the last GOAWAY sent, or -1. */
  get goAwayCode(): number {
    const last = this.sent.findLast((sent) => sent.type === FrameType.goAway);
    return last === undefined ? -1 : new DataView(last.payload.buffer).getUint32(4);
  }
}

/** Error codes of the RST_STREAM frames among `frames`, by stream. */
export function resetCodes(frames: readonly SentFrame[]): [streamId: number, code: number][] {
  return frames
    .filter((sent) => sent.type === FrameType.rstStream)
    .map((sent) => [sent.streamId, new DataView(sent.payload.buffer).getUint32(0)]);
}
