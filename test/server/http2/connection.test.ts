// Goal: each rule of RFC 9113 that a server must keep, one test per rule, with the error code the
// RFC asks for. Method: a client of bytes against one engine. A failure names the rule that is
// broken.

import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../server/base/bytes.ts';
import { CLIENT_PREFACE, Flag, FrameType } from '../../../server/http2/frames.ts';
import { ErrorCode, type HeaderField } from '../../../server/http2/types.ts';
import {
  frame,
  Peer,
  RESPONSE_HEADERS,
  resetCodes,
  setting,
  TRAILERS_OK,
  UNARY_REQUEST,
  uint32,
} from './peer.ts';

const EMPTY = new Uint8Array(0);
const BODY = Uint8Array.from([1, 2, 3, 4, 5]);

function types(frames: readonly { type: number }[]): number[] {
  return frames.map((sent) => sent.type);
}

describe('the opening', () => {
  it('answers the preface with SETTINGS and a wide window, and SETTINGS with an ack', () => {
    const peer = new Peer();
    peer.send(CLIENT_PREFACE);
    expect(types(peer.takeAll())).toEqual([FrameType.settings, FrameType.windowUpdate]);
    peer.send(frame(FrameType.settings, 0, 0));
    const [ack] = peer.takeAll();
    expect([ack?.type, ack?.flags]).toEqual([FrameType.settings, Flag.ack]);
  });

  it('refuses anything else than a preface', () => {
    const peer = new Peer();
    peer.send(new TextEncoder().encode('GET / HTTP/1.1\r\n'));
    expect(peer.closeCode).toBe(ErrorCode.protocolError);
    expect(peer.closeCount).toBe(1);
  });

  it('refuses a first frame that is not SETTINGS', () => {
    const peer = new Peer();
    peer.send(CLIENT_PREFACE, frame(FrameType.ping, 0, 0, new Uint8Array(8)));
    expect(peer.closeCode).toBe(ErrorCode.protocolError);
  });

  it('announces a stream limit only where there is one', () => {
    const settingsOf = (options: { concurrentStreamsMax?: number }): number[] => {
      const peer = new Peer(options);
      peer.send(CLIENT_PREFACE);
      const payload = peer.takeAll()[0]?.payload ?? EMPTY;
      return Array.from({ length: payload.length / 6 }, (_, i) => payload[i * 6 + 1] as number);
    };
    expect(settingsOf({})).not.toContain(3);
    expect(settingsOf({ concurrentStreamsMax: 10 })).toContain(3);
  });
});

