// Goal: the bytes of both streams are etcd's. Method: frames written by hand from the protocol's description, read and
// written in all cuts. A failure means that a Go member would drop the stream, or read another message than was meant.
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '../../../../server/cluster/transport/byte-queue.ts';
import { EntryBlocks } from '../../../../server/cluster/transport/entry-blocks.ts';
import { INSERTED_DATA_BYTES } from '../../../../server/cluster/transport/limits.ts';
import {
  encodeFrame,
  isLinkHeartbeat,
  LINK_HEARTBEAT,
  MessageDecoder,
  MessageEncoder,
  type StreamDecoder,
} from '../../../../server/cluster/transport/message-codec.ts';
import { MsgAppDecoder, MsgAppEncoder } from '../../../../server/cluster/transport/msgapp-codec.ts';
import { type Entry, type Message, MessageType } from '../../../../server/raft/types.ts';
import { encodeAll, encodePieces, entry, message } from './harness.ts';

const LINK_HEARTBEATS = [
  '0000000000000014 08 08 10 00 18 00 20 00 28 00 30 00 40 00 50 00 58 00 68 00',
  '000000000000001e 08 08 10 00 18 00 20 00 28 00 30 00 40 00 4a 0a 12 08 0a 02 28 00 10 00 18 00 50 00 58 00',
  '0000000000000002 08 08',
];
const FULL_FRAME =
  '02 000000000000001f 08 03 10 02 18 01 20 01 28 01 30 00 3a 09 08 00 10 01 18 01 22 01 61 40 00 50 00 58 00 68 00';
const ENTRIES_FRAME =
  '01 0000000000000001 0000000000000009 08 00 10 01 18 02 22 01 62 0000000000000001';

const first = message({
  type: MessageType.app,
  to: 2n,
  from: 1n,
  term: 1,
  logTerm: 1,
  entries: [entry(1, 1, 'a')],
});
const second = message({
  type: MessageType.app,
  to: 2n,
  from: 1n,
  term: 1,
  logTerm: 1,
  index: 1,
  entries: [entry(1, 2, 'b')],
  commit: 1,
});

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function decodeAll(bytes: ByteQueue, decoder: StreamDecoder, chunk: Uint8Array): Message[] {
  const messages: Message[] = [];
  bytes.push(chunk);
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) messages.push(next);
  return messages;
}

function msgAppDecoder(bytes: ByteQueue): MsgAppDecoder {
  return new MsgAppDecoder(bytes, { localId: 2n, remoteId: 1n });
}

describe('message stream', () => {
  it('writes the link heartbeat as etcd 3.6 does', () => {
    expect(hexOf(encodeFrame(LINK_HEARTBEAT))).toBe(LINK_HEARTBEATS[0]?.replaceAll(' ', ''));
  });

  it('knows the link heartbeat of every version', () => {
    for (const hex of LINK_HEARTBEATS) {
      const bytes = new ByteQueue();
      const [heartbeat, ...rest] = decodeAll(bytes, new MessageDecoder(bytes), bytesOf(hex));
      expect(rest).toEqual([]);
      expect(heartbeat !== undefined && isLinkHeartbeat(heartbeat)).toBe(true);
    }
  });

  it('does not take a heartbeat of raft for one of the link', () => {
    const beat = message({ type: MessageType.heartbeat, from: 1n, to: 2n });
    expect(isLinkHeartbeat(beat)).toBe(false);
  });

  it('reads messages in all cuts', () => {
    const sent = [first, LINK_HEARTBEAT, second];
    const all = encodeAll(new MessageEncoder(), sent);
    for (let cut = 0; cut <= all.length; cut++) {
      const bytes = new ByteQueue();
      const decoder = new MessageDecoder(bytes);
      const received = [
        ...decodeAll(bytes, decoder, all.subarray(0, cut)),
        ...decodeAll(bytes, decoder, all.subarray(cut)),
      ];
      expect(received).toEqual(sent);
    }
  });

  it('refuses a length beyond its limit before taking any byte', () => {
    const bytes = new ByteQueue();
    const decoder = new MessageDecoder(bytes, 100);
    expect(decodeAll(bytes, decoder, bytesOf('0000000000'))).toEqual([]);
    expect(() => decodeAll(bytes, decoder, bytesOf('000065'))).toThrow('error limit exceeded');
  });

  it('refuses a length that no number holds', () => {
    const bytes = new ByteQueue();
    const decoder = new MessageDecoder(bytes);
    expect(() => decodeAll(bytes, decoder, bytesOf('ffffffffffffffff'))).toThrow('too large');
  });
});

