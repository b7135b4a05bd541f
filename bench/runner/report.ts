// Owns the page of results: tables in Markdown with the targets, what was measured, on what, and how far rounds differ.

import { KNOWN_LIMITS } from './known-limits.ts';
import { type Alignment, tableLines } from './markdown-table.ts';
import type { Samples } from './samples.ts';
import { type Figure, figureOf } from './statistics.ts';
import { isMissed, limitText, type Outcome, outcomeOf, TARGETS } from './targets.ts';

export interface Environment {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly otherWork: string;
  readonly kernel: string;
  readonly node: string;
  /** Ours first. */
  readonly systems: readonly { readonly name: string; readonly version: string }[];
  readonly command: string;
  readonly rounds: number;
  readonly seconds: number;
}

/** A table of detail: rows of `samples`, and what to call them. */
export interface Section {
  readonly title: string;
  readonly rows: readonly { readonly row: string; readonly about: string }[];
  readonly figures: readonly string[];
}

export function renderReport(
  environment: Environment,
  samples: Samples,
  sections: readonly Section[],
): string {
  const outcomes = outcomesOf(environment, samples);
  const lines = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; bench/README.md says how. Medians over the rounds, in parentheses the smallest and the',
    'largest round. The ratio is ours to etcd: for rates more is better, for everything else less.',
    '',
    ...environmentLines(environment),
    '',
    '## Targets',
    '',
    ...targetLines(environment, outcomes),
    ...missedLines(outcomes),
  ];
  for (const section of sections) {
    lines.push('', `## ${section.title}`, '', ...sectionLines(environment, samples, section));
  }
  return `${lines.join('\n')}\n`;
}

function environmentLines(environment: Environment): string[] {
  const rounds = `${environment.rounds} per program, the programs in turn, ${environment.seconds} s each`;
  const rows: [string, string][] = [
    ['date', environment.date],
    ['commit', environment.commit],
    ['machine', environment.machine],
    ['other work', environment.otherWork],
    ['kernel', environment.kernel],
    ['node', environment.node],
    ...environment.systems.map(({ name, version }): [string, string] => [name, version]),
    ['rounds', rounds],
    ['command', `\`${environment.command}\``],
  ];
  return tableLines(['left', 'left'], ['', ''], rows);
}

function outcomesOf({ systems }: Environment, samples: Samples): readonly Outcome[] {
  const [ours, theirs] = [systems[0]?.name ?? '', systems[1]?.name ?? ''];
  return TARGETS.map((target) => outcomeOf(target, samples, ours, theirs));
}

function targetLines({ systems }: Environment, outcomes: readonly Outcome[]): string[] {
  const rows = outcomes.map(({ target, ours, theirs, ratio, verdict }) => [
    target.work,
    cell(ours, target.unit),
    cell(theirs, target.unit),
    ratio?.toFixed(2) ?? '',
    limitText(target),
    verdict,
  ]);
  const names = [systems[0]?.name ?? '', systems[1]?.name ?? ''];
  const head = ['work', ...names, 'ratio', 'target', 'result'];
  return tableLines(['left', 'right', 'right', 'right', 'left', 'left'], head, rows);
}

/** What is known about the targets that this run missed. */
function missedLines(outcomes: readonly Outcome[]): string[] {
  const missed = outcomes.filter(({ verdict }) => isMissed(verdict));
  const lines = missed.map(
    ({ target: { work } }) => `- ${work}: ${KNOWN_LIMITS.get(work) ?? 'not looked into yet.'}`,
  );
  return lines.length === 0 ? [] : ['', '### Missed', '', ...lines];
}

function sectionLines({ systems }: Environment, samples: Samples, section: Section): string[] {
  const head = ['load', 'figure', ...systems.map(({ name }) => name)];
  if (systems.length === 2) head.push('ratio');
  const alignments: Alignment[] = head.map((_, i) => (i < 2 ? 'left' : 'right'));
  const rows: string[][] = [];
  for (const { row, about } of section.rows) {
    let first = about;
    for (const figure of section.figures) {
      const figures = systems.map(({ name }) => {
        const values = samples.values(name, row, figure);
        return values.length === 0 ? undefined : figureOf(values);
      });
      if (figures.every((one) => one === undefined)) continue;
      // Errors and elections are worth a line only where there were some.
      if (figure === 'errors' && figures.every((one) => one === undefined || one.max === 0))
        continue;
      const [ours, theirs] = figures;
      const isComparable = ours !== undefined && theirs !== undefined && theirs.median > 0;
      const ratio = isComparable ? (ours.median / theirs.median).toFixed(2) : '';
      const cells = figures.map((one) => cell(one, ''));
      rows.push([first, figure, ...cells, ...(systems.length === 2 ? [ratio] : [])]);
      first = '';
    }
    for (const { name } of systems) {
      const failure = samples.failure(name, row);
      if (failure === undefined) continue;
      const cells = systems.map((system) => (system.name === name ? `failed: ${failure}` : ''));
      rows.push([first, 'failed', ...cells, ...(systems.length === 2 ? [''] : [])]);
      first = '';
    }
  }
  return tableLines(alignments, head, rows);
}

function cell(figure: Figure | undefined, unit: string): string {
  if (figure === undefined) return '';
  const suffix = unit === '' ? '' : ` ${unit}`;
  return `${short(figure.median)}${suffix} (${short(figure.min)}–${short(figure.max)})`;
}

/** Three digits that matter. */
function short(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
