// Goal: messages come out as they went in, however the body is cut into frames. Method: random messages, random cuts,
// compared with the list that was encoded. A failure means corrupted or lost requests.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, EMPTY_BYTES } from '../../../../server/base/bytes.ts';
import { MessageReader } from '../../../../server/rpc/grpc/message-reader.ts';

interface Message {
  readonly flag: number;
  readonly bytes: Uint8Array;
}

const SIZE_MAX = 70_000;

const message: fc.Arbitrary<Message> = fc.record({
  flag: fc.integer({ min: 0, max: 255 }),
  bytes: fc.oneof(
    { weight: 5, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 0, max: SIZE_MAX }).map((n) => new Uint8Array(n).fill(n)),
    },
  ),
});

function encode(messages: readonly Message[]): Uint8Array {
  return concatBytes(
    messages.flatMap(({ flag, bytes }) => {
      const prefix = new Uint8Array(5);
      prefix[0] = flag;
      new DataView(prefix.buffer).setUint32(1, bytes.length);
      return [prefix, bytes];
    }),
  );
}

function readAll(reader: MessageReader, chunk: Uint8Array): Message[] {
  const read: Message[] = [];
  let at = 0;
  while (at < chunk.length) {
    const step = reader.next(chunk, at);
    if (step !== 'message') {
      expect(step).toBe('incomplete');
      break;
    }
    at = reader.offset;
    read.push({ flag: reader.flag, bytes: reader.message.slice() });
  }
  return read;
}

test('any messages over any cuts', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 30 }),
      (messages, cuts) => {
        const body = encode(messages);
        const places = [...cuts.map((cut) => cut % (body.length + 1)), 0, body.length];
        places.sort((a, b) => a - b);
        const reader = new MessageReader(SIZE_MAX);
        const read: Message[] = [];
        for (let i = 1; i < places.length; i++) {
          // A copy that is overwritten afterwards, as the socket's buffer is.
          const chunk = body.slice(places[i - 1], places[i]);
          read.push(...readAll(reader, chunk));
          chunk.fill(0xee);
        }
        expect(read.map(({ flag, bytes }) => [flag, bytes.length])).toEqual(
          messages.map(({ flag, bytes }) => [flag, bytes.length]),
        );
        for (const [i, each] of read.entries()) {
          expect(Buffer.compare(each.bytes, messages[i]?.bytes ?? EMPTY_BYTES)).toBe(0);
        }
        expect(reader.atBoundary).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

test('a length above the limit is refused as soon as it is known', () => {
  const reader = new MessageReader(100);
  expect(reader.next(new Uint8Array([0, 0, 0]), 0)).toBe('incomplete');
  expect(reader.atBoundary).toBe(false);
  expect(reader.next(new Uint8Array([0, 101]), 0)).toBe('tooLarge');
  expect(reader.lengthBytes).toBe(101);
  const huge = new MessageReader(100);
  expect(huge.next(new Uint8Array([0, 255, 255, 255, 255]), 0)).toBe('tooLarge');
  expect(huge.lengthBytes).toBe(0xffff_ffff);
});
