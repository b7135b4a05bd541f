// Owns the end of a cluster. It asks nothing of etcd, so that a cluster without a quorum can be deleted too: Pods, then
// volumes if retention says so, then the objects of members, then the finalizer.
import { LABEL_CLUSTER_UID } from '../api/labels.ts';
import { CLUSTER_FINALIZER, MEMBER_FINALIZER } from '../api/names.ts';
import { type Action, normal } from './action.ts';
import { deletePod } from './pods.ts';
import type { Step } from './step.ts';
import type { ClusterView } from './view.ts';

export function deleteCluster(view: ClusterView): Step | undefined {
  const { cluster } = view;
  if (cluster.metadata.deletionTimestamp === undefined) return undefined;
  if (cluster.metadata.finalizers?.includes(CLUSTER_FINALIZER) !== true) return step([], 'gone');
  const stage = stopPods(view) ?? deleteVolumes(view) ?? releaseMembers(view);
  if (stage !== undefined) return stage;
  const event = normal('FinalizerRemoved', 'everything of the cluster is gone or kept as asked');
  return step([{ kind: 'removeFinalizer', event }], 'letting go');
}

/** A Pod on a dead node stays Terminating for long: only deleting its volume has to wait for it. */
function stopPods({ observed, spec }: ClusterView): Step | undefined {
  const running = observed.pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const actions = running.map((pod) => deletePod(pod, 'the cluster is deleted'));
  if (actions.length > 0) return step(actions, 'stopping Pods');
  const mustWait = spec.storage.whenDeleted === 'Delete' && observed.pods.length > 0;
  return mustWait ? step([], `waiting for ${observed.pods.length} Pods to end`) : undefined;
}

function deleteVolumes({ observed, spec, context }: ClusterView): Step | undefined {
  if (spec.storage.whenDeleted === 'Retain') return undefined;
  const actions: Action[] = observed.claims
    .filter(
      ({ metadata }) =>
        metadata.labels?.[LABEL_CLUSTER_UID] === context.uid &&
        metadata.deletionTimestamp === undefined,
    )
    .map(({ metadata: { name, uid = '' } }) => ({
      kind: 'deleteClaim',
      name,
      uid,
      event: normal('VolumeDeleted', `deleted ${name}: retention.whenDeleted is Delete`),
    }));
  return actions.length > 0 ? step(actions, 'deleting volumes') : undefined;
}

function releaseMembers({ members }: ClusterView): Step | undefined {
  const actions: Action[] = members
    .filter(
      ({ object }) =>
        object.metadata.deletionTimestamp === undefined ||
        object.metadata.finalizers?.includes(MEMBER_FINALIZER) === true,
    )
    .map(({ name, object }) => ({
      kind: 'releaseMember',
      name,
      uid: object.metadata.uid ?? '',
      event: normal('MemberDeleted', `${name}: the cluster is deleted`),
    }));
  return actions.length > 0 ? step(actions, 'releasing members') : undefined;
}

function step(actions: readonly Action[], message: string): Step {
  return { actions, reason: 'Deleting', message };
}
