// Owns examples of specifications, good and bad, and of changes to them: for the operator's own validation and for API
// servers, which have to be of one mind.
import type { EtcdCluster, EtcdClusterSpec } from '../../operator/api/etcd-cluster.ts';

/** `running`: the version that status says. */
export function exampleCluster(
  spec: EtcdClusterSpec,
  name = 'example',
  running?: string,
): EtcdCluster {
  return {
    apiVersion: 'etcd-ts.io/v1alpha1',
    kind: 'EtcdCluster',
    metadata: { name, namespace: 'default' },
    spec,
    ...(running === undefined ? {} : { status: { version: running } }),
  };
}

export const GOOD_SPECS: readonly EtcdClusterSpec[] = [
  {},
  { replicas: 0 },
  { version: '3.5.11' },
  { version: '3.8.0-alpha.0' },
  { version: '4.0.0' },
  { storage: { medium: 'Memory', size: '1Gi' }, replicas: 1 },
  { options: { quotaBackendBytes: '8Gi' } },
  { options: { electionTimeout: '500ms' } },
  { options: { extraArgs: ['--logger=zap', '--max-concurrent-streams=64', '--max-txn-ops=256'] } },
  { options: { heartbeatInterval: '500ms', electionTimeout: '2500ms' } },
  { options: { extraArgs: ['--max-learners=2', '--enable-pprof'] } },
  { options: { autoCompactionMode: 'periodic', autoCompactionRetention: '8h' } },
  { replacement: { unhealthyAfter: '1m' } },
  { tls: {}, auth: { enabled: false }, maintenance: { noSpaceRemedy: false } },
];

/** Where the problem is, and the specification. */
export const BAD_SPECS: readonly (readonly [string, EtcdClusterSpec])[] = [
  ['spec.replicas', { replicas: 10 }],
  ['spec.replicas', { replicas: -1 }],
  ['spec.version', { version: 'latest' }],
  ['spec.version', { version: '3.5.10' }],
  ['spec.version', { version: '2.3.8' }],
  ['spec.storage.size', { storage: { size: '8 GB' } }],
  ['spec.storage.medium', { storage: { medium: 'Memory' }, replicas: 0 }],
  ['spec.options.quotaBackendBytes', { options: { quotaBackendBytes: '9Gi' } }],
  ['spec.options.electionTimeout', { options: { electionTimeout: '499ms' } }],
  ['spec.options.electionTimeout', { options: { electionTimeout: '51s' } }],
  ['spec.options.extraArgs', { options: { extraArgs: ['--name=other'] } }],
  ['spec.options.extraArgs', { options: { extraArgs: ['--force-new-cluster'] } }],
  ['spec.options.extraArgs', { options: { extraArgs: ['--peer-trusted-ca-file=/x'] } }],
  ['spec.options.extraArgs', { options: { extraArgs: ['name'] } }],
  ['spec.options.extraArgs', { options: { extraArgs: ['--proxy=on'] } }],
  ['spec.options.extraArgs', { options: { extraArgs: ['--discovery-endpoints=http://x'] } }],
  ['spec.options.extraArgs', { options: { extraArgs: ['--election-timeout=60000'] } }],
  ['spec.options.extraArgs', { options: { extraArgs: ['--quota-backend-bytes'] } }],
  ['spec.options.autoCompactionRetention', { options: { autoCompactionMode: 'periodic' } }],
  ['spec.replacement.unhealthyAfter', { replacement: { unhealthyAfter: '59s' } }],
  ['spec.replacement.unhealthyAfter', { replacement: { unhealthyAfter: 'soon' } }],
  ['spec.tls', { tls: { client: { auto: true } } }],
  ['spec.auth.enabled', { auth: { enabled: true } }],
  ['spec.bootstrap.restore', { bootstrap: { restore: {} } }],
  ['spec.maintenance', { maintenance: { noSpaceRemedy: true } }],
  ['spec.monitoring.podMonitor', { monitoring: { podMonitor: true } }],
];

export const BAD_NAMES: readonly string[] = ['9lives', 'x'.repeat(51), 'a.b'];

export interface ChangeExample {
  readonly from: EtcdClusterSpec;
  readonly to: EtcdClusterSpec;
  /** The version that runs, when `to` is asked for. */
  readonly running?: string;
  /** Where the problem is; empty when there is none. */
  readonly problem: string;
}

export const CHANGES: readonly ChangeExample[] = [
  { from: {}, to: { storage: { medium: 'Memory' } }, problem: 'spec.storage.medium' },
  {
    from: {},
    to: { storage: { storageClassName: 'x' } },
    problem: 'spec.storage.storageClassName',
  },
  {
    from: { storage: { size: '10Gi' } },
    to: { storage: { size: '9Gi' } },
    problem: 'spec.storage.size',
  },
  { from: { storage: { size: '1Gi' } }, to: { storage: { size: '1024Mi' } }, problem: '' },
  { from: { version: '3.5.11' }, to: { version: '3.6.0' }, running: '3.5.11', problem: '' },
  {
    from: { version: '3.6.0' },
    to: { version: '3.7.0' },
    running: '3.5.11',
    problem: 'spec.version',
  },
  {
    from: { version: '3.6.0' },
    to: { version: '3.5.12' },
    running: '3.6.0',
    problem: 'spec.version',
  },
  // Taken back before any member runs it.
  { from: { version: '3.6.0' }, to: { version: '3.5.12' }, running: '3.5.11', problem: '' },
];
