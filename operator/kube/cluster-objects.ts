// Owns what the controller asks of Kubernetes: the objects of one cluster as the caches have them, changes to them, its status
// and its events. The shapes are those of the KubePort that operator/controller declares.
import type { EtcdCluster, EtcdClusterStatus } from '../api/etcd-cluster.ts';
import type { EtcdMember } from '../api/etcd-member.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Service,
} from '../api/kube-objects.ts';
import type { ObjectMeta } from '../api/meta.ts';
import { budgetName, clientServiceName, headlessServiceName } from '../api/names.ts';
import { type Change, makeChange } from './changes.ts';
import type { EventNote, EventRecorder } from './event-recorder.ts';
import { KubeError } from './kube-error.ts';
import type { ObjectStore } from './object-store.ts';
import { StrayMembers } from './stray-members.ts';

export interface ClusterObjectsSeen {
  readonly cluster: EtcdCluster;
  readonly members: readonly EtcdMember[];
  readonly pods: readonly Pod[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly headlessService?: Service;
  readonly clientService?: Service;
  readonly budget?: PodDisruptionBudget;
  readonly hasPolicyApi: boolean;
}

export class ClusterObjects {
  readonly #store: ObjectStore;
  readonly #events: EventRecorder;
  readonly #strays: StrayMembers;

  constructor(store: ObjectStore, events: EventRecorder) {
    this.#store = store;
    this.#events = events;
    this.#strays = new StrayMembers(store);
  }

  /** Undefined when there is no such cluster. Members of an earlier one are not seen, and let go. */
  observe({
    namespace,
    name,
  }: {
    readonly namespace: string;
    readonly name: string;
  }): ClusterObjectsSeen | undefined {
    const { caches, hasPolicyApi } = this.#store;
    const cluster = caches.EtcdCluster.get(namespace, name);
    if (cluster === undefined) return undefined;
    const ours = <T extends Owned>(object: T | undefined): T | undefined =>
      object !== undefined && isControlledBy(cluster, object) ? object : undefined;
    const headlessService = ours(caches.Service.get(namespace, headlessServiceName(name)));
    const clientService = ours(caches.Service.get(namespace, clientServiceName(name)));
    const budget = ours(caches.PodDisruptionBudget.get(namespace, budgetName(name)));
    const members = caches.EtcdMember.ofCluster(namespace, name);
    const strays = members.filter((member) => isControlledByAnother(cluster, member));
    this.#strays.release(cluster, strays);
    return {
      cluster,
      members: members.filter((member) => !strays.includes(member)),
      pods: caches.Pod.ofCluster(namespace, name).filter((pod) => isControlledBy(cluster, pod)),
      claims: caches.PersistentVolumeClaim.ofCluster(namespace, name),
      ...(headlessService === undefined ? {} : { headlessService }),
      ...(clientService === undefined ? {} : { clientService }),
      ...(budget === undefined ? {} : { budget }),
      hasPolicyApi,
    };
  }

  async perform(cluster: EtcdCluster, change: Change, signal: AbortSignal): Promise<void> {
    await makeChange(this.#store.writer(signal), cluster, change);
  }

  /** Nothing is written when the object is not what the status was made from any more: the next round does better. */
  async writeStatus(
    cluster: EtcdCluster,
    status: EtcdClusterStatus,
    signal: AbortSignal,
  ): Promise<void> {
    const { metadata } = cluster;
    const now = this.#store.caches.EtcdCluster.get(metadata.namespace ?? '', metadata.name);
    if (now?.metadata.resourceVersion !== metadata.resourceVersion) return;
    try {
      await this.#store.writer(signal).replaceStatus({ ...cluster, status });
    } catch (error) {
      const isOutdated = error instanceof KubeError && (error.isConflict || error.isNotFound);
      if (!isOutdated) throw error;
    }
  }

  recordEvent({ apiVersion, kind, metadata }: EtcdCluster, note: EventNote): void {
    const { name, namespace = 'default', uid = '' } = metadata;
    this.#events.record({ apiVersion, kind, namespace, name, uid }, note);
  }
}

interface Owned {
  readonly metadata: ObjectMeta;
}

/** Not what an earlier cluster of the same name left, which the garbage collector is about to take. */
function isControlledBy(cluster: EtcdCluster, object: Owned): boolean {
  return controllerOf(object) === cluster.metadata.uid;
}

function isControlledByAnother(cluster: EtcdCluster, object: Owned): boolean {
  const uid = controllerOf(object);
  return uid !== undefined && uid !== cluster.metadata.uid;
}

function controllerOf({ metadata }: Owned): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}
