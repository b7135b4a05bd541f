// Owns the PersistentVolumeClaim of a member. It has no owner reference: deleting an object, the definition or the whole
// chart must not take data along; the planner deletes claims, by the retention rules, one at a time.
import type { PersistentVolumeClaim } from '../api/kube-objects.ts';
import { clusterLabels, LABEL_CLUSTER_UID, LABEL_MEMBER } from '../api/labels.ts';
import { claimName } from '../api/names.ts';
import type { ClusterContext } from './context.ts';

export function buildClaim(context: ClusterContext, member: string): PersistentVolumeClaim {
  const { size, storageClassName } = context.spec.storage;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimName(member),
      namespace: context.namespace,
      labels: {
        ...clusterLabels(context.name, 'member'),
        [LABEL_MEMBER]: member,
        // Tells a volume of this cluster from one of an earlier cluster with the same name.
        [LABEL_CLUSTER_UID]: context.uid,
      },
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  };
}
