// Goal: hostile or broken input never throws, never leaves the engine in an undefined state, and
// means the same however the bytes are cut. Method: random frames, mostly of legal shape, and
// random bytes after the preface; the same bytes whole and in random pieces. A failure means a
// crash by remote control, or behaviour that depends on the network's packets.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concatBytes } from '../../../server/base/bytes.ts';
import { CLIENT_PREFACE, FrameType } from '../../../server/http2/frames.ts';
import {
  frame,
  Peer,
  RESPONSE_HEADERS,
  setting,
  TRAILERS_OK,
  UNARY_REQUEST,
  uint32,
} from './peer.ts';

// 0x83.. are indexes of the static table; the literals repeat so that the dynamic table is used
// too.
const block = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      [0x83, 0x86, 0x84, 0x01, 1, 0x61],
      [0x83, 0x86, 0x84, 0x40, 1, 0x61, 1, 0x62],
      [0x83, 0x86, 0x84, 0xbe],
    ),
  },
  { weight: 1, arbitrary: fc.array(fc.nat(255), { maxLength: 20 }) },
);
const streamId = fc.oneof(
  { weight: 8, arbitrary: fc.nat(15).map((n) => 2 * n + 1) },
  { weight: 1, arbitrary: fc.constantFrom(0, 2, 4, 2 ** 31 - 1) },
);
const anyFlags = fc.oneof(
  { weight: 1, arbitrary: fc.nat(255) },
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 4, 5) },
);
const payload = fc.uint8Array({ maxLength: 40 });
const legalFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(4, 5), streamId, block)
      .map(([flags, id, bytes]) => frame(1, flags, id, bytes)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 1), streamId, payload)
      .map(([flags, id, bytes]) => frame(0, flags, id, bytes)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(streamId, fc.nat(13)).map(([id, code]) => frame(3, 0, id, uint32(code))),
  },
  { weight: 1, arbitrary: fc.nat(1 << 20).map((bytes) => frame(4, 0, 0, setting(4, bytes))) },
  { weight: 1, arbitrary: fc.nat(8192).map((bytes) => frame(4, 0, 0, setting(1, bytes))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 1), fc.constant(new Uint8Array(8)))
      .map(([flags, bytes]) => frame(6, flags, 0, bytes)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(streamId, fc.integer({ min: 1, max: 100_000 }))
      .map(([id, increment]) => frame(8, 0, id, uint32(increment))),
  },
);
const anyFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 20, arbitrary: legalFrame },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(12), anyFlags, streamId, payload)
      .map(([type, flags, id, bytes]) => frame(type, flags, id, bytes)),
  },
);

/**
 * Feeds `bytes` cut into pieces of the given sizes to an engine whose owner answers every request.
 */
function run(bytes: Uint8Array, pieces: readonly number[]): { peer: Peer; output: Uint8Array } {
  const peer = new Peer();
  peer.onRequest = (seen) => {
    seen.onEnded = () =>
      seen.stream.sendUnary(RESPONSE_HEADERS, new Uint8Array(5), seen.body, TRAILERS_OK);
    if (seen.ended) seen.onEnded();
  };
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = pieces.length === 0 ? bytes.length : (pieces[i % pieces.length] ?? 1);
    peer.connection.receive(bytes.slice(at, at + size));
    at += size;
  }
  const output: Uint8Array[] = [];
  for (
    let taken = peer.connection.takeOutput();
    taken !== undefined;
    taken = peer.connection.takeOutput()
  ) {
    output.push(Uint8Array.from(taken));
  }
  return { peer, output: concatBytes(output) };
}

function check(peer: Peer): void {
  expect(peer.closeCount).toBe(peer.connection.closed ? 1 : 0);
  for (const seen of peer.seen.values()) {
    // Whoever was told of a stream is told of its end, unless it is still open.
    if (peer.connection.closed) expect(seen.stream.closed).toBe(true);
    if (seen.stream.closed) expect(seen.aborted >= 0 || seen.ended).toBe(true);
  }
  const open = [...peer.seen.values()].filter((seen) => !seen.stream.closed).length;
  expect(peer.connection.activeStreams).toBe(open);
  peer.connection.disconnected();
  expect(peer.connection.activeStreams).toBe(0);
  expect(peer.connection.queuedBytes).toBe(0);
}

const opening = concatBytes([CLIENT_PREFACE, frame(FrameType.settings, 0, 0)]);

it('survives random frames and means the same however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }),
      (frames, pieces) => {
        const bytes = concatBytes([opening, ...frames]);
        const whole = run(bytes, []);
        const cut = run(bytes, pieces);
        expect(cut.peer.log).toEqual(whole.peer.log);
        expect(Buffer.compare(cut.output, whole.output)).toBe(0);
        check(whole.peer);
        check(cut.peer);
      },
    ),
    { numRuns: 600 },
  );
});

it('survives random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isOpened) => {
      const { peer } = run(isOpened ? concatBytes([opening, bytes]) : bytes, [7]);
      check(peer);
    }),
    { numRuns: 500 },
  );
});

it('handles a whole exchange byte by byte', () => {
  const peer = new Peer();
  const body = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff);
  const bytes = concatBytes([
    opening,
    peer.headers(1, false, UNARY_REQUEST),
    frame(0, 0, 1, body),
    frame(0, 1, 1, body),
  ]);
  const whole = run(bytes, []);
  expect(run(bytes, [1]).peer.log).toEqual(whole.peer.log);
  expect(whole.peer.seen.get(1)?.body.length).toBe(600);
});
