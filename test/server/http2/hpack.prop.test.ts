// Goal: the encoder and the decoder agree for every sequence of header lists, table sizes and
// repeated lists, and the decoder survives random bytes. Method: random lists through a pair whose
// table size changes on the way; random blocks into a lone decoder. A failure means garbled headers
// or a crash on hostile input.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HpackDecoder } from '../../../server/http2/hpack-decoder.ts';
import { HpackEncoder } from '../../../server/http2/hpack-encoder.ts';
import { decodeHuffman, huffmanBytes, writeHuffman } from '../../../server/http2/huffman.ts';
import type { HeaderField } from '../../../server/http2/types.ts';

const latin1 = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Array.from(bytes, (octet) => String.fromCharCode(octet)).join(''));
const name = fc.oneof(
  fc.constantFrom('content-type', 'grpc-status', ':status', 'token', 'authorization', 'x-long'),
  latin1,
);
const value = fc.oneof(
  fc.constantFrom('0', '200', 'application/grpc', ''),
  latin1,
  fc.integer({ min: 1000, max: 5000 }).map((length) => 'v'.repeat(length)),
);
const list: fc.Arbitrary<HeaderField[]> = fc.array(fc.tuple(name, value), { maxLength: 8 });

describe('HPACK', () => {
  it('round-trips Huffman strings of any octets', () => {
    fc.assert(
      fc.property(latin1, (text) => {
        const buffer = new Uint8Array(huffmanBytes(text));
        expect(writeHuffman(buffer, 0, text)).toBe(buffer.length);
        expect(decodeHuffman(buffer, 0, buffer.length)).toBe(text);
      }),
    );
  });

  it('round-trips sequences of lists under changing table sizes', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ list: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ tableBytes: fc.nat(6000) }) },
    );
    fc.assert(
      fc.property(
        fc.array(list, { minLength: 6, maxLength: 6 }),
        fc.array(step, { maxLength: 60 }),
        (lists, steps) => {
          const encoder = new HpackEncoder();
          const decoder = new HpackDecoder(4096, 1 << 20);
          for (const next of steps) {
            if ('tableBytes' in next) {
              encoder.setTableLimit(next.tableBytes);
              continue;
            }
            const fields = lists[next.list] ?? [];
            const block = encoder.encode(fields);
            expect(decoder.decode(block, 0, block.length)).toBe(true);
            expect(decoder.entries.map((entry) => [...entry.field])).toEqual(
              fields.map((field) => [...field]),
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('sends a list that is used again as index bytes only', () => {
    const encoder = new HpackEncoder();
    const fields: HeaderField[] = [
      [':status', '200'],
      ['content-type', 'application/grpc'],
      ['x-cluster', 'a'],
    ];
    const sizes = [0, 1, 2, 3].map(() => encoder.encode(fields).length);
    expect(sizes[0]).toBeGreaterThan(20);
    expect(sizes.slice(2)).toEqual([3, 3]);
  });

  it('announces the smallest and the last table size, then goes back to index bytes', () => {
    const encoder = new HpackEncoder();
    const fields: HeaderField[] = [['x-cluster', 'a']];
    for (let i = 0; i < 3; i++) encoder.encode(fields);
    encoder.setTableLimit(0);
    encoder.setTableLimit(1_000_000);
    const block = encoder.encode(fields);
    expect([...block.subarray(0, 5)]).toEqual([0x20, 0x3f, 0xe1, 0x1f, 0x40]);
    expect([1, 2, 3].map(() => encoder.encode(fields).length)).toEqual([1, 1, 1]);
  });

  it('never puts a secret into the table', () => {
    const encoder = new HpackEncoder();
    const fields: HeaderField[] = [['authorization', 'a-secret-of-the-user']];
    const sizes = [0, 1, 2, 3].map(() => encoder.encode(fields).length);
    expect(new Set(sizes).size).toBe(1);
    expect((encoder.encode(fields)[0] as number) & 0xf0).toBe(0x10);
  });

  it('decodes random bytes without throwing and within the list limit', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (blocks) => {
        const decoder = new HpackDecoder(4096, 2000);
        for (const block of blocks) {
          decoder.decode(block, 0, block.length);
          const sizeBytes = decoder.entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
          expect(sizeBytes).toBeLessThanOrEqual(2000);
        }
      }),
      { numRuns: 500 },
    );
  });
});
