// Measures the RocksDB store alone: microseconds per put in batches of several sizes, per get, per scanned and per
// compacted record, and how long the loop stands still during sync, defragmentation and a snapshot. The argument is
// the number of records (1 000 000); values are 340 bytes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SILENT_LOGGER } from '../../server/base/logger.ts';
import { RocksBackend } from '../../server/storage/rocks/rocks-backend.ts';
import { exportSnapshot } from '../../server/storage/rocks/snapshot-file.ts';

const recordCount = Number(process.argv[2] ?? 1_000_000);
const VALUE = new Uint8Array(340).fill(7);
const INDEX_KEY = Buffer.from('consistent_index');

/** The longest time between two turns of the loop while something runs. */
class StallWatch {
  #maxMs = 0;
  #lastAt = performance.now();
  #isRunning = true;

  constructor() {
    this.#turn();
  }

  stop(): number {
    this.#isRunning = false;
    return this.#maxMs;
  }

  #turn(): void {
    const now = performance.now();
    this.#maxMs = Math.max(this.#maxMs, now - this.#lastAt);
    this.#lastAt = now;
    if (this.#isRunning) setImmediate(() => this.#turn());
  }
}

function report(name: string, value: number, unit: string): void {
  console.log(`${name.padEnd(40)} ${value.toFixed(2).padStart(10)} ${unit}`);
}

function measure(name: string, count: number, work: () => void): void {
  const startedAt = performance.now();
  work();
  report(name, ((performance.now() - startedAt) * 1000) / count, 'us');
}

async function measureLong(name: string, work: () => Promise<unknown>): Promise<void> {
  const watch = new StallWatch();
  const startedAt = performance.now();
  await work();
  report(name, performance.now() - startedAt, 'ms');
  report('  longest stall of the loop', watch.stop(), 'ms');
}

function putAll(store: RocksBackend, fromMain: number, count: number, batch: number): void {
  const index = Buffer.alloc(8);
  for (let i = 0; i < count; i++) {
    store.putRevision(fromMain + i, 0, false, VALUE);
    if ((i + 1) % batch !== 0) continue;
    index.writeUInt32BE(fromMain + i, 4);
    store.put('meta', INDEX_KEY, index);
    store.commit();
  }
  store.commit();
}

function scanAll(store: RocksBackend, toMain: number, isCompaction: boolean): void {
  let main = 0;
  for (;;) {
    const records = store.scanRevisions(main, 0, toMain, 1000);
    for (const record of records) {
      if (isCompaction) store.deleteRevision(record.main, record.sub, record.tombstone);
      main = record.main + 1;
    }
    store.commit();
    if (records.length < 1000) return;
  }
}

const directory = mkdtempSync(join(tmpdir(), 'rocks-bench-'));
let store = await RocksBackend.open({ directory, logger: SILENT_LOGGER });
let main = 2;
for (const batch of [1, 10, 100, 1000]) {
  const count = batch === 1000 ? Math.max(0, recordCount - 300_000) : 100_000;
  measure(`put, batches of ${batch}`, count, () => putAll(store, main, count, batch));
  main += count;
}
report('files', (await store.physicalSizeBytes()) / 2 ** 20, 'MiB');
report('resident', process.memoryUsage().rss / 2 ** 20, 'MiB');
measure('get', 20_000, () => {
  for (let i = 0; i < 20_000; i++) store.getRevision(2 + ((i * 7919) % (main - 2)), 0);
});
const mains = Array.from({ length: 1000 }, (_, i) => 2 + ((i * 7919) % (main - 2)));
const subs = mains.map(() => 0);
measure('get, 1000 at a time', 20_000, () => {
  for (let i = 0; i < 20; i++) store.getRevisions(mains, subs);
});
measure('scan', main - 2, () => scanAll(store, main, false));
await measureLong('sync', () => store.sync());
await measureLong('snapshot', () => exportSnapshot(store, join(directory, 'snapshot.db')));
measure('compact half', (main - 2) / 2, () => scanAll(store, main / 2, true));
await measureLong('defragment', () => store.defragment());
await store.close();
await measureLong('open', async () => {
  store = await RocksBackend.open({ directory, logger: SILENT_LOGGER });
});
await store.close();
rmSync(directory, { recursive: true });
