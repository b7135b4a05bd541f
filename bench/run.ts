// Owns the comparison of our server with etcd: `npm run bench -- [options]`. Rounds alternate between the programs, each
// on a new cluster, the load generator in a process of its own; the medians go to docs/benchmarks.md.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { LoadReport } from './load/load.ts';
import { usageOf } from './load/process-usage.ts';
import { commitText, kernelText, machineText, versionText } from './runner/environment.ts';
import { type LargeFigures, renderReport, type Series } from './runner/report.ts';
import { LARGE_KEYS, SCENARIOS, type Scenario } from './runner/scenarios.ts';
import { Cluster } from './runner/server-processes.ts';

const USAGE = `usage: npm run bench -- [options]
  --rounds N        rounds per program (5)
  --seconds N       counted time of a load (5), after --warmup seconds (1)
  --workloads a,b   only these: ${SCENARIOS.map(({ name }) => name).join(', ')}
  --members 1,3     cluster sizes, one after another (1)
  --large N         rounds with a million keys, for memory and restart (0)
  --etcd PATH       the etcd to compare with; else ETCD_BIN, else what test/compat/fetch-etcd.sh brings
  --ours PATH       our launcher (bin/etcd); "none" leaves us out, as "none" for --etcd leaves etcd out
  --out FILE        where the page goes (docs/benchmarks.md); "-" prints it`;

const HERE = path.dirname(fileURLToPath(import.meta.url));
const EXTENSION = path.extname(fileURLToPath(import.meta.url));
const PATH_OPTIONS = ['--etcd', '--ours', '--out'];
const LOAD_OUTPUT_BYTES_MAX = 1 << 20;

interface System {
  readonly name: string;
  readonly binary: string;
}

interface Settings {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmup: number;
  readonly scenarios: readonly Scenario[];
  readonly memberCounts: readonly number[];
  readonly largeRounds: number;
  readonly systems: readonly System[];
  readonly out: string;
}

/** The repository: this file may run from the sources or from dist. */
function rootDirectory(): string {
  for (let directory = HERE; ; directory = path.dirname(directory)) {
    if (existsSync(path.join(directory, 'bin/etcd'))) return directory;
    if (directory === path.dirname(directory)) return process.cwd();
  }
}

function readSettings(argv: readonly string[]): Settings {
  const root = rootDirectory();
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      warmup: { type: 'string', default: '1' },
      workloads: { type: 'string', default: '' },
      members: { type: 'string', default: '1' },
      large: { type: 'string', default: '0' },
      etcd: { type: 'string', default: process.env['ETCD_BIN'] ?? '' },
      ours: { type: 'string', default: path.join(root, 'bin/etcd') },
      out: { type: 'string', default: path.join(root, 'docs/benchmarks.md') },
    },
  });
  const wanted = values.workloads === '' ? undefined : values.workloads.split(',');
  const fetched = path.join(root, '.cache/etcd-debian/root/usr/bin/etcd');
  const etcd = values.etcd === '' ? fetched : values.etcd;
  const systems = [
    { name: 'etcd-ts', binary: values.ours },
    { name: 'etcd', binary: etcd },
  ].filter(({ binary }) => binary !== 'none');
  for (const { binary } of systems) {
    if (!existsSync(binary)) throw new Error(`${binary} is not there\n\n${USAGE}`);
  }
  const unknown = wanted?.find((name) => SCENARIOS.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) throw new Error(`no workload ${unknown}\n\n${USAGE}`);
  return {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    warmup: Number(values.warmup),
    scenarios: SCENARIOS.filter(({ name }) => wanted?.includes(name) ?? true),
    memberCounts: values.members.split(',').map(Number),
    largeRounds: Number(values.large),
    systems,
    out: values.out,
  };
}

/** Runs the load generator; undefined when it only filled. */
async function runLoad(cluster: Cluster, argv: readonly string[]): Promise<string> {
  const script = path.join(HERE, 'load', `load${EXTENSION}`);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      ...process.execArgv,
      script,
      ...argv,
      ...['--endpoints', cluster.endpoints.join(','), '--pids', cluster.pids.join(',')],
    ],
    { maxBuffer: LOAD_OUTPUT_BYTES_MAX },
  );
  return stdout;
}

