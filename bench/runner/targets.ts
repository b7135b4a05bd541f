// Owns the table of targets: what of the measured is compared with etcd, and how far ours must come. Every line stands in
// the page, measured or not.

import type { Samples } from './samples.ts';
import { type Figure, figureOf } from './statistics.ts';

export interface Target {
  readonly work: string;
  readonly row: string;
  readonly figure: string;
  readonly unit: string;
  /** 'rate': ours to etcd's at least the limit; 'cost': at most; 'value': ours alone at most, whatever etcd's. */
  readonly kind: 'rate' | 'cost' | 'value';
  readonly limit: number;
}

const RATE = 'rate';
const P99 = 'p99 ms';
const IDLE = 'put-idle-watchers/1';

function rate(work: string, row: string, limit: number): Target {
  return { work, row, figure: RATE, unit: '/s', kind: 'rate', limit };
}

function cost(work: string, row: string, figure: string, unit: string): Target {
  return { work, row, figure, unit, kind: 'cost', limit: 1 };
}

/** Rows that clusters of one and of three members both have. */
function both(work: string, name: string, limit: number): Target[] {
  return [
    rate(`${work}, 1 member`, `${name}/1`, limit),
    rate(`${work}, 3 members`, `${name}/3`, limit),
  ];
}

export const TARGETS: readonly Target[] = [
  ...both('put', 'put', 1.5),
  ...both('range of one key, linearizable', 'range', 1.5),
  ...both('range of one key, serializable', 'range-serializable', 1.5),
  ...both('range of 1000 keys', 'range-many', 1.5),
  ...both('list of 100 000 keys in pages of 500', 'list', 1.5),
  ...both("txn-mixed, etcd's benchmark", 'txn-mixed', 1.5),
  ...both("txn-mixed, an API server's", 'txn-kube', 1.5),
  ...both('lease keep-alive', 'lease-keepalive', 1.5),
  ...both('lease grant, put, revoke', 'lease-life', 1.5),
  rate('put, one client, 1 member', 'put-1/1', 1),
  cost('put, one client, 1 member: p99', 'put-1/1', P99, 'ms'),
  rate('put, one client, 3 members', 'put-1/3', 1),
  cost('put, one client, 3 members: p99', 'put-1/3', P99, 'ms'),
  cost('put, 1000 clients, 1 member: p99', 'put/1', P99, 'ms'),
  cost('put, 1000 clients, 1 member: p99.9', 'put/1', 'p99.9 ms', 'ms'),
  cost('put, 1000 clients, 3 members: p99', 'put/3', P99, 'ms'),
  cost('put, 1000 clients, 3 members: p99.9', 'put/3', 'p99.9 ms', 'ms'),
  cost('100 watchers x 1000 puts/s: put to event, p99', 'watch-latency/1', P99, 'ms'),
  cost('10 000 idle watchers on one prefix: memory of the server', IDLE, 'memory MB', 'MB'),
  rate('10 000 idle watchers on one prefix: put', IDLE, 1),
  cost('1 M keys: memory after restart', 'large', 'memory after restart', 'MB'),
  cost('1 M keys: memory after churn', 'large', 'memory after churn', 'MB'),
  cost('1 M keys: restart to ready', 'large', 'restart ms', 'ms'),
  {
    work: '1 M keys: worst answer under load, compaction, snapshot and defrag',
    row: 'large',
    figure: 'stall ms',
    unit: 'ms',
    kind: 'value',
    limit: 50,
  },
  {
    work: '10 M keys: put rate, empty to full (1 / ratio)',
    row: 'huge',
    figure: 'slowdown',
    unit: 'x',
    kind: 'value',
    limit: 1.25,
  },
  {
    work: '10 M keys: memory per key, to that of 1 M',
    row: 'huge',
    figure: 'bytes per key, growth',
    unit: 'x',
    kind: 'value',
    limit: 1.1,
  },
  {
    work: "a learner joins under load: writers' p99, during to before",
    row: 'learner',
    figure: 'p99 during to before',
    unit: 'x',
    kind: 'value',
    limit: 2,
  },
  {
    work: 'a learner joins under load: elections',
    row: 'learner',
    figure: 'elections',
    unit: '',
    kind: 'value',
    limit: 0,
  },
  cost('leader killed: first write accepted', 'leader-kill', 'first write ms', 'ms'),
];

/** How one target came out. */
export interface Outcome {
  readonly target: Target;
  readonly ours: Figure | undefined;
  readonly theirs: Figure | undefined;
  readonly ratio: number | undefined;
  readonly verdict: string;
}

export function outcomeOf(target: Target, samples: Samples, ours: string, theirs: string): Outcome {
  const figure = (system: string): Figure | undefined => {
    const values = samples.values(system, target.row, target.figure);
    return values.length === 0 ? undefined : figureOf(values);
  };
  const [mine, other] = [figure(ours), figure(theirs)];
  const isComparable = mine !== undefined && other !== undefined && other.median > 0;
  const ratio = isComparable ? mine.median / other.median : undefined;
  const failure = samples.failure(ours, target.row);
  const theirFailure = samples.failure(theirs, target.row);
  const base = { target, ours: mine, theirs: other, ratio };
  if (failure !== undefined) return { ...base, verdict: `**failed**: ${failure}` };
  if (mine === undefined) return { ...base, verdict: 'not measured' };
  if (target.kind === 'value') return { ...base, verdict: verdictOf(mine.median, target) };
  if (ratio !== undefined) return { ...base, verdict: verdictOf(ratio, target) };
  const reason = theirFailure === undefined ? 'etcd not measured' : `etcd failed: ${theirFailure}`;
  return { ...base, verdict: reason };
}

function verdictOf(value: number, { kind, limit }: Target): string {
  const isMet = kind === 'rate' ? value >= limit : value <= limit;
  if (isMet) return 'met';
  if (limit === 0) return `**missed**: ${value}`;
  return `**missed** by ${(100 * Math.abs(value / limit - 1)).toFixed(0)} %`;
}

export function isMissed(verdict: string): boolean {
  return verdict.startsWith('**missed**');
}

export function limitText({ kind, limit, unit }: Target): string {
  if (kind === 'rate') return `ratio >= ${limit}`;
  return kind === 'cost' ? `ratio <= ${limit}` : `<= ${limit} ${unit}`.trim();
}
