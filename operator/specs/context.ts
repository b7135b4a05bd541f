// Owns what every builder needs to know about the cluster, and the owner reference of what is made for it.
import { API_VERSION, type EtcdCluster, type ResolvedSpec } from '../api/etcd-cluster.ts';
import type { OwnerReference } from '../api/meta.ts';

export interface ClusterContext {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly spec: ResolvedSpec;
  /** The version members are started with: spec.version once it was found to be an allowed step. */
  readonly targetVersion: string;
}

export function clusterContext(
  cluster: EtcdCluster,
  spec: ResolvedSpec,
  targetVersion: string,
): ClusterContext {
  const { name, namespace = 'default', uid = '' } = cluster.metadata;
  return { name, namespace, uid, spec, targetVersion };
}

/** Everything but volumes goes when the cluster object goes. */
export function ownerOf({ name, uid }: ClusterContext): readonly OwnerReference[] {
  return [
    {
      apiVersion: API_VERSION,
      kind: 'EtcdCluster',
      name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ];
}

export function imageOf({ spec: { image }, targetVersion }: ClusterContext): string {
  return `${image.repository}:${image.tag ?? `v${targetVersion}`}`;
}
