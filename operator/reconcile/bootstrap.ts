// Owns the birth of a cluster: one seed, started once as a new cluster, its ID latched. Until then no Pod is labelled a
// voter, so no client can have written anything, and a seed that loses its volume, or is deleted, can be thrown away and made again.
import { memberName } from '../api/names.ts';
import { buildMember } from '../specs/member.ts';
import { normal, warning } from './action.ts';
import { membersOfClaims } from './adopt.ts';
import { changePhase, type Step } from './step.ts';
import { type ClusterView, isLeaving, type MemberView } from './view.ts';

export function bootstrapCluster(view: ClusterView): Step | undefined {
  if (view.clusterId !== undefined) return undefined;
  return latchClusterId(view) ?? makeSeed(view) ?? dropLostSeed(view) ?? waitForSeed(view);
}

function latchClusterId(view: ClusterView): Step | undefined {
  const { list = [], listClusterId } = view;
  if (listClusterId === undefined || list.length === 0) return undefined;
  // The record comes first: a member that is known to have booted is never started as new again, whatever becomes of the
  // status.
  if (!view.members.some((member) => member.listed !== undefined && member.isBooted))
    return undefined;
  // Anything but members of this cluster in the list means that somebody else's cluster answered.
  if (view.strangers.length > 0) return undefined;
  return {
    actions: [],
    reason: 'Creating',
    message: `the cluster ID is ${listClusterId}`,
    latches: { clusterID: listClusterId },
  };
}

function makeSeed(view: ClusterView): Step | undefined {
  const { members, context, spec, cluster } = view;
  if (members.length > 0) return undefined;
  if (spec.replicas === 0) {
    return { actions: [], reason: 'Converged', message: 'spec.replicas is 0', isMoving: false };
  }
  // Volumes of this cluster without a cluster ID: the status was lost. adopt.ts records their members again, and those that a
  // member list shows.
  if (membersOfClaims(view).length > 0 || view.list !== undefined) {
    return { actions: [], reason: 'Creating', message: 'finding members that are there' };
  }
  const seedsLost = cluster.status?.seedsLost ?? 0;
  const name = memberName(context.name, `${context.uid}/seed/${seedsLost}`);
  const member = buildMember(context, name, { seed: true });
  const event = normal('MemberCreated', `${name} is the first member`);
  return {
    actions: [{ kind: 'createMember', member, event }],
    reason: 'Creating',
    message: `making the first member, ${name}`,
  };
}

function dropLostSeed(view: ClusterView): Step | undefined {
  const lost = view.members.find(
    (member) =>
      member.object.spec.seed &&
      member.object.status?.removed !== true &&
      (member.isVolumeLost || isGivenUp(member)),
  );
  if (lost === undefined) return undefined;
  const why = lost.isVolumeLost ? 'lost its volume' : 'was deleted';
  const event = warning('PhaseChanged', `${lost.name} ${why} before the cluster was born`);
  // The volume of one that was deleted is kept: it may have booted out of our sight.
  const leaveReason = lost.isVolumeLost ? 'JoinFailed' : 'Removed';
  const change = { phase: 'Leaving', leaveReason, removed: true } as const;
  return {
    actions: [changePhase(view, lost, change, event)],
    reason: 'Creating',
    message: `starting over: ${lost.name} ${why}`,
    latches: { seedsLost: (view.cluster.status?.seedsLost ?? 0) + 1 },
  };
}

/**
 * Somebody deleted its EtcdMember. One that has booted, or that a member list shows, is a cluster already: its ID is latched,
 * and then it is a member like others. One that has not is given up; its Pod is gone before there is another seed.
 */
function isGivenUp(member: MemberView): boolean {
  return isLeaving(member) && !member.isBooted && member.listed === undefined;
}

function waitForSeed({ members }: ClusterView): Step {
  const [seed] = members;
  return { actions: [], reason: 'Creating', message: `waiting for ${seed?.name ?? 'a member'}` };
}
