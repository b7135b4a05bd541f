// Goal: majorities are computed right. Method: the clever computation against counting by hand, on all small inputs a
// generator finds. A failure means that entries could commit, or leaders be elected, without a majority.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quorumValue, voteResult } from '../../server/raft/quorum.ts';

/** The largest value that more than half of all members have reached, found by trying. */
function dumbQuorumValue(values: readonly number[]): number {
  let best = 0;
  for (const candidate of values) {
    const reached = values.filter((value) => value >= candidate).length;
    if (reached * 2 > values.length && candidate > best) best = candidate;
  }
  return best;
}

it('the quorum value is the largest that a majority has reached', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 9 }), (values) => {
      expect(quorumValue([...values])).toBe(dumbQuorumValue(values));
    }),
    { numRuns: 2000 },
  );
});

it('an election is won by a majority, and lost once nobody could still win it', () => {
  const answer = fc.constantFrom('granted', 'rejected', 'silent');
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 9 }), (answers) => {
      const granted = answers.filter((a) => a === 'granted').length;
      const rejected = answers.filter((a) => a === 'rejected').length;
      const best = answers.length - rejected;
      const isWon = granted * 2 > answers.length;
      const canWin = best * 2 > answers.length;
      const expected = isWon ? 'won' : canWin ? 'pending' : 'lost';
      expect(voteResult({ voterCount: answers.length, granted, rejected })).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});
