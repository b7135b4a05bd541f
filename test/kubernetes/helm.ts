// Goal: Helm itself makes of the charts what our renderer makes of them, and a release can be installed, upgraded and
// uninstalled. Method: the program that HELM names (3.x; Debian has none) lints and renders each variant, and works on the real
// API server. Run as part of `charts`, where HELM is set. A failure means that the charts are tested with something that is not
// Helm, or that definitions go with a release that was to leave them.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { dump, loadAll } from 'js-yaml';
import { isJson, type Json, recordAt, textAt } from '../../operator/kube/decode.ts';
import type { Values } from '../../scripts/charts/chart.ts';
import { ROOT } from '../support/paths.ts';
import type { Tally } from '../support/tally.ts';

/** The Prometheus operator's kinds are rendered where the API server serves them; for the comparison it always does. */
const MONITORING = 'monitoring.coreos.com/v1';
const NAMESPACE = '--namespace=helm-releases';
const RELEASE = 'tried';
const DEPLOYMENT = 'tried-etcd-ts-operator';
const OUTPUT_BYTES_MAX = 64_000_000;

export interface HelmStage {
  readonly tally: Tally;
  readonly helm: string;
  /** Where kubectl is. */
  readonly assets: string;
  readonly kubeconfig: string;
  readonly folder: string;
  /** An API server that does not know x-kubernetes-validations has Helm refuse the definitions before it sends them. */
  readonly hasExpressions: boolean;
}

/** `rendered` by our own renderer, as release "test" in `namespace`. */
export interface Rendering {
  readonly chart: string;
  readonly namespace: string;
  readonly values: Values;
  readonly rendered: readonly unknown[];
}

export async function compareWithHelm(
  stage: HelmStage,
  renderings: readonly Rendering[],
): Promise<void> {
  await stage.tally.run('Helm renders the charts as our renderer does', async () => {
    let count = 0;
    for (const { chart, namespace, values, rendered } of renderings) {
      const file = join(stage.folder, 'values.yaml');
      writeFileSync(file, dump(values));
      const folder = join(ROOT, 'charts', chart);
      await run(stage.helm, ['lint', folder, `--values=${file}`]);
      const place = [
        `--namespace=${namespace}`,
        `--values=${file}`,
        `--api-versions=${MONITORING}`,
      ];
      const text = await run(stage.helm, ['template', 'test', folder, ...place]);
      count += compare(chart, byName(rendered), byName(loadAll(text)));
    }
    return `${count} objects`;
  });
}

export async function runReleases(stage: HelmStage): Promise<void> {
  const helm = async (...words: readonly string[]): Promise<string> =>
    await run(stage.helm, [...words, `--kubeconfig=${stage.kubeconfig}`]);
  const kubectl = async (...words: readonly string[]): Promise<string> =>
    await run(join(stage.assets, 'kubectl'), [...words, `--kubeconfig=${stage.kubeconfig}`]);
  const unchecked = stage.hasExpressions ? [] : ['--disable-openapi-validation'];
  const place = [NAMESPACE, '--create-namespace', ...unchecked];
  // Definitions that are there already are nobody's release, and Helm takes over none of those.
  const operatorOf = [chartOf('etcd-ts-operator'), ...place, '--set=crds.enabled=false'];
  await stage.tally.run('helm install, upgrade and uninstall', async () => {
    const notes = await helm('install', RELEASE, ...operatorOf);
    if (!notes.includes(`rollout status deployment/${DEPLOYMENT}`)) throw new Error(notes);
    await helm('upgrade', RELEASE, ...operatorOf, '--set=replicaCount=2');
    const path = '-o=jsonpath={.spec.replicas}';
    const replicas = await kubectl('get', 'deployment', DEPLOYMENT, NAMESPACE, path);
    if (replicas !== '2') throw new Error(`${replicas} replicas after the upgrade`);
    await helm('install', 'main', chartOf('etcd-ts-cluster'), ...place);
    await kubectl('get', 'etcdcluster', 'main', NAMESPACE);
    await helm('uninstall', 'main', NAMESPACE);
    await helm('uninstall', RELEASE, NAMESPACE);
    await kubectl('get', 'crd', 'etcdclusters.etcd-ts.io');
    return 'the definitions stay';
  });
}

function chartOf(name: string): string {
  return join(ROOT, 'charts', name);
}

async function run(program: string, words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...words], {
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return stdout;
}

function byName(objects: readonly unknown[]): ReadonlyMap<string, Json> {
  const named = objects.filter(isJson).map((object): [string, Json] => {
    const name = textAt(recordAt(object, 'metadata'), 'name') ?? '';
    return [`${textAt(object, 'kind')} ${name}`, object];
  });
  return new Map(named);
}

function compare(
  chart: string,
  ours: ReadonlyMap<string, Json>,
  theirs: ReadonlyMap<string, Json>,
): number {
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  const different = [...names].filter(
    (name) => !isDeepStrictEqual(ours.get(name), theirs.get(name)),
  );
  if (different.length > 0) throw new Error(`${chart}: ${different.join(', ')}`);
  return names.size;
}
