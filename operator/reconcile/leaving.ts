// Owns the way out of a member, each stage found again by what is there, so that it can be broken off anywhere:
//
//    in the list and leading -> hand leadership over
//    in the list             -> remove from the list, if the others can bear it; then delete the Pod
//    out, Pod there          -> delete the Pod, wait until it is gone
//    out, claim there        -> delete the claim, if retention says so
//    nothing left            -> let the object go
//
// What comes after the removal holds nobody up: a Pod on a dead node may take hours to go.
import type { LeaveReason } from '../api/etcd-member.ts';
import type { PersistentVolumeClaim } from '../api/kube-objects.ts';
import { LABEL_CLUSTER_UID, LABEL_MEMBER, LABEL_RELEASED } from '../api/labels.ts';
import { peerUrl } from '../api/names.ts';
import { type Action, inChain, normal, warning } from './action.ts';
import { withoutMarks } from './hibernation.ts';
import { deletePod } from './pods.ts';
import { canRemoveVoter, quorumOf } from './quorum.ts';
import { changePhase, type Step } from './step.ts';
import { type ClusterView, isJoining, isLeaving, type MemberView, stayingVoters } from './view.ts';

/** Stages after the removal, of all members at once. */
export function cleanUpRemoved(view: ClusterView): readonly Action[] {
  const leaving = view.members.filter((member) => isLeaving(member) && isOut(view, member));
  return [
    ...leaving.flatMap((member) => inChain(member.name, cleanUp(view, member))),
    ...cleanUpUnrecorded(view),
    ...letRecordsGo(view),
  ];
}

/**
 * Somebody deleted the EtcdMember of a member that cannot be replaced: it is the only voter, or it sleeps. The object goes
 * as they asked, and adopt.ts records the member again.
 */
function letRecordsGo({ members, counts, clusterId }: ClusterView): readonly Action[] {
  // Before the ID is latched the record alone tells that there is a cluster.
  if (clusterId === undefined) return [];
  return members
    .filter(
      ({ object, phase, listed }) =>
        object.metadata.deletionTimestamp !== undefined &&
        (phase === 'Dormant' || (listed?.isLearner === false && counts.voters === 1)),
    )
    .map(({ name, object }) => {
      const event = warning('MemberDeleted', `${name} stays a member: only its record goes`);
      return { kind: 'releaseMember', name, uid: object.metadata.uid ?? '', chain: name, event };
    });
}

/**
 * Pods and volumes that nobody has a record of, and whose member is not in the list: their EtcdMember was deleted by
 * force. Pods are only ever made for members that are in the list, so this takes none that is about to be.
 */
function cleanUpUnrecorded({
  observed,
  members,
  list,
  clusterId,
  context,
}: ClusterView): readonly Action[] {
  if (list === undefined || clusterId === undefined) return [];
  const recorded = new Set(members.map(({ name }) => name));
  const urls = new Set(list.flatMap(({ peerUrls }) => peerUrls));
  const isNobodys = (member: string): boolean =>
    !recorded.has(member) &&
    !urls.has(peerUrl({ cluster: context.name, namespace: context.namespace, member }));
  const pods = observed.pods
    .filter(({ metadata }) => isNobodys(metadata.name) && metadata.deletionTimestamp === undefined)
    .map((pod) => deletePod(pod, 'it has no member'));
  const claims = observed.claims
    .filter(
      ({ metadata: { labels, deletionTimestamp } }) =>
        labels?.[LABEL_CLUSTER_UID] === context.uid &&
        labels[LABEL_RELEASED] === undefined &&
        deletionTimestamp === undefined &&
        isNobodys(labels[LABEL_MEMBER] ?? ''),
    )
    .map((claim) => releaseClaim(claim, claim.metadata.labels?.[LABEL_MEMBER] ?? ''));
  return [...pods, ...claims].map((action) => ({ ...action, chain: action.name }));
}

