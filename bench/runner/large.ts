// Owns the experiment with a large store: memory, restart, and the longest stall while everything happens at once.

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '../load/connection.ts';
import { usageOf } from '../load/process-usage.ts';
import { compact, defragment, snapshot } from './admin.ts';
import { fill, runLoad, runProber } from './load-process.ts';
import { Cluster } from './server-processes.ts';

export const SIZES: readonly string[] = ['--key-size', '40', '--val-size', '256'];
const RATE_SECONDS = 3;
/** Writes and reads per second during the stall experiment: busy, but not so that requests queue. */
const MIXED_RATE = 2000;

export interface LargeOptions {
  readonly keyCount: number;
  readonly stallSeconds: number;
}

export type Emit = (figure: string, value: number) => void;

export async function runLarge(binary: string, options: LargeOptions, emit: Emit): Promise<void> {
  const cluster = await Cluster.start(binary, 1);
  const space = ['--key-space-size', String(options.keyCount), ...SIZES];
  try {
    const emptyRate = await putRate(cluster, space, RATE_SECONDS);
    emit('put rate, empty', emptyRate);
    const startedAt = performance.now();
    await fill(cluster, options.keyCount, SIZES);
    emit('fill seconds', (performance.now() - startedAt) / 1000);
    const fullRate = await putRate(cluster, space, RATE_SECONDS);
    emit('put rate, full', fullRate);
    emit('slowdown', emptyRate / fullRate);
    emit('memory after fill', usageOf(cluster.pids).rssBytes / 1e6);
    await cluster.stopMembers();
    emit('restart ms', await cluster.startMembers());
    emit('memory after restart', usageOf(cluster.pids).rssBytes / 1e6);
    // A planned end may leave more for the next start than a crash does.
    await cluster.kill(0);
    const killedAt = performance.now();
    await cluster.restart(0);
    emit('restart after a kill ms', performance.now() - killedAt);
    if (options.stallSeconds > 0) await runStall(cluster, space, options.stallSeconds, emit);
    emit('memory after churn', usageOf(cluster.pids).rssBytes / 1e6);
    emit('disk', (await directoryBytes(cluster.directory)) / 1e6);
  } finally {
    await cluster.remove();
  }
}

/** Puts per second of 1000 clients. */
export async function putRate(
  cluster: Cluster,
  space: readonly string[],
  seconds: number,
): Promise<number> {
  const time = ['--warmup', '0.5', '--seconds', String(seconds)];
  const many = ['--conns', '100', '--clients', '1000', ...time];
  return (await runLoad(cluster, ['put', ...many, ...space])).operationsPerSecond;
}

/** Probes from outside, because that is what a client sees and costs the server nothing. */
async function runStall(
  cluster: Cluster,
  space: readonly string[],
  seconds: number,
  emit: Emit,
): Promise<void> {
  const worker = await Connection.open(cluster.endpoints[0] ?? '');
  const rate = ['--rate', String(MIXED_RATE), '--conns', '10', '--clients', '100'];
  const time = ['--seconds', String(seconds), '--warmup', '0', '--fill', 'never'];
  let isOver = false;
  const load = runLoad(cluster, ['txn-mixed', ...rate, ...time, ...space]).finally(() => {
    isOver = true;
  });
  let rounds = 0;
  const housework = async (): Promise<void> => {
    for (; !isOver; rounds++) {
      await compact(worker);
      await snapshot(worker);
      await defragment(worker);
    }
  };
  const [report, probes] = await Promise.all([load, runProber(cluster, seconds), housework()]);
  emit('stall ms', probes.worstMs);
  emit('stall p99.9, ms', probes.p999Ms);
  emit('stall: prober late, ms', probes.lateMs);
  emit('stall p99.9 of the load, ms', report.p999Us / 1000);
  emit('housework rounds', rounds);
  worker.close();
}

async function directoryBytes(directory: string): Promise<number> {
  let sizeBytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const found = await stat(path.join(entry.parentPath, entry.name)).catch(() => undefined);
    // Blocks on disk: both programs reserve files ahead.
    sizeBytes += (found?.blocks ?? 0) * 512;
  }
  return sizeBytes;
}
