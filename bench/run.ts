// Owns the comparison of our server with etcd: `npm run bench -- [options]`. Rounds alternate between the programs, each
// on a new cluster, the load generator in a process of its own; the medians go to docs/benchmarks.md.

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadReport } from './load/load.ts';
import {
  bestRatiosOf,
  findFailures,
  findRegressions,
  ratiosOf,
  readBaseline,
  writeBaseline,
} from './runner/baseline.ts';
import {
  commitText,
  kernelText,
  machineText,
  otherWorkText,
  versionText,
} from './runner/environment.ts';
import { runLeaderKills, runLearner } from './runner/faults.ts';
import { runHuge } from './runner/huge.ts';
import { type Emit, runLarge } from './runner/large.ts';
import { LAYER_FIGURES, runLayers } from './runner/layers.ts';
import { runLoad } from './runner/load-process.ts';
import { type Environment, renderReport, type Section } from './runner/report.ts';
import { createSamples, type Samples } from './runner/samples.ts';
import { LARGE_KEYS, LAYER_SCENARIOS, type Scenario } from './runner/scenarios.ts';
import { Cluster } from './runner/server-processes.ts';
import { commandText, readSettings, type Settings, type System } from './runner/settings.ts';

const WARMING = ['txn-mixed', '--conns', '100', '--clients', '1000'];
/** One client goes other ways, a thousand times more slowly: half a second of it compiles nothing. */
const LONE_WARMING = ['put', '--conns', '1', '--clients', '1'];
const HERE = path.dirname(fileURLToPath(import.meta.url));

/** The repository: this file may run from the sources or from dist. */
function rootDirectory(): string {
  for (let directory = HERE; ; directory = path.dirname(directory)) {
    if (existsSync(path.join(directory, 'bin/etcd'))) return directory;
    if (directory === path.dirname(directory)) return process.cwd();
  }
}

