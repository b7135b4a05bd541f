// Owns the arithmetic that guards every act against members.
//
// Removing a voter is proposed by the voters there are, and served by those that stay. With v voters of which h are
// healthy, removing x needs h >= quorum(v) to be committed (x included, if it is healthy) and h' >= quorum(v - 1) to go on,
// h' being the healthy ones without x. Example: of 3 with one down, removing the one that is down is safe (2 >= 2, 2 >= 2),
// removing a healthy one is not (2 >= 2, but 1 < 2).

export function quorumOf(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

export interface VoterCounts {
  readonly voters: number;
  readonly healthy: number;
}

/** Whether a voter can be removed from the member list. The last one never can. */
export function canRemoveVoter(
  { voters, healthy }: VoterCounts,
  isVictimHealthy: boolean,
): boolean {
  const staying = healthy - (isVictimHealthy ? 1 : 0);
  return voters > 1 && healthy >= quorumOf(voters) && staying >= quorumOf(voters - 1);
}

/**
 * Whether a voter may be stopped for a moment. With one or two voters any stop costs the quorum: there it is allowed when
 * all are healthy, because the user asked for the change and has no more members to hide it behind.
 */
export function canStopVoter({ voters, healthy }: VoterCounts): boolean {
  return voters <= 2 ? healthy === voters : healthy - 1 >= quorumOf(voters);
}
