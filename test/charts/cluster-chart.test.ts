// Goal: the cluster chart writes EtcdClusters that the API accepts, and every field of the specification can be set with it.
// Method: render with many values, check with the API's own schema, rules and defaults. A failure means a chart that the API
// server refuses, or a value that is accepted and then lost.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { SPEC_SCHEMA } from '../../operator/api/cluster-schema.ts';
import { DEFAULTS, resolveSpec } from '../../operator/api/defaults.ts';
import type { EtcdCluster } from '../../operator/api/etcd-cluster.ts';
import { LABEL_CLUSTER } from '../../operator/api/labels.ts';
import { clientServiceName } from '../../operator/api/names.ts';
import { problemsText, validateCluster } from '../../operator/api/validation.ts';
import {
  type KubeObject,
  loadChart,
  renderFiles,
  renderObjects,
  type Values,
} from '../../scripts/charts/chart.ts';
import { at, kubeProblems, mapAt } from './kube-rules.ts';

const ROOT = join(import.meta.dirname, '../..');
const SAMPLES = join(ROOT, 'manifests/samples');
const chart = loadChart(join(ROOT, 'charts/etcd-ts-cluster'));
const RELEASE = { name: 'main', namespace: 'team-a' };

function clusterOf(objects: readonly KubeObject[]): EtcdCluster {
  const found = objects.find(({ kind }) => kind === 'EtcdCluster');
  // The API server's own reading of an object: what it is, validation says.
  return found as unknown as EtcdCluster;
}

function render(values: Values = {}): readonly KubeObject[] {
  return renderObjects(chart, RELEASE, values);
}

function sampleSpec(name: string): Values {
  return mapAt(load(readFileSync(join(SAMPLES, name), 'utf8')), 'spec');
}

const VARIANTS: readonly (readonly [string, Values])[] = [
  ['defaults', {}],
  ['labels and annotations', { labels: { team: 'a' }, annotations: { note: 'x' }, keep: true }],
  ['a long name', { fullnameOverride: 'a'.repeat(50) }],
  ['no members', { replicas: 0 }],
  ['paused', { paused: true }],
  ...readdirSync(SAMPLES).map((name) => [`the sample ${name}`, sampleSpec(name)] as const),
];

describe.each(VARIANTS)('with %s', (_name, values) => {
  const objects = render(values);

  it('is accepted by the API', () => {
    expect(problemsText(validateCluster(clusterOf(objects)))).toBe('');
    expect(kubeProblems(objects)).toEqual([]);
  });

  it('asks for what the values say', () => {
    const { labels: _l, annotations: _a, keep: _k, fullnameOverride: _f, ...spec } = values;
    expect(clusterOf(objects).spec).toMatchObject(spec);
  });

  it('has notes and a test that name its Service', () => {
    const { name } = clusterOf(objects).metadata;
    const files = renderFiles(chart, RELEASE, values);
    expect(files.get('NOTES.txt')).toContain(`http://${clientServiceName(name)}.team-a.svc:2379`);
    expect(files.get('tests/health.yaml')).toContain(`http://${clientServiceName(name)}:2379`);
  });
});

describe('the specification', () => {
  it('is left to the defaults of the API where values are empty', () => {
    const { spec } = clusterOf(render());
    expect(spec).toEqual({ replicas: 3 });
    expect(resolveSpec(spec)).toMatchObject({
      version: DEFAULTS.version,
      image: { repository: DEFAULTS.repository },
      storage: { size: DEFAULTS.storageSize, whenDeleted: 'Retain' },
    });
  });

  it('has a value for every field, and every value reaches it', () => {
    const fields = SPEC_SCHEMA.properties ?? {};
    const values = Object.keys(chart.values);
    expect(Object.keys(fields).filter((name) => !values.includes(name))).toEqual([]);
    for (const [name, schema] of Object.entries(fields)) {
      const value = sampleValue(name, schema.type ?? '');
      expect(at(clusterOf(render({ [name]: value })), 'spec', name)).toEqual(value);
    }
  });

  it('stays when the release goes, if asked', () => {
    const annotation = (values: Values): unknown =>
      clusterOf(render(values)).metadata.annotations?.['helm.sh/resource-policy'];
    expect(annotation({ keep: true })).toBe('keep');
    expect(annotation({})).toBeUndefined();
  });
});

/** Something that the schema accepts and that is not empty. */
function sampleValue(name: string, type: string): unknown {
  const known: Values = {
    version: '3.7.1',
    replicas: 5,
    storage: { size: '1Gi' },
    image: { tag: 'x' },
    options: { snapshotCount: 5 },
    service: { type: 'NodePort' },
    disruption: { singleMember: 'Protected' },
    replacement: { maxPerHour: 1 },
    pod: { priorityClassName: 'x' },
    tls: { client: { auto: true } },
    auth: { enabled: true },
    maintenance: { noSpaceRemedy: true },
    bootstrap: { restore: { x: 'y' } },
    monitoring: { podMonitor: true },
    resources: { limits: { memory: '1Gi' } },
  };
  return known[name] ?? (type === 'boolean' ? true : undefined);
}

describe('the schema of values', () => {
  it.each<readonly [string, Values]>([
    ['a field that does not exist', { size: 3 }],
    ['a nested field that does not exist', { storage: { class: 'fast' } }],
    ['too many members', { replicas: 10 }],
    ['members that are a text', { replicas: '3' }],
    ['a version that is none', { version: 'latest' }],
    ['a size that is none', { storage: { size: 'big' } }],
    ['a medium that is none', { storage: { medium: 'Tape' } }],
    ['a name that Services cannot have', { fullnameOverride: '3etcd' }],
    ['a log level that is none', { options: { logLevel: 'trace' } }],
    ['arguments that are no list', { options: { extraArgs: '--x=y' } }],
  ])('refuses %s', (_name, values) => {
    expect(() => render(values)).toThrow('values.schema.json');
  });

  it('leaves to the API what only it can tell', () => {
    const cluster = clusterOf(render({ options: { extraArgs: ['--data-dir=/tmp'] } }));
    expect(problemsText(validateCluster(cluster))).toContain('extraArgs');
  });
});

describe('monitoring', () => {
  const objects = render({
    metrics: {
      podMonitor: { enabled: true, labels: { release: 'prometheus' } },
      dashboards: { enabled: true },
      alerts: { enabled: true },
    },
  });

  it('is off unless asked for', () => {
    expect(render().map(({ kind }) => kind)).not.toContain('PodMonitor');
    expect(objects.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['PodMonitor', 'ConfigMap', 'PrometheusRule']),
    );
    expect(kubeProblems(objects)).toEqual([]);
  });

  it('finds the Pods that the operator makes', () => {
    const monitor = objects.find(({ kind }) => kind === 'PodMonitor');
    const cluster = clusterOf(objects).metadata.name;
    expect(mapAt(monitor, 'spec', 'selector', 'matchLabels')).toEqual({ [LABEL_CLUSTER]: cluster });
    expect(at(monitor, 'spec', 'podMetricsEndpoints', 0, 'port')).toBe('metrics');
  });

  it('has a dashboard that is JSON, and the one of docs/dashboards', () => {
    const map = objects.find(({ kind }) => kind === 'ConfigMap');
    const file = JSON.parse(readFileSync(join(ROOT, 'docs/dashboards/etcd.json'), 'utf8'));
    expect(JSON.parse(String(at(map, 'data', 'etcd.json')))).toEqual(file);
  });
});