async function runScenario(
  cluster: Cluster,
  scenario: Scenario,
  settings: Settings,
): Promise<LoadReport> {
  const { seconds, warmup } = settings;
  const time = ['--seconds', String(seconds), '--warmup', String(warmup)];
  // The load generator prints one line, which is a LoadReport.
  return JSON.parse(await runLoad(cluster, [...scenario.load, ...time])) as LoadReport;
}

/** The programs in an order that changes from round to round, so that neither always comes second. */
function orderOf(systems: readonly System[], round: number): readonly System[] {
  return round % 2 === 0 ? systems : systems.toReversed();
}

async function runRounds(settings: Settings, members: number): Promise<Series[]> {
  const results = new Map<string, LoadReport[]>();
  for (let round = 0; round < settings.rounds; round++) {
    for (const system of orderOf(settings.systems, round)) {
      const cluster = await Cluster.start(system.binary, members);
      try {
        for (const scenario of settings.scenarios) {
          const report = await runScenario(cluster, scenario, settings);
          console.error(progressText(system, members, round, scenario, report));
          const key = `${scenario.name}/${system.name}`;
          results.set(key, [...(results.get(key) ?? []), report]);
        }
      } finally {
        await cluster.remove();
      }
    }
  }
  return settings.scenarios.map(({ name, about }) => ({
    scenario: name,
    about,
    members,
    rounds: settings.systems.map((system) => results.get(`${name}/${system.name}`) ?? []),
  }));
}

function progressText(
  system: System,
  members: number,
  round: number,
  scenario: Scenario,
  report: LoadReport,
): string {
  const rate = Math.round(report.operationsPerSecond);
  const error = report.errorCount > 0 ? `, ${report.errorCount} errors: ${report.firstError}` : '';
  const place = `round ${round + 1}, ${members} member(s), ${system.name}`;
  return `${place}, ${scenario.name}: ${rate}/s, p99 ${(report.p99Us / 1000).toFixed(2)} ms, ${report.serverCpuUs.toFixed(1)} us CPU${error}`;
}

async function runLarge(settings: Settings): Promise<LargeFigures[]> {
  const values = settings.systems.map(() => ({
    fillSeconds: [] as number[],
    rssMegabytes: [] as number[],
    restartMs: [] as number[],
    rssAfterRestartMegabytes: [] as number[],
    diskMegabytes: [] as number[],
  }));
  for (let round = 0; round < settings.largeRounds; round++) {
    for (const system of orderOf(settings.systems, round)) {
      const figures = values[settings.systems.indexOf(system)];
      const cluster = await Cluster.start(system.binary, 1);
      try {
        const startedAt = performance.now();
        const keys = ['--key-space-size', String(LARGE_KEYS)];
        await runLoad(cluster, ['put', '--fill', 'only', ...keys]);
        figures?.fillSeconds.push((performance.now() - startedAt) / 1000);
        figures?.rssMegabytes.push(usageOf(cluster.pids).rssBytes / 1e6);
        await cluster.stopMembers();
        figures?.restartMs.push(await cluster.startMembers());
        figures?.rssAfterRestartMegabytes.push(usageOf(cluster.pids).rssBytes / 1e6);
        figures?.diskMegabytes.push((await directoryBytes(cluster.directory)) / 1e6);
        console.error(`large round ${round + 1}, ${system.name}: ${JSON.stringify(figures)}`);
      } finally {
        await cluster.remove();
      }
    }
  }
  return values;
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

/** The command without its paths, which say nothing to a reader on another machine. */
function commandText(argv: readonly string[]): string {
  const words = argv.filter(
    (word, i) => !PATH_OPTIONS.includes(word) && !PATH_OPTIONS.includes(argv[i - 1] ?? ''),
  );
  return ['npm run bench --', ...words].join(' ');
}

async function main(argv: readonly string[]): Promise<void> {
  const settings = readSettings(argv);
  const series: Series[] = [];
  for (const members of settings.memberCounts) series.push(...(await runRounds(settings, members)));
  const large = settings.largeRounds > 0 ? await runLarge(settings) : undefined;
  const page = renderReport(
    {
      date: new Date().toISOString().slice(0, 10),
      commit: commitText(rootDirectory()),
      machine: machineText(),
      kernel: kernelText(),
      node: process.version,
      systems: settings.systems.map(({ name, binary }) => ({ name, version: versionText(binary) })),
      command: commandText(argv),
      rounds: settings.rounds,
      seconds: settings.seconds,
    },
    series,
    large,
  );
  if (settings.out === '-') console.log(page);
  else await writeFile(settings.out, page);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
