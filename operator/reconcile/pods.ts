// Owns that members which shall run do run: their claims, their Pods, and the labels and annotations of running Pods. No
// membership is changed here, and no Pod waits for another: after everything went down, everything starts at once.
import type { Pod } from '../api/kube-objects.ts';
import {
  ANNOTATION_INITIAL_CLUSTER,
  ANNOTATION_INITIAL_CLUSTER_STATE,
  LABEL_ROLE,
  type MemberRole,
} from '../api/labels.ts';
import type { StringMap } from '../api/meta.ts';
import { joiningCluster, sealedCluster, seedCluster } from '../specs/initial-cluster.ts';
import { buildPod } from '../specs/pod.ts';
import { buildClaim } from '../specs/pvc.ts';
import { type Action, inChain, normal, warning } from './action.ts';
import { changePhase } from './step.ts';
import { type ClusterView, isLeaving, type MemberView } from './view.ts';

/** What is done about Pods that are there. */
export function keepPods(view: ClusterView): readonly Action[] {
  return view.members.flatMap((member) => inChain(member.name, keepPod(view, member)));
}

/** Members about which something is written in this round. */
export interface Written {
  /** What is known of them: those that have not booted are first started in the next. */
  readonly recorded: ReadonlySet<string>;
  /** Where they stand: all that is decided about them waits for the next. */
  readonly moved: ReadonlySet<string>;
}

/** What is missing is made, after all that was decided: the API server may refuse it, for as long as a quota is used up. */
export function startMembers(view: ClusterView, { recorded, moved }: Written): readonly Action[] {
  return view.members
    .filter((member) => member.pod === undefined && !moved.has(member.name))
    .filter((member) => isAwake(view, member) && shallRun(view, member))
    .flatMap((member) =>
      inChain(member.name, startMember(view, member, recorded.has(member.name))),
    );
}

function keepPod(view: ClusterView, member: MemberView): readonly Action[] {
  const { pod } = member;
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return [];
  if (!isAwake(view, member)) return [deletePod(pod, 'spec.replicas is 0')];
  if (!shallRun(view, member)) return [];
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') {
    return [deletePod(pod, `it ended (${pod.status.phase}) and is made again`)];
  }
  return updatePod(view, member, pod);
}

export function isAwake(view: ClusterView, { phase }: MemberView): boolean {
  return phase !== 'Dormant' && !isSleeping(view);
}

/**
 * A member runs from the time it is in the list until it is out of it. Without a list: if it was in it when last seen, and
 * not known to be out. A member that is to leave runs too, as long as its vote is counted.
 */
export function shallRun(view: ClusterView, member: MemberView): boolean {
  if (member.isVolumeLost) return false;
  if (isFirst(view, member)) return !isLeaving(member);
  if (view.list !== undefined) return member.listed !== undefined;
  const { status, spec } = member.object;
  if (status?.removed === true) return false;
  return status?.memberID !== undefined || spec.adopted === true;
}

/** All voters sleep: whoever else there was (a learner that could not be removed in time) has nobody to talk to. */
function isSleeping({ spec, members }: ClusterView): boolean {
  const phases = new Set(members.map(({ phase }) => phase));
  return spec.replicas === 0 && phases.has('Dormant') && !phases.has('Voter');
}

/** The seed before the cluster exists: it is in no list yet. */
function isFirst(view: ClusterView, { object, isBooted }: MemberView): boolean {
  return object.spec.seed && view.clusterId === undefined && !isBooted;
}

