// Measures what one unary exchange costs the HTTP/2 engine: HEADERS of indexed fields and one DATA
// in, HEADERS, DATA and trailers out, no socket. Prints microseconds per exchange for a repeated
// header block, for a block with a field that differs every time (a deadline, as grpc-go sends it),
// and the throughput of a large body.

import { ServerConnection } from '../../server/http2/connection.ts';
import { CLIENT_PREFACE, Flag, FrameType, writeFrameHeader } from '../../server/http2/frames.ts';
import type {
  ConnectionEvents,
  HeaderField,
  ServerStream,
  StreamEvents,
} from '../../server/http2/types.ts';

const REQUEST_BODY = new Uint8Array(300);
const RESPONSE_BODY = new Uint8Array(300);
const PREFIX = new Uint8Array(5);
const RESPONSE_HEADERS: readonly HeaderField[] = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];
const TRAILERS: readonly HeaderField[] = [
  ['grpc-status', '0'],
  ['grpc-message', ''],
];

/** A block of literals with indexing, as a client's first request has it. */
const FIRST_FIELDS: readonly HeaderField[] = [
  [':authority', '127.0.0.1:2379'],
  [':path', '/etcdserverpb.KV/Put'],
  ['content-type', 'application/grpc'],
  ['user-agent', 'grpc-go/1.75.0'],
  ['te', 'trailers'],
  ['client-api-version', '3.7.0'],
];

function literal(name: string, value: string): number[] {
  const codes = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
  return [0x40, name.length, ...codes(name), value.length, ...codes(value)];
}

class Owner implements StreamEvents {
  readonly #stream: ServerStream;

  constructor(stream: ServerStream) {
    this.#stream = stream;
  }

  onData(bytes: Uint8Array, endStream: boolean): void {
    this.#stream.consumed(bytes.length);
    if (endStream) this.#stream.sendUnary(RESPONSE_HEADERS, PREFIX, RESPONSE_BODY, TRAILERS);
  }

  onEnd(): void {}
  onAborted(): void {}
  onDrain(): void {}
}

const EVENTS: ConnectionEvents = {
  onRequest: (stream) => new Owner(stream),
  onOutput: () => undefined,
  onClose: (code, reason) => {
    throw new Error(`closed: ${code} ${reason}`);
  },
};

function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: ArrayLike<number>,
): number[] {
  const header = new Uint8Array(9);
  writeFrameHeader(header, 0, payload.length, type, flags, streamId);
  return [...header, ...Array.from(payload)];
}

function open(): ServerConnection {
  const connection = new ServerConnection(EVENTS);
  const first = FIRST_FIELDS.flatMap(([name, value]) => literal(name, value));
  connection.receive(
    Uint8Array.from([
      ...CLIENT_PREFACE,
      ...frame(FrameType.settings, 0, 0, []),
      ...frame(FrameType.windowUpdate, 0, 0, [0x7f, 0, 0, 0]),
      ...frame(FrameType.headers, Flag.endHeaders, 1, [0x83, 0x86, ...first]),
      ...frame(FrameType.data, Flag.endStream, 1, REQUEST_BODY),
    ]),
  );
  return connection;
}

const BATCH = 50;

/**
 * Microseconds per exchange over `count` of them; chunks of BATCH exchanges, one take per chunk.
 */
