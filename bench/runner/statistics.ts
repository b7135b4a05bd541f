// Owns medians and spreads of a few rounds.

/** A figure over the rounds. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? 0);
  return { median: (upper + lower) / 2, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}
