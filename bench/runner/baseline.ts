// Owns the regression gate: the ratios to etcd of an earlier run, and which of now have fallen behind them. Ratios of one
// run, never absolute figures: those are the machine's. The baseline is the ratio of medians; now every round counts for
// itself, and only what is worse in all of them is worse: a p99 of one round may well be twice that of the next.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Samples } from './samples.ts';
import { outcomeOf, TARGETS, type Target } from './targets.ts';

/** A ratio may fall to this share of the stored one before it counts as worse. */
const KEPT_SHARE_MIN = 0.85;

export type Ratios = Readonly<Record<string, number>>;

export function ratiosOf(samples: Samples, ours: string, theirs: string): Ratios {
  const ratios: Record<string, number> = {};
  for (const target of TARGETS) {
    const { ratio } = outcomeOf(target, samples, ours, theirs);
    if (ratio !== undefined && target.kind !== 'value') {
      ratios[keyOf(target)] = Number(ratio.toFixed(3));
    }
  }
  return ratios;
}

/** The best ratio of a round, ours and etcd's figure of the same round side by side. */
export function bestRatiosOf(samples: Samples, ours: string, theirs: string): Ratios {
  const ratios: Record<string, number> = {};
  for (const target of TARGETS) {
    if (target.kind === 'value') continue;
    const { row, figure, kind } = target;
    const theirValues = samples.values(theirs, row, figure);
    const rounds = samples.values(ours, row, figure).flatMap((value, round) => {
      const their = theirValues[round];
      return their === undefined || their <= 0 ? [] : [value / their];
    });
    if (rounds.length === 0) continue;
    const best = kind === 'rate' ? Math.max(...rounds) : Math.min(...rounds);
    ratios[keyOf(target)] = Number(best.toFixed(3));
  }
  return ratios;
}

/** One line for each row of a target that ours did not get through: it has no ratio, and must not pass for that. */
export function findFailures(samples: Samples, ours: string): string[] {
  const rows = [...new Set(TARGETS.map(({ row }) => row))];
  return rows.flatMap((row) => {
    const reason = samples.failure(ours, row);
    return reason === undefined ? [] : [`${row} failed: ${reason}`];
  });
}

/** One line for each figure whose best round is worse than the baseline allows; only what both have is compared. */
export function findRegressions(stored: Ratios, best: Ratios): string[] {
  const lines: string[] = [];
  for (const target of TARGETS) {
    const [before, now] = [stored[keyOf(target)], best[keyOf(target)]];
    if (before === undefined || now === undefined) continue;
    const kept = target.kind === 'rate' ? now / before : before / now;
    if (kept >= KEPT_SHARE_MIN) continue;
    lines.push(`${target.work}: ratio to etcd ${now} in the best round, was ${before}`);
  }
  return lines;
}

export function readBaseline(file: string): Ratios {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`${file} is no baseline`);
  const entries = Object.entries(parsed).filter(([, value]) => typeof value === 'number');
  return Object.fromEntries(entries) as Ratios;
}

/** Figures that were not measured this time keep their stored ratio. */
export function writeBaseline(file: string, stored: Ratios, current: Ratios): void {
  writeFileSync(file, `${JSON.stringify({ ...stored, ...current }, undefined, 2)}\n`);
}

function keyOf({ row, figure }: Target): string {
  return `${row} ${figure}`;
}
