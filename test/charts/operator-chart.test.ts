// Goal: every way of installing the operator gives objects that Kubernetes takes, with the rights the operator uses and no
// more. Method: the chart is rendered with many sets of values and checked with kube-rules.ts; roles are compared with a table
// of what the operator's actions need. A failure means an installation that is refused, does not work, or may too much.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFlags } from '../../operator/cli/flags.ts';
import type { ActionKind } from '../../operator/reconcile/action.ts';
import {
  type KubeObject,
  loadChart,
  renderFiles,
  renderObjects,
  type Values,
} from '../../scripts/charts/chart.ts';
import { at, kubeProblems, listAt, mapAt } from './kube-rules.ts';

const chart = loadChart(join(import.meta.dirname, '../../charts/etcd-ts-operator'));
const RELEASE = { name: 'etcd', namespace: 'operators' };

const VARIANTS: readonly (readonly [string, Values])[] = [
  ['defaults', {}],
  ['two operators with a budget', { replicaCount: 2, podDisruptionBudget: { enabled: true } }],
  ['no CustomResourceDefinitions', { crds: { enabled: false } }],
  ['CustomResourceDefinitions that go', { crds: { keep: false } }],
  ['one namespace', { watchNamespace: 'team-a', rbac: { aggregate: false } }],
  ['no roles', { rbac: { create: false }, serviceAccount: { create: false, name: 'theirs' } }],
  ['no election', { leaderElection: { enabled: false } }],
  ['image by digest', { image: { digest: `sha256:${'a'.repeat(64)}`, tag: 'v9' } }],
  [
    'image by tag',
    { image: { repository: 'registry:5000/x/etcd', tag: 'v9', pullPolicy: 'Always' } },
  ],
  ['names', { nameOverride: 'op', serviceAccount: { name: 'sa' } }],
  ['long names', { fullnameOverride: 'a'.repeat(63) }],
  [
    'monitoring',
    {
      metrics: {
        serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
        dashboards: { enabled: true, annotations: { grafana_folder: 'etcd' } },
        alerts: { enabled: true, labels: { release: 'prometheus' } },
      },
    },
  ],
  ['no metrics', { metrics: { service: false } }],
  [
    'everything about the Pod',
    {
      imagePullSecrets: [{ name: 'pull' }],
      extraArgs: ['--kubeconfig=/etc/kubeconfig'],
      extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy' }],
      serviceAccount: { annotations: { a: 'b' } },
      podLabels: { team: 'a' },
      podAnnotations: { 'example.org/a': 'b' },
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      topologySpreadConstraints: [{ maxSkew: 1 }],
      priorityClassName: 'system-cluster-critical',
    },
  ],
];

function render(values: Values = {}): readonly KubeObject[] {
  return renderObjects(chart, RELEASE, values);
}

function find(objects: readonly KubeObject[], kind: string, name?: string): KubeObject {
  const found = objects.find(
    (each) => each.kind === kind && (name ?? each.metadata.name) === each.metadata.name,
  );
  if (found === undefined) throw new Error(`there is no ${kind} ${name ?? ''}`);
  return found;
}

function container(objects: readonly KubeObject[]): unknown {
  return at(find(objects, 'Deployment'), 'spec', 'template', 'spec', 'containers', 0);
}

function argsOf(objects: readonly KubeObject[]): readonly string[] {
  const args = at(container(objects), 'args');
  return Array.isArray(args) ? args.map(String) : [];
}

