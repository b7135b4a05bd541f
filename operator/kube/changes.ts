// Owns the changes that are made to objects, each as one request or few. The shapes are those of the planner's actions that
// operator/controller hands on.
import type { EtcdCluster } from '../api/etcd-cluster.ts';
import type { EtcdMember, EtcdMemberStatus } from '../api/etcd-member.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Service,
} from '../api/kube-objects.ts';
import type { StringMap } from '../api/meta.ts';
import { CLUSTER_FINALIZER, MEMBER_FINALIZER } from '../api/names.ts';
import type { ObjectRef } from './kube-api.ts';
import { KubeError } from './kube-error.ts';
import type { ObjectWriter } from './object-writer.ts';

interface Named {
  readonly name: string;
  readonly uid: string;
}

export type Change =
  | { readonly kind: 'addFinalizer' | 'removeFinalizer' | 'recordEvent' }
  | { readonly kind: 'createMember'; readonly member: EtcdMember }
  | ({
      readonly kind: 'patchMember';
      readonly resourceVersion: string;
      readonly status: EtcdMemberStatus;
    } & Named)
  | ({ readonly kind: 'releaseMember' | 'deleteClaim' | 'deletePod' | 'deleteBudget' } & Named)
  | { readonly kind: 'createClaim'; readonly claim: PersistentVolumeClaim }
  | ({ readonly kind: 'growClaim'; readonly size: string } & Named)
  | ({ readonly kind: 'labelClaim'; readonly labels: StringMap } & Named)
  | { readonly kind: 'createPod'; readonly pod: Pod }
  | ({
      readonly kind: 'patchPod';
      readonly labels: StringMap;
      readonly annotations: StringMap;
    } & Named)
  | { readonly kind: 'applyService'; readonly service: Service }
  | { readonly kind: 'applyBudget'; readonly budget: PodDisruptionBudget };

export async function makeChange(
  writer: ObjectWriter,
  cluster: EtcdCluster,
  change: Change,
): Promise<void> {
  const { namespace = 'default' } = cluster.metadata;
  switch (change.kind) {
    case 'addFinalizer':
      return await setFinalizer(writer, cluster, true);
    case 'removeFinalizer':
      return await setFinalizer(writer, cluster, false);
    case 'createMember':
      return await writer.create(change.member);
    case 'createClaim':
      return await writer.create(change.claim);
    case 'createPod':
      return await writer.create(change.pod);
    case 'applyService':
      return await writer.apply(change.service);
    case 'applyBudget':
      return await applyBudget(writer, change.budget);
    case 'recordEvent':
      return;
    default:
      return await changeNamed(writer, { namespace, name: change.name, uid: change.uid }, change);
  }
}

async function changeNamed(
  writer: ObjectWriter,
  ref: ObjectRef,
  change: Extract<Change, Named>,
): Promise<void> {
  switch (change.kind) {
    case 'patchMember':
      return await writeMemberStatus(writer, ref, change);
    case 'releaseMember':
      return await releaseMember(writer, ref);
    case 'growClaim': {
      const requests = { storage: change.size };
      return await writer.patch('PersistentVolumeClaim', ref, {
        spec: { resources: { requests } },
      });
    }
    case 'labelClaim': {
      const { labels } = change;
      return await writer.patch('PersistentVolumeClaim', ref, { metadata: { labels } });
    }
    case 'patchPod': {
      const { labels, annotations } = change;
      return await writer.patch('Pod', ref, { metadata: { labels, annotations } });
    }
    case 'deleteClaim':
      return await writer.delete('PersistentVolumeClaim', ref);
    case 'deletePod':
      return await writer.delete('Pod', ref);
    case 'deleteBudget':
      return await writer.delete('PodDisruptionBudget', ref);
  }
}

async function setFinalizer(
  writer: ObjectWriter,
  cluster: EtcdCluster,
  isWanted: boolean,
): Promise<void> {
  const { name, namespace = 'default', uid = '' } = cluster.metadata;
  const { resourceVersion, finalizers = [] } = cluster.metadata;
  const others = finalizers.filter((finalizer) => finalizer !== CLUSTER_FINALIZER);
  const wanted = isWanted ? [...others, CLUSTER_FINALIZER] : others;
  // The version keeps a finalizer that somebody else has just added.
  const metadata = { resourceVersion, finalizers: wanted };
  await writer.patch('EtcdCluster', { namespace, name, uid }, { metadata });
}

/** The whole status, over exactly the version that was seen. */
async function writeMemberStatus(
  writer: ObjectWriter,
  { namespace, name, uid }: ObjectRef,
  change: Extract<Change, { readonly kind: 'patchMember' }>,
): Promise<void> {
  const { resourceVersion, status } = change;
  const member = writer.caches.EtcdMember.get(namespace, name);
  if (member?.metadata.uid !== uid) throw new KubeError(`the member ${name} is another one`);
  await writer.replaceStatus({
    ...member,
    metadata: { ...member.metadata, resourceVersion },
    status,
  });
}

/** Deleted first: the finalizer of an object that stays must stay too. */
async function releaseMember(writer: ObjectWriter, ref: ObjectRef): Promise<void> {
  await writer.delete('EtcdMember', ref);
  const current = await writer.read('EtcdMember', ref);
  const finalizers = current?.metadata.finalizers ?? [];
  if (current === undefined || !finalizers.includes(MEMBER_FINALIZER)) return;
  const rest = finalizers.filter((finalizer) => finalizer !== MEMBER_FINALIZER);
  const { resourceVersion } = current.metadata;
  await writer.patch('EtcdMember', ref, { metadata: { resourceVersion, finalizers: rest } });
}

/** An API server before 1.26 does not know unhealthyPodEvictionPolicy, and refuses to apply what it does not know. */
async function applyBudget(writer: ObjectWriter, budget: PodDisruptionBudget): Promise<void> {
  try {
    await writer.apply(budget);
  } catch (error) {
    const isUnknownField =
      error instanceof KubeError && error.message.includes('unhealthyPodEvictionPolicy');
    if (!isUnknownField) throw error;
    const { unhealthyPodEvictionPolicy: _, ...spec } = budget.spec;
    await writer.apply({ ...budget, spec });
  }
}
