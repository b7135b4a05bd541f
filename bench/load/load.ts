// Owns the command of the load generator: `node dist/bench/load/load.js <workload> [--option value]...`. Prints one line
// of JSON, or a table with --text. The options have the meaning of etcd's tools/benchmark where it has them.

import { parseArgs } from 'node:util';
import { Connection } from './connection.ts';
import { Driver, type DriverOptions, type DriverResult } from './driver.ts';
import { fillKeys } from './fill.ts';
import { openIdleWatchers } from './idle-watchers.ts';
import { Keys } from './keys.ts';
import { KV_WORKLOADS } from './kv-workloads.ts';
import { LEASE_WORKLOADS } from './lease-workloads.ts';
import { type Usage, usageOf } from './process-usage.ts';
import type { LoadOptions, Workload } from './task.ts';
import { runWatchLoad } from './watch-load.ts';

const WATCH = 'watch-latency';
const WORKLOADS: readonly Workload[] = [...KV_WORKLOADS, ...LEASE_WORKLOADS];

/** What one run measured; the runner reads it back. */
export interface LoadReport {
  readonly workload: string;
  readonly operations: number;
  readonly operationsPerSecond: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  readonly errorCount: number;
  readonly firstError: string;
  /** Of the processes named by --pids, per operation. */
  readonly serverCpuUs: number;
  readonly serverPeakRssBytes: number;
  readonly serverRssBytes: number;
  /** Of this process, per operation. */
  readonly clientCpuUs: number;
}

const OPTIONS = {
  endpoints: { type: 'string', default: '127.0.0.1:2379' },
  conns: { type: 'string', default: '10' },
  clients: { type: 'string', default: '100' },
  total: { type: 'string', default: '0' },
  seconds: { type: 'string', default: '5' },
  warmup: { type: 'string', default: '1' },
  'key-size': { type: 'string', default: '32' },
  'val-size': { type: 'string', default: '256' },
  'key-space-size': { type: 'string', default: '10000' },
  'range-keys': { type: 'string', default: '1000' },
  'read-percent': { type: 'string', default: '50' },
  rate: { type: 'string', default: '0' },
  'idle-watchers': { type: 'string', default: '0' },
  pids: { type: 'string', default: '' },
  fill: { type: 'string', default: 'auto' },
  text: { type: 'boolean', default: false },
} as const;

interface Settings {
  readonly workload: string;
  readonly load: LoadOptions;
  readonly driver: DriverOptions;
  readonly idleWatchers: number;
  readonly pids: readonly number[];
  /** 'only' fills and measures nothing. */
  readonly fill: 'auto' | 'always' | 'never' | 'only';
  readonly isText: boolean;
}