describe.each(VARIANTS)('with %s', (_name, values) => {
  const objects = render(values);

  it('has nothing that Kubernetes would refuse', () => {
    expect(kubeProblems(objects)).toEqual([]);
  });

  it('starts the operator with arguments it knows', () => {
    const outcome = parseFlags(argsOf(objects), { POD_NAMESPACE: 'operators' });
    expect(outcome.kind).toBe('run');
  });

  it('has notes', () => {
    const notes = renderFiles(chart, RELEASE, values).get('NOTES.txt') ?? '';
    expect(notes).toContain('kubectl -n operators rollout status deployment/');
    expect(notes).not.toMatch(/\{\{|undefined|<no value>/);
  });
});

describe('values', () => {
  it('give the operator its settings', () => {
    const args = argsOf(render({ watchNamespace: 'team-a', logLevel: 'debug', workers: 3 }));
    expect(parseFlags(args, {})).toMatchObject({
      config: {
        watchNamespace: 'team-a',
        leaderElect: true,
        workers: 3,
        logLevel: 'debug',
        probeAddress: { port: 8081 },
        metricsAddress: { port: 8080 },
      },
    });
  });

  it('put probes on the port of probes', () => {
    const operator = container(render());
    expect(at(operator, 'livenessProbe', 'httpGet')).toEqual({ path: '/healthz', port: 'probes' });
    expect(at(operator, 'readinessProbe', 'httpGet')).toEqual({ path: '/readyz', port: 'probes' });
    expect(listAt(operator, 'ports')).toContainEqual({ name: 'probes', containerPort: 8081 });
  });

  it('choose the image', () => {
    const image = (values: Values): unknown => at(container(render({ image: values })), 'image');
    expect(image({})).toBe('ghcr.io/etcd-ts/etcd-ts:v0.1.0');
    expect(image({ tag: 'v9' })).toBe('ghcr.io/etcd-ts/etcd-ts:v9');
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(image({ digest, tag: 'v9' })).toBe(`ghcr.io/etcd-ts/etcd-ts@${digest}`);
  });

  it('keep or give up CustomResourceDefinitions', () => {
    const definitions = (values: Values): readonly (string | undefined)[] =>
      render({ crds: values })
        .filter(({ kind }) => kind === 'CustomResourceDefinition')
        .map(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy']);
    expect(definitions({})).toEqual(['keep', 'keep']);
    expect(definitions({ keep: false })).toEqual([undefined, undefined]);
    expect(definitions({ enabled: false })).toEqual([]);
  });

  it('never let two operators overlap without an election', () => {
    const strategy = (values: Values): unknown =>
      at(find(render(values), 'Deployment'), 'spec', 'strategy');
    expect(strategy({ leaderElection: { enabled: false } })).toEqual({ type: 'Recreate' });
    expect(strategy({})).toBeUndefined();
  });

  it('warn of what loses data', () => {
    const notes = (values: Values): string =>
      renderFiles(chart, RELEASE, values).get('NOTES.txt') ?? '';
    expect(notes({ crds: { keep: false } })).toContain('WARNING');
    expect(notes({})).not.toContain('WARNING');
  });
});

describe('the schema of values', () => {
  it.each<readonly [string, Values]>([
    ['a name that is not known', { replicas: 3 }],
    ['a nested name that is not known', { image: { registry: 'x' } }],
    ['replicas that are no number', { replicaCount: '2' }],
    ['too many replicas', { replicaCount: 50 }],
    ['a pull policy that is none', { image: { pullPolicy: 'Sometimes' } }],
    ['a digest that is none', { image: { digest: 'latest' } }],
    ['a namespace that is no name', { watchNamespace: 'Team_A' }],
    ['several namespaces', { watchNamespace: ['a', 'b'] }],
    ['a log level that is none', { logLevel: 'verbose' }],
    ['a switch that is a text', { crds: { keep: 'false' } }],
    ['a secret without a name', { imagePullSecrets: ['pull'] }],
    ['a name that is too long', { fullnameOverride: 'a'.repeat(64) }],
  ])('refuses %s', (_name, values) => {
    expect(() => render(values)).toThrow('values.schema.json');
  });

  it('describes every value, and values.yaml has every one', () => {
    const properties = mapAt(chart.schema, 'properties');
    const documented = Object.keys(properties).filter((name) => name !== 'global');
    expect(documented.sort()).toEqual(Object.keys(chart.values).sort());
  });
});

/** What an act needs: "group/resource verb". Exhaustive by type: a new kind of action does not compile without its line. */
const NEEDS: Readonly<Record<ActionKind, readonly string[]>> = {
  addFinalizer: ['etcd-ts.io/etcdclusters patch'],
  removeFinalizer: ['etcd-ts.io/etcdclusters patch', 'etcd-ts.io/etcdclusters get'],
  createMember: ['etcd-ts.io/etcdmembers create', 'etcd-ts.io/etcdclusters/finalizers update'],
  patchMember: ['etcd-ts.io/etcdmembers/status update', 'etcd-ts.io/etcdmembers get'],
  releaseMember: ['etcd-ts.io/etcdmembers delete', 'etcd-ts.io/etcdmembers patch'],
  createClaim: ['/persistentvolumeclaims create'],
  growClaim: ['/persistentvolumeclaims patch'],
  labelClaim: ['/persistentvolumeclaims patch'],
  deleteClaim: ['/persistentvolumeclaims delete', '/persistentvolumeclaims get'],
  createPod: ['/pods create'],
  patchPod: ['/pods patch', '/pods get'],
  deletePod: ['/pods delete'],
  applyService: ['/services create', '/services patch', '/services get'],
  applyBudget: ['policy/poddisruptionbudgets create', 'policy/poddisruptionbudgets patch'],
  deleteBudget: ['policy/poddisruptionbudgets delete', 'policy/poddisruptionbudgets get'],
  memberAdd: [],
  memberPromote: [],
  memberRemove: [],
  moveLeader: [],
  disarmAlarm: [],
  recordEvent: ['/events create', '/events patch'],
};

/** What the operator needs besides: its informers, and the status it writes. */
const ALWAYS = [
  'etcd-ts.io/etcdclusters/status update',
  ...[
    'etcd-ts.io/etcdclusters',
    'etcd-ts.io/etcdmembers',
    '/pods',
    '/persistentvolumeclaims',
    '/services',
    'policy/poddisruptionbudgets',
  ].flatMap((resource) => [`${resource} list`, `${resource} watch`]),
];

function grants(role: KubeObject): readonly string[] {
  const texts = (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.map(String) : [];
  return listAt(role, 'rules').flatMap((rule) =>
    texts(rule['apiGroups']).flatMap((group) =>
      texts(rule['resources']).flatMap((resource) =>
        texts(rule['verbs']).map((verb) => `${group}/${resource} ${verb}`),
      ),
    ),
  );
}

describe('roles', () => {
  const needed = [...new Set([...Object.values(NEEDS).flat(), ...ALWAYS])].sort();

  it('grant what the operator does and nothing else', () => {
    const role = find(render(), 'ClusterRole', 'etcd-etcd-ts-operator');
    expect(grants(role).toSorted()).toEqual(needed);
  });

  it('are in one namespace when the operator is', () => {
    const objects = render({ watchNamespace: 'team-a', rbac: { aggregate: false } });
    expect(objects.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
    const role = find(objects, 'Role', 'etcd-etcd-ts-operator');
    expect(role.metadata.namespace).toBe('team-a');
    expect(grants(role).toSorted()).toEqual(needed);
    const binding = find(objects, 'RoleBinding', 'etcd-etcd-ts-operator');
    expect(listAt(binding, 'subjects')).toEqual([
      { kind: 'ServiceAccount', name: 'etcd-etcd-ts-operator', namespace: 'operators' },
    ]);
  });

  it('let the operator hold its Lease and no other', () => {
    const role = find(render(), 'Role', 'etcd-etcd-ts-operator-leader-election');
    expect(role.metadata.namespace).toBe('operators');
    expect(listAt(role, 'rules')).toEqual([
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['etcd-ts-operator'],
        verbs: ['get', 'update'],
      },
    ]);
  });

  it('grant nothing with an asterisk, no secrets, no exec', () => {
    for (const [, values] of VARIANTS) {
      const roles = render(values).filter(({ kind }) => /Role$/.test(kind));
      expect(JSON.stringify(roles)).not.toMatch(/\*|secrets|exec|impersonate|escalate/);
    }
  });

  it('give people what their own role allows', () => {
    const viewer = find(render(), 'ClusterRole', 'etcd-etcd-ts-operator-viewer');
    expect(grants(viewer).every((grant) => / (?:get|list|watch)$/.test(grant))).toBe(true);
    const editor = grants(find(render(), 'ClusterRole', 'etcd-etcd-ts-operator-editor'));
    expect(editor.filter((grant) => grant.includes('etcdmembers'))).toEqual([]);
    expect(editor).toContain('etcd-ts.io/etcdclusters/scale patch');
  });
});
