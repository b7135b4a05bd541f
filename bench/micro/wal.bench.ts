// Measures the write-ahead log on the real disk: CPU per entry and syncs, for batches of 1 to 1000 entries of 300 bytes.
// Run: npm run build && node dist/bench/micro/wal.bench.js [directory]
// Two modes: "group" appends the next batch in the next turn of the event loop whether or not the last is durable
// (many clients), "alone" waits for it (one client).
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '../../server/raft/types.ts';
import { Wal } from '../../server/storage/wal/wal.ts';

const ENTRY_BYTES = 300;
const ENTRY_COUNT_MAX = 200_000;
const APPEND_COUNT_MAX = 4000;

interface Figures {
  readonly mode: string;
  readonly batch: number;
  readonly entriesPerSecond: number;
  readonly cpuUsPerEntry: number;
  readonly appendUsPerEntry: number;
  readonly syncCount: number;
  readonly syncP50Us: number;
  readonly syncP99Us: number;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function measure(root: string, mode: 'alone' | 'group', batch: number): Promise<Figures> {
  const directory = join(root, `${mode}-${batch}`);
  const syncs: number[] = [];
  const wal = Wal.create(
    directory,
    { nodeId: 1n, clusterId: 2n },
    {
      onFatal: (error) => {
        throw error;
      },
      metrics: {
        fsyncSeconds: (seconds) => syncs.push(seconds * 1e6),
        writeSeconds: () => undefined,
        writtenBytes: () => undefined,
      },
    },
  );
  const data = new Uint8Array(ENTRY_BYTES).fill(7);
  const appendCount = Math.min(APPEND_COUNT_MAX, Math.ceil(ENTRY_COUNT_MAX / batch));
  let index = 0;
  let appendMs = 0;
  let last: Promise<void> = Promise.resolve();
  const cpuStart = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < appendCount; i++) {
    const entries: Entry[] = [];
    for (let k = 0; k < batch; k++) entries.push({ type: 0, term: 1, index: ++index, data });
    const state = { term: 1, vote: 1n, commit: index - batch };
    last = new Promise((resolve) => {
      const before = performance.now();
      wal.append(entries, state, true, resolve);
      appendMs += performance.now() - before;
    });
    if (mode === 'alone') await last;
    else await new Promise((resolve) => setImmediate(resolve));
  }
  await last;
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuStart);
  await new Promise<void>((resolve) => wal.close(resolve));
  syncs.sort((a, b) => a - b);
  return {
    mode,
    batch,
    entriesPerSecond: Math.round(index / seconds),
    cpuUsPerEntry: Number(((cpu.user + cpu.system) / index).toFixed(2)),
    appendUsPerEntry: Number(((appendMs * 1000) / index).toFixed(2)),
    syncCount: syncs.length,
    syncP50Us: Math.round(percentile(syncs, 0.5)),
    syncP99Us: Math.round(percentile(syncs, 0.99)),
  };
}

const root = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'wal-bench-'));
try {
  console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${root}`);
  const rows: Figures[] = [];
  for (const mode of ['alone', 'group'] as const) {
    for (const batch of [1, 10, 100, 1000]) rows.push(await measure(root, mode, batch));
  }
  console.table(rows);
} finally {
  rmSync(root, { force: true, recursive: true });
}
