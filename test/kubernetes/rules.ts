// Goal: the API server and the operator are of one mind about what an EtcdCluster may be. Method: the examples of
// test/operator/api are created and changed there, dry. Where the API server is too old for expressions (CEL), it is held to
// the shape alone, which is the operator's schema too. A failure means that `kubectl apply` takes what the operator refuses, or
// refuses what it would run.
import { SPEC_SCHEMA } from '../../operator/api/cluster-schema.ts';
import type { EtcdCluster } from '../../operator/api/etcd-cluster.ts';
import { checkSchema } from '../../operator/api/schema.ts';
import { validateCluster } from '../../operator/api/validation.ts';
import { KubeError } from '../../operator/kube/kube-error.ts';
import {
  BAD_NAMES,
  BAD_SPECS,
  CHANGES,
  type ChangeExample,
  exampleCluster,
  GOOD_SPECS,
} from '../support/cluster-examples.ts';
import type { Tally } from '../support/tally.ts';
import type { Kube } from './kube.ts';

const CLUSTERS = '/apis/etcd-ts.io/v1alpha1/namespaces/default/etcdclusters';
const DRY = 'dryRun=All';
const DEFINITION =
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/etcdclusters.etcd-ts.io';
const REFUSED = 422;

/** An API server that is too old for them leaves them out of the definition. */
export async function hasExpressions(kube: Kube): Promise<boolean> {
  return JSON.stringify(await kube.get(DEFINITION)).includes('"x-kubernetes-validations"');
}

export async function runRules(tally: Tally, kube: Kube): Promise<void> {
  const isWhole = await hasExpressions(kube);
  const note = isWhole ? '' : ', without expressions, which this API server has not';
  const problemsOf = (cluster: EtcdCluster, old?: EtcdCluster): number =>
    isWhole
      ? validateCluster(cluster, old).length
      : checkSchema(SPEC_SCHEMA, cluster.spec, 'spec').length;
  await tally.run(
    'the API server takes and refuses the specifications the operator does',
    async () => {
      const specs = [...GOOD_SPECS, ...BAD_SPECS.map(([, spec]) => spec)];
      const examples = [
        ...specs.map((spec) => exampleCluster(spec)),
        ...BAD_NAMES.map((name) => exampleCluster({}, name)),
      ];
      for (const cluster of examples) {
        const isRefused = await refuses(() => kube.create(`${CLUSTERS}?${DRY}`, cluster));
        compare(cluster, isRefused, problemsOf(cluster) > 0);
      }
      return `${examples.length} of them${note}`;
    },
  );
  await tally.run('the API server takes and refuses the changes the operator does', async () => {
    for (const change of CHANGES) {
      const [old, next] = pairOf(change);
      const isRefused = await refusesChange(kube, old, next);
      compare(change, isRefused, problemsOf(next, old) > 0);
    }
    return `${CHANGES.length} of them${note}`;
  });
}

function pairOf({ from, to, running }: ChangeExample): readonly [EtcdCluster, EtcdCluster] {
  return [exampleCluster(from, 'example', running), exampleCluster(to, 'example', running)];
}

async function refusesChange(kube: Kube, old: EtcdCluster, next: EtcdCluster): Promise<boolean> {
  // Paused, for the operator of a cluster that is somebody's.
  await kube.create(CLUSTERS, { ...old, spec: { ...old.spec, paused: true } });
  const path = `${CLUSTERS}/example`;
  try {
    if (old.status !== undefined) await kube.patch(`${path}/status`, { status: old.status });
    return await refuses(() => kube.patch(`${path}?${DRY}`, { spec: next.spec }));
  } finally {
    await kube.delete(path);
  }
}

/** True when it is refused for what it asks. */
export async function refuses(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return false;
  } catch (error) {
    if (error instanceof KubeError && error.status === REFUSED) return true;
    throw error;
  }
}

function compare(example: unknown, isRefused: boolean, isProblem: boolean): void {
  if (isRefused === isProblem) return;
  const [server, operator] = [isRefused, isProblem].map((no) => (no ? 'refuses' : 'takes'));
  throw new Error(`the API server ${server}, the operator ${operator} ${JSON.stringify(example)}`);
}