/** The programs in an order that changes from round to round, so that neither always comes second. */
function orderOf(systems: readonly System[], round: number): readonly System[] {
  return round % 2 === 0 ? systems : systems.toReversed();
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function scenariosOf(settings: Settings, members: number): readonly Scenario[] {
  return settings.scenarios.filter(({ isSingleOnly }) => members === 1 || isSingleOnly !== true);
}

async function runRounds(settings: Settings, members: number, samples: Samples): Promise<void> {
  for (let round = 0; round < settings.rounds; round++) {
    for (const system of orderOf(settings.systems, round)) {
      await runRound(settings, members, system, samples);
      console.error(`${elapsedText()}: round ${round + 1}, ${members} member(s), ${system.name}`);
    }
  }
}

/** All loads on one cluster. A load that fails costs the rest their cluster, not the page their rows. */
async function runRound(
  settings: Settings,
  members: number,
  system: System,
  samples: Samples,
): Promise<void> {
  let cluster: Cluster | undefined;
  const time = ['--seconds', String(settings.seconds), '--warmup', String(settings.warmup)];
  for (const scenario of scenariosOf(settings, members)) {
    const row = `${scenario.name}/${members}`;
    try {
      if (scenario.isAlone === true) {
        await cluster?.remove();
        cluster = await startWarm(system.binary, members);
      }
      cluster ??= await startWarm(system.binary, members);
      const report = await runLoad(cluster, [...time, ...scenario.load]);
      addReport(samples, system.name, row, report);
    } catch (error) {
      samples.fail(system.name, row, reasonOf(error));
      await cluster?.remove();
      cluster = undefined;
    }
  }
  await cluster?.remove();
}

/** A cluster that has worked for a moment, as one in use has: code compiled, connections between members open. */
async function startWarm(binary: string, members: number): Promise<Cluster> {
  const cluster = await Cluster.start(binary, members);
  try {
    await runLoad(cluster, [...WARMING, '--seconds', String(2 + members), '--warmup', '0']);
    await runLoad(cluster, [...LONE_WARMING, '--seconds', String(1 + members), '--warmup', '0']);
  } catch (error) {
    await cluster.remove();
    throw error;
  }
  return cluster;
}

function addReport(samples: Samples, system: string, row: string, report: LoadReport): void {
  const figures: Record<string, number> = {
    rate: report.operationsPerSecond,
    'p50 ms': report.p50Us / 1000,
    'p99 ms': report.p99Us / 1000,
    'p99.9 ms': report.p999Us / 1000,
    'CPU us per operation': report.serverCpuUs,
    'memory MB': report.serverRssBytes / 1e6,
    errors: report.errorCount,
  };
  for (const [figure, value] of Object.entries(figures)) samples.add(system, row, figure, value);
  if (report.errorCount > 0) samples.fail(system, row, `errors, the first ${report.firstError}`);
  const rate = Math.round(report.operationsPerSecond);
  const p99 = (report.p99Us / 1000).toFixed(2);
  console.error(
    `  ${system} ${row}: ${rate}/s, p99 ${p99} ms, ${report.serverCpuUs.toFixed(1)} us`,
  );
}

/** The settings with our program alone. */
function oursOnly(settings: Settings): Settings {
  return { ...settings, systems: settings.systems.slice(0, 1) };
}

/** Where the time goes, of ours alone: etcd has no such profile. */
async function runProfiles(settings: Settings, samples: Samples): Promise<void> {
  const alone = oursOnly(settings);
  for (const { name, load } of LAYER_SCENARIOS) {
    await runExperiment(alone, layerRow(name), settings.layerRounds, samples, (binary, emit) =>
      runLayers(binary, load, emit),
    );
  }
}

function layerRow(name: string): string {
  return `layers of ${name}`;
}

/** An experiment of its own cluster, for each program in turn. */
async function runExperiment(
  settings: Settings,
  row: string,
  rounds: number,
  samples: Samples,
  run: (binary: string, emit: Emit) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const { name, binary } of orderOf(settings.systems, round)) {
      const emit = (figure: string, value: number): void => {
        console.error(`  ${name} ${row}: ${figure} ${value.toFixed(2)}`);
        samples.add(name, row, figure, value);
      };
      await run(binary, emit).catch((error: unknown) => samples.fail(name, row, reasonOf(error)));
      console.error(`${elapsedText()}: ${row}, round ${round + 1}, ${name}`);
    }
  }
}

async function runAll(settings: Settings, samples: Samples): Promise<void> {
  for (const members of settings.memberCounts) await runRounds(settings, members, samples);
  const { largeRounds, stallSeconds, hugeKeys, learnerMegabytes, leaderKills } = settings;
  const large = { keyCount: LARGE_KEYS, stallSeconds };
  await runExperiment(settings, 'large', largeRounds, samples, (binary, emit) =>
    runLarge(binary, large, emit),
  );
  // Of ours alone: it compares a store with many keys to one with none.
  await runExperiment(oursOnly(settings), 'huge', hugeKeys > 0 ? 1 : 0, samples, (binary, emit) =>
    runHuge(binary, hugeKeys, emit),
  );
  await runExperiment(settings, 'learner', learnerMegabytes > 0 ? 1 : 0, samples, (binary, emit) =>
    runLearner(binary, learnerMegabytes, emit),
  );
  await runExperiment(settings, 'leader-kill', leaderKills > 0 ? 1 : 0, samples, (binary, emit) =>
    runLeaderKills(binary, leaderKills, emit),
  );
  await runProfiles(settings, samples);
}