function usage(): string {
  const lines = WORKLOADS.map(({ name, about }) => `  ${name.padEnd(24)} ${about}`);
  lines.push(`  ${WATCH.padEnd(24)} watch all keys while keys are put at --rate (100 per second)`);
  return `usage: load <workload> [options]\n\nworkloads:\n${lines.join('\n')}\n\noptions: ${Object.keys(
    OPTIONS,
  )
    .map((name) => `--${name}`)
    .join(' ')}`;
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} must be a number: ${text}`);
  return value;
}

function readSettings(argv: readonly string[]): Settings {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    allowPositionals: true,
  });
  const total = numberOf('total', values.total);
  const seconds = numberOf('seconds', values.seconds);
  const fill = (['auto', 'always', 'never', 'only'] as const).find((mode) => mode === values.fill);
  const [workload] = positionals;
  if (workload === undefined || fill === undefined) throw new Error(usage());
  return {
    workload,
    load: {
      endpoints: values.endpoints.split(',').map((endpoint) => endpoint.replace(/^http:\/\//, '')),
      connections: numberOf('conns', values.conns),
      clients: numberOf('clients', values.clients),
      keys: new Keys(
        numberOf('key-size', values['key-size']),
        numberOf('key-space-size', values['key-space-size']),
      ),
      valueBytes: numberOf('val-size', values['val-size']),
      rangeKeys: numberOf('range-keys', values['range-keys']),
      readPercent: numberOf('read-percent', values['read-percent']),
    },
    driver: {
      warmupMs: 1000 * numberOf('warmup', values.warmup),
      durationMs: total > 0 ? Number.POSITIVE_INFINITY : 1000 * seconds,
      totalMax: total > 0 ? total : Number.POSITIVE_INFINITY,
      rate: numberOf('rate', values.rate),
    },
    idleWatchers: numberOf('idle-watchers', values['idle-watchers']),
    pids: values.pids === '' ? [] : values.pids.split(',').map(Number),
    fill,
    isText: values.text,
  };
}

/** Processor time and memory between the two ends of the counted time. */
class UsageWindow {
  readonly #pids: readonly number[];
  #server: Usage;
  #client: NodeJS.CpuUsage;
  cpuSeconds: number;
  clientCpuUs: number;
  after: Usage;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#server = usageOf(pids);
    this.#client = process.cpuUsage();
    this.cpuSeconds = 0;
    this.clientCpuUs = 0;
    this.after = this.#server;
  }

  onCounting(): void {
    this.#server = usageOf(this.#pids);
    this.#client = process.cpuUsage();
  }

  onCounted(): void {
    this.after = usageOf(this.#pids);
    this.cpuSeconds = this.after.cpuSeconds - this.#server.cpuSeconds;
    const { user, system } = process.cpuUsage(this.#client);
    this.clientCpuUs = user + system;
  }
}

function reportOf(workload: string, result: DriverResult, window: UsageWindow): LoadReport {
  const { histogram, elapsedMs, errorCount, firstError } = result;
  const operations = histogram.count;
  const divisor = Math.max(1, operations);
  return {
    workload,
    operations,
    operationsPerSecond: (operations * 1000) / elapsedMs,
    meanUs: histogram.meanUs,
    p50Us: histogram.percentileUs(0.5),
    p99Us: histogram.percentileUs(0.99),
    p999Us: histogram.percentileUs(0.999),
    maxUs: histogram.maxUs,
    errorCount,
    firstError,
    serverCpuUs: (window.cpuSeconds * 1e6) / divisor,
    serverPeakRssBytes: window.after.peakRssBytes,
    serverRssBytes: window.after.rssBytes,
    clientCpuUs: window.clientCpuUs / divisor,
  };
}

async function runTasks(
  workload: Workload,
  settings: Settings,
  connections: readonly Connection[],
  window: UsageWindow,
): Promise<DriverResult> {
  const tasks = [];
  for (let client = 0; client < settings.load.clients; client++) {
    const connection = connections[client % connections.length];
    if (connection === undefined) throw new Error('no connections');
    tasks.push(workload.createTask(settings.load, client, connection));
  }
  return new Driver(settings.driver, window).run(await Promise.all(tasks), connections);
}

async function main(argv: readonly string[]): Promise<void> {
  const settings = readSettings(argv);
  const workload = WORKLOADS.find(({ name }) => name === settings.workload);
  if (workload === undefined && settings.workload !== WATCH) throw new Error(usage());
  const { endpoints, connections: count } = settings.load;
  const connections: Connection[] = [];
  for (let i = 0; i < count; i++) {
    connections.push(await Connection.open(endpoints[i % endpoints.length] ?? ''));
  }
  const needsFill = settings.fill === 'auto' && workload?.needsKeys === true;
  if (needsFill || settings.fill === 'always' || settings.fill === 'only') {
    await fillKeys(connections, settings.load.keys, settings.load.valueBytes);
  }
  if (settings.fill !== 'only') {
    await openIdleWatchers(connections, settings.idleWatchers);
    const window = new UsageWindow(settings.pids);
    const result =
      workload === undefined
        ? await runWatchLoad(settings.load, settings.driver, connections, window)
        : await runTasks(workload, settings, connections, window);
    const report = reportOf(settings.workload, result, window);
    if (settings.isText) console.table(report);
    else console.log(JSON.stringify(report));
  }
  for (const connection of connections) connection.close();
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