/** The stage that touches membership, of one member. Undefined when the others could not bear it: repairs go first. */
export function continueLeaving(view: ClusterView): Step | undefined {
  for (const member of view.members) {
    if (!isLeaving(member) || member.listed === undefined) continue;
    const step = cancelLeaving(view, member) ?? removeMember(view, member);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** Out of the list for certain: recorded to be, after it had been seen, or never in it. */
function isOut(view: ClusterView, { object, listed }: MemberView): boolean {
  if (object.status?.removed === true) return true;
  return view.list !== undefined && listed === undefined && object.status?.memberID === undefined;
}

/** A scale-in that is no longer wanted, or a sick member that recovered: nothing has happened to it yet. */
function cancelLeaving(view: ClusterView, member: MemberView): Step | undefined {
  const { object, listed, isHealthy, name } = member;
  if (listed?.isLearner !== false || object.metadata.deletionTimestamp !== undefined) {
    return undefined;
  }
  const reason = object.status?.leaveReason;
  const joining = view.members.filter(isJoining).length;
  const isWanted = stayingVoters(view).length + joining < view.spec.replicas;
  const isPointless =
    (reason === 'ScaleIn' && isWanted) || (reason === 'Unhealthy' && isHealthy && isWanted);
  if (!isPointless || member.isVolumeLost) return undefined;
  const event = normal('PhaseChanged', `${name} stays: it is wanted again`);
  return {
    actions: [changePhase(view, withoutMarks(member), { phase: 'Voter' }, event)],
    reason: 'ScalingOut',
    message: `${name} stays`,
  };
}

function removeMember(view: ClusterView, member: MemberView): Step | undefined {
  const { listed, name } = member;
  if (listed === undefined || view.clusterId === undefined) return undefined;
  const reason = member.phase === 'Replacing' ? 'Replacing' : 'ScalingIn';
  if (!canRemove(view, member)) return undefined;
  if (member.isLeader) return moveLeader(view, member, reason);
  const why = member.object.status?.leaveReason ?? 'Removed';
  const event = normal('MemberRemoved', `removed ${name} (${listed.id}): ${why}`);
  const remove: Action = { kind: 'memberRemove', memberId: listed.id, event };
  return {
    // Its process ends by itself, and would be started again until the Pod goes. The first act that fails ends the step.
    actions: [remove, ...deletePodOf(member)],
    reason,
    message: `removing ${name}`,
  };
}

export function canRemove(view: ClusterView, member: MemberView): boolean {
  const { counts } = view;
  if (member.listed?.isLearner === true) return counts.healthy >= quorumOf(counts.voters);
  return canRemoveVoter(counts, member.isHealthy);
}

/** Hands leadership to the voter that is furthest on. Undefined when there is none to take it, or the leader is out of reach. */
export function moveLeader(
  view: ClusterView,
  leader: MemberView,
  reason: Step['reason'],
): Step | undefined {
  const heirs = stayingVoters(view)
    .filter((heir) => heir.name !== leader.name && heir.isHealthy && heir.isCaughtUp)
    .sort((a, b) => a.raftIndexLag - b.raftIndexLag);
  const [heir] = heirs;
  if (heir?.listed === undefined || leader.listed === undefined) return undefined;
  // It is asked of the leader, and of nobody else.
  if (leader.answer === undefined) return undefined;
  const event = normal('LeaderMoved', `leadership goes from ${leader.name} to ${heir.name}`);
  const ids = { leaderId: leader.listed.id, targetId: heir.listed.id };
  return {
    actions: [{ kind: 'moveLeader', ...ids, event }],
    reason,
    message: `handing leadership to ${heir.name}`,
  };
}

function cleanUp(view: ClusterView, member: MemberView): readonly Action[] {
  const { pod, claim, object, name } = member;
  if (pod !== undefined) return deletePodOf(member);
  if (claim !== undefined && !isVolumeKept(view, object.status?.leaveReason)) {
    if (claim.metadata.deletionTimestamp !== undefined) return [];
    const { name: claimName, uid = '' } = claim.metadata;
    const event = normal('VolumeDeleted', `deleted ${claimName}: ${name} left`);
    return [{ kind: 'deleteClaim', name: claimName, uid, event }];
  }
  if (claim !== undefined && claim.metadata.labels?.[LABEL_RELEASED] === undefined) {
    return [releaseClaim(claim, name)];
  }
  const event = normal('MemberDeleted', `${name} is gone`);
  return [{ kind: 'releaseMember', name, uid: object.metadata.uid ?? '', event }];
}

function deletePodOf({ pod, name }: MemberView): readonly Action[] {
  const isThere = pod !== undefined && pod.metadata.deletionTimestamp === undefined;
  return isThere ? [deletePod(pod, `${name} left`)] : [];
}

/** Old data must not come back: three removed members of five would elect each other, knowing nothing of their end. */
function releaseClaim(
  { metadata }: PersistentVolumeClaim,
  member: string,
): Action & { readonly kind: 'labelClaim' } {
  const { name, uid = '' } = metadata;
  const event = normal('VolumeReleased', `kept ${name} of ${member}, which left`);
  return { kind: 'labelClaim', name, uid, labels: { [LABEL_RELEASED]: 'true' }, event };
}

/** A member that somebody else removed or deleted keeps its volume; one that never voted has nothing worth keeping. */
function isVolumeKept({ spec }: ClusterView, reason: LeaveReason | undefined): boolean {
  if (reason === 'JoinFailed') return false;
  if (reason === undefined || reason === 'Removed') return true;
  return spec.storage.whenScaled === 'Retain';
}
