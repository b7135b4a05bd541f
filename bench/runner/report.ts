// Owns the page of results: tables in Markdown with what was measured, on what, and how far the rounds differ.

import type { LoadReport } from '../load/load.ts';
import { type Alignment, tableLines } from './markdown-table.ts';
import { type Figure, figureOf } from './statistics.ts';

/** All rounds of one scenario for one program. */
export interface Series {
  readonly scenario: string;
  readonly about: string;
  readonly members: number;
  /** One list per program, in the order of `Environment.systems`. */
  readonly rounds: readonly (readonly LoadReport[])[];
}

/** Figures with the large data set, per program, a value per round. */
export interface LargeFigures {
  readonly rssMegabytes: readonly number[];
  readonly restartMs: readonly number[];
  readonly rssAfterRestartMegabytes: readonly number[];
  readonly fillSeconds: readonly number[];
  readonly diskMegabytes: readonly number[];
}

export interface Environment {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly kernel: string;
  readonly node: string;
  readonly systems: readonly { readonly name: string; readonly version: string }[];
  readonly command: string;
  readonly rounds: number;
  readonly seconds: number;
}

interface Column {
  readonly title: string;
  /** True where more is better. */
  readonly isRate: boolean;
  value(report: LoadReport): number;
}

const COLUMNS: readonly Column[] = [
  { title: 'operations per second', isRate: true, value: (report) => report.operationsPerSecond },
  { title: 'p50, ms', isRate: false, value: (report) => report.p50Us / 1000 },
  { title: 'p99, ms', isRate: false, value: (report) => report.p99Us / 1000 },
  { title: 'p99.9, ms', isRate: false, value: (report) => report.p999Us / 1000 },
  { title: 'server CPU, us per operation', isRate: false, value: (report) => report.serverCpuUs },
  { title: 'peak memory, MB', isRate: false, value: (report) => report.serverPeakRssBytes / 1e6 },
];

export function renderReport(
  environment: Environment,
  series: readonly Series[],
  large: readonly LargeFigures[] | undefined,
): string {
  const lines = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; bench/README.md says how. Medians over the rounds, in parentheses the smallest and the',
    'largest round. The ratio is ours to etcd: for rates more is better, for everything else less.',
    '',
    ...environmentLines(environment),
  ];
  const memberCounts = [...new Set(series.map(({ members }) => members))];
  for (const members of memberCounts) {
    lines.push('', `## ${members === 1 ? 'One member' : `${members} members`}`, '');
    const rows = series.filter((one) => one.members === members).flatMap(seriesRows);
    lines.push(...resultTable(environment, rows));
  }
  if (large !== undefined) lines.push('', ...largeLines(environment, large));
  return `${lines.join('\n')}\n`;
}

function environmentLines(environment: Environment): string[] {
  const rows: [string, string][] = [
    ['date', environment.date],
    ['commit', environment.commit],
    ['machine', environment.machine],
    ['kernel', environment.kernel],
    ['node', environment.node],
    ...environment.systems.map(({ name, version }): [string, string] => [name, version]),
    [
      'rounds',
      `${environment.rounds} per program, the programs in turn, ${environment.seconds} s each`,
    ],
    ['command', `\`${environment.command}\``],
  ];
  return tableLines(['left', 'left'], ['', ''], rows);
}

function resultTable({ systems }: Environment, rows: readonly string[][]): string[] {
  const head = ['load', 'figure', ...systems.map(({ name }) => name)];
  if (systems.length === 2) head.push('ratio');
  const alignments: Alignment[] = head.map((_, i) => (i < 2 ? 'left' : 'right'));
  return tableLines(alignments, head, rows);
}

function seriesRows({ about, rounds }: Series): string[][] {
  const rows = COLUMNS.map(({ title, value }, i) => {
    const figures = rounds.map((reports) => figureOf(reports.map(value)));
    return row(i === 0 ? about : '', title, figures);
  });
  const errors = rounds.map((reports) =>
    reports.reduce((sum, { errorCount }) => sum + errorCount, 0),
  );
  if (errors.some((count) => count > 0)) {
    rows.push(['', 'errors', ...errors.map(String), ...(errors.length === 2 ? [''] : [])]);
  }
  return rows;
}

function row(first: string, title: string, figures: readonly Figure[]): string[] {
  const cells = figures.map(
    ({ median, min, max }) => `${short(median)} (${short(min)}–${short(max)})`,
  );
  const [ours, theirs] = figures;
  if (figures.length === 2 && ours !== undefined && theirs !== undefined) {
    cells.push(theirs.median > 0 ? (ours.median / theirs.median).toFixed(2) : '');
  }
  return [first, title, ...cells];
}

function largeLines(environment: Environment, large: readonly LargeFigures[]): string[] {
  const figures: [string, (figures: LargeFigures) => readonly number[]][] = [
    ['filling, s', (one) => one.fillSeconds],
    ['resident memory after filling, MB', (one) => one.rssMegabytes],
    ['restart until healthy, ms', (one) => one.restartMs],
    ['resident memory after restart, MB', (one) => one.rssAfterRestartMegabytes],
    ['files of the data directory, MB', (one) => one.diskMegabytes],
  ];
  const rows = figures.map(([title, valuesOf], i) =>
    row(
      i === 0 ? '1 M keys of 32 bytes, values of 256' : '',
      title,
      large.map((one) => figureOf(valuesOf(one))),
    ),
  );
  return ['## A million keys', '', ...resultTable(environment, rows)];
}

/** Three digits that matter. */
function short(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(2);
}
