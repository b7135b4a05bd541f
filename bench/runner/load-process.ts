// Owns running the load generator in a process of its own, so that its pauses are not the runner's.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadReport } from '../load/load.ts';
import type { Cluster } from './server-processes.ts';

const SELF = fileURLToPath(import.meta.url);
const SCRIPT = path.join(path.dirname(SELF), '..', 'load', `load${path.extname(SELF)}`);
const OUTPUT_BYTES_MAX = 1 << 20;

/** Runs one load against a cluster. */
export async function runLoad(cluster: Cluster, argv: readonly string[]): Promise<LoadReport> {
  // The load generator prints one line, which is a LoadReport.
  return JSON.parse(await runGenerator(cluster, argv)) as LoadReport;
}

/** Puts `keyCount` keys. */
export async function fill(
  cluster: Cluster,
  keyCount: number,
  sizes: readonly string[],
): Promise<void> {
  await runGenerator(cluster, [
    'put',
    '--fill',
    'only',
    '--key-space-size',
    String(keyCount),
    ...sizes,
  ]);
}

async function runGenerator(cluster: Cluster, argv: readonly string[]): Promise<string> {
  const servers = ['--endpoints', cluster.endpoints.join(','), '--pids', cluster.pids.join(',')];
  const command = [...process.execArgv, SCRIPT, ...argv, ...servers];
  const { stdout } = await promisify(execFile)(process.execPath, command, {
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return stdout;
}
