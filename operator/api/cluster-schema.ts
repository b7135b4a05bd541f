// Owns the structural schema of EtcdCluster: what `kubectl explain etcdcluster` prints and the API server enforces.

import { CONDITION_SCHEMA } from './condition-schema.ts';
import { DEFAULTS } from './defaults.ts';
import { MEMBER_PHASES } from './etcd-member.ts';
import { EXTRA_ARG_LENGTH_MAX, EXTRA_ARGS_MAX, LIST_ITEMS_MAX, REPLICAS_MAX } from './limits.ts';
import { QUANTITY_PATTERN } from './quantity.ts';
import { RULES } from './rules.ts';
import {
  type CelRule,
  flag,
  keyedList,
  list,
  passedOn,
  record,
  type Schema,
  stringMap,
  text,
  whole,
} from './schema.ts';
import { VERSION_PATTERN } from './versions.ts';

const DURATION_PATTERN = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$';

const IMAGE = record('The image members run. Any image whose PATH has an etcd.', {
  repository: text('Repository without a tag, like quay.io/coreos/etcd.', {
    default: DEFAULTS.repository,
  }),
  tag: text('Tag; "v" and spec.version when left out.', { maxLength: 128 }),
  pullPolicy: text('When the image is pulled.', {
    enum: ['Always', 'IfNotPresent', 'Never'],
    default: DEFAULTS.pullPolicy,
  }),
  pullSecrets: keyedList(
    'Secrets to pull the image with.',
    record('A Secret in the same namespace.', { name: text('Its name.') }, { required: ['name'] }),
    { key: 'name', maxItems: LIST_ITEMS_MAX },
  ),
});

const STORAGE = record(
  'Where members keep their data.',
  {
    size: text(
      'Size of each volume. It can grow, not shrink. With medium Memory, the limit of it.',
      {
        pattern: QUANTITY_PATTERN,
        maxLength: 32,
        default: DEFAULTS.storageSize,
      },
    ),
    storageClassName: text(
      "Storage class; the cluster's default when left out. Cannot be changed.",
    ),
    medium: text(
      'Disk: a PersistentVolumeClaim for each member. Memory: a volume that is lost with its Pod, so that a member whose Pod goes is replaced. Cannot be changed.',
      { enum: ['Disk', 'Memory'], default: DEFAULTS.medium },
    ),
    retention: record(
      'What becomes of volumes that are no longer used.',
      {
        whenScaled: text('Volumes of members that were removed.', {
          enum: ['Retain', 'Delete'],
          default: DEFAULTS.whenScaled,
        }),
        whenDeleted: text('Volumes of all members when the EtcdCluster is deleted.', {
          enum: ['Retain', 'Delete'],
          default: DEFAULTS.whenDeleted,
        }),
      },
      { default: {} },
    ),
  },
  { default: {} },
);

const OPTIONS = record("etcd's settings. A change rolls through the members, the leader last.", {
  quotaBackendBytes: text('Limit of the database, like 2Gi; NOSPACE is raised over it.', {
    pattern: QUANTITY_PATTERN,
    maxLength: 32,
  }),
  autoCompactionMode: text('What autoCompactionRetention counts.', {
    enum: ['periodic', 'revision'],
  }),
  autoCompactionRetention: text('How much history is kept: a duration, or a number of revisions.', {
    pattern: '^[0-9]+(m|h|s)?$',
    maxLength: 16,
  }),
  snapshotCount: whole('Entries applied between two snapshots of the log.', {
    minimum: 1,
    maximum: 10_000_000,
  }),
  heartbeatInterval: text('Time between heartbeats of the leader; 100ms when left out.', {
    pattern: DURATION_PATTERN,
    maxLength: 16,
  }),
  electionTimeout: text('Silence of the leader after which another is elected; 1s when left out.', {
    pattern: DURATION_PATTERN,
    maxLength: 16,
  }),
  maxRequestBytes: whole('Longest request a client may send.', {
    minimum: 1024,
    maximum: 134_217_728,
  }),
  logLevel: text('How much members log.', { enum: ['debug', 'info', 'warn', 'error'] }),
  extraArgs: list(
    'Further flags, as --name=value. Flags the operator sets, or that are fields here, are refused.',
    text('One flag.', { maxLength: EXTRA_ARG_LENGTH_MAX }),
    EXTRA_ARGS_MAX,
  ),
});

