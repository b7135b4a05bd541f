// Owns the replacing of Pods that run but are built from an older specification, one at a time: first for configuration,
// later, after scaling, for another image. A Pod is stopped only when every voter is healthy, caught up and ready, so the
// first one that does not come back ends the roll. The leader is last, and hands over before.
import type { ConditionReason } from '../api/reasons.ts';
import { moveLeader } from './leaving.ts';
import { deletePod } from './pods.ts';
import { canStopVoter } from './quorum.ts';
import type { Step } from './step.ts';
import { hasOldConfig, hasOldImage } from './trouble.ts';
import { type ClusterView, type MemberView, stayingVoters } from './view.ts';

/** The smallest cluster that keeps its quorum while one voter is stopped. */
const VOTERS_TO_HIDE_A_STOP = 3;

export function rollConfiguration(view: ClusterView): Step | undefined {
  return roll(view, hasOldConfig, 'RollingConfiguration');
}

export function upgrade(view: ClusterView): Step | undefined {
  return roll(view, hasOldImage, 'Upgrading');
}

function roll(
  view: ClusterView,
  isOld: (view: ClusterView, member: MemberView) => boolean,
  reason: ConditionReason,
): Step | undefined {
  if (view.clusterId === undefined || view.spec.storage.medium === 'Memory') return undefined;
  const voters = stayingVoters(view);
  const old = voters.filter((member) => isOld(view, member));
  if (old.length === 0 || growsFirst(view, voters)) return undefined;
  const held = whyHeld(view, voters);
  if (held !== undefined) {
    return { actions: [], reason: 'WaitingForHealth', message: held, isMoving: false };
  }
  const victim = old.find((member) => !member.isLeader) ?? old[0];
  if (victim?.pod === undefined) return undefined;
  const left = `${old.length} of ${voters.length} left`;
  if (victim.isLeader && voters.length > 1) {
    const handOver = moveLeader(view, victim, reason);
    if (handOver !== undefined) return handOver;
  }
  return {
    actions: [deletePod(victim.pod, `spec has changed, ${left}`)],
    reason,
    message: `making the Pod of ${victim.name} again, ${left}`,
  };
}

/**
 * One or two voters cannot hide a stop, the third that is wanted will: scaling, later in the order of work, goes first. Not so
 * where no third is wanted.
 */
function growsFirst({ spec }: ClusterView, voters: readonly MemberView[]): boolean {
  return voters.length < VOTERS_TO_HIDE_A_STOP && spec.replicas >= VOTERS_TO_HIDE_A_STOP;
}

/** A roll that would take the quorum, or add a second member to one that is away already, waits. */
function whyHeld({ counts, list }: ClusterView, voters: readonly MemberView[]): string | undefined {
  if (list === undefined) return 'the member list cannot be read';
  const away = voters.filter(
    (member) =>
      !member.isHealthy ||
      !member.isPodReady ||
      !member.isCaughtUp ||
      member.pod?.metadata.deletionTimestamp !== undefined,
  );
  if (away.length > 0) return `waiting for ${away.map(({ name }) => name).join(', ')}`;
  if (!canStopVoter(counts) || counts.healthy < counts.voters) {
    return `${counts.healthy} of ${counts.voters} voters are healthy`;
  }
  return undefined;
}
