// Goal: the objects are what Kubernetes, etcd and the rules of the operator want. Method: build them for small and for full
// specifications and look at what matters. A failure means a Pod that is refused, restarted or joined in a wrong way.
import { describe, expect, it } from 'vitest';
import { resolveSpec } from '../../../operator/api/defaults.ts';
import type { EtcdClusterSpec } from '../../../operator/api/etcd-cluster.ts';
import type { Pod } from '../../../operator/api/kube-objects.ts';
import type { StringMap } from '../../../operator/api/meta.ts';
import { validateCluster } from '../../../operator/api/validation.ts';
import { buildClientService } from '../../../operator/specs/client-service.ts';
import type { ClusterContext } from '../../../operator/specs/context.ts';
import { buildHeadlessService } from '../../../operator/specs/headless-service.ts';
import {
  joiningCluster,
  sealedCluster,
  seedCluster,
} from '../../../operator/specs/initial-cluster.ts';
import { buildMember } from '../../../operator/specs/member.ts';
import { buildBudget } from '../../../operator/specs/pdb.ts';
import { buildPod, configHash } from '../../../operator/specs/pod.ts';
import { buildClaim } from '../../../operator/specs/pvc.ts';
import { exampleCluster } from '../../support/cluster-examples.ts';

function context(spec: EtcdClusterSpec = {}): ClusterContext {
  const resolved = resolveSpec(spec);
  return {
    name: 'main',
    namespace: 'db',
    uid: 'u1',
    spec: resolved,
    targetVersion: resolved.version,
  };
}

const place = { cluster: 'main', namespace: 'db', member: 'main-aaaaa' };

function pod(spec: EtcdClusterSpec = {}): Pod {
  return buildPod(context(spec), { place, role: 'none', initialCluster: seedCluster(place) });
}

describe('the Pod', () => {
  it('is restricted, without a token, on a read-only root', () => {
    const { spec } = pod();
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.enableServiceLinks).toBe(false);
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod({ pod: { securityContext: { runAsUser: 7 } } }).spec.securityContext).toMatchObject({
      runAsUser: 7,
      runAsNonRoot: true,
    });
  });

  it('runs etcd with its names and URLs, and reads its initial cluster at each start', () => {
    const container = pod().spec.containers[0];
    expect(container?.command).toEqual(['etcd']);
    expect(container?.args).toEqual([
      '--name=main-aaaaa',
      '--data-dir=/var/lib/etcd/data',
      '--listen-client-urls=http://0.0.0.0:2379',
      '--listen-peer-urls=http://0.0.0.0:2380',
      '--listen-metrics-urls=http://0.0.0.0:2381',
      '--advertise-client-urls=http://main-aaaaa.main-peers.db.svc:2379',
      '--initial-advertise-peer-urls=http://main-aaaaa.main-peers.db.svc:2380',
      '--initial-cluster-token=db-main-u1',
    ]);
    expect(container?.env[0]).toEqual({
      name: 'ETCD_INITIAL_CLUSTER',
      valueFrom: { fieldRef: { fieldPath: "metadata.annotations['etcd-ts.io/initial-cluster']" } },
    });
    expect(container?.image).toBe('ghcr.io/etcd-ts/etcd-ts:v3.7.1');
  });

  it('takes every option', () => {
    const options = {
      quotaBackendBytes: '2Gi',
      autoCompactionMode: 'periodic',
      autoCompactionRetention: '8h',
      snapshotCount: 5000,
      heartbeatInterval: '200ms',
      electionTimeout: '2s',
      maxRequestBytes: 4096,
      logLevel: 'debug',
      extraArgs: ['--max-learners=2'],
    } as const;
    expect(pod({ options }).spec.containers[0]?.args.slice(8)).toEqual([
      '--quota-backend-bytes=2147483648',
      '--auto-compaction-mode=periodic',
      '--auto-compaction-retention=8h',
      '--snapshot-count=5000',
      '--heartbeat-interval=200',
      '--election-timeout=2000',
      '--max-request-bytes=4096',
      '--log-level=debug',
      '--max-learners=2',
    ]);
  });

  it('has no option that arguments could set past its rules', () => {
    const options = {
      quotaBackendBytes: '2Gi',
      autoCompactionMode: 'revision',
      autoCompactionRetention: '8',
      snapshotCount: 5000,
      heartbeatInterval: '200ms',
      electionTimeout: '2s',
      maxRequestBytes: 4096,
      logLevel: 'debug',
    } as const;
    for (const arg of pod({ options }).spec.containers[0]?.args ?? []) {
      const [problem] = validateCluster(exampleCluster({ options: { extraArgs: [arg] } }));
      expect(problem?.path, arg).toBe('spec.options.extraArgs');
    }
  });

  it('lives without a quorum, and is ready only with one', () => {
    const container = pod().spec.containers[0];
    expect(container?.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'metrics' });
    expect(container?.startupProbe.httpGet.path).toBe('/livez');
    expect(container?.readinessProbe.httpGet.path).toBe('/readyz');
  });

  it('keeps away from its siblings unless told otherwise', () => {
    const { affinity, topologySpreadConstraints } = pod().spec;
    expect(affinity).toHaveProperty('podAntiAffinity');
    expect(topologySpreadConstraints).toMatchObject([{ whenUnsatisfiable: 'ScheduleAnyway' }]);
    const own = pod({ pod: { affinity: {}, topologySpreadConstraints: [] } }).spec;
    expect([own.affinity, own.topologySpreadConstraints]).toEqual([{}, []]);
  });

  it('keeps its own labels and annotations from being overwritten', () => {
    const { metadata } = pod({
      pod: {
        labels: { 'etcd-ts.io/cluster': 'x', team: 'a' },
        annotations: { 'etcd-ts.io/initial-cluster-state': 'new?', note: 'b' },
      },
    });
    expect(metadata.labels).toMatchObject({ 'etcd-ts.io/cluster': 'main', team: 'a' });
    expect(metadata.annotations).toMatchObject({
      'etcd-ts.io/initial-cluster-state': 'new',
      note: 'b',
    });
  });

  it('has a volume in memory when asked', () => {
    expect(pod().spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-main-aaaaa' } },
    ]);
    expect(pod({ storage: { medium: 'Memory', size: '1Gi' } }).spec.volumes).toEqual([
      { name: 'data', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
    ]);
  });
});

