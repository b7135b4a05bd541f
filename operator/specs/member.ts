// Owns the EtcdMember object of a member. Its finalizer keeps the record until the member has left the cluster.
import { API_VERSION } from '../api/etcd-cluster.ts';
import type { EtcdMember, EtcdMemberSpec } from '../api/etcd-member.ts';
import { clusterLabels } from '../api/labels.ts';
import { MEMBER_FINALIZER } from '../api/names.ts';
import { type ClusterContext, ownerOf } from './context.ts';

export function buildMember(
  context: ClusterContext,
  name: string,
  spec: Omit<EtcdMemberSpec, 'clusterName'>,
): EtcdMember {
  return {
    apiVersion: API_VERSION,
    kind: 'EtcdMember',
    metadata: {
      name,
      namespace: context.namespace,
      labels: clusterLabels(context.name, 'member'),
      finalizers: [MEMBER_FINALIZER],
      ownerReferences: ownerOf(context),
    },
    spec: { clusterName: context.name, ...spec },
  };
}
