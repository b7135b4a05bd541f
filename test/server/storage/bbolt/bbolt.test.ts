// Goal: databases we write are what bbolt would accept, and databases are read right or refused. Method: the worked
// file byte for byte, an independent checker of bbolt's rules over files of many shapes, damaged files.
// A failure means that etcdutl or a Go peer refuses our snapshot, or that a restore loses data.
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8Bytes } from '../../../../server/base/bytes.ts';
import { BboltReader, type Pair } from '../../../../server/storage/bbolt/bbolt-reader.ts';
import { writeBboltFile } from '../../../../server/storage/bbolt/bbolt-writer.ts';
import {
  appendHash,
  checkSnapshotFile,
  databaseBytes,
  snapshotChunks,
} from '../../../../server/storage/bbolt/snapshot-file.ts';
import { MemoryFileSystem } from '../wal/memory-file-system.ts';
import { checkBboltFile } from './bbolt-check.ts';

const PATH = '/db';

type Buckets = readonly (readonly [name: string, pairs: readonly Pair[]])[];

async function write(buckets: Buckets, fileSystem = new MemoryFileSystem()): Promise<Uint8Array> {
  fileSystem.autoSync = true;
  const sources = buckets.map(([name, pairs]) => ({ name: utf8Bytes(name), batches: [pairs] }));
  const { sizeBytes, pairCount } = await writeBboltFile(PATH, sources, { fileSystem });
  const bytes = fileSystem.contents(PATH);
  expect(bytes.length).toBe(sizeBytes);
  expect(pairCount).toBe(buckets.reduce((sum, [, pairs]) => sum + pairs.length, 0));
  return bytes;
}

function readerOf(bytes: Uint8Array): BboltReader {
  const fileSystem = new MemoryFileSystem();
  fileSystem.setContents(PATH, bytes);
  return new BboltReader(fileSystem.open(PATH, 'read'));
}

