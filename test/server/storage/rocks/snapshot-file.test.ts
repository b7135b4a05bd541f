// Goal: a snapshot holds the store as it was at one moment, other programs can read it, and a store filled from one
// equals the store it was taken from.
// Method: export while writes go on, import into another store, and compare. etcd's own tool is asked when the machine
// has one. A failure means snapshots that lose data or that another etcd refuses.

import { execFile } from 'node:child_process';
import { access, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { META_BUCKETS } from '../../../../server/base/backend.ts';
import { utf8Bytes } from '../../../../server/base/bytes.ts';
import type { BucketSource } from '../../../../server/storage/bbolt/bbolt-writer.ts';
import { GenerationBuildError } from '../../../../server/storage/rocks/errors.ts';
import type { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';
import { exportSnapshot, importSnapshot } from '../../../../server/storage/rocks/snapshot-file.ts';
import { contentOf } from './store-content.ts';
import { openStore, temporaryDirectory } from './temporary-store.ts';

const ETCDUTL = process.env['ETCDUTL_BIN'] ?? '/usr/bin/etcdutl';
const hasEtcdutl = await access(ETCDUTL).then(
  () => true,
  () => false,
);

async function filledStore(recordCount: number): Promise<RocksBackend> {
  const store = await openStore();
  for (let i = 0; i < recordCount; i++) {
    store.putRevision(
      2 + (i >> 1),
      i & 1,
      i % 7 === 6,
      utf8Bytes(`value ${i}`.repeat(1 + (i % 9))),
    );
  }
  for (const bucket of META_BUCKETS) {
    for (let i = 0; i < 3; i++) store.put(bucket, utf8Bytes(`${bucket} ${i}`), utf8Bytes(`v${i}`));
  }
  store.commit();
  return store;
}

describe('snapshots', () => {
  it('come back equal, as of the moment their content was fixed', async () => {
    const file = path.join(await temporaryDirectory(), 'db');
    const store = await filledStore(20_000);
    const before = contentOf(store);
    let exported: Promise<{ readonly pairCount: number }> | undefined;
    await new Promise<void>((onView) => {
      exported = exportSnapshot(store, file, { inThread: false, onView });
    });
    for (let main = 20_000; main < 20_100; main++) {
      store.putRevision(main, 0, false, utf8Bytes('later'));
      store.deleteRevision(main - 19_990, 0, false);
      store.delete('lease', utf8Bytes('lease 1'));
      store.commit();
    }
    expect((await exported)?.pairCount).toBe(before.length);

    const directory = await temporaryDirectory();
    const other = await openStore(directory);
    other.putRevision(99, 0, false, utf8Bytes('old'));
    other.put('auth', utf8Bytes('old'), utf8Bytes('old'));
    other.commit();
    await importSnapshot(other, file);
    expect(contentOf(other)).toEqual(before);
    const inUse = other.sizeInUseBytes();
    expect(other.sizeBytes()).toBe(Math.ceil(inUse / 4096) * 4096);
    // The store goes on: newer revisions only, and everything survives a restart.
    other.putRevision(20_000, 0, false, utf8Bytes('next'));
    other.commit();
    const after = contentOf(other);
    await other.close();
    const again = await openStore(directory);
    expect(contentOf(again)).toEqual(after);
    expect(again.sizeInUseBytes()).toBeGreaterThan(inUse);
    expect((await readdir(directory)).sort()).toEqual(['0000000000000002', 'CURRENT']);
  });

  const whySkipped = hasEtcdutl ? '' : ' (skipped: set ETCDUTL_BIN; test:compat has it)';

  it.runIf(hasEtcdutl)(`are read by etcdutl${whySkipped}`, async () => {
    const file = path.join(await temporaryDirectory(), 'db');
    const store = await filledStore(5000);
    await exportSnapshot(store, file);
    const { stdout } = await promisify(execFile)(ETCDUTL, [
      'snapshot',
      'status',
      '-w',
      'json',
      file,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ revision: 2501 });
  });

  it('that are no database change nothing', async () => {
    const directory = await temporaryDirectory();
    const file = path.join(directory, 'db');
    await writeFile(file, 'not a database');
    const store = await filledStore(100);
    const before = contentOf(store);
    await expect(importSnapshot(store, file)).rejects.toThrow('invalid database');
    expect(contentOf(store)).toEqual(before);
  });

  const good: [Uint8Array, Uint8Array] = [
    Buffer.from('00000000000000025f0000000000000000', 'hex'),
    utf8Bytes('v'),
  ];
  it.each([
    ['malformed', [[utf8Bytes('key'), utf8Bytes('v')]]],
    ['out of order', [good, good]],
  ] as [string, [Uint8Array, Uint8Array][]][])(
    'with revisions %s change nothing',
    async (text, pairs) => {
      const store = await filledStore(10);
      const before = contentOf(store);
      const buckets: BucketSource[] = [{ name: utf8Bytes('key'), batches: [pairs] }];
      const failed = store.replaceContents(buckets);
      await expect(failed).rejects.toThrow(GenerationBuildError);
      await expect(failed).rejects.toThrow(text);
      expect(contentOf(store)).toEqual(before);
      store.putRevision(99, 0, false, utf8Bytes('v'));
      store.commit();
    },
  );

  it('leave out buckets nobody reads', async () => {
    const store = await filledStore(10);
    await store.replaceContents([
      { name: utf8Bytes('future'), batches: [[[utf8Bytes('k'), utf8Bytes('v')]]] },
      { name: utf8Bytes('key'), batches: [[good]] },
    ]);
    expect(contentOf(store)).toEqual(['key 2_0 76']);
  });
});
