// Goal: the operator refuses what the API server would refuse. Method: one example that breaks each rule, and ones that
// come close without breaking it. A failure means that a cluster nobody can run is accepted, or a good one refused.
import { describe, expect, it } from 'vitest';
import { SPEC_SCHEMA } from '../../../operator/api/cluster-schema.ts';
import type { EtcdCluster, EtcdClusterSpec } from '../../../operator/api/etcd-cluster.ts';
import { RULES } from '../../../operator/api/rules.ts';
import { problemsText, validateCluster } from '../../../operator/api/validation.ts';

function cluster(spec: EtcdClusterSpec, name = 'main', running?: string): EtcdCluster {
  return {
    apiVersion: 'etcd-ts.io/v1alpha1',
    kind: 'EtcdCluster',
    metadata: { name, namespace: 'default' },
    spec,
    ...(running === undefined ? {} : { status: { version: running } }),
  };
}

const GOOD: readonly EtcdClusterSpec[] = [
  {},
  { replicas: 0 },
  { version: '3.5.11' },
  { version: '3.8.0-alpha.0' },
  { version: '4.0.0' },
  { storage: { medium: 'Memory', size: '1Gi' }, replicas: 1 },
  { options: { quotaBackendBytes: '8Gi' } },
  { options: { electionTimeout: '500ms' } },
  { options: { heartbeatInterval: '500ms', electionTimeout: '2500ms' } },
  { options: { extraArgs: ['--max-learners=2', '--enable-pprof'] } },
  { options: { autoCompactionMode: 'periodic', autoCompactionRetention: '8h' } },
  { replacement: { unhealthyAfter: '1m' } },
  { tls: {}, auth: { enabled: false }, maintenance: { noSpaceRemedy: false } },
];

const BAD: readonly (readonly [string, EtcdClusterSpec])[] = [
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
  ['spec.options.autoCompactionRetention', { options: { autoCompactionMode: 'periodic' } }],
  ['spec.replacement.unhealthyAfter', { replacement: { unhealthyAfter: '59s' } }],
  ['spec.replacement.unhealthyAfter', { replacement: { unhealthyAfter: 'soon' } }],
  ['spec.tls', { tls: { client: { auto: true } } }],
  ['spec.auth.enabled', { auth: { enabled: true } }],
  ['spec.bootstrap.restore', { bootstrap: { restore: {} } }],
  ['spec.maintenance', { maintenance: { noSpaceRemedy: true } }],
  ['spec.monitoring.podMonitor', { monitoring: { podMonitor: true } }],
];

describe('a specification', () => {
  it.each(GOOD)('is accepted: %j', (spec) => {
    expect(problemsText(validateCluster(cluster(spec)))).toBe('');
  });

  it.each(BAD)('is refused at %s: %j', (path, spec) => {
    expect(validateCluster(cluster(spec)).map((problem) => problem.path)).toEqual([path]);
  });

  it('has a name that Services can carry', () => {
    for (const name of ['9lives', 'x'.repeat(51), 'a.b']) {
      expect(validateCluster(cluster({}, name))).toHaveLength(1);
    }
  });
});

describe('a change', () => {
  const change = (from: EtcdClusterSpec, to: EtcdClusterSpec, running?: string): string =>
    validateCluster(cluster(to, 'main', running), cluster(from, 'main', running))
      .map(({ path }) => path)
      .join();

  it('of what volumes are is refused', () => {
    expect(change({}, { storage: { medium: 'Memory' } })).toBe('spec.storage.medium');
    expect(change({}, { storage: { storageClassName: 'x' } })).toBe(
      'spec.storage.storageClassName',
    );
    expect(change({ storage: { size: '10Gi' } }, { storage: { size: '9Gi' } })).toBe(
      'spec.storage.size',
    );
    expect(change({ storage: { size: '1Gi' } }, { storage: { size: '1024Mi' } })).toBe('');
  });

  it('of the version is one etcd allows, from what runs', () => {
    expect(change({ version: '3.5.11' }, { version: '3.6.0' }, '3.5.11')).toBe('');
    expect(change({ version: '3.6.0' }, { version: '3.7.0' }, '3.5.11')).toBe('spec.version');
    expect(change({ version: '3.6.0' }, { version: '3.5.12' }, '3.6.0')).toBe('spec.version');
    // Taken back before any member runs it.
    expect(change({ version: '3.6.0' }, { version: '3.5.12' }, '3.5.11')).toBe('');
  });
});

it('every rule has a path inside the schema and a message', () => {
  for (const { path, message, scope } of RULES) {
    expect(message.length).toBeGreaterThan(20);
    if (scope === 'object') continue;
    const [, field = ''] = path.split('.');
    expect(SPEC_SCHEMA.properties?.[field], path).toBeDefined();
  }
});
