// Owns keeping the EtcdMember objects true: what was learned about a member is written down, without deciding anything.
//
// Two of the records guard data. volumeUID is written before the Pod that will fill the volume is made, so that another
// volume in its place is recognised. booted is written at the first answer, and from then on the Pod is sealed.
import type { EtcdMemberStatus } from '../api/etcd-member.ts';
import { canonicalJson } from '../api/hash.ts';
import { formatTime, parseTime } from '../api/time.ts';
import { type Action, type EventText, normal, warning } from './action.ts';
import { type ClusterView, isJoining, isLeaving, type MemberView } from './view.ts';

export type MemberRecord = Action & { readonly kind: 'patchMember' };

export function recordMembers(view: ClusterView): readonly MemberRecord[] {
  const actions: MemberRecord[] = [];
  for (const member of view.members) {
    const status = recordedStatus(view, member);
    if (canonicalJson(status) === canonicalJson(member.object.status ?? {})) continue;
    const { name, uid = '', resourceVersion = '' } = member.object.metadata;
    const event = recordEvent(member, status);
    actions.push({ kind: 'patchMember', name, uid, resourceVersion, status, event });
  }
  return actions;
}

function recordedStatus(view: ClusterView, member: MemberView): EtcdMemberStatus {
  const before = member.object.status ?? {};
  const { unhealthySince: _, ...rest } = before;
  const { listed } = member;
  const next = nextPhase(view, member);
  const sick = sickSince(view, member);
  return {
    ...rest,
    ...next,
    ...(listed === undefined ? {} : { memberID: listed.id }),
    ...volumeRecord(view, member),
    ...(hasBooted(view, member) ? { booted: true } : {}),
    ...(sick === undefined ? {} : { unhealthySince: sick }),
  };
}

/** Phases that follow from what is seen; the ones that follow from a decision are written by the concerns. */
function nextPhase(view: ClusterView, member: MemberView): EtcdMemberStatus {
  const { phase, listed, object } = member;
  const phaseSince = formatTime(view.nowMs);
  if (object.status?.phase === undefined && object.spec.adopted === true) {
    return { phase: 'Voter', phaseSince };
  }
  if (isLeaving(member)) {
    const isGone = view.list !== undefined && listed === undefined;
    const wasListed = object.status?.memberID !== undefined;
    return {
      ...(phase === 'Leaving' || phase === 'Replacing' || phase === 'Dormant'
        ? {}
        : { phase: 'Leaving', phaseSince, leaveReason: 'Removed' }),
      ...(isGone && wasListed ? { removed: true } : {}),
    };
  }
  if (view.list === undefined || phase === 'Dormant') return {};
  if (listed === undefined) {
    // Somebody removed it, or it was removed before it could vote. A voter's volume is kept: nobody asked for its end.
    const wasListed =
      object.spec.adopted === true ||
      (object.status?.memberID !== undefined && phase !== 'Pending');
    if (!wasListed || view.clusterId === undefined) return {};
    const leaveReason = phase === 'Voter' ? 'Removed' : 'JoinFailed';
    return { phase: 'Leaving', phaseSince, leaveReason, removed: true };
  }
  // Recorded again by its volume alone, and no voter after all.
  if (listed.isLearner && phase === 'Voter') return { phase: 'Syncing', phaseSince };
  if (!listed.isLearner && isJoining(member) && member.answer !== undefined) {
    return { phase: 'Voter', phaseSince };
  }
  if (listed.isLearner && phase === 'Joining' && hasBooted(view, member)) {
    return { phase: 'Syncing', phaseSince };
  }
  return {};
}

/** Written once; a volume that replaces the recorded one is a lost volume, not a new record. */
function volumeRecord(view: ClusterView, member: MemberView): EtcdMemberStatus {
  if (member.object.status?.volumeUID !== undefined) return {};
  if (view.spec.storage.medium === 'Memory') {
    // Whatever a Pod in memory held before its first answer was never a vote.
    const uid = member.answer === undefined ? undefined : member.pod?.metadata.uid;
    return uid === undefined ? {} : { volumeUID: uid };
  }
  const uid = member.claim?.metadata.uid;
  return uid === undefined ? {} : { volumeUID: uid };
}

function hasBooted(view: ClusterView, { answer, listed, isForeign }: MemberView): boolean {
  if (answer === undefined || isForeign || view.list === undefined) return false;
  return answer.memberId === listed?.id;
}

/**
 * Since when a member that has booted neither answers nor is ready. A member that Kubernetes finds ready is not sick for being out of the
 * operator's reach. The clock runs only while the others have a quorum: after an outage of all, each gets its full time.
 */
function sickSince(view: ClusterView, member: MemberView): string | undefined {
  const { listed, isHealthy, isPodReady, object } = member;
  const before = object.status?.unhealthySince;
  if (isLeaving(member) || member.phase === 'Dormant') return before;
  if (isHealthy || isPodReady || view.isQuorumLost || view.clusterId === undefined)
    return undefined;
  // One look without a list must not stop the clock.
  if (view.list === undefined) return before;
  if (listed === undefined || member.phase === 'Joining') return undefined;
  return parseTime(before) === undefined ? formatTime(view.nowMs) : before;
}

function recordEvent(member: MemberView, status: EtcdMemberStatus): EventText {
  const { name, object, phase } = member;
  if (phase === 'Syncing' && status.phase === 'Voter') {
    // Said when it is seen: the answer to what was asked for may have been lost.
    return normal('MemberPromoted', `${name} (${status.memberID}) votes`);
  }
  if (status.phase !== undefined && status.phase !== phase) {
    return normal('PhaseChanged', `${name}: ${phase} -> ${status.phase}`);
  }
  if (status.unhealthySince !== undefined && object.status?.unhealthySince === undefined) {
    return warning('MemberUnhealthy', `${name} does not answer and is not ready`);
  }
  return normal('PhaseChanged', `${name}: recorded what is known of it`);
}
