// Goal: what is generated for charts and for a plain installation is what is in the repository, so that `helm install` and
// `kubectl apply` give the same operator. Method: generate again and compare. A failure means that operator/api or a chart
// was changed without `npm run gen:charts`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../operator/api/defaults.ts';
import { loadChart, parseObjects, renderObjects } from '../../scripts/charts/chart.ts';
import {
  chartFiles,
  manifestFiles,
  OPERATOR_NAMESPACE,
} from '../../scripts/charts/generated-files.ts';
import { IMAGE_REPOSITORY, imageConfig } from '../../scripts/image/image-config.ts';
import { SERVER_VERSION } from '../../server/base/version.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const chart = loadChart(join(ROOT, 'charts/etcd-ts-operator'));

it.each([...chartFiles(), ...manifestFiles(ROOT)])('%s is up to date', (path, text) => {
  expect(read(path)).toBe(text);
});

describe('the operator chart and the plain manifests', () => {
  const release = { name: 'etcd-ts-operator', namespace: OPERATOR_NAMESPACE };

  it('have the same CustomResourceDefinitions', () => {
    const rendered = renderObjects(chart, release, { crds: { keep: false } });
    for (const plural of ['etcdclusters', 'etcdmembers']) {
      const [plain] = parseObjects(plural, read(`manifests/crds/${plural}.yaml`));
      const fromChart = rendered.find(({ metadata }) => metadata.name === `${plural}.etcd-ts.io`);
      expect(fromChart).toEqual(plain);
    }
  });

  it('have the same objects but for tests, and differ in what means something to Helm only', () => {
    const plain = parseObjects('operator', read('manifests/operator.yaml'));
    const rendered = renderObjects(chart, release).filter(
      ({ kind, metadata }) =>
        kind !== 'CustomResourceDefinition' && metadata.annotations?.['helm.sh/hook'] === undefined,
    );
    const names = (objects: typeof plain): readonly string[] =>
      objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
    expect(names(plain)).toEqual(['Namespace/etcd-ts-system', ...names(rendered)].sort());
    expect(JSON.stringify(plain)).not.toMatch(/helm/i);
  });
});

it('charts and package have one version, and the image one name', () => {
  const { version }: { version: string } = JSON.parse(read('package.json'));
  const cluster = loadChart(join(ROOT, 'charts/etcd-ts-cluster'));
  expect([chart.about['appVersion'], cluster.about['appVersion']]).toEqual([version, version]);
  expect(chart.values['image']).toMatchObject({ repository: IMAGE_REPOSITORY });
  expect(cluster.values['tests']).toEqual({ image: `${IMAGE_REPOSITORY}:v${version}` });
  expect(read('charts/etcd-ts-operator/Chart.yaml')).toContain(`${IMAGE_REPOSITORY}:v${version}`);
  expect(imageConfig().User).toBe('65532:65532');
});

it('a cluster asks for the release that this tree is, unless told otherwise', () => {
  expect(DEFAULTS.version).toBe(SERVER_VERSION);
});
