// Goal: KeyValues are written as Go's protobuf writes them and read whatever order a writer chose; broken bytes are
// refused, never misread.
// Method: bytes known from etcd's files, round trips of random values, random bytes.
// A failure means: HashKV would differ between members, or a damaged disk would crash or fool the server.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, EMPTY_BYTES, utf8Bytes } from '../../../server/base/bytes.ts';
import {
  CorruptRecordError,
  KeyValueReader,
  KeyValueWriter,
  storedKey,
} from '../../../server/mvcc/key-value.ts';
import {
  decodeMainRevision,
  encodeMainRevision,
  writeRevision,
} from '../../../server/mvcc/stored-revision.ts';

const writer = new KeyValueWriter();
const reader = new KeyValueReader();

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

describe('KeyValue', () => {
  it('is written as in etcd files', () => {
    const put = writer.encode(utf8Bytes('foo'), utf8Bytes('bar'), 2, 2, 1, 0n);
    expect(hex(put)).toBe('0a03666f6f1002180220012a03626172');
    const tombstone = writer.encodeTombstone(utf8Bytes('foo'));
    expect(hex(tombstone)).toBe('0a03666f6f');
    expect(hex(writer.encodeDeleted(tombstone, 300))).toBe('0a03666f6f18ac02');
  });

  it('leaves empty fields out and writes leases as 64-bit numbers', () => {
    expect(hex(writer.encode(utf8Bytes('k'), EMPTY_BYTES, 1, 1, 1, 0n))).toBe('0a016b100118012001');
    expect(hex(writer.encode(EMPTY_BYTES, EMPTY_BYTES, 1, 1, 1, 128n))).toBe(
      '1001180120013080 01'.replace(' ', ''),
    );
    const negative = writer.encode(utf8Bytes('k'), EMPTY_BYTES, 1, 1, 1, -1n);
    expect(hex(negative)).toBe('0a016b10011801200130ffffffffffffffffff01');
  });

  it('is read back as it was written', () => {
    const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const id = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(
        bytes,
        bytes,
        number,
        number,
        number,
        id,
        (key, value, create, mod, version, lease) => {
          const encoded = writer.encode(key, value, create, mod, version, lease);
          reader.read(encoded);
          expect(reader.key()).toEqual(key);
          expect(reader.value()).toEqual(value);
          expect([reader.create, reader.mod, reader.version]).toEqual([create, mod, version]);
          expect(reader.lease()).toBe(lease);
          expect(reader.hasLease).toBe(lease !== 0n);
          expect(storedKey(encoded, reader)).toEqual(key);
        },
      ),
    );
  });

  it('keeps values of any size apart', () => {
    const sizes = [0, 1, 31, 32, 8000, 8192, 8193, 65_536, 200_000];
    const all = sizes.map((size, i) =>
      writer.encode(utf8Bytes('k'), new Uint8Array(size).fill(i), 1, 1, 1, 0n),
    );
    for (const [i, encoded] of all.entries()) {
      reader.read(encoded);
      expect(reader.value()).toEqual(new Uint8Array(sizes[i] ?? 0).fill(i));
    }
  });

  it('skips fields it does not know and takes any order', () => {
    const unknown = bytesOf('3a03010203 4001 49 0102030405060708 5d 01020304');
    reader.read(concatBytes([unknown, bytesOf('2a0176 2003 0a016b')]));
    expect([hex(reader.key()), hex(reader.value()), reader.version]).toEqual(['6b', '76', 3]);
  });

  it.each([
    ['a length beyond the end', '0a05666f'],
    ['a varint without end', '10ffffffffffffffffffff01'],
    ['a cut varint', '10ff'],
    ['a revision above 2^53', '10ffffffffffffffff7f'],
    ['a group', '3b'],
    ['field 0', '0201'],
  ])('refuses %s', (_name, text) => {
    expect(() => reader.read(bytesOf(text))).toThrow(CorruptRecordError);
  });

  it('reads random bytes or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        for (const act of [() => reader.read(bytes), () => storedKey(bytes, reader)]) {
          try {
            act();
          } catch (error) {
            expect(error).toBeInstanceOf(CorruptRecordError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('stored revision', () => {
  it('is 17 bytes, 18 for a tombstone', () => {
    const bytes = new Uint8Array(18);
    expect(writeRevision(bytes, 3, 0, true)).toBe(18);
    expect(hex(bytes)).toBe('00000000000000035f000000000000000074');
    expect(writeRevision(bytes, 2, 1, false)).toBe(17);
    expect(hex(bytes.subarray(0, 17))).toBe('00000000000000025f0000000000000001');
  });

  it('is read back, and refused when broken', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (main) => {
        expect(decodeMainRevision(encodeMainRevision(main))).toBe(main);
      }),
    );
    expect(() => decodeMainRevision(new Uint8Array(16))).toThrow(CorruptRecordError);
    expect(() => decodeMainRevision(new Uint8Array(17))).toThrow(CorruptRecordError);
    const large = encodeMainRevision(1).fill(0xff, 0, 8);
    expect(() => decodeMainRevision(large)).toThrow(CorruptRecordError);
  });
});
