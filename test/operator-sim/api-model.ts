// Owns the model of the API server: objects with UIDs and resource versions, finalizers, refusals of stale writes.
import type { EtcdCluster, EtcdClusterSpec } from '../../operator/api/etcd-cluster.ts';
import type { EtcdMember } from '../../operator/api/etcd-member.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Service,
} from '../../operator/api/kube-objects.ts';
import type { ObjectMeta } from '../../operator/api/meta.ts';
import { formatTime } from '../../operator/api/time.ts';

interface ApiObject {
  readonly metadata: ObjectMeta;
}

/** A copy of what is stored, which informers may show later. */
export interface ApiSnapshot {
  readonly cluster: EtcdCluster | undefined;
  readonly members: readonly EtcdMember[];
  readonly pods: readonly Pod[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly services: readonly Service[];
  readonly budget: PodDisruptionBudget | undefined;
}

export class ApiModel {
  cluster: EtcdCluster | undefined;
  readonly members: Map<string, EtcdMember>;
  readonly pods: Map<string, Pod>;
  readonly claims: Map<string, PersistentVolumeClaim>;
  readonly services: Map<string, Service>;
  budget: PodDisruptionBudget | undefined;
  /** Writes since the start: what a quiet cluster does not add to. */
  writes: number;
  #counter: number;

  constructor(spec: EtcdClusterSpec) {
    this.#counter = 0;
    this.writes = 0;
    this.members = new Map();
    this.pods = new Map();
    this.claims = new Map();
    this.services = new Map();
    this.budget = undefined;
    this.cluster = this.#stamp<EtcdCluster>(
      {
        apiVersion: 'etcd-ts.io/v1alpha1',
        kind: 'EtcdCluster',
        metadata: { name: 'main', namespace: 'db', generation: 1 },
        spec,
      },
      0,
    );
  }

  snapshot(): ApiSnapshot {
    return {
      cluster: this.cluster,
      members: [...this.members.values()],
      pods: [...this.pods.values()],
      claims: [...this.claims.values()],
      services: [...this.services.values()],
      budget: this.budget,
    };
  }

  /** False when the name is taken. */
  create<T extends ApiObject>(map: Map<string, T>, object: T, nowMs: number): boolean {
    if (map.has(object.metadata.name)) return false;
    map.set(object.metadata.name, this.#stamp(object, nowMs));
    return true;
  }

  /** Writes an object over the one there is. */
  update<T extends ApiObject>(map: Map<string, T>, object: T): void {
    map.set(object.metadata.name, this.touch(object));
  }

  touch<T extends ApiObject>(object: T): T {
    this.writes += 1;
    const resourceVersion = String(++this.#counter);
    return { ...object, metadata: { ...object.metadata, resourceVersion } };
  }

  editSpec(change: (spec: EtcdClusterSpec) => EtcdClusterSpec): void {
    if (this.cluster === undefined) return;
    const { metadata, spec } = this.cluster;
    const generation = (metadata.generation ?? 0) + 1;
    this.cluster = this.touch({
      ...this.cluster,
      metadata: { ...metadata, generation },
      spec: change(spec),
    });
  }

  #stamp<T extends ApiObject>(object: T, nowMs: number): T {
    this.writes += 1;
    const uid = `uid-${++this.#counter}`;
    const stamps = { uid, resourceVersion: uid, creationTimestamp: formatTime(nowMs) };
    return { ...object, metadata: { ...object.metadata, ...stamps } };
  }
}
