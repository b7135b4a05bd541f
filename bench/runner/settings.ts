// Owns the options of the comparison.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const USAGE = `usage: npm run bench -- [options]
  --full            everything, about 20 minutes: --members 1,3 --seconds 1.5 --warmup 0.5 --large 2 --stall 20
                    --learner 256 --kills 20 --layers 3; single options still override
  --rounds N        rounds per program (5)
  --seconds N       counted time of a load (5), after --warmup seconds (1)
  --workloads a,b   only these: ${SCENARIOS.map(({ name }) => name).join(', ')}
  --members 1,3     cluster sizes, one after another (1); "none" leaves the loads out
  --large N         rounds with a million keys, for memory and restart (0)
  --stall N         seconds of mixed load, compaction, snapshot and defrag in each of them (0)
  --huge N          keys of one more experiment, of ours alone: put rate to that of an empty store, memory per key to
                    that of a tenth of the keys (0)
  --learner N       megabytes that a learner takes over under load (0: not at all)
  --kills N         how often the leader of three is killed (0)
  --layers N        rounds that profile ours, to say where the time of an operation goes (0)
  --etcd PATH       the etcd to compare with; else ETCD_BIN, else what test/compat/fetch-etcd.sh brings
  --ours PATH       our launcher (bin/etcd); "none" leaves us out, as "none" for --etcd leaves etcd out
  --out FILE        where the page goes (docs/benchmarks.md); "-" prints it
  --compare         fail when a ratio to etcd is in every round under 0.85 of the one in bench/baseline.json
  --save-baseline   write the ratios there`;

const PATH_OPTIONS = ['--etcd', '--ours', '--out'];

export interface System {
  readonly name: string;
  readonly binary: string;
}

export interface Settings {
  readonly root: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmup: number;
  readonly scenarios: readonly Scenario[];
  readonly memberCounts: readonly number[];
  readonly largeRounds: number;
  readonly stallSeconds: number;
  readonly hugeKeys: number;
  readonly learnerMegabytes: number;
  readonly leaderKills: number;
  readonly layerRounds: number;
  /** Ours first, where both are there. */
  readonly systems: readonly System[];
  readonly out: string;
  readonly isComparing: boolean;
  readonly isSavingBaseline: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

export function readSettings(argv: readonly string[], root: string): Settings {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      ...{ full: flag, compare: flag, 'save-baseline': flag },
      ...{ rounds: text, seconds: text, warmup: text, workloads: text, members: text },
      ...{ large: text, stall: text, huge: text, learner: text, kills: text },
      ...{ layers: text },
      ...{ etcd: text, ours: text, out: text },
    },
  });
  const number = (given: string | undefined, full: number, usual: number): number => {
    const value = given === undefined ? (values.full ? full : usual) : Number(given);
    if (!Number.isFinite(value) || value < 0) throw new Error(`no number: ${given}\n\n${USAGE}`);
    return value;
  };
  const members = values.members ?? (values.full ? '1,3' : '1');
  return {
    root,
    rounds: number(values.rounds, 5, 5),
    seconds: number(values.seconds, 1.5, 5),
    warmup: number(values.warmup, 0.5, 1),
    scenarios: scenariosOf(values.workloads),
    memberCounts: members === 'none' ? [] : members.split(',').map(Number),
    largeRounds: number(values.large, 2, 0),
    stallSeconds: number(values.stall, 20, 0),
    hugeKeys: number(values.huge, 0, 0),
    learnerMegabytes: number(values.learner, 256, 0),
    leaderKills: number(values.kills, 20, 0),
    layerRounds: number(values.layers, 3, 0),
    systems: systemsOf(root, values.ours, values.etcd),
    out: values.out ?? path.join(root, 'docs/benchmarks.md'),
    isComparing: values.compare,
    isSavingBaseline: values['save-baseline'],
  };
}

function scenariosOf(names: string | undefined): readonly Scenario[] {
  const wanted = names?.split(',');
  const unknown = wanted?.find((name) => SCENARIOS.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) throw new Error(`no workload ${unknown}\n\n${USAGE}`);
  return SCENARIOS.filter(({ name }) => wanted?.includes(name) ?? true);
}

function systemsOf(root: string, ours: string | undefined, etcd: string | undefined): System[] {
  const fetched = path.join(root, '.cache/etcd-debian/root/usr/bin/etcd');
  const systems = [
    { name: 'etcd-ts', binary: ours ?? path.join(root, 'bin/etcd') },
    { name: 'etcd', binary: etcd ?? process.env['ETCD_BIN'] ?? fetched },
  ].filter(({ binary }) => binary !== 'none');
  const missing = systems.find(({ binary }) => !existsSync(binary));
  if (missing !== undefined) throw new Error(`${missing.binary} is not there\n\n${USAGE}`);
  return systems;
}

/** The command without its paths, which say nothing to a reader on another machine. */
export function commandText(argv: readonly string[]): string {
  const words = argv.filter(
    (word, i) => !PATH_OPTIONS.includes(word) && !PATH_OPTIONS.includes(argv[i - 1] ?? ''),
  );
  return ['npm run bench --', ...words].join(' ');
}
