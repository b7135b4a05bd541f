// Goal: whatever messages a stream is given, in whatever pieces its bytes arrive, the other end reads the same messages;
// and no bytes at all break a reader other than by its two errors. Method: random messages, batches, cuts and garbage.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '../../../../server/cluster/transport/byte-queue.ts';
import { EntryBlocks } from '../../../../server/cluster/transport/entry-blocks.ts';
import {
  LINK_HEARTBEAT,
  MessageDecoder,
  MessageEncoder,
  type StreamDecoder,
  type StreamEncoder,
} from '../../../../server/cluster/transport/message-codec.ts';
import { MsgAppDecoder, MsgAppEncoder } from '../../../../server/cluster/transport/msgapp-codec.ts';
import { type Message, MessageType } from '../../../../server/raft/types.ts';
import { encodeAll, entry, message } from './harness.ts';

const number = fc.integer({ min: 0, max: 5 });
const id = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });

/** Appends as a leader sends them, sound or not: the codec must not care. */
const append: fc.Arbitrary<Message> = fc
  .record({ term: number, logTerm: number, index: number, commit: number, count: number })
  .map(({ term, logTerm, index, commit, count }) =>
    message({
      type: MessageType.app,
      from: 1n,
      to: 2n,
      term,
      logTerm,
      index,
      commit,
      entries: Array.from({ length: count }, (_, i) => entry(term, index + 1 + i)),
    }),
  );

const anyMessage: fc.Arbitrary<Message> = fc
  .record({
    type: fc.integer({ min: 2, max: 18 }),
    to: id,
    from: id,
    term: fc.maxSafeNat(),
    logTerm: fc.maxSafeNat(),
    index: fc.maxSafeNat(),
    commit: fc.maxSafeNat(),
    reject: fc.boolean(),
    rejectHint: fc.maxSafeNat(),
    context: fc.uint8Array({ maxLength: 20 }),
  })
  .map((fields) => message(fields));

const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });

/** Messages in batches, as turns make them. */
function encodeBatches(encoder: StreamEncoder, batches: readonly Message[][]): Uint8Array {
  const parts = batches.map((batch) => encodeAll(encoder, batch));
  return Buffer.concat(parts);
}

function decodePieces(
  all: Uint8Array,
  sizes: readonly number[],
  newDecoder: (bytes: ByteQueue) => StreamDecoder,
): Message[] {
  const bytes = new ByteQueue();
  const decoder = newDecoder(bytes);
  const messages: Message[] = [];
  for (let offset = 0, i = 0; offset < all.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    bytes.push(all.subarray(offset, offset + size));
    offset += size;
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) messages.push(next);
  }
  expect(bytes.sizeBytes).toBe(0);
  return messages;
}

const msgAppDecoder = (bytes: ByteQueue): StreamDecoder =>
  new MsgAppDecoder(bytes, { localId: 2n, remoteId: 1n });

describe('streams', () => {
  it('carry any messages in any pieces', () => {
    const batches = fc.array(fc.array(anyMessage, { maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(batches, cuts, (sent, sizes) => {
        const all = encodeBatches(new MessageEncoder(), sent);
        expect(decodePieces(all, sizes, (bytes) => new MessageDecoder(bytes))).toEqual(sent.flat());
      }),
      { numRuns: 200 },
    );
  });

  it('carry any appends in any pieces, whether they continue or not', () => {
    const one = fc.oneof({ weight: 4, arbitrary: append }, fc.constant(LINK_HEARTBEAT));
    const batches = fc.array(fc.array(one, { maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(batches, cuts, (sent, sizes) => {
        const all = encodeBatches(new MsgAppEncoder(new EntryBlocks()), sent);
        expect(decodePieces(all, sizes, msgAppDecoder)).toEqual(sent.flat());
      }),
      { numRuns: 500 },
    );
  });

  it('end garbage with an error of their own, or wait for more', () => {
    const small = fc.uint8Array({ maxLength: 60 });
    const plausible = small.map((bytes) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 20, ...bytes));
    fc.assert(
      fc.property(fc.oneof(small, plausible), cuts, (garbage, sizes) => {
        for (const newDecoder of [msgAppDecoder, (b: ByteQueue) => new MessageDecoder(b)]) {
          const bytes = new ByteQueue();
          const decoder = newDecoder(bytes);
          try {
            for (let offset = 0, i = 0; offset < garbage.length; i++) {
              const size = sizes[i % sizes.length] ?? 1;
              bytes.push(garbage.subarray(offset, offset + size));
              offset += size;
              while (decoder.next() !== undefined);
            }
          } catch (error) {
            expect(['ProtocolError', 'DecodeError']).toContain((error as Error).name);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
