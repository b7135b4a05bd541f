// Owns the rules of EtcdCluster that go beyond the types of its fields. Each is written twice side by side: as a CEL
// expression, which the API server evaluates, and as a function, which the operator evaluates for servers that do not.
// test/operator/api/rules.test.ts holds the functions to examples; the expressions are run by a real API server in
// test/kubernetes.
import type { EtcdCluster, EtcdClusterSpec, EtcdOptions } from './etcd-cluster.ts';
import {
  CLUSTER_NAME_LENGTH_MAX,
  ELECTION_TIMEOUT_MS_MAX,
  HEARTBEATS_PER_ELECTION_MIN,
  UNHEALTHY_AFTER_MS_MIN,
  VERSION_MIN,
} from './limits.ts';
import { parseQuantity } from './quantity.ts';
import { parseDuration } from './time.ts';
import { compareVersions, versionStep } from './versions.ts';

export interface Rule {
  /** What the expression calls self: the whole object, or its spec. */
  readonly scope: 'object' | 'spec';
  readonly path: string;
  readonly cel: string;
  readonly message: string;
  /** `old` is the object before an update: a rule on a change holds where there is none. */
  readonly holds: (cluster: EtcdCluster, old?: EtcdCluster) => boolean;
}

/** Flags the operator sets itself, and ones that would undo what it guarantees. */
export const DENIED_FLAGS: readonly string[] = [
  'name',
  'data-dir',
  'wal-dir',
  'config-file',
  'force-new-cluster',
  'unsafe-no-fsync',
  'strict-reconfig-check',
  'listen-client-urls',
  'listen-client-http-urls',
  'listen-peer-urls',
  'listen-metrics-urls',
  'advertise-client-urls',
  'initial-advertise-peer-urls',
  'initial-cluster',
  'initial-cluster-state',
  'initial-cluster-token',
];

/** Certificates, wherever they are for, and other ways to find a cluster than the operator's: discovery, the proxy of 3.5. */
const DENIED_PATTERN = '-(file|auto-tls|client-cert-auth|cert-auth)(=|$)|^--(discovery|proxy)';

/** Flags that are fields of options, with rules of their own that an argument would get around. */
const OPTION_FLAGS: Readonly<Record<string, keyof EtcdOptions>> = {
  'quota-backend-bytes': 'quotaBackendBytes',
  'auto-compaction-mode': 'autoCompactionMode',
  'auto-compaction-retention': 'autoCompactionRetention',
  'snapshot-count': 'snapshotCount',
  'heartbeat-interval': 'heartbeatInterval',
  'election-timeout': 'electionTimeout',
  'max-request-bytes': 'maxRequestBytes',
  'log-level': 'logLevel',
};
const OPTION_PATTERN = `^--(${Object.keys(OPTION_FLAGS).join('|')})(=|$)`;
const optionText = Object.entries(OPTION_FLAGS)
  .map(([flag, option]) => `${option} (--${flag})`)
  .join(', ');

const deniedCel = `[${DENIED_FLAGS.map((flag) => `'--${flag}'`).join(', ')}]`;

const minor = (path: string): string => `int(${path}.split('.')[1])`;

/** A rule that a field is absent, because what it asks for is not built yet. Refusing beats ignoring. */
function notYet(
  path: string,
  cel: string,
  isAsked: (spec: EtcdClusterSpec) => boolean,
  instead: string,
): Rule {
  return {
    scope: 'spec',
    path: `spec.${path}`,
    cel: `!(${cel})`,
    message: `${path} is not supported yet: ${instead}`,
    holds: ({ spec }) => !isAsked(spec),
  };
}

/** Durations can be added in CEL, not multiplied. */
function electionCel(): string {
  const orDefault = (field: string, value: string): string =>
    `duration(has(self.options.${field}) ? self.options.${field} : '${value}')`;
  const election = orDefault('electionTimeout', '1s');
  const heartbeats = Array.from({ length: HEARTBEATS_PER_ELECTION_MIN }, () =>
    orDefault('heartbeatInterval', '100ms'),
  ).join(' + ');
  const limit = `duration('${ELECTION_TIMEOUT_MS_MAX / 1000}s')`;
  return `!has(self.options) || (${election} >= ${heartbeats} && ${election} <= ${limit})`;
}