const POD = record('What the Pods of members get on top of what the operator sets.', {
  labels: stringMap('Labels; those of the operator win.'),
  annotations: stringMap('Annotations; those of the operator win.'),
  affinity: passedOn(
    'Replaces the default, which prefers nodes without another member of the cluster.',
  ),
  tolerations: list('Tolerations.', passedOn('A toleration.'), LIST_ITEMS_MAX),
  nodeSelector: stringMap('Labels a node must have.'),
  topologySpreadConstraints: list(
    'Replaces the default, which spreads members over zones where it can.',
    passedOn('A topology spread constraint. A missing labelSelector means the members.'),
    LIST_ITEMS_MAX,
  ),
  priorityClassName: text('Priority class.'),
  securityContext: passedOn(
    'Pod security context; fields given here replace those of the operator.',
  ),
});

const TLS_SURFACE = record('Where the certificates of this surface come from; one of the three.', {
  auto: flag('The operator makes a certificate authority and certificates.'),
  secretRef: record('A Secret with tls.crt, tls.key and ca.crt.', { name: text('Its name.') }),
  certManager: record('Certificates of cert-manager.', {
    issuerRef: passedOn('Issuer or ClusterIssuer.'),
  }),
});

const SPEC_FIELDS: Readonly<Record<string, Schema>> = {
  replicas: whole(
    'Voting members. Odd numbers survive most; 0 stops all members and keeps their volumes.',
    { minimum: 0, maximum: REPLICAS_MAX, default: DEFAULTS.replicas },
  ),
  version: text('Version of etcd, at most one minor above what runs.', {
    pattern: VERSION_PATTERN,
    maxLength: 64,
    default: DEFAULTS.version,
  }),
  image: IMAGE,
  storage: STORAGE,
  options: OPTIONS,
  resources: passedOn('Resources of the etcd container.'),
  pod: POD,
  tls: record('Encryption. Not supported yet.', { client: TLS_SURFACE, peer: TLS_SURFACE }),
  auth: record("etcd's users and roles. Not supported yet.", {
    enabled: flag('Enable authentication.'),
    rootSecretRef: record('Secret with the password of root.', { name: text('Its name.') }),
  }),
  service: record('The Service for clients. status.endpoints has one URL for each member.', {
    type: text('Type of the Service.', {
      enum: ['ClusterIP', 'NodePort', 'LoadBalancer'],
      default: DEFAULTS.serviceType,
    }),
    annotations: stringMap('Annotations of the Service.'),
  }),
  disruption: record('Protection from drains.', {
    podDisruptionBudget: text('Whether a PodDisruptionBudget over the voters is kept.', {
      enum: ['Enabled', 'Disabled'],
      default: DEFAULTS.podDisruptionBudget,
    }),
    singleMember: text(
      'With one replica: Evictable lets drains move it, with a gap in service; Protected blocks drains.',
      { enum: ['Evictable', 'Protected'], default: DEFAULTS.singleMember },
    ),
  }),
  replacement: record('When a member is given up and another takes its place.', {
    unhealthyAfter: text('How long a member has to be unhealthy.', {
      pattern: DURATION_PATTERN,
      maxLength: 16,
      default: DEFAULTS.unhealthyAfter,
    }),
    maxPerHour: whole('How many members may be replaced in an hour; 0 turns replacement off.', {
      minimum: 0,
      maximum: 60,
      default: DEFAULTS.replacementsPerHour,
    }),
  }),
  maintenance: record('Care of the database. Not supported yet.', {
    defrag: passedOn('When members are defragmented.'),
    noSpaceRemedy: flag('Compact, defragment and disarm on NOSPACE.'),
  }),
  bootstrap: record('How the first member starts. Only read when the cluster is made.', {
    restore: passedOn('Snapshot to start from. Not supported yet.'),
  }),
  monitoring: record('Scraping of metrics.', {
    podMonitor: flag('Make a PodMonitor. Not supported yet.'),
  }),
  paused: flag('While set, the operator only looks and reports.', { default: false }),
};

