// Owns the counting behind --strict-reconfig-check: whether a change of members leaves enough of them that have
// started. Connectivity is judged elsewhere. etcd: membership/cluster.go IsReadyTo*.
import { isStarted, type Member } from './member.ts';

/** Voters after a change, and how many of them have started. */
interface Count {
  readonly voters: number;
  readonly started: number;
}

function count(members: readonly Member[], except: bigint): Count {
  const voters = members.filter((member) => !member.isLearner && member.id !== except);
  return { voters: voters.length, started: voters.filter(isStarted).length };
}

function hasStartedQuorum({ voters, started }: Count): boolean {
  return started >= Math.floor(voters / 2) + 1;
}

/** Whether one more voter, which has not started, may be added. */
export function isReadyToAddVoter(members: readonly Member[]): boolean {
  const { voters, started } = count(members, 0n);
  // A cluster of one must be able to grow, although two voters of which one runs have no quorum.
  if (voters === 1 && started === 1) return true;
  return hasStartedQuorum({ voters: voters + 1, started });
}

/** Whether the voter `id` may go. */
export function isReadyToRemoveVoter(members: readonly Member[], id: bigint): boolean {
  return hasStartedQuorum(count(members, id));
}

/** Whether a learner, which counts as started, may become a voter. */
export function isReadyToPromote(members: readonly Member[]): boolean {
  const { voters, started } = count(members, 0n);
  return hasStartedQuorum({ voters: voters + 1, started: started + 1 });
}