describe('an exchange', () => {
  it('hands over the request and its body and sends a unary answer as three frames', () => {
    const peer = Peer.opened();
    peer.request(1, false);
    peer.send(frame(FrameType.data, Flag.endStream, 1, BODY));
    const seen = peer.seen.get(1);
    expect(seen?.head).toMatchObject({
      method: 'POST',
      path: '/etcdserverpb.KV/Range',
      scheme: 'http',
      authority: 'localhost:2379',
      fields: UNARY_REQUEST.slice(4),
    });
    expect(seen?.body).toEqual(BODY);
    expect(seen?.ended).toBe(true);
    seen?.stream.sendUnary(RESPONSE_HEADERS, BODY, BODY, TRAILERS_OK);
    const [headers, data, trailers] = peer.takeAll();
    expect(peer.decode(headers?.payload ?? EMPTY)).toEqual(RESPONSE_HEADERS);
    expect(headers?.flags).toBe(Flag.endHeaders);
    expect(data?.payload).toEqual(concatBytes([BODY, BODY]));
    expect(peer.decode(trailers?.payload ?? EMPTY)).toEqual(TRAILERS_OK);
    expect(trailers?.flags).toBe(Flag.endHeaders | Flag.endStream);
    expect(peer.connection.activeStreams).toBe(0);
    expect(seen?.stream.closed).toBe(true);
  });

  it('gives one head object to identical blocks, and stops when the table changes', () => {
    const peer = Peer.opened();
    for (let id = 1; id <= 9; id += 2) peer.request(id, true);
    expect(peer.seen.get(9)?.head).toBe(peer.seen.get(7)?.head);
    const other: HeaderField[] = [...UNARY_REQUEST, ['x-other', 'value']];
    for (let id = 11; id <= 19; id += 2) peer.request(id, true, other);
    for (let id = 21; id <= 29; id += 2) peer.request(id, true);
    expect(peer.seen.get(19)?.head.fields).toEqual(other.slice(4));
    expect(peer.seen.get(29)?.head).toEqual(peer.seen.get(1)?.head);
    expect(peer.seen.get(29)?.head).not.toBe(peer.seen.get(9)?.head);
  });

  it('does not take one block for another that falls into the same place of the cache', () => {
    const peer = Peer.opened();
    // The hash is the same for "aa" and "bB"; the blocks are literals, so the table stays as it is.
    const paths = ['/aa', '/bB', '/aa', '/bB'];
    for (const [i, path] of paths.entries()) {
      const literal = [0x04, 3, ...Array.from(path, (character) => character.charCodeAt(0))];
      peer.send(frame(FrameType.headers, 5, 2 * i + 1, [0x83, 0x86, ...literal]));
    }
    expect([...peer.seen.values()].map((seen) => seen.head.path)).toEqual(paths);
  });

  it('gives the same bytes another meaning once the table has changed', () => {
    const peer = Peer.opened();
    const insert = (value: number): number[] => [0x83, 0x86, 0x84, 0x40, 1, 0x78, 1, value];
    const newest = [0x83, 0x86, 0x84, 0xbe];
    const older = [0x83, 0x86, 0x84, 0xbf];
    const blocks = [insert(0x61), newest, newest, insert(0x62), newest, older, insert(0x62), older];
    for (const [i, block] of blocks.entries()) {
      peer.send(frame(FrameType.headers, 5, 2 * i + 1, block));
    }
    const values = [...peer.seen.values()].map((seen) => seen.head.fields[0]?.[1]);
    expect(values).toEqual(['a', 'a', 'a', 'b', 'b', 'a', 'b', 'b']);
  });

  it('takes trailers as the end of a body', () => {
    const peer = Peer.opened();
    peer.request(1, false);
    peer.send(peer.headers(1, true, [['x-checksum', '1']]));
    expect(peer.seen.get(1)?.ended).toBe(true);
    expect(peer.log.at(-1)).toBe('end 1');
  });

  it('ends with headers only, and stops the rest of the request with NO_ERROR', () => {
    const peer = Peer.opened();
    peer.request(1, false);
    const stream = peer.seen.get(1)?.stream;
    stream?.sendHeaders([...RESPONSE_HEADERS, ['grpc-status', '12']], true);
    const frames = peer.takeAll();
    expect(types(frames)).toEqual([FrameType.headers, FrameType.rstStream]);
    expect(resetCodes(frames)).toEqual([[1, ErrorCode.noError]]);
    // What was already on its way is not answered.
    peer.send(frame(FrameType.data, 0, 1, BODY), peer.headers(1, true, [['x', 'y']]));
    expect(peer.takeAll()).toEqual([]);
    expect(peer.seen.get(1)?.chunks).toEqual([]);
  });

  it('reassembles a block from CONTINUATION frames, with padding and priority', () => {
    const peer = Peer.opened();
    const block = peer.encoder.encode(UNARY_REQUEST).slice();
    const first = [3, 0, 0, 0, 0, 16, ...block.subarray(0, 5), 0, 0, 0];
    peer.send(
      frame(FrameType.headers, Flag.padded | Flag.priority | Flag.endStream, 1, first),
      frame(FrameType.continuation, 0, 1, block.subarray(5, 20)),
      frame(FrameType.continuation, Flag.endHeaders, 1, block.subarray(20)),
    );
    expect(peer.seen.get(1)?.head.path).toBe('/etcdserverpb.KV/Range');
    expect(peer.seen.get(1)?.ended).toBe(true);
  });

  it('strips padding from DATA and gives its window back', () => {
    const peer = Peer.opened({ streamWindowBytes: 1000, connectionWindowBytes: 65_535 });
    peer.request(1, false);
    const padded = [200, ...BODY, ...new Uint8Array(200)];
    for (let i = 0; i < 20; i++) {
      peer.send(frame(FrameType.data, Flag.padded, 1, padded));
      peer.seen.get(1)?.stream.consumed(BODY.length);
    }
    expect(peer.closeCode).toBe(-1);
    expect(peer.seen.get(1)?.body.length).toBe(100);
    expect(resetCodes(peer.takeAll())).toEqual([]);
  });

  it('splits large response headers into CONTINUATION frames', () => {
    const peer = Peer.opened();
    peer.request(1, true);
    const fields: HeaderField[] = [
      [':status', '200'],
      ['x-large', '~'.repeat(40_000)],
    ];
    peer.seen.get(1)?.stream.sendHeaders(fields, true);
    const frames = peer.takeAll();
    expect(types(frames)).toEqual([
      FrameType.headers,
      FrameType.continuation,
      FrameType.continuation,
    ]);
    expect(frames.map((sent) => sent.flags)).toEqual([Flag.endStream, 0, Flag.endHeaders]);
    expect(peer.decode(concatBytes(frames.map((sent) => sent.payload)))).toEqual(fields);
  });

  it('tells the owner of a reset and hears nothing from a closed stream', () => {
    const peer = Peer.opened();
    peer.request(1, false);
    peer.send(frame(FrameType.rstStream, 0, 1, uint32(ErrorCode.cancel)));
    const seen = peer.seen.get(1);
    expect(seen?.aborted).toBe(ErrorCode.cancel);
    seen?.stream.sendHeaders(RESPONSE_HEADERS, false);
    expect(seen?.stream.sendData(BODY, true)).toBe(true);
    seen?.stream.sendTrailers(TRAILERS_OK);
    seen?.stream.reset(ErrorCode.internalError);
    expect(peer.takeAll()).toEqual([]);
  });

  it('resets on request of the owner without telling it', () => {
    const peer = Peer.opened();
    peer.request(1, false);
    peer.seen.get(1)?.stream.reset(ErrorCode.internalError);
    expect(resetCodes(peer.takeAll())).toEqual([[1, ErrorCode.internalError]]);
    expect(peer.seen.get(1)?.aborted).toBe(-1);
  });

  it('aborts a stream whose connection ended while its owner was being asked', () => {
    const peer = Peer.opened();
    peer.onRequest = () => peer.connection.goAwayNow(ErrorCode.internalError, 'test');
    peer.request(1, false);
    expect(peer.seen.get(1)?.aborted).toBe(ErrorCode.internalError);
  });
});

