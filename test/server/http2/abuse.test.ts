// Goal: no cheap stream of frames makes the engine work or remember without bound, and ordinary
// clients never meet the defence. Method: each known attack until the connection ends, with a bound
// on how long that may take; beside it the harmless use that looks alike. A failure means a denial
// of service, or a client cut off for nothing.

import { describe, expect, it } from 'vitest';
import { Flag, FrameType } from '../../../server/http2/frames.ts';
import { OUTPUT_BYTES_MAX, OUTPUT_HIGH_BYTES } from '../../../server/http2/limits.ts';
import { ErrorCode } from '../../../server/http2/types.ts';
import {
  frame,
  Peer,
  RESPONSE_HEADERS,
  setting,
  TRAILERS_OK,
  UNARY_REQUEST,
  uint32,
} from './peer.ts';

const EMPTY = new Uint8Array(0);
const PING = frame(FrameType.ping, 0, 0, new Uint8Array(8));

/** Repeats `attack` until the connection ends; the number of rounds it took, or `roundsMax`. */
function endure(peer: Peer, roundsMax: number, attack: (round: number) => void): number {
  let round = 0;
  while (round < roundsMax && !peer.connection.closed) attack(round++);
  return round;
}

function expectCalmed(peer: Peer): void {
  expect(peer.closeCode).toBe(ErrorCode.enhanceYourCalm);
  peer.takeAll();
  expect(peer.goAwayCode).toBe(ErrorCode.enhanceYourCalm);
}

describe('attacks that end the connection', () => {
  it('streams opened and reset at once', () => {
    const peer = Peer.opened();
    const rounds = endure(peer, 5000, (round) => {
      const id = 2 * round + 1;
      peer.send(peer.headers(id, true, UNARY_REQUEST), frame(3, 0, id, uint32(8)));
      peer.takeAll();
    });
    expect(rounds).toBeLessThan(1100);
    expectCalmed(peer);
  });

  it('streams that the client makes us reset', () => {
    const peer = Peer.opened();
    const rounds = endure(peer, 5000, (round) => {
      const id = 2 * round + 1;
      peer.send(peer.headers(id, true, UNARY_REQUEST), frame(8, 0, id, uint32(0)));
      peer.takeAll();
    });
    expect(rounds).toBeLessThan(1100);
    expectCalmed(peer);
  });

  it('malformed requests', () => {
    const peer = Peer.opened();
    const rounds = endure(peer, 5000, (round) => {
      peer.request(2 * round + 1, true, [[':method', 'GET']]);
      peer.takeAll();
    });
    expect(rounds).toBeLessThan(1100);
    expectCalmed(peer);
  });

  const floods: readonly [string, number, (peer: Peer) => Uint8Array][] = [
    ['PING', 10_100, () => PING],
    ['SETTINGS', 1100, () => frame(FrameType.settings, 0, 0, setting(4, 1000))],
    ['empty DATA', 1100, () => frame(FrameType.data, 0, 1)],
    ['DATA of padding', 1100, () => frame(FrameType.data, Flag.padded, 1, [1, 0])],
    ['PRIORITY', 10_100, () => frame(FrameType.priority, 0, 7, [0, 0, 0, 0, 0])],
    ['unknown frames', 10_100, () => frame(0x33, 0, 0)],
    ['window updates', 10_100, () => frame(FrameType.windowUpdate, 0, 1, uint32(1))],
    ['RST_STREAM on a closed stream', 10_100, () => frame(FrameType.rstStream, 0, 3, uint32(8))],
    ['acks nobody asked for', 10_100, () => frame(FrameType.settings, Flag.ack, 0)],
  ];
  for (const [name, roundsMax, make] of floods) {
    it(`a flood of ${name}, read or not`, () => {
      for (const isRead of [true, false]) {
        const peer = Peer.opened();
        peer.request(1, false);
        peer.request(3, true);
        peer.seen.get(3)?.stream.sendHeaders(RESPONSE_HEADERS, true);
        const bytes = make(peer);
        const rounds = endure(peer, 50_000, () => {
          peer.send(bytes);
          if (isRead) peer.takeAll();
        });
        expect(rounds).toBeLessThan(roundsMax);
        expectCalmed(peer);
      }
    });
  }

  it('CONTINUATION frames without end, empty or not', () => {
    for (const size of [0, 10, 16_384]) {
      const peer = Peer.opened();
      peer.send(frame(FrameType.headers, 0, 1, [0x83]));
      const rounds = endure(peer, 1000, () => {
        peer.send(frame(FrameType.continuation, 0, 1, new Uint8Array(size)));
      });
      expect(rounds).toBeLessThan(70);
      expectCalmed(peer);
    }
  });

  it('a header bomb: few bytes that stand for many', () => {
    const peer = Peer.opened({ headerListBytesMax: 20_000 });
    const entry = [0x40, 1, 0x61, 0x7f, 0x80 | (3000 - 127), (3000 - 127) >> 7];
    entry[4] = ((3000 - 127) & 0x7f) | 0x80;
    const bomb = [0x83, 0x86, 0x84, ...entry, ...new Uint8Array(3000).fill(0x62)];
    const repeats = Array.from({ length: 10_000 }, () => 0xbe);
    peer.send(frame(FrameType.headers, 5, 1, [...bomb, ...repeats]));
    expect(peer.seen.size).toBe(0);
    expect(peer.takeAll().map((sent) => sent.type)).toEqual([FrameType.rstStream]);
  });

  it('answers that are never read', () => {
    const peer = Peer.opened();
    const rounds = endure(peer, 100_000, () => peer.send(PING));
    expect(rounds).toBeLessThanOrEqual(10_001);
    expect(peer.connection.outputBytes).toBeLessThan(OUTPUT_HIGH_BYTES);
    expectCalmed(peer);
  });

  it('requests whose answers are never read', () => {
    const peer = Peer.opened({ queuedBytesMax: 1 << 20 }, setting(4, 2 ** 31 - 1));
    peer.onRequest = (seen) =>
      seen.stream.sendUnary(RESPONSE_HEADERS, EMPTY, new Uint8Array(5000), TRAILERS_OK);
    peer.send(frame(FrameType.windowUpdate, 0, 0, uint32(2 ** 31 - 70_000)));
    const rounds = endure(peer, 50_000, (round) => peer.request(2 * round + 1, true));
    expect(rounds).toBeLessThan(400);
    expect(peer.connection.outputBytes).toBeLessThan(OUTPUT_HIGH_BYTES + 100_000);
    expect(peer.closeCode).toBe(ErrorCode.enhanceYourCalm);
  });

  it('headers that are never read', () => {
    const peer = Peer.opened();
    const large = 'v'.repeat(10_000);
    peer.onRequest = (seen) =>
      seen.stream.sendHeaders(
        [
          [':status', '200'],
          ['x', large],
        ],
        true,
      );
    const rounds = endure(peer, 50_000, (round) => peer.request(2 * round + 1, true));
    expect(rounds).toBeLessThan(3000);
    expect(peer.connection.outputBytes).toBeLessThan(OUTPUT_BYTES_MAX + 100_000);
    expect(peer.closeCode).toBe(ErrorCode.enhanceYourCalm);
  });
});

