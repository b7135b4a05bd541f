// Owns the way in of a member: Pending -> Joining -> Syncing -> Voter. Each stage is written before its act, and found again
// from the live member list, so that an operator that dies at any point adds nobody twice:
//
//    recorded, over what is wanted     -> given up
//    recorded                          -> phase Joining
//    Joining, not in the list          -> member add, as a learner
//    in the list, Pod to be started    -> pods.ts
//    booted and sealed                 -> member promote, which the server grants when it has caught up
//    over its deadline                 -> given up, and tried again by scale.ts, later each time

import { ANNOTATION_INITIAL_CLUSTER, ANNOTATION_INITIAL_CLUSTER_STATE } from '../api/labels.ts';
import { peerUrl } from '../api/names.ts';
import { formatDuration, formatTime, parseTime } from '../api/time.ts';
import { sealedCluster } from '../specs/initial-cluster.ts';
import { normal, warning } from './action.ts';
import { JOIN_DEADLINE_MS, SYNC_DEADLINE_MS } from './limits.ts';
import { quorumOf } from './quorum.ts';
import { changePhase, type Step } from './step.ts';
import { membersWanted } from './surge.ts';
import { hasImageTrouble, isWaiting } from './trouble.ts';
import { type ClusterView, isJoining, type MemberView, stayingVoters } from './view.ts';

export function bringIn(view: ClusterView): Step | undefined {
  if (view.clusterId === undefined || view.list === undefined) return undefined;
  const orphan = removeOrphanLearner(view);
  if (orphan !== undefined) return orphan;
  // Whoever is in the list already comes first: etcd allows one learner. Who votes by it is in, though the record says so a
  // round later.
  const joiners = view.members
    .filter((member) => isJoining(member) && member.listed?.isLearner !== false)
    .sort((a, b) => Number(b.listed !== undefined) - Number(a.listed !== undefined));
  const last = joiners.at(-1);
  if (last === undefined) return undefined;
  if (stayingVoters(view).length + joiners.length > membersWanted(view)) {
    return giveUp(view, last, 'it is no longer wanted');
  }
  const [first = last] = joiners;
  return overdue(view, first) ?? advance(view, first);
}

function advance(view: ClusterView, member: MemberView): Step {
  const { name, listed, phase, place, object } = member;
  const canCommit = view.counts.healthy >= quorumOf(view.counts.voters);
  if (!canCommit) return wait(`${name} waits for a quorum of healthy voters`, false);
  if (listed === undefined) {
    if (phase === 'Pending') return act(changePhase(view, member, { phase: 'Joining' }), name);
    if (object.status?.memberID !== undefined) return wait(`${name} was removed`, false);
    if (view.list?.some((entry) => entry.isLearner) === true) {
      return wait(`${name} waits: there is another learner`, false);
    }
    const url = peerUrl(place);
    const event = normal('MemberAdded', `added ${name} as a learner (${url})`);
    return act({ kind: 'memberAdd', peerUrl: url, event }, name);
  }
  if (listed.isLearner && member.isBooted && member.isHealthy && isSealed(member)) {
    const event = normal('MemberPromoted', `asked for the vote of ${name} (${listed.id})`);
    return act({ kind: 'memberPromote', memberId: listed.id, event }, name);
  }
  return wait(`waiting for ${name} to start${trouble(member)}`, !hasImageTrouble(member));
}

/** Only a sealed member may vote: see specs/initial-cluster.ts. */
function isSealed({ pod, place }: MemberView): boolean {
  const sealed = sealedCluster(place);
  const has = pod?.metadata.annotations ?? {};
  return [ANNOTATION_INITIAL_CLUSTER, ANNOTATION_INITIAL_CLUSTER_STATE].every(
    (key) => has[key] === sealed[key],
  );
}

function overdue(view: ClusterView, member: MemberView): Step | undefined {
  const { phase, object, isVolumeLost } = member;
  const ageMs = (time: string | undefined): number => view.nowMs - (parseTime(time) ?? view.nowMs);
  const deadlineMs = phase === 'Syncing' ? SYNC_DEADLINE_MS : JOIN_DEADLINE_MS;
  const isLate = phase !== 'Pending' && ageMs(object.status?.phaseSince) >= deadlineMs;
  const isDead = ageMs(object.status?.unhealthySince) >= view.spec.unhealthyAfterMs;
  if (!isLate && !isDead && !isVolumeLost) return undefined;
  const late = `it did not become a voter in ${formatDuration(deadlineMs)}`;
  const dead = `it has not answered for ${formatDuration(view.spec.unhealthyAfterMs)}`;
  const why = isVolumeLost ? 'it lost its volume' : isDead ? dead : late;
  const step = giveUp(view, member, `${why}${trouble(member)}`);
  const joinFailures = (view.cluster.status?.joinFailures ?? 0) + 1;
  const latches = { joinFailures, lastJoinFailure: formatTime(view.nowMs) };
  return { ...step, reason: 'JoinDeadlineExceeded', latches };
}

function giveUp(view: ClusterView, member: MemberView, why: string): Step {
  const event = warning('PhaseChanged', `${member.name} is given up: ${why}`);
  const change = { phase: 'Leaving', leaveReason: 'JoinFailed' } as const;
  return {
    actions: [changePhase(view, member, change, event)],
    reason: 'ScalingIn',
    message: `giving up ${member.name}: ${why}`,
  };
}

/** A learner of ours that nobody has a record of can never be started again. */
function removeOrphanLearner({ orphans, counts }: ClusterView): Step | undefined {
  const orphan = orphans.find((entry) => entry.isLearner);
  if (orphan === undefined || counts.healthy < quorumOf(counts.voters)) return undefined;
  const event = warning('MemberRemoved', `removed the learner ${orphan.member}: it has no record`);
  return {
    actions: [{ kind: 'memberRemove', memberId: orphan.id, event }],
    reason: 'ScalingIn',
    message: `removing the learner ${orphan.member}`,
  };
}

function trouble(member: MemberView): string {
  const { pod } = member;
  if (pod?.status?.unschedulable === true) return ' (cannot be scheduled)';
  const waiting = isWaiting(member) ? pod?.status?.container?.waitingReason : undefined;
  return waiting === undefined ? '' : ` (${waiting})`;
}

function act(action: Step['actions'][number], name: string): Step {
  return { actions: [action], reason: 'ScalingOut', message: `bringing in ${name}` };
}

function wait(message: string, isMoving: boolean): Step {
  return { actions: [], reason: 'ScalingOut', message, isMoving };
}