describe('requests that are malformed', () => {
  const good = UNARY_REQUEST.slice(0, 4);
  const cases: readonly [string, readonly HeaderField[]][] = [
    ['upper case in a name', [...good, ['Content-Type', 'a']]],
    ['an empty name', [...good, ['', 'a']]],
    ['a control character in a name', [...good, ['a\x01', 'a']]],
    ['a line feed in a value', [...good, ['a', 'b\nc']]],
    ['a blank before a value', [...good, ['a', ' b']]],
    ['a pseudo-header after a regular one', [...good.slice(0, 3), ['a', 'b'], [':authority', 'x']]],
    ['a pseudo-header twice', [...good, [':path', '/']]],
    ['an unknown pseudo-header', [...good, [':proto', 'x']]],
    ['a response pseudo-header', [...good, [':status', '200']]],
    ['no method', good.slice(1)],
    [
      'no scheme',
      [
        [':method', 'POST'],
        [':path', '/'],
      ],
    ],
    ['no path', good.slice(0, 2)],
    [
      'an empty path',
      [
        [':method', 'POST'],
        [':scheme', 'http'],
        [':path', ''],
      ],
    ],
    ['connection', [...good, ['connection', 'close']]],
    ['transfer-encoding', [...good, ['transfer-encoding', 'chunked']]],
    ['upgrade', [...good, ['upgrade', 'h2c']]],
    ['te other than trailers', [...good, ['te', 'gzip']]],
    ['a content-length that is no number', [...good, ['content-length', '5a']]],
    ['two content-lengths', [...good, ['content-length', '5'], ['content-length', '6']]],
    [
      'CONNECT with a path',
      [
        [':method', 'CONNECT'],
        [':path', '/'],
        [':authority', 'x'],
      ],
    ],
  ];
  for (const [name, fields] of cases) {
    it(`resets the stream: ${name}`, () => {
      const peer = Peer.opened();
      peer.request(1, false, fields);
      expect(resetCodes(peer.takeAll())).toEqual([[1, ErrorCode.protocolError]]);
      expect(peer.seen.size).toBe(0);
      peer.request(3, true);
      expect(peer.seen.has(3)).toBe(true);
    });
  }

  it('resets a body that does not have its content-length', () => {
    for (const sizes of [[4], [2, 3], [6]]) {
      const peer = Peer.opened();
      peer.request(1, false, [...good, ['content-length', '5']]);
      sizes.forEach((size, i) => {
        const last = i === sizes.length - 1 ? Flag.endStream : 0;
        peer.send(frame(FrameType.data, last, 1, new Uint8Array(size)));
      });
      const isRight = sizes.reduce((sum, size) => sum + size, 0) === 5;
      expect(resetCodes(peer.takeAll())).toEqual(isRight ? [] : [[1, ErrorCode.protocolError]]);
      expect(peer.seen.get(1)?.ended).toBe(isRight);
    }
  });

  it('resets trailers with pseudo-headers or without END_STREAM', () => {
    for (const endStream of [true, false]) {
      const peer = Peer.opened();
      peer.request(1, false);
      peer.send(peer.headers(1, endStream, [endStream ? [':path', '/'] : ['a', 'b']]));
      expect(resetCodes(peer.takeAll())).toEqual([[1, ErrorCode.protocolError]]);
      expect(peer.seen.get(1)?.aborted).toBe(ErrorCode.protocolError);
    }
  });

  it('takes the host field for a missing authority', () => {
    const peer = Peer.opened();
    peer.request(1, true, [...good.slice(0, 3), ['host', 'etcd:2379']]);
    expect(peer.seen.get(1)?.head.authority).toBe('etcd:2379');
  });
});

