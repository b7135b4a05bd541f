// Owns spec.replicas 0 and the way back. All Pods stop, all volumes and the membership stay, so that the cluster wakes as
// the one it was, without a single membership change, and survives the loss of a volume while it sleeps.
import type { EtcdMemberStatus } from '../api/etcd-member.ts';
import { type Action, normal } from './action.ts';
import { changePhase, type Step } from './step.ts';
import { type ClusterView, isJoining, isLeaving, type MemberView } from './view.ts';

export function hibernate(view: ClusterView): Step | undefined {
  if (view.clusterId === undefined) return undefined;
  return view.spec.replicas === 0 ? fallAsleep(view) : wakeUp(view);
}

function fallAsleep(view: ClusterView): Step | undefined {
  // A learner is given up first (learner.ts), while there are voters to remove it.
  if (view.list !== undefined && view.members.some(isJoining)) return undefined;
  const awake = view.members.filter(isVotingStill);
  const actions = awake.map((member) => moveTo(view, member, 'Dormant'));
  if (actions.length > 0)
    return { actions, reason: 'Hibernating', message: 'stopping all members' };
  const stopping = view.members.filter(
    ({ phase, pod }) => phase === 'Dormant' && pod !== undefined,
  );
  if (stopping.length === 0) return undefined;
  return {
    actions: [],
    reason: 'Hibernating',
    message: `waiting for ${stopping.length} Pods to end`,
  };
}

function wakeUp(view: ClusterView): Step | undefined {
  const actions = view.members
    .filter(({ phase }) => phase === 'Dormant')
    .map((member) => moveTo(view, member, 'Voter'));
  if (actions.length === 0) return undefined;
  return { actions, reason: 'Waking', message: `starting ${actions.length} members` };
}

/** A member on its way out that is not out yet sleeps too; whether it leaves is decided again when it wakes. */
function isVotingStill(member: MemberView): boolean {
  const { phase, object } = member;
  if (phase === 'Voter') return true;
  const canReturn =
    object.status?.removed !== true &&
    object.status?.memberID !== undefined &&
    object.status.leaveReason !== 'JoinFailed';
  return phase !== 'Dormant' && isLeaving(member) && canReturn;
}

function moveTo(view: ClusterView, member: MemberView, phase: 'Dormant' | 'Voter'): Action {
  const event = normal('PhaseChanged', `${member.name}: ${member.phase} -> ${phase}`);
  return changePhase(view, withoutMarks(member), { phase }, event);
}

/** The member without what was held against it: how long it was sick, why it was to leave. */
export function withoutMarks(member: MemberView): MemberView {
  const { leaveReason: _, unhealthySince: __, ...kept } = member.object.status ?? {};
  const status: EtcdMemberStatus = kept;
  return { ...member, object: { ...member.object, status } };
}