describe('msgappv2 stream', () => {
  it('writes an append in full, then the next one short', () => {
    const encoder = new MsgAppEncoder(new EntryBlocks());
    expect(hexOf(encodeAll(encoder, [first]))).toBe(FULL_FRAME.replaceAll(' ', ''));
    expect(hexOf(encodeAll(encoder, [second]))).toBe(ENTRIES_FRAME.replaceAll(' ', ''));
    expect(hexOf(encodeAll(encoder, [LINK_HEARTBEAT]))).toBe('00');
  });

  it('plans a whole batch before it writes', () => {
    const encoder = new MsgAppEncoder(new EntryBlocks());
    const all = encodeAll(encoder, [LINK_HEARTBEAT, first, second]);
    expect(hexOf(all)).toBe(`00${FULL_FRAME}${ENTRIES_FRAME}`.replaceAll(' ', ''));
  });

  it('reads both forms byte by byte', () => {
    const bytes = new ByteQueue();
    const decoder = msgAppDecoder(bytes);
    const all = bytesOf(`00${FULL_FRAME}00${ENTRIES_FRAME}`);
    const received = [...all].flatMap((byte) => decodeAll(bytes, decoder, Uint8Array.of(byte)));
    expect(received).toEqual([LINK_HEARTBEAT, first, LINK_HEARTBEAT, second]);
  });

  it('writes a commit without entries short', () => {
    const encoder = new MsgAppEncoder(new EntryBlocks());
    encodeAll(encoder, [first]);
    const commit = message({ ...second, entries: [] });
    expect(hexOf(encodeAll(encoder, [commit]))).toBe('0100000000000000000000000000000001');
  });

  it('writes an append in full when the receiver is not where the state says', () => {
    const types = (messages: readonly Message[]): number[] => {
      const encoder = new MsgAppEncoder(new EntryBlocks());
      return messages.map((item) => encodeAll(encoder, [item])[0] ?? -1);
    };
    expect(types([first, message({ ...second, index: 5, entries: [] })])).toEqual([2, 2]);
    // The entry before is of an older term than the leader's.
    expect(types([first, message({ ...second, term: 2 })])).toEqual([2, 2]);
    expect(types([first, second, second])).toEqual([2, 1, 2]);
  });

  it('refuses unknown types and frames beyond the limit', () => {
    const refused = [
      ['03', 'failed to parse type 3'],
      ['02 0000000040000000', 'error limit exceeded'],
      ['01 0000000000000001 0000000040000000', 'error limit exceeded'],
    ] as const;
    for (const [hex, text] of refused) {
      const bytes = new ByteQueue();
      expect(() => decodeAll(bytes, msgAppDecoder(bytes), bytesOf(hex))).toThrow(text);
    }
  });

  it('sends large data as it is, between what is copied', () => {
    const large = (index: number): Entry => ({
      ...entry(1, index),
      data: new Uint8Array(INSERTED_DATA_BYTES).fill(index),
    });
    const next = message({
      ...second,
      entries: [large(2), entry(1, 3), large(4), large(5), entry(1, 6)],
    });
    const encoder = new MsgAppEncoder(new EntryBlocks());
    const { size, pieces } = encodePieces(encoder, [first, next]);
    expect(size.insertedBytes).toBe(3 * INSERTED_DATA_BYTES);
    for (const place of [0, 2, 3]) expect(pieces).toContain(next.entries[place]?.data);

    const bytes = new ByteQueue();
    const decoded = decodeAll(bytes, msgAppDecoder(bytes), Buffer.concat(pieces));
    expect(decoded.map((item) => item.entries)).toEqual([first.entries, next.entries]);
  });

  it('encodes the same entries once for all streams', () => {
    const blocks = new EntryBlocks();
    const entries = [entry(3, 7), entry(3, 8)];
    const block = blocks.encode(entries);
    expect(blocks.encode([...entries])).toBe(block);
    expect(blocks.encode(entries.slice(0, 1))).not.toEqual(block);
    blocks.clear();
    expect(blocks.encode(entries)).not.toBe(block);
    expect(blocks.encode(entries)).toEqual(block);
  });
});