describe('frames that break the rules', () => {
  const ping = new Uint8Array(8);
  const cases: readonly [string, number, () => Uint8Array][] = [
    ['DATA on stream 0', ErrorCode.protocolError, () => frame(FrameType.data, 0, 0, BODY)],
    ['DATA on an idle stream', ErrorCode.protocolError, () => frame(FrameType.data, 0, 5, BODY)],
    ['DATA padded beyond', ErrorCode.protocolError, () => frame(0, Flag.padded, 1, [3, 0, 0])],
    ['padded DATA of nothing', ErrorCode.frameSizeError, () => frame(0, Flag.padded, 1)],
    ['HEADERS on stream 0', ErrorCode.protocolError, () => frame(1, 4, 0, [0x82])],
    ['HEADERS on an even stream', ErrorCode.protocolError, () => frame(1, 4, 4, [0x82])],
    ['HEADERS padded beyond', ErrorCode.protocolError, () => frame(1, 12, 3, [9, 0x82])],
    ['an illegal block', ErrorCode.compressionError, () => frame(1, 4, 3, [0x80])],
    ['an illegal block of trailers', ErrorCode.compressionError, () => frame(1, 5, 1, [0x80])],
    ['PRIORITY on stream 0', ErrorCode.protocolError, () => frame(2, 0, 0, [0, 0, 0, 0, 0])],
    ['RST_STREAM on stream 0', ErrorCode.protocolError, () => frame(3, 0, 0, uint32(8))],
    ['RST_STREAM on an idle stream', ErrorCode.protocolError, () => frame(3, 0, 9, uint32(8))],
    ['RST_STREAM of five bytes', ErrorCode.frameSizeError, () => frame(3, 0, 1, [0, 0, 0, 0, 8])],
    ['SETTINGS on a stream', ErrorCode.protocolError, () => frame(4, 0, 1)],
    ['SETTINGS of five bytes', ErrorCode.frameSizeError, () => frame(4, 0, 0, [0, 1, 0, 0, 0])],
    ['SETTINGS ack with payload', ErrorCode.frameSizeError, () => frame(4, 1, 0, setting(1, 1))],
    ['ENABLE_PUSH of 2', ErrorCode.protocolError, () => frame(4, 0, 0, setting(2, 2))],
    ['a window of 2^31', ErrorCode.flowControlError, () => frame(4, 0, 0, setting(4, 2 ** 31))],
    ['frames below 2^14', ErrorCode.protocolError, () => frame(4, 0, 0, setting(5, 16_383))],
    ['frames above 2^24-1', ErrorCode.protocolError, () => frame(4, 0, 0, setting(5, 2 ** 24))],
    ['PUSH_PROMISE', ErrorCode.protocolError, () => frame(5, 4, 1, uint32(2))],
    ['PING on a stream', ErrorCode.protocolError, () => frame(6, 0, 1, ping)],
    ['PING of seven bytes', ErrorCode.frameSizeError, () => frame(6, 0, 0, ping.subarray(1))],
    ['GOAWAY on a stream', ErrorCode.protocolError, () => frame(7, 0, 1, ping)],
    ['GOAWAY cut short', ErrorCode.frameSizeError, () => frame(7, 0, 0, uint32(0))],
    ['WINDOW_UPDATE of 0', ErrorCode.protocolError, () => frame(8, 0, 0, uint32(0))],
    ['WINDOW_UPDATE of 3 bytes', ErrorCode.frameSizeError, () => frame(8, 0, 1, [0, 0, 1])],
    ['WINDOW_UPDATE on an idle stream', ErrorCode.protocolError, () => frame(8, 0, 7, uint32(1))],
    ['too large a window', ErrorCode.flowControlError, () => frame(8, 0, 0, uint32(2 ** 31 - 1))],
    ['CONTINUATION out of nowhere', ErrorCode.protocolError, () => frame(9, 4, 1, [0x82])],
    [
      'a frame of 16385 bytes',
      ErrorCode.frameSizeError,
      () => frame(0, 0, 1, new Uint8Array(16_385)),
    ],
    [
      'a frame inside a block',
      ErrorCode.protocolError,
      () => concatBytes([frame(1, 0, 3, [0x82]), frame(6, 0, 0, ping)]),
    ],
    [
      'CONTINUATION of another stream',
      ErrorCode.protocolError,
      () => concatBytes([frame(1, 0, 3, [0x82]), frame(9, 4, 5, [0x82])]),
    ],
  ];
  for (const [name, code, bytes] of cases) {
    it(`ends the connection: ${name}`, () => {
      const peer = Peer.opened();
      peer.request(1, false);
      peer.send(bytes());
      expect(peer.closeCode).toBe(code);
      expect(peer.seen.get(1)?.aborted).toBe(code);
      peer.takeAll();
      expect(peer.goAwayCode).toBe(code);
      peer.send(frame(FrameType.ping, 0, 0, ping));
      expect(peer.takeAll()).toEqual([]);
      expect(peer.closeCount).toBe(1);
    });
  }

  const streamCases: readonly [string, number, () => Uint8Array][] = [
    ['DATA after the end', ErrorCode.streamClosed, () => frame(0, 0, 1, BODY)],
    ['WINDOW_UPDATE of 0', ErrorCode.protocolError, () => frame(8, 0, 1, uint32(0))],
    ['too large a window', ErrorCode.flowControlError, () => frame(8, 0, 1, uint32(2 ** 31 - 1))],
    ['PRIORITY of four bytes', ErrorCode.frameSizeError, () => frame(2, 0, 1, uint32(0))],
  ];
  for (const [name, code, bytes] of streamCases) {
    it(`resets the stream: ${name}`, () => {
      const peer = Peer.opened();
      peer.request(1, true);
      peer.send(bytes());
      expect(resetCodes(peer.takeAll())).toEqual([[1, code]]);
      expect(peer.seen.get(1)?.aborted).toBe(code);
      expect(peer.closeCode).toBe(-1);
    });
  }

  it('resets a second block after the end with STREAM_CLOSED', () => {
    const peer = Peer.opened();
    peer.request(1, true);
    peer.send(peer.headers(1, true, [['a', 'b']]));
    expect(resetCodes(peer.takeAll())).toEqual([[1, ErrorCode.streamClosed]]);
  });

  it('answers DATA on a closed stream with STREAM_CLOSED, once', () => {
    const peer = Peer.opened();
    peer.request(1, true);
    peer.seen.get(1)?.stream.sendUnary(RESPONSE_HEADERS, EMPTY, EMPTY, TRAILERS_OK);
    peer.takeAll();
    peer.send(frame(0, 0, 1, BODY), frame(0, 0, 1, BODY));
    expect(resetCodes(peer.takeAll())).toEqual([[1, ErrorCode.streamClosed]]);
  });

  it('ends on HEADERS of a closed stream and of an id that was jumped over', () => {
    const peer = Peer.opened();
    peer.request(1, true);
    peer.seen.get(1)?.stream.sendHeaders(RESPONSE_HEADERS, true);
    peer.request(1, true);
    expect(peer.closeCode).toBe(ErrorCode.streamClosed);
    const other = Peer.opened();
    other.request(5, true);
    other.request(3, true);
    expect(other.closeCode).toBe(ErrorCode.protocolError);
  });

  it('ignores unknown frames, unknown settings and late frames on closed streams', () => {
    const peer = Peer.opened();
    peer.request(1, true);
    peer.seen.get(1)?.stream.sendHeaders(RESPONSE_HEADERS, true);
    peer.takeAll();
    peer.send(
      frame(0x20, 0xff, 7, BODY),
      frame(8, 0, 1, uint32(5)),
      frame(3, 0, 1, uint32(8)),
      frame(2, 0, 99, [0, 0, 0, 0, 0]),
      frame(4, 0, 0, setting(0x99, 7)),
    );
    expect(types(peer.takeAll())).toEqual([FrameType.settings]);
    expect(peer.closeCode).toBe(-1);
  });
});

