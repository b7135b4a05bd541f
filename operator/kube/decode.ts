// Owns the boundary between what an API server sends and the types of operator/api. An object is checked for what all code
// relies on (a name, a UID, a specification) and stripped of what nobody reads; the rest of its shape is the API server's
// word: for our own kinds by the schema we gave it.
import type { EtcdCluster } from '../api/etcd-cluster.ts';
import type { EtcdMember } from '../api/etcd-member.ts';
import type {
  ContainerStatus,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PodStatus,
  Service,
} from '../api/kube-objects.ts';
import type { ObjectMeta } from '../api/meta.ts';
import { KubeError } from './kube-error.ts';

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordAt(value: unknown, ...path: readonly string[]): Json {
  let found: unknown = value;
  for (const key of path) found = isJson(found) ? found[key] : undefined;
  return isJson(found) ? found : {};
}

export function textAt(value: Json, key: string): string | undefined {
  const found = value[key];
  return typeof found === 'string' ? found : undefined;
}

export function listAt(value: Json, key: string): readonly Json[] {
  const found = value[key];
  return Array.isArray(found) ? found.filter(isJson) : [];
}

/** Metadata without managedFields, which are as large as the rest of the object. */
export function decodeMeta(raw: unknown): ObjectMeta {
  const { managedFields: _, ...metadata } = recordAt(raw, 'metadata');
  if (typeof metadata['name'] !== 'string' || typeof metadata['uid'] !== 'string') {
    throw new KubeError('an object without name or UID');
  }
  // The API server's own type, whose two parts that all rely on were just checked.
  return metadata as unknown as ObjectMeta;
}

export function decodeCluster(raw: unknown): EtcdCluster {
  return whole<EtcdCluster>(raw, 'etcd-ts.io/v1alpha1', 'EtcdCluster');
}

export function decodeMember(raw: unknown): EtcdMember {
  const spec = recordAt(raw, 'spec');
  if (typeof spec['clusterName'] !== 'string') throw new KubeError('a member without a cluster');
  return whole<EtcdMember>(raw, 'etcd-ts.io/v1alpha1', 'EtcdMember');
}

export function decodeClaim(raw: unknown): PersistentVolumeClaim {
  return whole<PersistentVolumeClaim>(raw, 'v1', 'PersistentVolumeClaim');
}

export function decodeService(raw: unknown): Service {
  return whole<Service>(raw, 'v1', 'Service');
}

export function decodeBudget(raw: unknown): PodDisruptionBudget {
  return whole<PodDisruptionBudget>(raw, 'policy/v1', 'PodDisruptionBudget');
}

export function decodePod(raw: unknown): Pod {
  const { status: _, ...pod } = whole<Pod>(raw, 'v1', 'Pod');
  return { ...pod, status: decodePodStatus(recordAt(raw, 'status')) };
}

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const;

function decodePodStatus(status: Json): PodStatus {
  const conditions = listAt(status, 'conditions');
  const is = (type: string, value: string): boolean =>
    conditions.some((condition) => condition['type'] === type && condition['status'] === value);
  const isUnschedulable = conditions.some(
    ({ type, status: value, reason }) =>
      type === 'PodScheduled' && value === 'False' && reason === 'Unschedulable',
  );
  const container = listAt(status, 'containerStatuses').find(({ name }) => name === 'etcd');
  return {
    phase: PHASES.find((phase) => phase === status['phase']) ?? 'Unknown',
    ready: is('Ready', 'True'),
    ...(isUnschedulable ? { unschedulable: true } : {}),
    ...(container === undefined ? {} : { container: decodeContainer(container) }),
  };
}

function decodeContainer(container: Json): ContainerStatus {
  const waitingReason = textAt(recordAt(container, 'state', 'waiting'), 'reason');
  const lastTerminationReason =
    textAt(recordAt(container, 'state', 'terminated'), 'reason') ??
    textAt(recordAt(container, 'lastState', 'terminated'), 'reason');
  const restartCount = container['restartCount'];
  return {
    restartCount: typeof restartCount === 'number' ? restartCount : 0,
    ready: container['ready'] === true,
    ...(waitingReason === undefined ? {} : { waitingReason }),
    ...(lastTerminationReason === undefined ? {} : { lastTerminationReason }),
  };
}

/** Items of a list come without apiVersion and kind. */
function whole<T>(raw: unknown, apiVersion: string, kind: string): T {
  if (!isJson(raw)) throw new KubeError(`a ${kind} that is no object`);
  const spec = recordAt(raw, 'spec');
  const object = { ...raw, apiVersion, kind, metadata: decodeMeta(raw), spec };
  // See the head of this file: the schema of the API server stands for the fields inside.
  return object as unknown as T;
}