const LOAD_FIGURES = [
  ...['rate', 'p50 ms', 'p99 ms', 'p99.9 ms'],
  ...['CPU us per operation', 'memory MB', 'errors'],
];
const LARGE_FIGURES = [
  ...['put rate, empty', 'put rate, full', 'slowdown', 'fill seconds', 'memory after fill'],
  ...[
    'restart ms',
    'restart after a kill ms',
    'memory after restart',
    'stall ms',
    'stall p99.9, ms',
    'stall: prober late, ms',
    'stall p99.9 of the load, ms',
  ],
  ...['housework rounds', 'memory after churn', 'disk'],
  ...['bytes per key', 'bytes per key, a tenth of the keys', 'bytes per key, growth'],
];
const FAULT_FIGURES = [
  ...['p99 before, ms', 'p99 during, ms', 'p99 during to before', 'joined after seconds'],
  ...['elections', 'write errors', 'first write ms'],
];
/** What the design allows a put on a single member, in microseconds of processor time. */
const PUT_BUDGET = 'budget: transport 4, messages 2, raft and log 3, store 5, rest 1';

function sectionsOf(settings: Settings): Section[] {
  const sections: Section[] = settings.memberCounts.map((members) => ({
    title: members === 1 ? 'One member' : `${members} members`,
    rows: scenariosOf(settings, members).map(({ name, about }) => ({
      row: `${name}/${members}`,
      about,
    })),
    figures: LOAD_FIGURES,
  }));
  sections.push({
    title: 'Large stores',
    rows: [
      { row: 'large', about: '1 M keys of 40 bytes, values of 256; MB' },
      { row: 'huge', about: `${settings.hugeKeys} keys of 40 bytes, values of 256; MB` },
    ],
    figures: LARGE_FIGURES,
  });
  const learner = `a learner joins three members with ${settings.learnerMegabytes} MB`;
  sections.push({
    title: 'Changes under load',
    rows: [
      { row: 'learner', about: learner },
      { row: 'leader-kill', about: `leader of three killed, ${settings.leaderKills} times` },
    ],
    figures: FAULT_FIGURES,
  });
  sections.push({
    title: 'Where the time of an operation goes',
    rows: LAYER_SCENARIOS.map(({ name, about }) => ({
      row: layerRow(name),
      about: name === 'put' ? `${about}; ${PUT_BUDGET}` : about,
    })),
    figures: LAYER_FIGURES,
  });
  return sections;
}

function environmentOf(settings: Settings, argv: readonly string[]): Environment {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commitText(settings.root),
    machine: machineText(),
    otherWork: otherWorkText(),
    kernel: kernelText(),
    node: process.version,
    systems: settings.systems.map(({ name, binary }) => ({ name, version: versionText(binary) })),
    command: commandText(argv),
    rounds: settings.rounds,
    seconds: settings.seconds,
  };
}

/** Compares with the stored ratios, or stores these. */
function gate(settings: Settings, samples: Samples): void {
  if (!settings.isComparing && !settings.isSavingBaseline) return;
  const [ours = '', theirs = ''] = settings.systems.map(({ name }) => name);
  const file = path.join(settings.root, 'bench/baseline.json');
  const stored = existsSync(file) ? readBaseline(file) : {};
  if (settings.isSavingBaseline) writeBaseline(file, stored, ratiosOf(samples, ours, theirs));
  if (!settings.isComparing) return;
  const best = bestRatiosOf(samples, ours, theirs);
  const comparedCount = Object.keys(best).filter((key) => key in stored).length;
  const worse = [...findFailures(samples, ours), ...findRegressions(stored, best)];
  for (const line of worse) console.error(`worse than the baseline: ${line}`);
  console.error(`${comparedCount} ratios compared, ${worse.length} worse than the baseline`);
  if (worse.length > 0 || comparedCount === 0) process.exitCode = 1;
}

function elapsedText(): string {
  return `${Math.round(performance.now() / 1000)} s`;
}

async function main(argv: readonly string[]): Promise<void> {
  const settings = readSettings(argv, rootDirectory());
  const samples = createSamples();
  await runAll(settings, samples);
  const page = renderReport(environmentOf(settings, argv), samples, sectionsOf(settings));
  if (settings.out === '-') console.log(page);
  else await writeFile(settings.out, page);
  gate(settings, samples);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exit(1);
});
