// Owns the arithmetic of majorities. An empty set of voters decides nothing: it neither commits nor elects.

/** Voters needed to decide among `voterCount`. */
export function quorumSize(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

/**
 * The largest value that a quorum of `values` has reached. Sorts `values` in place (insertion sort: a handful of
 * voters, no allocation). Example: [9, 4, 7] -> 7, [9, 4] -> 4, [] -> 0.
 */
export function quorumValue(values: number[]): number {
  const count = values.length;
  if (count === 0) return 0;
  for (let i = 1; i < count; i++) {
    const value = values[i] as number;
    let j = i - 1;
    while (j >= 0 && (values[j] as number) > value) {
      values[j + 1] = values[j] as number;
      j--;
    }
    values[j + 1] = value;
  }
  return values[count - quorumSize(count)] as number;
}

export type VoteResult = 'pending' | 'won' | 'lost';

/** Where an election stands: lost as soon as the voters still silent cannot make a quorum any more. */
export function voteResult(votes: {
  readonly voterCount: number;
  readonly granted: number;
  readonly rejected: number;
}): VoteResult {
  const needed = quorumSize(votes.voterCount);
  if (votes.voterCount > 0 && votes.granted >= needed) return 'won';
  if (votes.voterCount === 0 || votes.voterCount - votes.rejected < needed) return 'lost';
  return 'pending';
}
