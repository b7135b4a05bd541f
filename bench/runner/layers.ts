// Owns the experiment that says where the time of an operation goes: one member of ours under load, a CPU profile of it
// by layer, and what the kernel counted meanwhile. The profiler costs a tenth or so: shares matter, not sums.

import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { type CpuProfile, LAYERS, timeByLayer } from './cpu-profile.ts';
import type { Emit } from './large.ts';
import { runLoad } from './load-process.ts';
import { Cluster } from './server-processes.ts';

const WARMUP_SECONDS = 2;
const SECONDS = 4;
const FLAGS = ['--enable-pprof'];

/** What a process has asked of the kernel so far; /proc/PID/io and the server's own count of syncs. */
interface Counts {
  readonly reads: number;
  readonly writes: number;
  readonly writtenBytes: number;
  readonly syncs: number;
}

/** The figures of the table, one per layer and then the kernel's. */
export const LAYER_FIGURES: readonly string[] = [
  ...LAYERS.map((layer) => `${layer}, us`),
  'main thread, us',
  'all threads, us',
  'read calls',
  'write calls',
  'bytes written',
  'log syncs per second',
];

export async function runLayers(
  binary: string,
  load: readonly string[],
  emit: Emit,
): Promise<void> {
  const cluster = await Cluster.start(binary, 1, FLAGS);
  try {
    const time = ['--warmup', '0', '--seconds', String(SECONDS)];
    await runLoad(cluster, [...load, '--seconds', String(WARMUP_SECONDS), '--warmup', '0']);
    const before = await countsOf(cluster);
    const report = runLoad(cluster, [...load, ...time]);
    const profile = await takeProfile(cluster, SECONDS - 1);
    const { operations, operationsPerSecond, serverCpuUs } = await report;
    const after = await countsOf(cluster);
    const times = timeByLayer(profile);
    const profiled = operationsPerSecond * (SECONDS - 1);
    for (const layer of LAYERS) emit(`${layer}, us`, (times.get(layer) ?? 0) / profiled);
    emit('main thread, us', [...times.values()].reduce((sum, time) => sum + time, 0) / profiled);
    emit('all threads, us', serverCpuUs);
    emit('read calls', (after.reads - before.reads) / operations);
    emit('write calls', (after.writes - before.writes) / operations);
    emit('bytes written', (after.writtenBytes - before.writtenBytes) / operations);
    emit('log syncs per second', (after.syncs - before.syncs) / SECONDS);
  } finally {
    await cluster.remove();
  }
}

async function countsOf(cluster: Cluster): Promise<Counts> {
  const io = readFileSync(`/proc/${cluster.pids[0]}/io`, 'latin1');
  const metrics = await fetchText(cluster, '/metrics');
  const of = (text: string, name: string): number =>
    Number(new RegExp(`^${name}:? (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    reads: of(io, 'syscr'),
    writes: of(io, 'syscw'),
    writtenBytes: of(io, 'wchar'),
    syncs: of(metrics, 'etcd_disk_wal_fsync_duration_seconds_count'),
  };
}

async function takeProfile(cluster: Cluster, seconds: number): Promise<CpuProfile> {
  // The format of this very Node.js.
  return JSON.parse(
    await fetchText(cluster, `/debug/pprof/profile?seconds=${seconds}`),
  ) as CpuProfile;
}

function fetchText(cluster: Cluster, path: string): Promise<string> {
  const [host = '', port = ''] = (cluster.endpoints[0] ?? '').split(':');
  return new Promise((resolve, reject) => {
    get({ host, port, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path}: ${response.statusCode} ${text}`));
      });
    }).once('error', reject);
  });
}
