// Owns the defaults of EtcdCluster. The same values stand in the CustomResourceDefinition, where users see them; here they
// are applied again, for objects that were stored before a default existed.
import type { EtcdClusterSpec, ResolvedSpec } from './etcd-cluster.ts';
import { parseDuration } from './time.ts';

export const DEFAULTS = {
  replicas: 3,
  version: '3.7.1',
  repository: 'ghcr.io/etcd-ts/etcd-ts',
  pullPolicy: 'IfNotPresent',
  storageSize: '8Gi',
  medium: 'Disk',
  whenScaled: 'Delete',
  whenDeleted: 'Retain',
  serviceType: 'ClusterIP',
  podDisruptionBudget: 'Enabled',
  singleMember: 'Evictable',
  unhealthyAfter: '5m',
  replacementsPerHour: 3,
} as const;

export function resolveSpec(spec: EtcdClusterSpec): ResolvedSpec {
  const { storage = {}, image = {}, service = {}, disruption = {}, replacement = {} } = spec;
  const unhealthyAfterMs = parseDuration(replacement.unhealthyAfter ?? DEFAULTS.unhealthyAfter);
  return {
    replicas: spec.replicas ?? DEFAULTS.replicas,
    version: spec.version ?? DEFAULTS.version,
    image: {
      repository: image.repository ?? DEFAULTS.repository,
      ...(image.tag === undefined ? {} : { tag: image.tag }),
      pullPolicy: image.pullPolicy ?? DEFAULTS.pullPolicy,
      pullSecrets: image.pullSecrets ?? [],
    },
    storage: {
      size: storage.size ?? DEFAULTS.storageSize,
      ...(storage.storageClassName === undefined
        ? {}
        : { storageClassName: storage.storageClassName }),
      medium: storage.medium ?? DEFAULTS.medium,
      whenScaled: storage.retention?.whenScaled ?? DEFAULTS.whenScaled,
      whenDeleted: storage.retention?.whenDeleted ?? DEFAULTS.whenDeleted,
    },
    options: spec.options ?? {},
    ...(spec.resources === undefined ? {} : { resources: spec.resources }),
    pod: spec.pod ?? {},
    service: {
      type: service.type ?? DEFAULTS.serviceType,
      annotations: service.annotations ?? {},
    },
    budgetEnabled: (disruption.podDisruptionBudget ?? DEFAULTS.podDisruptionBudget) === 'Enabled',
    singleMemberEvictable: (disruption.singleMember ?? DEFAULTS.singleMember) === 'Evictable',
    // Validation refuses what does not parse; until it has, the longest wait is the safe one.
    unhealthyAfterMs: unhealthyAfterMs ?? Number.MAX_SAFE_INTEGER,
    replacementsPerHour: replacement.maxPerHour ?? DEFAULTS.replacementsPerHour,
    paused: spec.paused ?? false,
  };
}