describe('limits of the owner', () => {
  it('refuses streams above the limit and takes more when one is done', () => {
    const peer = Peer.opened({ concurrentStreamsMax: 2 });
    for (const id of [1, 3, 5]) peer.request(id, true);
    expect(resetCodes(peer.takeAll())).toEqual([[5, ErrorCode.refusedStream]]);
    expect([...peer.seen.keys()]).toEqual([1, 3]);
    peer.seen.get(1)?.stream.sendHeaders(RESPONSE_HEADERS, true);
    peer.request(7, true);
    expect(peer.seen.has(7)).toBe(true);
  });

  it('refuses a header list above the limit and keeps the table in step', () => {
    const peer = Peer.opened({ headerListBytesMax: 1000 });
    const large: HeaderField[] = [...UNARY_REQUEST, ['x-large', 'v'.repeat(700)]];
    for (const id of [1, 3, 5]) peer.request(id, true, large);
    expect(resetCodes(peer.takeAll()).map(([, code]) => code)).toEqual([11, 11, 11]);
    for (const id of [7, 9, 11]) peer.request(id, true);
    expect(peer.seen.get(11)?.head.path).toBe('/etcdserverpb.KV/Range');
  });

  it('answers PING with its payload and tells the owner', () => {
    const peer = Peer.opened();
    peer.send(frame(FrameType.ping, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
    const [answer] = peer.takeAll();
    expect(answer?.flags).toBe(Flag.ack);
    expect([...(answer?.payload ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(peer.pings).toBe(1);
    peer.connection.ping();
    const [ping] = peer.takeAll();
    peer.send(frame(FrameType.ping, Flag.ack, 0, ping?.payload ?? []));
    expect([peer.pings, peer.pingAcks]).toEqual([1, 1]);
  });

  it('asks for its output once until it is taken', () => {
    const peer = Peer.opened();
    const before = peer.outputSignals;
    for (let i = 0; i < 5; i++) peer.send(frame(FrameType.ping, 0, 0, new Uint8Array(8)));
    expect(peer.outputSignals).toBe(before + 1);
    expect(peer.takeOne().length).toBe(5);
    expect(peer.connection.takeOutput()).toBeUndefined();
    peer.send(frame(FrameType.ping, 0, 0, new Uint8Array(8)));
    expect(peer.outputSignals).toBe(before + 2);
  });
});

describe('output', () => {
  it('is asked for again when a take leaves more behind', () => {
    const peer = Peer.opened({}, setting(4, 1_000_000));
    peer.request(1, true);
    const stream = peer.seen.get(1)?.stream;
    stream?.sendHeaders(RESPONSE_HEADERS, false);
    stream?.sendData(new Uint8Array(30_000), false);
    let takes = 0;
    for (let before = -1; before !== peer.outputSignals; takes++) {
      before = peer.outputSignals;
      peer.takeOne();
    }
    expect(takes).toBeGreaterThan(2);
    const dataBytes = peer.sent
      .filter((sent) => sent.type === FrameType.data)
      .reduce((sum, sent) => sum + sent.payload.length, 0);
    expect(dataBytes).toBe(30_000);
    expect(peer.connection.takeOutput()).toBeUndefined();
  });

  it('never changes what was handed out', () => {
    const peer = Peer.opened();
    peer.onRequest = (seen) =>
      seen.stream.sendUnary(
        RESPONSE_HEADERS,
        EMPTY,
        BODY.map((octet) => octet + seen.stream.id),
        [],
      );
    const taken: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    for (let id = 1; id < 4000; id += 2) {
      peer.request(id, true);
      const bytes = peer.connection.takeOutput() ?? EMPTY;
      taken.push(bytes);
      copies.push(Uint8Array.from(bytes));
      if (id % 100 === 1) peer.connection.tick();
    }
    expect(taken).toEqual(copies);
  });
});

describe('the end', () => {
  it('drains: announces, serves what is on its way, then closes after the last stream', () => {
    const peer = Peer.opened();
    peer.request(1, true);
    peer.connection.goAway(true);
    const [goAway, ping] = peer.takeAll();
    expect([...(goAway?.payload ?? [])].slice(0, 4)).toEqual(uint32(2 ** 31 - 1));
    peer.request(3, true);
    expect(peer.seen.has(3)).toBe(true);
    peer.send(frame(FrameType.ping, Flag.ack, 0, ping?.payload ?? []));
    const [final] = peer.takeAll();
    expect([...(final?.payload ?? [])].slice(0, 4)).toEqual(uint32(3));
    peer.request(5, true);
    expect(peer.seen.has(5)).toBe(false);
    for (const id of [1, 3]) peer.seen.get(id)?.stream.sendHeaders(RESPONSE_HEADERS, true);
    expect([peer.closeCode, peer.closeReason]).toEqual([ErrorCode.noError, 'drained']);
    expect(types(peer.takeAll())).toEqual([FrameType.headers, FrameType.headers]);
  });

  it('does not wait for ever for the ping of a drain', () => {
    const peer = Peer.opened();
    peer.connection.goAway(true);
    for (let i = 0; i < 5; i++) peer.connection.tick();
    expect(peer.closeCode).toBe(ErrorCode.noError);
  });

  it('closes at once when not graceful, with the code and text of the owner', () => {
    const peer = Peer.opened();
    peer.request(1, true);
    peer.connection.goAwayNow(ErrorCode.enhanceYourCalm, 'too_many_pings');
    expect(peer.seen.get(1)?.aborted).toBe(ErrorCode.enhanceYourCalm);
    const [goAway] = peer.takeAll();
    expect(new TextDecoder().decode(goAway?.payload.subarray(8))).toBe('too_many_pings');
    const other = Peer.opened();
    other.connection.goAway(false);
    expect(other.closeCode).toBe(ErrorCode.noError);
  });

  it('aborts everything when the socket is gone, without onClose', () => {
    const peer = Peer.opened();
    for (const id of [1, 3]) peer.request(id, false);
    peer.connection.disconnected();
    expect([...peer.seen.values()].map((seen) => seen.aborted)).toEqual([8, 8]);
    expect(peer.closeCount).toBe(0);
    expect(peer.connection.closed).toBe(true);
  });
});
