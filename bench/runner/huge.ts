// Owns the experiment with very many keys: does a put cost more than in a store with none, and a key more memory than in
// a store with a tenth of them. It compares a program with itself, so one program is enough.

import { usageOf } from '../load/process-usage.ts';
import { type Emit, putRate, SIZES } from './large.ts';
import { fill } from './load-process.ts';
import { Cluster } from './server-processes.ts';

/** Rates of the full and of an empty store are taken in turn, so that what else the machine does meets both. */
const ROUNDS = 3;
const RATE_SECONDS = 5;
/** The keys of a store that counts as empty: those of every other row. */
const HANDFUL = ['--key-space-size', '10000', ...SIZES];
/** The keys of the small store, as a share of all. */
const FEW = 0.1;

export async function runHuge(binary: string, keyCount: number, emit: Emit): Promise<void> {
  const few = Math.floor(FEW * keyCount);
  const fewBytes = await withEmpty(binary, async (cluster) => {
    const before = rssBytes(cluster);
    await fill(cluster, few, SIZES);
    return bytesPerKey(cluster, before, few);
  });
  emit('bytes per key, a tenth of the keys', fewBytes);
  const manyBytes = await withEmpty(binary, async (cluster) => {
    const before = rssBytes(cluster);
    const startedAt = performance.now();
    await fill(cluster, keyCount, SIZES);
    emit('fill seconds', (performance.now() - startedAt) / 1000);
    emit('memory after fill', rssBytes(cluster) / 1e6);
    await compareRates(binary, cluster, keyCount, emit);
    return bytesPerKey(cluster, before, keyCount);
  });
  emit('bytes per key', manyBytes);
  emit('bytes per key, growth', manyBytes / fewBytes);
}

/** The first rate of the full store is taken right after the fill: whatever the fill left to be done is part of it. */
async function compareRates(
  binary: string,
  full: Cluster,
  keyCount: number,
  emit: Emit,
): Promise<void> {
  const all = ['--key-space-size', String(keyCount), ...SIZES];
  for (let round = 0; round < ROUNDS; round++) {
    const fullRate = await putRate(full, all, RATE_SECONDS);
    const emptyRate = await withEmpty(binary, async (empty) => {
      // Uncounted: the full store's code was compiled long ago, and its keys are there.
      await putRate(empty, HANDFUL, RATE_SECONDS);
      return putRate(empty, HANDFUL, RATE_SECONDS);
    });
    emit('put rate, empty', emptyRate);
    emit('put rate, full', fullRate);
    emit('slowdown', emptyRate / fullRate);
  }
}

/**
 * What a member just started has more than one without keys, which had `beforeBytes`. Single puts first: a member holds
 * thousands of log entries, and those of the fill are of a hundred puts each.
 */
async function bytesPerKey(
  cluster: Cluster,
  beforeBytes: number,
  keyCount: number,
): Promise<number> {
  await putRate(cluster, HANDFUL, RATE_SECONDS);
  await cluster.stopMembers();
  await cluster.startMembers();
  return (rssBytes(cluster) - beforeBytes) / keyCount;
}

function rssBytes(cluster: Cluster): number {
  return usageOf(cluster.pids).rssBytes;
}

async function withEmpty<T>(binary: string, use: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = await Cluster.start(binary, 1);
  try {
    return await use(cluster);
  } finally {
    await cluster.remove();
  }
}
