// Goal: what the charts render, and what manifests/ has, is what Kubernetes takes. Method: `kubectl apply --server-side
// --dry-run=server` of all of it against the real API server, which validates and admits as for good. Kinds of the Prometheus
// operator are left out: nobody serves them here. A failure means an installation that is refused.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dump, loadAll } from 'js-yaml';
import { isJson, type Json, textAt } from '../../operator/kube/decode.ts';
import { loadChart, renderObjects, type Values } from '../../scripts/charts/chart.ts';
import { ROOT } from '../support/paths.ts';
import type { Tally } from '../support/tally.ts';
import { compareWithHelm, runReleases } from './helm.ts';

const NAMESPACE = 'default';
/** The minor versions of Kubernetes that know x-kubernetes-validations, and policy/v1. */
const RULES_SINCE = 23;
const POLICY_SINCE = 21;

const VARIANTS: Readonly<Record<string, readonly Values[]>> = {
  'etcd-ts-operator': [
    {},
    { replicaCount: 2, podDisruptionBudget: { enabled: true }, watchNamespace: NAMESPACE },
    { crds: { enabled: false }, leaderElection: { enabled: false }, metrics: { service: false } },
    { metrics: { dashboards: { enabled: true }, serviceMonitor: { enabled: true } } },
  ],
  'etcd-ts-cluster': [
    {},
    { replicas: 5, version: '3.7.0', storage: { size: '1Gi' }, options: { snapshotCount: 1000 } },
    { metrics: { dashboards: { enabled: true } } },
  ],
};

export interface ChartsStage {
  readonly tally: Tally;
  /** Where kubectl is. */
  readonly assets: string;
  readonly kubeconfig: string;
  /** Of Kubernetes. */
  readonly version: string;
  readonly folder: string;
}

export async function runCharts(stage: ChartsStage): Promise<void> {
  const { tally } = stage;
  for (const [name, variants] of Object.entries(VARIANTS)) {
    await tally.run(`the API server takes what the chart ${name} renders`, async () => {
      let count = 0;
      for (const values of variants) count += await applyDry(stage, renderChart(name, values));
      return `${count} objects`;
    });
  }
  await tally.run('the API server takes manifests/', async () => {
    const folders = ['manifests/crds', 'manifests', 'manifests/samples'];
    const files = folders.flatMap((folder) =>
      readdirSync(join(ROOT, folder))
        .filter((file) => file.endsWith('.yaml'))
        .map((file) => join(ROOT, folder, file)),
    );
    let count = 0;
    for (const file of files)
      count += await applyDry(stage, documentsOf(readFileSync(file, 'utf8')));
    return `${count} objects`;
  });
  const helm = process.env['HELM'] ?? '';
  if (helm !== '') await runHelm(stage, helm);
}

async function runHelm(stage: ChartsStage, helm: string): Promise<void> {
  const helmStage = { ...stage, helm, hasExpressions: minorOf(stage.version) >= RULES_SINCE };
  const renderings = Object.entries(VARIANTS).flatMap(([chart, variants]) =>
    variants.map((values) => {
      const rendered = renderChart(chart, values);
      return { chart, namespace: NAMESPACE, values, rendered };
    }),
  );
  await compareWithHelm(helmStage, renderings);
  await runReleases(helmStage);
}

function renderChart(name: string, values: Values): readonly unknown[] {
  const chart = loadChart(join(ROOT, 'charts', name));
  return renderObjects(chart, { name: 'test', namespace: NAMESPACE }, values);
}

function documentsOf(text: string): readonly unknown[] {
  return loadAll(text).filter(isJson);
}

async function applyDry(stage: ChartsStage, objects: readonly unknown[]): Promise<number> {
  const wanted = objects.filter(isJson).filter((object) => isServed(stage, object));
  const isOld = minorOf(stage.version) < RULES_SINCE;
  const definitions = wanted.filter(
    (object) => isOld && textAt(object, 'kind') === 'CustomResourceDefinition',
  );
  const others = wanted.filter((object) => !definitions.includes(object));
  await runKubectl(stage, ['apply', '--server-side', '--force-conflicts'], others);
  // Server-side apply refuses fields that the server does not know; replacing drops them. The definitions are there already.
  await runKubectl(stage, ['replace', '--validate=false'], definitions);
  return wanted.length;
}

async function runKubectl(
  { assets, kubeconfig, folder }: ChartsStage,
  words: readonly string[],
  objects: readonly unknown[],
): Promise<void> {
  if (objects.length === 0) return;
  const file = join(folder, 'dry-run.yaml');
  writeFileSync(file, objects.map((object) => dump(object, { noRefs: true })).join('---\n'));
  await promisify(execFile)(join(assets, 'kubectl'), [
    ...words,
    '--dry-run=server',
    `--kubeconfig=${kubeconfig}`,
    `--filename=${file}`,
  ]);
}

/** Not the Prometheus operator's, and not policy/v1 where the API server is older than that. */
function isServed({ version }: ChartsStage, object: Json): boolean {
  const group = textAt(object, 'apiVersion') ?? '';
  if (group.includes('coreos.com')) return false;
  return group !== 'policy/v1' || minorOf(version) >= POLICY_SINCE;
}

/** 20 of "v1.20.2". */
function minorOf(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}