const SHAPE_RULES: readonly Rule[] = [
  {
    scope: 'object',
    path: 'metadata.name',
    cel: `self.metadata.name.size() <= ${CLUSTER_NAME_LENGTH_MAX} && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')`,
    message: `the name has at most ${CLUSTER_NAME_LENGTH_MAX} characters and starts with a letter: names of Services are made from it`,
    holds: ({ metadata: { name } }) =>
      name.length <= CLUSTER_NAME_LENGTH_MAX && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name),
  },
  {
    scope: 'spec',
    path: 'spec.version',
    cel: `int(self.version.split('.')[0]) > 3 || (int(self.version.split('.')[0]) == 3 && (${minor('self.version')} > 5 || (${minor('self.version')} == 5 && int(self.version.split('-')[0].split('.')[2]) >= 11)))`,
    message: `version is at least ${VERSION_MIN}, the first with the health endpoints that probes ask`,
    holds: ({ spec: { version } }) =>
      version === undefined || compareVersions(version, VERSION_MIN) >= 0,
  },
  {
    scope: 'spec',
    path: 'spec.storage.medium',
    cel: "!(self.replicas == 0 && self.storage.medium == 'Memory')",
    message: 'replicas 0 keeps the volumes, and medium Memory has none to keep',
    holds: ({ spec: { replicas, storage } }) => !(replicas === 0 && storage?.medium === 'Memory'),
  },
  {
    scope: 'spec',
    path: 'spec.options.quotaBackendBytes',
    cel: "!has(self.options) || !has(self.options.quotaBackendBytes) || quantity(self.options.quotaBackendBytes).compareTo(quantity(self.storage.size)) <= 0 || self.storage.medium == 'Memory'",
    message: 'quotaBackendBytes is at most storage.size: the database has to fit its volume',
    holds: ({ spec: { options, storage } }) => {
      const quota = parseQuantity(options?.quotaBackendBytes ?? '0');
      const size = parseQuantity(storage?.size ?? '8Gi');
      return storage?.medium === 'Memory' || quota === undefined || size === undefined
        ? true
        : quota <= size;
    },
  },
  {
    scope: 'spec',
    path: 'spec.options.autoCompactionRetention',
    cel: '!has(self.options) || has(self.options.autoCompactionMode) == has(self.options.autoCompactionRetention)',
    message: 'autoCompactionMode and autoCompactionRetention are set together',
    holds: ({ spec: { options } }) =>
      (options?.autoCompactionMode === undefined) ===
      (options?.autoCompactionRetention === undefined),
  },
  {
    scope: 'spec',
    path: 'spec.options.electionTimeout',
    cel: electionCel(),
    message: `electionTimeout is at least ${HEARTBEATS_PER_ELECTION_MIN} heartbeatIntervals and at most 50s`,
    holds: ({ spec: { options } }) => {
      const heartbeatMs = parseDuration(options?.heartbeatInterval ?? '100ms') ?? 0;
      const electionMs = parseDuration(options?.electionTimeout ?? '1s') ?? 0;
      return (
        electionMs >= HEARTBEATS_PER_ELECTION_MIN * heartbeatMs &&
        electionMs <= ELECTION_TIMEOUT_MS_MAX
      );
    },
  },
  {
    scope: 'spec',
    path: 'spec.options.extraArgs',
    cel: `!has(self.options) || !has(self.options.extraArgs) || self.options.extraArgs.all(arg, arg.matches('^--[a-z][a-z0-9-]*(=.*)?$') && !(arg.split('=')[0] in ${deniedCel}) && !arg.matches('${DENIED_PATTERN}'))`,
    message:
      'extraArgs are flags in the form --name=value, and none that the operator sets or whose effect it must be sure of (names, URLs, initial cluster, discovery, proxy, data directory, certificates, force-new-cluster, unsafe-no-fsync, strict-reconfig-check)',
    holds: ({ spec: { options } }) => (options?.extraArgs ?? []).every(isAllowedArg),
  },
  {
    scope: 'spec',
    path: 'spec.options.extraArgs',
    cel: `!has(self.options) || !has(self.options.extraArgs) || self.options.extraArgs.all(arg, !arg.matches('${OPTION_PATTERN}'))`,
    message: `extraArgs do not repeat what has a field of its own in options: use ${optionText}`,
    holds: ({ spec: { options } }) =>
      !(options?.extraArgs ?? []).some((arg) => new RegExp(OPTION_PATTERN).test(arg)),
  },
  {
    scope: 'spec',
    path: 'spec.replacement.unhealthyAfter',
    cel: "!has(self.replacement) || !has(self.replacement.unhealthyAfter) || duration(self.replacement.unhealthyAfter) >= duration('1m')",
    message: 'unhealthyAfter is at least 1m: a Pod that only moves to another node needs as long',
    holds: ({ spec: { replacement } }) =>
      replacement?.unhealthyAfter === undefined ||
      (parseDuration(replacement.unhealthyAfter) ?? 0) >= UNHEALTHY_AFTER_MS_MIN,
  },
];

