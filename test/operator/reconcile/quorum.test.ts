// Goal: the arithmetic that guards every act is right. Method: every case of up to nine voters, against counting that is
// spelled out member by member. A failure would let the operator take a quorum away.
import { describe, expect, it } from 'vitest';
import { canRemoveVoter, canStopVoter, quorumOf } from '../../../operator/reconcile/quorum.ts';

/** More than half, counted. */
function isMajority(some: number, all: number): boolean {
  return some * 2 > all;
}

describe('the quorum', () => {
  it('is the smallest majority', () => {
    for (let voters = 1; voters <= 9; voters++) {
      expect(isMajority(quorumOf(voters), voters)).toBe(true);
      expect(isMajority(quorumOf(voters) - 1, voters)).toBe(false);
    }
  });

  it('commits a removal, and survives it', () => {
    for (let voters = 1; voters <= 9; voters++) {
      for (let healthy = 0; healthy <= voters; healthy++) {
        for (const isVictimHealthy of [true, false]) {
          if (isVictimHealthy ? healthy === 0 : healthy === voters) continue;
          const after = healthy - (isVictimHealthy ? 1 : 0);
          const isSafe = voters > 1 && isMajority(healthy, voters) && isMajority(after, voters - 1);
          expect(canRemoveVoter({ voters, healthy }, isVictimHealthy)).toBe(isSafe);
        }
      }
    }
  });

  it('survives a stop, where there are enough voters to', () => {
    for (let voters = 3; voters <= 9; voters++) {
      for (let healthy = 0; healthy <= voters; healthy++) {
        expect(canStopVoter({ voters, healthy })).toBe(isMajority(healthy - 1, voters));
      }
    }
    expect(canStopVoter({ voters: 1, healthy: 1 })).toBe(true);
    expect(canStopVoter({ voters: 2, healthy: 2 })).toBe(true);
    expect(canStopVoter({ voters: 2, healthy: 1 })).toBe(false);
  });
});
