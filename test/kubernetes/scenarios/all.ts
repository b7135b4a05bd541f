// Owns the list of scenarios, in the order they are begun: those that wait longest first, so that they wait side by side.
import type { Scenario } from '../scenario.ts';
import { CHANGE_SCENARIOS } from './changes.ts';
import { DRAIN_SCENARIOS } from './drains.ts';
import { MEMBER_SCENARIOS } from './members.ts';
import { OPERATOR_SCENARIOS } from './operators.ts';
import { QUORUM_SCENARIOS } from './quorums.ts';

const LONGEST: readonly string[] = ['S1', 'S9', 'S10', 'S18', 'S7d', 'S6a', 'S13', 'S11', 'S5'];

export const SCENARIOS: readonly Scenario[] = [
  ...OPERATOR_SCENARIOS,
  ...MEMBER_SCENARIOS,
  ...QUORUM_SCENARIOS,
  ...CHANGE_SCENARIOS,
  ...DRAIN_SCENARIOS,
].sort((a, b) => rank(a) - rank(b));

function rank({ id }: Scenario): number {
  const place = LONGEST.indexOf(id);
  return place < 0 ? LONGEST.length : place;
}
