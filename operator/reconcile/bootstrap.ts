// Owns the birth of a cluster: one seed, started once as a new cluster, its ID latched. Until then no Pod is labelled a
// voter, so no client can have written anything, and a seed that loses its volume can be thrown away and made again.
import { memberName } from '../api/names.ts';
import { buildMember } from '../specs/member.ts';
import { normal, warning } from './action.ts';
import { membersOfClaims } from './adopt.ts';
import { changePhase, type Step } from './step.ts';
import type { ClusterView } from './view.ts';

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
  // Volumes of this cluster without a cluster ID: the status was lost. adopt.ts records their members again.
  if (membersOfClaims(view).length > 0) {
    return { actions: [], reason: 'Creating', message: 'finding members of existing volumes' };
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
    ({ isVolumeLost, object, phase }) =>
      isVolumeLost && object.spec.seed && phase !== 'Leaving' && phase !== 'Replacing',
  );
  if (lost === undefined) return undefined;
  const event = warning('PhaseChanged', `${lost.name} lost its volume before the cluster was born`);
  const change = { phase: 'Leaving', leaveReason: 'JoinFailed', removed: true } as const;
  return {
    actions: [changePhase(view, lost, change, event)],
    reason: 'Creating',
    message: `starting over: ${lost.name} lost its volume`,
    latches: { seedsLost: (view.cluster.status?.seedsLost ?? 0) + 1 },
  };
}

function waitForSeed({ members }: ClusterView): Step {
  const [seed] = members;
  return { actions: [], reason: 'Creating', message: `waiting for ${seed?.name ?? 'a member'}` };
}
