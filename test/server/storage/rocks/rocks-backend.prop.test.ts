// Goal: whatever the order of writes, commits, defragmentations and restarts, the store holds what a plain map holds.
// Method: random programs run against RocksBackend and MemoryBackend side by side, compared after every step that
// could tear them apart. A failure means lost, revived or misordered records, or sizes that drift.

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Backend, META_BUCKETS, type MetaBucket } from '../../../../server/base/backend.ts';
import { RECORD_OVERHEAD_BYTES } from '../../../../server/storage/rocks/limits.ts';
import { BUCKET_NAMES } from '../../../../server/storage/rocks/view.ts';
import { MemoryBackend } from '../../../support/memory-backend.ts';
import { contentOf, pairsOf } from './store-content.ts';
import { openStore, temporaryDirectory } from './temporary-store.ts';

type Step =
  | { kind: 'put'; count: number; valueBytes: number; tombstone: boolean }
  | { kind: 'compact'; ratio: number; keepEach: number }
  | { kind: 'meta'; bucket: MetaBucket; key: number; value: number | undefined }
  | { kind: 'commit' }
  | { kind: 'defragment' }
  | { kind: 'defragmentMeanwhile' }
  | { kind: 'turns'; count: number }
  | { kind: 'reopen' }
  | { kind: 'view' };

const turns = fc.record({
  kind: fc.constant('turns' as const),
  count: fc.integer({ min: 1, max: 3 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      count: fc.integer({ min: 1, max: 1500 }),
      valueBytes: fc.integer({ min: 0, max: 50 }),
      tombstone: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('compact' as const),
      ratio: fc.double({ min: 0, max: 1, noNaN: true }),
      keepEach: fc.integer({ min: 1, max: 200 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('meta' as const),
      bucket: fc.constantFrom(...META_BUCKETS),
      key: fc.integer({ min: 0, max: 9 }),
      value: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 8, arbitrary: turns },
  { weight: 1, arbitrary: fc.constant({ kind: 'defragment' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'defragmentMeanwhile' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'view' as const }) },
);

class Writer {
  main = 1;

  apply(backend: Backend, program: Step, main: number): void {
    if (program.kind === 'put') {
      for (let i = 0; i < program.count; i++) {
        const value = new Uint8Array(program.valueBytes).fill(i);
        backend.putRevision(main + (i >> 1), i & 1, program.tombstone && i % 5 === 0, value);
      }
    } else if (program.kind === 'compact') {
      compact(backend, Math.floor(main * program.ratio), program.keepEach);
    } else if (program.kind === 'meta') {
      const key = new Uint8Array(program.key).fill(program.key * 25);
      if (program.value === undefined) backend.delete(program.bucket, key);
      else backend.put(program.bucket, key, new Uint8Array([program.value]));
    } else if (program.kind === 'commit') {
      backend.commit();
    }
  }
}

/** The sum the store must arrive at. */
function inUseOf(backend: Backend): number {
  let sizeBytes = 0;
  for (const record of backend.scanRevisions(0, 0, Number.MAX_SAFE_INTEGER, 1e9)) {
    sizeBytes += (record.tombstone ? 18 : 17) + record.value.length + RECORD_OVERHEAD_BYTES;
  }
  for (const bucket of META_BUCKETS) {
    for (const [key, value] of backend.entries(bucket)) {
      sizeBytes += key.length + value.length + RECORD_OVERHEAD_BYTES;
    }
  }
  return sizeBytes;
}

/** Records mvcc compacts at a time. */
const SLICE = 500;

/** As mvcc compacts: in slices, deleting what was just scanned. */
function compact(backend: Backend, upTo: number, keepEach: number): void {
  let main = 0;
  let sub = 0;
  for (;;) {
    const records = backend.scanRevisions(main, sub, upTo, SLICE);
    for (const record of records) {
      if (record.main % keepEach !== 0 || keepEach === 1) {
        backend.deleteRevision(record.main, record.sub, record.tombstone);
      }
      main = record.main;
      sub = record.sub + 1;
    }
    if (records.length < SLICE) return;
  }
}

it('holds what a map holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (program) => {
      const directory = await temporaryDirectory();
      let rocks = await openStore(directory);
      const memory = new MemoryBackend();
      const writer = new Writer();
      const running: Promise<void>[] = [];
      for (const command of program) {
        writer.apply(rocks, command, writer.main);
        writer.apply(memory, command, writer.main);
        if (command.kind === 'put') writer.main += command.count;
        if (command.kind === 'turns') {
          for (let i = 0; i < command.count; i++) await setImmediate();
        }
        if (command.kind === 'defragmentMeanwhile') running.push(rocks.defragment());
        if (command.kind === 'defragment' || command.kind === 'reopen' || command.kind === 'view') {
          rocks.commit();
          memory.commit();
        }
        if (command.kind === 'defragment') {
          await rocks.defragment();
          await Promise.all(running.splice(0));
        }
        if (command.kind === 'reopen') {
          const sizes = [rocks.sizeInUseBytes(), rocks.sizeBytes()];
          const settled = Promise.allSettled(running.splice(0));
          await rocks.close();
          await settled;
          rocks = await openStore(directory);
          expect(rocks.sizeInUseBytes()).toBe(sizes[0]);
          expect(rocks.sizeBytes()).toBeLessThanOrEqual(sizes[1] ?? 0);
        }
        if (command.kind === 'view') {
          const view = rocks.openView();
          const pairs = await pairsOf(view, BUCKET_NAMES);
          await view.close();
          expect(pairs.length).toBe(contentOf(memory).length);
        }
        expect(contentOf(rocks)).toEqual(contentOf(memory));
      }
      rocks.commit();
      await Promise.all(running);
      expect(contentOf(rocks)).toEqual(contentOf(memory));
      expect(rocks.sizeInUseBytes()).toBe(inUseOf(memory));
      await rocks.defragment();
      expect(contentOf(rocks)).toEqual(contentOf(memory));
      expect(rocks.sizeBytes()).toBe(Math.max(20_480, Math.ceil(inUseOf(memory) / 4096) * 4096));
      await rocks.close();
    }),
    { numRuns: 25 },
  );
}, 60_000);