function startMember(
  view: ClusterView,
  member: MemberView,
  isBeingRecorded: boolean,
): readonly Action[] {
  const isDisk = view.spec.storage.medium === 'Disk';
  if (isDisk && member.claim === undefined) return makeClaim(view, member);
  // Recorded first: see records.ts.
  if (isDisk && member.object.status?.volumeUID === undefined) return [];
  // The fence below would fail on our own write.
  if (isBeingRecorded && !member.isBooted) return [];
  if (member.claim?.metadata.deletionTimestamp !== undefined) return [];
  const initialCluster = initialClusterOf(view, member);
  if (initialCluster === undefined) return [];
  const { place, name } = member;
  const pod = buildPod(view.context, {
    place,
    role: roleOf(view, member) ?? 'none',
    initialCluster,
  });
  const create: Action = {
    kind: 'createPod',
    pod,
    event: normal('PodCreated', `started ${name}`),
    refusal: warning('PodNotCreated', `${name} was not started`),
  };
  return member.isBooted ? [create] : [fence(view, member), create];
}

/**
 * A write that fails when what was seen of the member is old. Without it, an operator whose cache has not heard yet that a
 * member has booted could start it as one that has not, open to joining, or to a new cluster, on a blank volume.
 */
function fence(view: ClusterView, member: MemberView): Action {
  const event = normal('PhaseChanged', `${member.name} is about to be started`);
  return { ...changePhase(view, member, { phase: member.phase }, event), isFence: true };
}

/** Only for a member that never had one: a volume made for a member that has booted would be an empty one. */
function makeClaim(view: ClusterView, member: MemberView): readonly Action[] {
  if (member.isBooted || member.phase === 'Voter') return [];
  const claim = buildClaim(view.context, member.name);
  const event = normal('VolumeCreated', `made the volume ${claim.metadata.name}`);
  const refusal = warning('VolumeNotCreated', `${claim.metadata.name} was not made`);
  return [{ kind: 'createClaim', claim, event, refusal }];
}

/** What initial-cluster.ts explains. Undefined while a joining member's list cannot be told. */
function initialClusterOf(view: ClusterView, member: MemberView): StringMap | undefined {
  if (member.isBooted) return sealedCluster(member.place);
  if (isFirst(view, member)) return seedCluster(member.place);
  if (member.listed?.isLearner === true && view.list !== undefined) {
    return joiningCluster(member.place, view.list);
  }
  // A voter that was never seen to boot: promoted by somebody else, or its record was lost. It starts if it has data.
  return member.listed === undefined ? undefined : sealedCluster(member.place);
}

/** Undefined when it cannot be told now; a label is left as it is then. */
function roleOf(view: ClusterView, { listed, isForeign }: MemberView): MemberRole | undefined {
  if (isForeign) return 'none';
  if (view.list === undefined || view.clusterId === undefined) return undefined;
  if (listed === undefined) return 'none';
  return listed.isLearner ? 'learner' : 'voter';
}

function updatePod(view: ClusterView, member: MemberView, pod: Pod): readonly Action[] {
  const role = roleOf(view, member);
  const wanted = initialClusterOf(view, member) ?? {};
  const annotations = pod.metadata.annotations ?? {};
  const changed = [ANNOTATION_INITIAL_CLUSTER, ANNOTATION_INITIAL_CLUSTER_STATE].some(
    (key) => wanted[key] !== undefined && wanted[key] !== annotations[key],
  );
  const newRole = role !== undefined && role !== pod.metadata.labels?.[LABEL_ROLE];
  if (!changed && !newRole) return [];
  const told = [
    newRole ? `role ${role}` : '',
    changed ? (member.isBooted ? 'sealed' : 'new initial cluster') : '',
  ];
  return [
    {
      kind: 'patchPod',
      name: member.name,
      uid: pod.metadata.uid ?? '',
      labels: newRole ? { [LABEL_ROLE]: role } : {},
      annotations: changed ? wanted : {},
      event: normal(
        'PodUpdated',
        `${member.name}: ${told.filter((text) => text !== '').join(', ')}`,
      ),
    },
  ];
}

export function deletePod({ metadata }: Pod, why: string): Action & { readonly kind: 'deletePod' } {
  return {
    kind: 'deletePod',
    name: metadata.name,
    uid: metadata.uid ?? '',
    event: warning('PodDeleted', `deleted ${metadata.name}: ${why}`),
  };
}
