// Owns running the load generator and the prober in processes of their own, so that no one's pauses are another's.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadReport } from '../load/load.ts';
import type { ProbeReport } from './prober.ts';
import type { Cluster } from './server-processes.ts';

const SELF = fileURLToPath(import.meta.url);
const SCRIPT = scriptNamed('../load/load');
const PROBER = scriptNamed('prober');
const OUTPUT_BYTES_MAX = 1 << 20;

/** Runs one load against a cluster. */
export async function runLoad(cluster: Cluster, argv: readonly string[]): Promise<LoadReport> {
  // The load generator prints one line, which is a LoadReport.
  return JSON.parse(await runGenerator(cluster, argv)) as LoadReport;
}

/** Asks the first member for its attention, a hundred times per second for so long. */
export async function runProber(cluster: Cluster, seconds: number): Promise<ProbeReport> {
  const [endpoint = ''] = cluster.endpoints;
  // The prober prints one line, which is a ProbeReport.
  return JSON.parse(await runScript([PROBER, endpoint, String(seconds)])) as ProbeReport;
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
  return runScript([SCRIPT, ...argv, ...servers]);
}

async function runScript(argv: readonly string[]): Promise<string> {
  const command = [...process.execArgv, ...argv];
  const { stdout } = await promisify(execFile)(process.execPath, command, {
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return stdout;
}

function scriptNamed(name: string): string {
  return path.join(path.dirname(SELF), `${name}${path.extname(SELF)}`);
}
