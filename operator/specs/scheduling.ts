// Owns where members would rather run: not on a node that has another one, and spread over zones. Preferences, so that a
// cluster on one machine starts too; a user's own terms replace them.
import type { PassedOn } from '../api/kube-objects.ts';
import { podSelector } from '../api/labels.ts';
import type { ClusterContext } from './context.ts';

export function affinityOf({ name, spec: { pod } }: ClusterContext): PassedOn {
  if (pod.affinity !== undefined) return pod.affinity;
  const term = {
    labelSelector: { matchLabels: podSelector(name) },
    topologyKey: 'kubernetes.io/hostname',
  };
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
    },
  };
}

export function spreadOf({ name, spec: { pod } }: ClusterContext): readonly PassedOn[] {
  const labelSelector = { matchLabels: podSelector(name) };
  const zones: PassedOn = {
    maxSkew: 1,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'ScheduleAnyway',
  };
  return (pod.topologySpreadConstraints ?? [zones]).map((constraint) => ({
    labelSelector,
    ...constraint,
  }));
}