function readAll(bytes: Uint8Array): [string, [string, string][]][] {
  const reader = readerOf(bytes);
  return reader.bucketNames().map((name) => {
    const pairs = [...reader.pairs(name)];
    return [Buffer.from(name).toString(), pairs.map(([key, value]) => [hex(key), hex(value)])];
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** `count` pairs with keys of `keyBytes` and values of `valueBytes`. */
function pairsOf(count: number, keyBytes: number, valueBytes: number): Pair[] {
  return Array.from({ length: count }, (_, i) => {
    const key = new Uint8Array(keyBytes).fill(0x61);
    new DataView(key.buffer).setUint32(0, i);
    return [key, new Uint8Array(valueBytes).fill(i)] as const;
  });
}

const EXAMPLE: Buckets = [
  [
    'key',
    [
      [
        Buffer.from('00000000000000025f0000000000000000', 'hex'),
        Buffer.from('0a03666f6f1002180220012a03626172', 'hex'),
      ],
    ],
  ],
  ['meta', [[utf8Bytes('consistent_index'), Buffer.from('0000000000000009', 'hex')]]],
];

describe('a written database', () => {
  it('equals the worked file', async () => {
    const bytes = await write(EXAMPLE);
    expect(bytes.length).toBe(12288);
    const meta = (page: number): string => hex(bytes.subarray(page * 4096, page * 4096 + 80));
    const common = `${'edda0ced0200000000100000000000000200000000000000'}${'00'.repeat(8)}ffffffffffffffff0300000000000000`;
    expect(meta(0)).toBe(
      `00000000000000000400000000000000${common}02000000000000004067af04a0b168e3`,
    );
    expect(meta(1)).toBe(
      `01000000000000000400000000000000${common}0100000000000000a3457d25bb065940`,
    );
    const head = '02000000000000000200020000000000';
    const elements = '010000002000000003000000510000000100000064000000' + '0400000048000000';
    const keyPage = `${'00'.repeat(8)}0200010000000000000000001000000011000000${'10000000'}`;
    const keyPair = '00000000000000025f00000000000000000a03666f6f1002180220012a03626172';
    const metaPage = `${'00'.repeat(8)}0200010000000000000000001000000010000000${'08000000'}`;
    const metaPair = `${hex(utf8Bytes('consistent_index'))}0000000000000009`;
    const root = `${head}${elements}${hex(utf8Bytes('key'))}${'00'.repeat(16)}${keyPage}${keyPair}${hex(utf8Bytes('meta'))}${'00'.repeat(16)}${metaPage}${metaPair}`;
    expect(hex(bytes.subarray(8192, 8192 + root.length / 2))).toBe(root);
    expect(bytes.subarray(8192 + root.length / 2).every((byte) => byte === 0)).toBe(true);
  });

  const shapes: readonly (readonly [string, Buckets])[] = [
    ['no buckets', []],
    ['empty buckets', ['alarm', 'auth', 'key', 'meta'].map((name) => [name, []] as const)],
    ['one pair', EXAMPLE],
    ['a bucket just small enough to be inline', [['b', pairsOf(1, 4, 1024 - 36)]]],
    ['a bucket just too large to be inline', [['b', pairsOf(1, 4, 1024 - 35)]]],
    ['a leaf exactly full', [['b', pairsOf(10, 8, 384)]]],
    ['values larger than a page', [['b', pairsOf(5, 17, 10_000)]]],
    ['two levels', [['b', pairsOf(2000, 17, 300)]]],
    ['three levels', [['b', pairsOf(4000, 200, 900)]]],
    ['large keys, many levels', [['b', pairsOf(150, 1800, 10)]]],
    ['keys of a page and more', [['b', pairsOf(60, 5000, 1)]]],
    ['keys of the largest size', [['b', pairsOf(9, 32768, 1)]]],
    ['so many buckets that their own tree has branches', manyBuckets(200)],
  ];
  for (const [name, buckets] of shapes) {
    it(`passes the checker and reads back: ${name}`, async () => {
      const bytes = await write(buckets);
      const checked = checkBboltFile(bytes);
      expect(checked.problems).toEqual([]);
      const expected = buckets.map(([bucket, pairs]) => [
        bucket,
        pairs.map(([key, value]) => [hex(key), hex(value)]),
      ]);
      const byName = [...checked.buckets].map(([bucket, pairs]) => [
        Buffer.from(bucket, 'hex').toString(),
        pairs,
      ]);
      expect(byName).toEqual(expected);
      expect(readAll(bytes)).toEqual(expected);
    });
  }

  it('passes the checker for every number of children at the end of a level', async () => {
    for (let count = 1; count <= 260; count++) {
      const bytes = await write([['b', pairsOf(count, 900, 2500)]]);
      const checked = checkBboltFile(bytes);
      expect(checked.problems).toEqual([]);
      expect(checked.buckets.get(hex(utf8Bytes('b')))?.length).toBe(count);
      if (count > 64) expect(checked.depthMax).toBeGreaterThan(3);
    }
  });

  it('refuses keys that do not ascend or are too long', async () => {
    const [one, two] = pairsOf(2, 8, 8) as [Pair, Pair];
    await expect(write([['b', [two, one]]])).rejects.toThrow('do not ascend');
    await expect(write([['b', [one, one]]])).rejects.toThrow('do not ascend');
    await expect(write([['b', pairsOf(1, 32769, 1)]])).rejects.toThrow('key of 32769 bytes');
    await expect(write([['b', [[new Uint8Array(0), one[1]]]]])).rejects.toThrow('key of 0 bytes');
    await expect(
      write([
        ['c', []],
        ['b', []],
      ]),
    ).rejects.toThrow('do not ascend');
  });

  it('reports a full disk and leaves no database', async () => {
    const fileSystem = new MemoryFileSystem();
    let writeCount = 0;
    fileSystem.fault = (operation) => {
      if (operation !== 'write') return undefined;
      writeCount++;
      return writeCount > 2 ? 'ENOSPC' : undefined;
    };
    await expect(write([['b', pairsOf(4000, 17, 1000)]], fileSystem)).rejects.toMatchObject({
      code: 'ENOSPC',
    });
    expect(() => readerOf(fileSystem.contents(PATH))).toThrow('invalid database');
  });
});

function manyBuckets(count: number): Buckets {
  return Array.from({ length: count }, (_, i) => [
    `bucket-${String(i).padStart(4, '0')}`,
    pairsOf(i % 40, 10, 20),
  ]);
}

describe('reading a database', () => {
  it('takes the newer valid meta, and the second when the first is damaged', async () => {
    const bytes = (await write(EXAMPLE)).slice();
    expect(readerOf(bytes).meta).toEqual({ pageSize: 4096, rootPage: 2, pageCount: 3, txid: 2 });
    bytes[20] = 9;
    expect(readerOf(bytes).meta.txid).toBe(1);
    expect(readAll(bytes).length).toBe(2);
    bytes[4096 + 20] = 9;
    expect(() => readerOf(bytes)).toThrow('invalid database');
    expect(() => readerOf(new Uint8Array(10))).toThrow('invalid database');
  });

  it('ignores a hash behind the pages and refuses a file that is too short', async () => {
    const bytes = await write(EXAMPLE);
    expect(readAll(concatBytes([bytes, new Uint8Array(32)])).length).toBe(2);
    expect(() => readerOf(bytes.slice(0, -1))).toThrow('3 pages in 12287 bytes');
  });

  it('gives batches of the asked size, and nothing for an unknown bucket', async () => {
    const reader = readerOf(await write([['b', pairsOf(25, 17, 300)]]));
    const sizes = [...reader.batches(utf8Bytes('b'), 10)].map((batch) => batch.length);
    expect(sizes).toEqual([10, 10, 5]);
    expect([...reader.pairs(utf8Bytes('c'))]).toEqual([]);
  });

  it('ends with a BboltError or with pairs, whatever is damaged', async () => {
    const bytes = await write([
      ['a', pairsOf(3, 8, 20)],
      ['b', pairsOf(120, 100, 400)],
    ]);
    let seed = 7;
    let refusedCount = 0;
    for (let round = 0; round < 3000; round++) {
      const bad = bytes.slice();
      for (let flips = 0; flips < 3; flips++) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        const page = 2 + ((seed >>> 8) % (bytes.length / 4096 - 2));
        // Headers and elements are where the numbers are.
        const at = page * 4096 + ((seed >>> 20) % 300);
        bad[at] = (bad[at] ?? 0) ^ (1 << (seed & 7));
      }
      try {
        expect(readAll(bad).length).toBeLessThan(10);
      } catch (error) {
        expect(error).toMatchObject({ name: 'BboltError' });
        refusedCount++;
      }
    }
    expect(refusedCount).toBeGreaterThan(500);
  });
});

describe('a snapshot file', () => {
  it('carries its hash, and any changed byte is noticed', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.setContents(PATH, await write(EXAMPLE));
    appendHash(fileSystem.open(PATH, 'write'));
    const bytes = fileSystem.contents(PATH);
    expect(bytes.length).toBe(12288 + 32);
    expect(checkSnapshotFile(fileSystem.open(PATH, 'read'))).toBe(12288);
    expect(databaseBytes(12288)).toBe(12288);
    for (const at of [0, 9000, 12288, 12319]) {
      const bad = bytes.slice();
      bad[at] = (bad[at] ?? 0) ^ 1;
      fileSystem.setContents('/bad', bad);
      expect(() => checkSnapshotFile(fileSystem.open('/bad', 'read'))).toThrow(
        /^expected sha256 \[\d+ .*\], got \[/,
      );
    }
    fileSystem.setContents('/bad', bytes.slice(0, 12288));
    expect(() => checkSnapshotFile(fileSystem.open('/bad', 'read'))).toThrow(
      'snapshot missing hash but --skip-hash-check=false',
    );
  });

  it('is sent in pieces whose sum it is', async () => {
    const fileSystem = new MemoryFileSystem();
    const database = await write([['b', pairsOf(300, 17, 500)]]);
    fileSystem.setContents(PATH, database);
    const chunks = [...snapshotChunks(fileSystem.open(PATH, 'read'))];
    const pieces = chunks.map((chunk) => chunk.bytes);
    expect(hex(concatBytes(pieces.slice(0, -1)))).toBe(hex(database));
    expect(chunks[0]?.remainingBytes).toBe(database.length - 32768);
    expect(chunks.at(-2)?.remainingBytes).toBe(0);
    fileSystem.setContents(PATH, concatBytes(pieces));
    expect(checkSnapshotFile(fileSystem.open(PATH, 'read'))).toBe(database.length);
  });
});