describe('harmless use that looks alike', () => {
  it('a client that pings and grants windows while it is served', () => {
    const peer = Peer.opened();
    peer.onRequest = (seen) =>
      seen.stream.sendUnary(RESPONSE_HEADERS, EMPTY, new Uint8Array(10), TRAILERS_OK);
    const rounds = endure(peer, 20_000, (round) => {
      const id = 2 * round + 1;
      peer.send(
        peer.headers(id, true, UNARY_REQUEST),
        PING,
        frame(FrameType.windowUpdate, 0, 0, uint32(10)),
        frame(FrameType.windowUpdate, 0, id, uint32(10)),
      );
      peer.takeAll();
    });
    expect(rounds).toBe(20_000);
  });

  it('requests given up after a second', () => {
    const peer = Peer.opened();
    const rounds = endure(peer, 20, (round) => {
      const first = 2 * 2000 * round + 1;
      for (let i = 0; i < 2000; i++) peer.request(first + 2 * i, true);
      peer.connection.tick();
      for (let i = 0; i < 2000; i++) peer.send(frame(3, 0, first + 2 * i, uint32(8)));
      peer.takeAll();
    });
    expect(rounds).toBe(20);
  });

  it('one answer larger than the cap of all queues', () => {
    const peer = Peer.opened({ queuedBytesMax: 1 << 20 });
    peer.request(1, true);
    peer.seen
      .get(1)
      ?.stream.sendUnary(RESPONSE_HEADERS, EMPTY, new Uint8Array(5 << 20), TRAILERS_OK);
    expect(peer.closeCode).toBe(-1);
    expect(peer.connection.queuedBytes).toBeGreaterThan(4 << 20);
  });
});
