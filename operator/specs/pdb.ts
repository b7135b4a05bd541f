// Owns the PodDisruptionBudget over the voters: a drain may take one only while a quorum stays. The floor counts the voters
// there are or are asked for, whichever is more, so that it does not fall while Pods vanish or members are being added.
import type { EvictionPolicy, PodDisruptionBudget } from '../api/kube-objects.ts';
import { clusterLabels, voterSelector } from '../api/labels.ts';
import { budgetName } from '../api/names.ts';
import { withAppliedHash } from './applied-hash.ts';
import { type ClusterContext, ownerOf } from './context.ts';

/** `voterCount` is that of the live member list. */
export function buildBudget(context: ClusterContext, voterCount: number): PodDisruptionBudget {
  const { replicas, singleMemberEvictable } = context.spec;
  const members = Math.max(voterCount, replicas);
  const quorum = Math.floor(members / 2) + 1;
  return withAppliedHash({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      name: budgetName(context.name),
      namespace: context.namespace,
      labels: clusterLabels(context.name, 'budget'),
      ownerReferences: ownerOf(context),
    },
    spec: {
      // One member is a quorum of its own, which no drain could ever leave: whether it may, the user says.
      minAvailable: members <= 1 && singleMemberEvictable ? 0 : quorum,
      selector: { matchLabels: voterSelector(context.name) },
      unhealthyPodEvictionPolicy: evictionPolicy(context),
    },
  });
}

/**
 * On disks a broken Pod protects nothing and would block its node for ever. In memory it is the data: members that are not
 * ready for want of a quorum must not go one after the other.
 */
function evictionPolicy({ spec: { storage } }: ClusterContext): EvictionPolicy {
  return storage.medium === 'Memory' ? 'IfHealthyBudget' : 'AlwaysAllow';
}
