// Owns the conditions: what is said about the cluster, on every path, from the same picture the acts were decided on.
import type { ConditionDraft } from '../api/conditions.ts';
import type { ConditionReason } from '../api/reasons.ts';
import { isNamelessCorruption } from './corrupt.ts';
import { notGrown } from './growth.ts';
import type { Step } from './step.ts';
import { hasImageTrouble, isOutOfMemory } from './trouble.ts';
import { type ClusterView, isJoining, isLeaving, type MemberView } from './view.ts';

/** All conditions, in the order in which they are shown. */
export function judge(
  view: ClusterView,
  step: Step,
  clusterId?: string,
): readonly ConditionDraft[] {
  const available = judgeAvailable(view, clusterId);
  const progressing: ConditionDraft = {
    type: 'Progressing',
    status: (step.isMoving ?? step.reason !== 'Converged') ? 'True' : 'False',
    reason: step.reason,
    message: step.message,
  };
  return [
    judgeReady(view, available, progressing),
    available,
    progressing,
    judgeDegraded(view),
    judgeProtected(view),
  ];
}

function judgeAvailable(view: ClusterView, clusterId: string | undefined): ConditionDraft {
  const draft = (
    status: ConditionDraft['status'],
    reason: ConditionReason,
    message: string,
  ): ConditionDraft => ({ type: 'Available', status, reason, message });
  const { members, counts, spec } = view;
  if (view.list !== undefined && clusterId !== undefined) {
    // A list read from the leader proves a quorum, whatever single members say.
    return draft(
      'True',
      'QuorumHealthy',
      `${counts.healthy} of ${counts.voters} voters are healthy`,
    );
  }
  const isAsleep = members.every(({ phase }) => phase === 'Dormant');
  if (isAsleep && spec.replicas === 0) return draft('False', 'ScaledToZero', 'spec.replicas is 0');
  if (clusterId === undefined) return draft('False', 'Bootstrapping', 'no member has reported yet');
  if (view.observed.memberList.kind === 'known') {
    return draft('Unknown', 'ClusterIdMismatch', view.listProblem);
  }
  if (view.isQuorumLost) return draft('False', 'QuorumLost', `no quorum: ${view.listProblem}`);
  return draft('Unknown', 'NoContact', view.listProblem);
}

function judgeReady(
  view: ClusterView,
  available: ConditionDraft,
  progressing: ConditionDraft,
): ConditionDraft {
  const { counts, spec, members, list = [] } = view;
  if (available.status !== 'True') {
    return { ...available, type: 'Ready', status: available.status };
  }
  const isWhole =
    counts.healthy === spec.replicas &&
    counts.voters === spec.replicas &&
    list.length === counts.voters &&
    !members.some((member) => isJoining(member) || (isLeaving(member) && member.listed));
  const isDone = progressing.reason === 'Converged' || progressing.reason === 'Paused';
  if (isWhole && isDone) {
    const message = `${counts.voters} members, all healthy`;
    return { type: 'Ready', status: 'True', reason: 'AllMembersReady', message };
  }
  if (isWhole) return { ...progressing, type: 'Ready', status: 'False' };
  const message = `${counts.healthy} of ${spec.replicas} members are healthy voters`;
  return { type: 'Ready', status: 'False', reason: 'MembersNotReady', message };
}

/** The worst trouble first; one condition has room for one. */
function judgeDegraded(view: ClusterView): ConditionDraft {
  const { members, observed } = view;
  const inUse = members.filter((member) => member.phase !== 'Dormant' && !isLeaving(member));
  const voters = inUse.filter((member) => !isJoining(member));
  const spaceless = (observed.alarms ?? []).some((alarm) => alarm.type === 'NOSPACE');
  const corrupt = members.filter((member) => member.alarms.includes('CORRUPT'));
  const troubles: readonly (readonly [ConditionReason, readonly MemberView[], boolean?])[] = [
    ['CorruptMembers', corrupt, corrupt.length > 1 || isNamelessCorruption(view)],
    ['CorruptMember', corrupt],
    ['ClusterIdMismatch', members.filter((member) => member.isForeign)],
    [
      'DatabaseQuotaExceeded',
      inUse.filter((member) => member.alarms.includes('NOSPACE')),
      spaceless,
    ],
    ['VolumeLost', voters.filter((member) => member.isVolumeLost)],
    ['OutOfMemory', voters.filter((member) => isOutOfMemory(member))],
    ['ImageUnavailable', inUse.filter((member) => hasImageTrouble(member))],
    ['MemberUnhealthy', voters.filter((member) => !member.isHealthy && !member.isPodReady)],
    ['MemberUnreachable', voters.filter((member) => !member.isHealthy)],
    ['VolumeNotGrown', notGrown(view)],
  ];
  for (const [reason, affected, isTrue] of troubles) {
    if (!(isTrue ?? affected.length > 0)) continue;
    const names = affected.map(({ name }) => name).join(', ');
    return { type: 'Degraded', status: 'True', reason, message: names };
  }
  if (view.strangers.length > 0) {
    const urls = view.strangers.flatMap((entry) => entry.peerUrls).join(', ');
    return { type: 'Degraded', status: 'True', reason: 'UnknownMember', message: urls };
  }
  return { type: 'Degraded', status: 'False', reason: 'AllHealthy', message: '' };
}

function judgeProtected({ spec, observed }: ClusterView): ConditionDraft {
  const type = 'Protected';
  if (!spec.budgetEnabled) return { type, status: 'False', reason: 'BudgetDisabled', message: '' };
  if (!observed.hasPolicyApi) {
    return { type, status: 'False', reason: 'PolicyApiMissing', message: 'no policy/v1' };
  }
  if (observed.budget === undefined) {
    return { type, status: 'False', reason: 'Bootstrapping', message: 'not made yet' };
  }
  const floor = observed.budget.spec.minAvailable;
  const message = `at least ${floor} voters stay in drains`;
  return { type, status: 'True', reason: 'BudgetApplied', message };
}