function measureUnary(count: number, deadline: boolean): number {
  const connection = open();
  const block = [0x83, 0x86, 0xc3, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe];
  // As a client sends it: the name is an index, by now that of the deadline before, the value is
  // new.
  const deadlines = [0x7e, 8, ...literal('', '0000000u').slice(3)];
  const exchange = [
    ...frame(FrameType.headers, Flag.endHeaders, 0, deadline ? [0x83, 0x86, ...deadlines] : block),
    ...frame(FrameType.data, Flag.endStream, 0, REQUEST_BODY),
  ];
  if (deadline) {
    // With an entry added per request the indexes move, so these requests spell out the little they
    // need.
    const path = [0x04, 1, 0x2f];
    connection.receive(
      Uint8Array.from([
        ...frame(FrameType.headers, Flag.endHeaders | Flag.endStream, 3, [
          ...[0x83, 0x86, ...path],
          ...literal('grpc-timeout', '1S'),
        ]),
      ]),
    );
    exchange.splice(
      0,
      exchange.length,
      ...frame(FrameType.headers, Flag.endHeaders, 0, [0x83, 0x86, ...path, ...deadlines]),
      ...frame(FrameType.data, Flag.endStream, 0, REQUEST_BODY),
    );
  }
  const chunk = Buffer.from(Array.from({ length: BATCH }, () => exchange).flat());
  const dataAt =
    9 + (((chunk[0] as number) << 16) | ((chunk[1] as number) << 8) | (chunk[2] as number));
  const windows = Uint8Array.from(
    frame(FrameType.windowUpdate, 0, 0, [0, 0, (BATCH * 305) >>> 8, (BATCH * 305) & 0xff]),
  );
  let streamId = 5;
  let taken = 0;
  const began = process.hrtime.bigint();
  for (let done = 0; done < count; done += BATCH) {
    for (let i = 0; i < BATCH; i++) {
      const at = i * exchange.length;
      chunk.writeUInt32BE(streamId, at + 5);
      chunk.writeUInt32BE(streamId, at + dataAt + 5);
      if (deadline) chunk[at + dataAt - 2] = 0x30 + (i % 10);
      streamId += 2;
    }
    connection.receive(chunk);
    connection.receive(windows);
    for (;;) {
      const bytes = connection.takeOutput();
      if (bytes === undefined) break;
      taken += bytes.length;
    }
  }
  const micros = Number(process.hrtime.bigint() - began) / 1000 / count;
  if (taken < count * 300) throw new Error('answers are missing');
  return micros;
}

/** GiB per second of a body sent in pieces of 32 KiB. */
function measureBody(): number {
  let stream: ServerStream | undefined;
  const connection = new ServerConnection({
    ...EVENTS,
    onRequest: (opened) => {
      stream = opened;
      return { onData() {}, onEnd() {}, onAborted() {}, onDrain() {} };
    },
  });
  const block = [0x83, 0x86, 0x84, 0x41, 1, 0x61];
  connection.receive(
    Uint8Array.from([
      ...CLIENT_PREFACE,
      ...frame(FrameType.settings, 0, 0, [0, 4, 0x7f, 0xff, 0xff, 0xff]),
      ...frame(FrameType.windowUpdate, 0, 0, [0x7f, 0, 0, 0]),
      ...frame(FrameType.headers, Flag.endHeaders | Flag.endStream, 1, block),
    ]),
  );
  if (stream === undefined) throw new Error('no request');
  stream.sendHeaders(RESPONSE_HEADERS, false);
  const piece = new Uint8Array(32_768);
  let taken = 0;
  const began = process.hrtime.bigint();
  for (let i = 0; i < 32_768; i++) {
    stream.sendData(piece, false);
    for (;;) {
      const bytes = connection.takeOutput();
      if (bytes === undefined) break;
      taken += bytes.length;
    }
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return taken / seconds / 2 ** 30;
}

measureUnary(100_000, false);
measureUnary(100_000, true);
const rounds = 5;
for (const [name, deadline] of [
  ['unary, repeated header block', false],
  ['unary, new deadline each time', true],
] as const) {
  const micros: number[] = [];
  for (let i = 0; i < rounds; i++) micros.push(measureUnary(200_000, deadline));
  micros.sort((a, b) => a - b);
  console.log(`${name}: median ${micros[2]?.toFixed(2)} us, best ${micros[0]?.toFixed(2)} us`);
}
console.log(`body in 32 KiB pieces: ${measureBody().toFixed(1)} GiB/s`);