const MEMBER_ENTRY = record(
  'One member.',
  {
    name: text('Name of its EtcdMember and its Pod.'),
    id: text('Member ID, hexadecimal.'),
    role: text('Role in the member list.', { enum: ['Leader', 'Voter', 'Learner', 'None'] }),
    phase: text('Phase of its EtcdMember.', { enum: [...MEMBER_PHASES] }),
    healthy: flag('It answers, has a leader and is of this cluster.'),
    version: text('Version it runs.'),
    dbSizeBytes: { ...whole('Size of its database, followed in steps.'), format: 'int64' },
    raftIndexLag: {
      ...whole('Entries it is behind the leader, followed in steps.'),
      format: 'int64',
    },
    alarms: list('Its alarms.', text('NOSPACE or CORRUPT.', { maxLength: 16 }), 4),
  },
  { required: ['name', 'role', 'phase', 'healthy'] },
);

const STATUS_SCHEMA: Schema = record('What the operator last saw.', {
  observedGeneration: {
    ...whole('The generation of spec that this status is about.'),
    format: 'int64',
  },
  replicas: whole('Members in the member list, learners included.'),
  readyReplicas: whole('Healthy voters.'),
  selector: text('Selector of the Pods, for the scale subresource.', { maxLength: 1024 }),
  clusterID: text('Cluster ID, hexadecimal. Never changes once it is set.', { maxLength: 16 }),
  leader: text('Name of the leading member.'),
  version: text('Lowest version a member runs.', { maxLength: 64 }),
  targetVersion: text('Version being rolled out.', { maxLength: 64 }),
  endpoints: list('Client URLs, one for each voter.', text('A URL.', { maxLength: 512 }), 32),
  members: keyedList('All members.', MEMBER_ENTRY, { key: 'name', maxItems: 64 }),
  conditions: keyedList('Ready, Available, Progressing, Degraded, Protected.', CONDITION_SCHEMA, {
    key: 'type',
    maxItems: 16,
  }),
  recentReplacements: list(
    'When members were replaced, for maxPerHour.',
    text('A time.', { maxLength: 32 }),
    64,
  ),
  joinFailures: whole('Learners in a row that did not become voters.'),
  lastJoinFailure: text('When the last of them was given up.', { maxLength: 32 }),
  seedsLost: whole('First members lost before the cluster ID was known.'),
  growthSize: text('The size that volumes were last asked to grow to, while one is smaller.', {
    maxLength: 32,
  }),
  lastGrowth: text('When they were asked.', { maxLength: 32 }),
});

export const SPEC_SCHEMA: Schema = record('The cluster you want.', SPEC_FIELDS, {
  'x-kubernetes-validations': celRules('spec'),
});

export const CLUSTER_SCHEMA: Schema = {
  type: 'object',
  description: 'An etcd cluster.',
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string', description: 'etcd-ts.io/v1alpha1.' },
    kind: { type: 'string', description: 'EtcdCluster.' },
    metadata: { type: 'object' },
    spec: SPEC_SCHEMA,
    status: STATUS_SCHEMA,
  },
  'x-kubernetes-validations': celRules('object'),
};

function celRules(scope: 'object' | 'spec'): readonly CelRule[] {
  return RULES.filter((rule) => rule.scope === scope).map(({ cel, message }) => ({
    rule: cel,
    message,
  }));
}
