// Goal: no byte of body leaves beyond a window, none is lost, reordered or sent twice, whatever the
// windows, the sizes and the order of things. Method: a client with its own books grants windows,
// changes the initial window and takes output in a random order; then everything is granted. A
// failure means broken bodies or a peer that ends the connection.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concatBytes } from '../../../server/base/bytes.ts';
import { Flag, FrameType } from '../../../server/http2/frames.ts';
import { STREAM_QUEUE_HIGH_BYTES } from '../../../server/http2/limits.ts';
import { Stream } from '../../../server/http2/stream.ts';
import { frame, Peer, RESPONSE_HEADERS, setting, TRAILERS_OK, uint32 } from './peer.ts';

type Step =
  | { kind: 'send'; stream: number; sizeBytes: number; prefixBytes: number }
  | { kind: 'end'; stream: number; trailers: boolean }
  | { kind: 'grantStream'; stream: number; increment: number }
  | { kind: 'grant'; increment: number }
  | { kind: 'initial'; windowBytes: number }
  | { kind: 'take' };

const STREAMS = [1, 3, 5];
const stream = fc.constantFrom(...STREAMS);
const sizeBytes = fc.oneof(fc.nat(100), fc.nat(20_000), fc.integer({ min: 60_000, max: 200_000 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      stream,
      sizeBytes,
      prefixBytes: fc.nat(5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('end' as const), stream, trailers: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('grantStream' as const),
      stream,
      increment: fc.integer({ min: 1, max: 100_000 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('grant' as const),
      increment: fc.integer({ min: 1, max: 200_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('initial' as const), windowBytes: fc.nat(100_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
);

class Books {
  readonly peer: Peer = Peer.opened();
  readonly wanted: Map<number, Uint8Array[]> = new Map();
  readonly got: Map<number, Uint8Array[]> = new Map();
  readonly ended: Set<number> = new Set();
  readonly endsSeen: number[] = [];
  readonly windows: Map<number, number> = new Map();
  window = 65_535;
  initial = 65_535;
  #fill = 0;

  constructor() {
    for (const id of STREAMS) {
      this.peer.request(id, true);
      this.peer.seen.get(id)?.stream.sendHeaders(RESPONSE_HEADERS, false);
      this.wanted.set(id, []);
      this.got.set(id, []);
      this.windows.set(id, this.initial);
    }
    this.peer.takeAll();
  }

  apply(next: Step): void {
    switch (next.kind) {
      case 'send': {
        if (this.ended.has(next.stream)) return;
        const prefix = this.#bytes(next.prefixBytes);
        const bytes = this.#bytes(next.sizeBytes);
        this.wanted.get(next.stream)?.push(Uint8Array.from(prefix), bytes);
        const owned = this.peer.seen.get(next.stream)?.stream;
        const mayGoOn = owned?.sendPrefixed(prefix, bytes, false);
        prefix.fill(0);
        expect(mayGoOn).toBe((owned?.queuedBytes ?? 0) <= STREAM_QUEUE_HIGH_BYTES);
        return;
      }
      case 'end': {
        if (this.ended.has(next.stream)) return;
        this.ended.add(next.stream);
        const owned = this.peer.seen.get(next.stream)?.stream;
        if (next.trailers) owned?.sendTrailers(TRAILERS_OK);
        else owned?.sendData(new Uint8Array(0), true);
        return;
      }
      case 'grantStream':
        this.windows.set(next.stream, (this.windows.get(next.stream) ?? 0) + next.increment);
        this.peer.send(frame(FrameType.windowUpdate, 0, next.stream, uint32(next.increment)));
        return;
      case 'grant':
        this.window += next.increment;
        this.peer.send(frame(FrameType.windowUpdate, 0, 0, uint32(next.increment)));
        return;
      case 'initial': {
        // What was framed before the engine learnt of the change was within the windows of then.
        this.take();
        const change = next.windowBytes - this.initial;
        this.initial = next.windowBytes;
        for (const id of STREAMS) this.windows.set(id, (this.windows.get(id) ?? 0) + change);
        this.peer.send(frame(FrameType.settings, 0, 0, setting(4, next.windowBytes)));
        return;
      }
      case 'take':
        this.take();
        return;
    }
  }

  take(): void {
    for (const sent of this.peer.takeAll()) {
      if (sent.type !== FrameType.data && sent.type !== FrameType.headers) continue;
      const isEnd = (sent.flags & Flag.endStream) !== 0;
      if (sent.type === FrameType.data) {
        expect(this.endsSeen).not.toContain(sent.streamId);
        expect(sent.payload.length > 0 || isEnd).toBe(true);
        this.got.get(sent.streamId)?.push(sent.payload);
        this.window -= sent.payload.length;
        const left = (this.windows.get(sent.streamId) ?? 0) - sent.payload.length;
        this.windows.set(sent.streamId, left);
        if (sent.payload.length > 0) expect(left).toBeGreaterThanOrEqual(0);
        expect(this.window).toBeGreaterThanOrEqual(0);
        expect(sent.payload.length).toBeLessThanOrEqual(16_384);
      }
      if (isEnd) this.endsSeen.push(sent.streamId);
    }
  }

  #bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.#fill++;
    return bytes;
  }
}

it('sends every byte once, in order and within the windows', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const books = new Books();
      for (const next of steps) books.apply(next);
      for (const id of STREAMS) {
        books.apply({ kind: 'end', stream: id, trailers: id === 3 });
        books.apply({ kind: 'grantStream', stream: id, increment: 100_000_000 });
      }
      books.apply({ kind: 'grant', increment: 1_000_000_000 });
      books.take();
      expect([...books.endsSeen].sort()).toEqual(STREAMS);
      for (const id of STREAMS) {
        const got = concatBytes(books.got.get(id) ?? []);
        const wanted = concatBytes(books.wanted.get(id) ?? []);
        expect(Buffer.compare(got, wanted)).toBe(0);
      }
      expect(books.peer.connection.queuedBytes).toBe(0);
      expect(books.peer.connection.activeStreams).toBe(0);
      expect(books.peer.closeCode).toBe(-1);
    }),
    { numRuns: 150 },
  );
});

it('gives every received byte back, so that a long body never stops', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 50, maxLength: 100 }),
      (sizes) => {
        const peer = Peer.opened({ streamWindowBytes: 10_000, connectionWindowBytes: 65_535 });
        let window = 65_535;
        let streamWindow = 10_000;
        peer.request(1, false);
        for (const size of sizes) {
          expect(Math.min(window, streamWindow)).toBeGreaterThanOrEqual(size);
          peer.send(frame(FrameType.data, 0, 1, new Uint8Array(size)));
          window -= size;
          streamWindow -= size;
          peer.seen.get(1)?.stream.consumed(size);
          for (const sent of peer.takeAll()) {
            expect(sent.type).toBe(FrameType.windowUpdate);
            const increment = new DataView(sent.payload.buffer).getUint32(0);
            if (sent.streamId === 0) window += increment;
            else streamWindow += increment;
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});

it("takes no more than it granted, and gives a closed stream's share back", () => {
  const peer = Peer.opened({ streamWindowBytes: 20_000, connectionWindowBytes: 65_535 });
  peer.request(1, false);
  peer.send(frame(0, 0, 1, new Uint8Array(16_000)), frame(0, 0, 1, new Uint8Array(4001)));
  expect(peer.seen.get(1)?.aborted).toBe(3);
  // Without the 16000 bytes of stream 1 the next three streams would not fit into the connection's
  // window twice.
  for (let id = 3; id < 41; id += 2) {
    peer.request(id, false);
    peer.send(frame(0, 0, id, new Uint8Array(16_000)));
    peer.seen.get(id)?.stream.reset(8);
  }
  expect(peer.closeCode).toBe(-1);
  for (let id = 41; id < 51; id += 2) {
    peer.request(id, false);
    peer.send(frame(0, 0, id, new Uint8Array(16_000)));
  }
  expect(peer.closeCode).toBe(3);
});

it('grants no more to a stream that has ended', () => {
  const peer = Peer.opened({ streamWindowBytes: 10_000 });
  peer.request(1, false);
  peer.send(frame(0, Flag.endStream, 1, new Uint8Array(9000)));
  peer.seen.get(1)?.stream.consumed(9000);
  expect(peer.takeAll()).toEqual([]);
});

it('tells the owner when to go on with a body larger than the queue', () => {
  const peer = Peer.opened({}, setting(4, 1_000_000_000));
  peer.send(frame(FrameType.windowUpdate, 0, 0, uint32(1_000_000_000)));
  peer.request(1, true);
  const seen = peer.seen.get(1);
  const owned = seen?.stream;
  owned?.sendHeaders(RESPONSE_HEADERS, false);
  const piece = new Uint8Array(32_768);
  let left = 300;
  const pour = (): void => {
    while (left > 0) {
      left--;
      if (owned?.sendData(piece, left === 0) === false) return;
    }
  };
  if (seen !== undefined) seen.onDrained = pour;
  pour();
  expect(left).toBeGreaterThan(200);
  let bodyBytes = 0;
  for (const sent of peer.takeAll())
    if (sent.type === FrameType.data) bodyBytes += sent.payload.length;
  expect(bodyBytes).toBe(300 * 32_768);
  expect(seen?.drains).toBeGreaterThan(10);
  expect(owned?.closed).toBe(true);
});

it('keeps nothing of what has left a queue that never runs empty', () => {
  const peer = Peer.opened({}, setting(4, 2 ** 31 - 1));
  peer.request(1, true);
  const owned = peer.seen.get(1)?.stream;
  owned?.sendHeaders(RESPONSE_HEADERS, false);
  for (let i = 0; i < 3000; i++) {
    owned?.sendData(new Uint8Array(1000), false);
    if (i > 200) peer.send(frame(FrameType.windowUpdate, 0, 0, uint32(1000)));
    peer.takeAll();
  }
  expect(owned?.queuedBytes).toBeGreaterThan(100_000);
  expect(owned instanceof Stream ? owned.queue?.length : -1).toBeLessThan(500);
});

it('goes on with the other streams when some are reset while they wait', () => {
  const peer = Peer.opened();
  const ids = [1, 3, 5, 7, 9];
  for (const id of ids) {
    peer.request(id, true);
    const owned = peer.seen.get(id)?.stream;
    owned?.sendHeaders(RESPONSE_HEADERS, false);
    owned?.sendData(new Uint8Array(40_000), true);
  }
  for (const id of [3, 9]) peer.send(frame(FrameType.rstStream, 0, id, uint32(8)));
  peer.send(frame(FrameType.windowUpdate, 0, 0, uint32(1_000_000)));
  peer.takeAll();
  for (const id of [1, 5, 7]) expect(peer.seen.get(id)?.stream.closed).toBe(true);
  expect(peer.connection.activeStreams).toBe(0);
  expect(peer.connection.queuedBytes).toBe(0);
});

it('lets streams take turns frame by frame', () => {
  const peer = Peer.opened({}, setting(4, 1_000_000));
  for (const id of STREAMS) {
    peer.request(id, true);
    const owned = peer.seen.get(id)?.stream;
    owned?.sendHeaders(RESPONSE_HEADERS, false);
    owned?.sendData(new Uint8Array(200_000), true);
  }
  peer.takeAll();
  peer.send(frame(FrameType.windowUpdate, 0, 0, uint32(16_384 * 6)));
  const ids = peer.takeAll().map((sent) => sent.streamId);
  for (const id of STREAMS) expect(ids.filter((other) => other === id).length).toBeGreaterThan(1);
});
