// Owns the process of revision-prefetch.test.ts, where threads can load the sources: it reads a store through a prefetch
// and by scanning, and prints what it found as JSON.

import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { RevisionPrefetch } from '../../../../server/storage/rocks/revision-prefetch.ts';
import { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';

const LIMIT = 700;
const [, , directory = ''] = process.argv;
const store = await RocksBackend.open({ directory, logger: SILENT_LOGGER });
for (let i = 0; i < 20_000; i++) {
  store.putRevision(2 + (i >> 1), i & 1, i % 5 === 4, new Uint8Array(i % 300).fill(i));
}
store.commit();

function lineOf(record: {
  main: number;
  sub: number;
  tombstone: boolean;
  value: Uint8Array;
}): string {
  const hex = Buffer.from(record.value).toString('base64');
  return `${record.main} ${record.sub} ${record.tombstone} ${hex}`;
}

function read(take: (main: number, sub: number) => Parameters<typeof lineOf>[0][]): string[] {
  const lines: string[] = [];
  let main = 1;
  let sub = 0;
  for (;;) {
    const records = take(main, sub);
    for (const record of records) {
      lines.push(lineOf(record));
      main = record.main;
      sub = record.sub + 1;
    }
    if (records.length < LIMIT) return lines;
  }
}

/** From a revision on, in segments so small that both threads have many. */
function prefetchFrom(fromMain: number): RevisionPrefetch {
  const range = { fromMain, lastMain: 10_001, recordCount: 20_000 };
  return new RevisionPrefetch(store.liveGeneration, range, 300);
}

const prefetch = prefetchFrom(1);
let late = 0;
const prefetched = read((main, sub) => {
  const records = prefetch.take(main, sub, LIMIT);
  if (records === undefined) late += 1;
  return records ?? [];
});
const scanned = read((main, sub) => store.scanRevisions(main, sub, Number.MAX_SAFE_INTEGER, LIMIT));

const tail = prefetchFrom(5000);
const behind = tail.take(5000, 0, LIMIT)?.map(lineOf).join();
const isTail =
  behind === store.scanRevisions(5000, 0, Number.MAX_SAFE_INTEGER, LIMIT).map(lineOf).join();

// One that nobody reads to its end must not keep the store from closing.
const unread = prefetchFrom(1);
const elsewhere = unread.take(5000, 0, LIMIT) === undefined;
await store.close();
const equal = prefetched.every((line, i) => line === scanned[i]);
const result = {
  prefetched: prefetched.length,
  scanned: scanned.length,
  equal,
  isTail,
  late,
  elsewhere,
};
process.stdout.write(JSON.stringify(result));