const NOT_YET_RULES: readonly Rule[] = [
  notYet(
    'tls',
    'has(self.tls) && (has(self.tls.client) || has(self.tls.peer))',
    ({ tls }) => tls?.client !== undefined || tls?.peer !== undefined,
    'members talk in plain text; keep their network closed',
  ),
  notYet(
    'auth.enabled',
    'has(self.auth) && has(self.auth.enabled) && self.auth.enabled',
    ({ auth }) => auth?.enabled === true,
    'leave it out',
  ),
  notYet(
    'bootstrap.restore',
    'has(self.bootstrap) && has(self.bootstrap.restore)',
    ({ bootstrap }) => bootstrap?.restore !== undefined,
    'restore with etcdutl into a volume first',
  ),
  notYet(
    'maintenance',
    'has(self.maintenance) && (has(self.maintenance.defrag) || (has(self.maintenance.noSpaceRemedy) && self.maintenance.noSpaceRemedy))',
    ({ maintenance }) => maintenance?.defrag !== undefined || maintenance?.noSpaceRemedy === true,
    'compact and defragment with etcdctl',
  ),
  notYet(
    'monitoring.podMonitor',
    'has(self.monitoring) && has(self.monitoring.podMonitor) && self.monitoring.podMonitor',
    ({ monitoring }) => monitoring?.podMonitor === true,
    'scrape the port named metrics of Pods with the label etcd-ts.io/cluster',
  ),
];

const CHANGE_RULES: readonly Rule[] = [
  {
    scope: 'spec',
    path: 'spec.storage.medium',
    cel: 'self.storage.medium == oldSelf.storage.medium',
    message: 'storage.medium cannot be changed: make a new cluster and restore into it',
    holds: ({ spec }, old) =>
      old === undefined ||
      (spec.storage?.medium ?? 'Disk') === (old.spec.storage?.medium ?? 'Disk'),
  },
  {
    scope: 'spec',
    path: 'spec.storage.storageClassName',
    cel: 'has(self.storage.storageClassName) == has(oldSelf.storage.storageClassName) && (!has(self.storage.storageClassName) || self.storage.storageClassName == oldSelf.storage.storageClassName)',
    message: 'storage.storageClassName cannot be changed: volumes keep their class',
    holds: ({ spec }, old) =>
      old === undefined || spec.storage?.storageClassName === old.spec.storage?.storageClassName,
  },
  {
    scope: 'spec',
    path: 'spec.storage.size',
    cel: 'quantity(self.storage.size).compareTo(quantity(oldSelf.storage.size)) >= 0',
    message: 'storage.size cannot shrink: Kubernetes only grows volumes',
    holds: ({ spec }, old) =>
      old === undefined ||
      (parseQuantity(spec.storage?.size ?? '8Gi') ?? 0) >=
        (parseQuantity(old.spec.storage?.size ?? '8Gi') ?? 0),
  },
  {
    // Compared with what runs, not with the old specification: a wrong version can be taken back before it has rolled out.
    scope: 'object',
    path: 'spec.version',
    cel: `self.spec.version == oldSelf.spec.version || !has(self.status) || !has(self.status.version) || (int(self.spec.version.split('.')[0]) == int(self.status.version.split('.')[0]) && ${minor('self.spec.version')} - ${minor('self.status.version')} in [0, 1])`,
    message: 'version changes by at most one minor up and none down from the version that runs',
    holds: ({ spec, status }, old) => {
      if (old === undefined || spec.version === old.spec.version) return true;
      if (status?.version === undefined || spec.version === undefined) return true;
      const step = versionStep(status.version, spec.version);
      return step === 'same' || step === 'allowed';
    },
  },
];

export const RULES: readonly Rule[] = [...SHAPE_RULES, ...NOT_YET_RULES, ...CHANGE_RULES];

function isAllowedArg(arg: string): boolean {
  if (!/^--[a-z][a-z0-9-]*(=.*)?$/.test(arg)) return false;
  if (new RegExp(DENIED_PATTERN).test(arg)) return false;
  return !DENIED_FLAGS.includes(arg.slice(2).split('=')[0] ?? '');
}