describe('the fingerprint of the configuration', () => {
  it('changes with what the Pod is built from, not with its image or size of volume', () => {
    const before = configHash(context());
    expect(configHash(context({ image: { tag: 'x' }, replicas: 5, version: '3.7.1' }))).toBe(
      before,
    );
    expect(configHash(context({ storage: { size: '9Gi' } }))).toBe(before);
    for (const spec of [
      { options: { snapshotCount: 5 } },
      { resources: { limits: {} } },
      { pod: { labels: { a: 'b' } } },
      { pod: { nodeSelector: { a: 'b' } } },
    ]) {
      expect(configHash(context(spec)), JSON.stringify(spec)).not.toBe(before);
    }
  });
});

describe('the initial cluster', () => {
  const peers = [
    { name: 'main-bbbbb', peerUrls: ['http://b:2380'] },
    { name: '', peerUrls: ['http://main-aaaaa.main-peers.db.svc:2380'] },
  ];
  const self = 'main-aaaaa=http://main-aaaaa.main-peers.db.svc:2380';

  it('is new for a seed only', () => {
    expect(Object.values(seedCluster(place))).toEqual([self, 'new']);
    expect(Object.values(sealedCluster(place))).toEqual([self, 'existing']);
    expect(Object.values(joiningCluster(place, peers))).toEqual([
      `${self},main-bbbbb=http://b:2380`,
      'existing',
    ]);
  });
});

describe('the other objects', () => {
  it('a claim has no owner and says whose it is', () => {
    const claim = buildClaim(context({ storage: { size: '3Gi', storageClassName: 'fast' } }), 'm');
    expect(claim.metadata.ownerReferences).toBeUndefined();
    expect(claim.metadata.labels).toMatchObject({ 'etcd-ts.io/cluster-uid': 'u1' });
    expect(claim.spec).toEqual({
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '3Gi' } },
      storageClassName: 'fast',
    });
  });

  it('Services publish what is not ready to peers, and voters to clients', () => {
    expect(buildHeadlessService(context()).spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
    });
    const client = buildClientService(context({ service: { type: 'NodePort' } }));
    expect(client.spec).toMatchObject({
      type: 'NodePort',
      selector: { 'etcd-ts.io/cluster': 'main', 'etcd-ts.io/role': 'voter' },
    });
  });

  it('the budget keeps a quorum of the voters there are or shall be', () => {
    const floor = (replicas: number, voters: number): number =>
      buildBudget(context({ replicas }), voters).spec.minAvailable;
    expect([floor(3, 3), floor(5, 3), floor(3, 5), floor(3, 1), floor(0, 3)]).toEqual([
      2, 3, 3, 2, 2,
    ]);
    expect(floor(1, 1)).toBe(0);
    const disruption = { singleMember: 'Protected' } as const;
    expect(buildBudget(context({ replicas: 1, disruption }), 1).spec.minAvailable).toBe(1);
  });

  it('the budget lets drains take broken Pods, but not the data in memory one after the other', () => {
    const policy = (medium: 'Disk' | 'Memory'): string | undefined =>
      buildBudget(context({ storage: { medium } }), 3).spec.unhealthyPodEvictionPolicy;
    expect([policy('Disk'), policy('Memory')]).toEqual(['AlwaysAllow', 'IfHealthyBudget']);
  });

  it('Services and the budget are marked with what they are applied as', () => {
    const mark = (annotations: StringMap): string | undefined =>
      buildClientService(context({ service: { annotations } })).metadata.annotations?.[
        'etcd-ts.io/applied-hash'
      ];
    expect(mark({ a: 'b' })).toMatch(/^[0-9a-f]{16}$/);
    expect(mark({ a: 'b' })).toBe(mark({ a: 'b' }));
    expect(mark({ a: 'b' })).not.toBe(mark({}));
    const others = [buildHeadlessService(context()), buildBudget(context(), 3)];
    for (const { metadata } of others) {
      expect(Object.keys(metadata.annotations ?? {})).toEqual(['etcd-ts.io/applied-hash']);
    }
  });

  it('a member is held by its finalizer and owned by its cluster', () => {
    const { metadata } = buildMember(context(), 'main-aaaaa', { seed: true });
    expect(metadata.finalizers).toEqual(['etcd-ts.io/member']);
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'EtcdCluster', uid: 'u1' }]);
  });
});
