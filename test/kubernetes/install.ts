// Owns bringing the operator's definitions and rights into an API server: the files of manifests/, as users apply them, and
// the same Role in further namespaces. Nobody starts the Deployment that is among them here.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { isJson, type Json, recordAt, textAt } from '../../operator/kube/decode.ts';
import { KubeError } from '../../operator/kube/kube-error.ts';
import { ROOT } from '../support/paths.ts';
import type { Kube } from './kube.ts';
import { until } from './until.ts';

const OPERATOR = 'operator.yaml';
const RIGHTS = '/apis/rbac.authorization.k8s.io/v1';
const COLLECTIONS: Readonly<Record<string, (namespace: string) => string>> = {
  Namespace: () => '/api/v1/namespaces',
  ServiceAccount: (namespace) => `/api/v1/namespaces/${namespace}/serviceaccounts`,
  ClusterRole: () => `${RIGHTS}/clusterroles`,
  ClusterRoleBinding: () => `${RIGHTS}/clusterrolebindings`,
  Role: (namespace) => `${RIGHTS}/namespaces/${namespace}/roles`,
  RoleBinding: (namespace) => `${RIGHTS}/namespaces/${namespace}/rolebindings`,
  Service: (namespace) => `/api/v1/namespaces/${namespace}/services`,
  Deployment: (namespace) => `/apis/apps/v1/namespaces/${namespace}/deployments`,
};

/** Paths of those that were not there. */
export async function installDefinitions(kube: Kube): Promise<readonly string[]> {
  const crds = join(ROOT, 'manifests/crds');
  const made: string[] = [];
  for (const file of readdirSync(crds)) {
    const definition: unknown = load(readFileSync(join(crds, file), 'utf8'));
    if (!isJson(definition)) throw new Error(`${file} is no definition`);
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    made.push(...(await createMissing(kube, path, definition)));
  }
  for (const plural of ['etcdclusters', 'etcdmembers']) {
    await until(`${plural} are served`, () =>
      kube.list(`/apis/etcd-ts.io/v1alpha1/namespaces/default/${plural}`),
    );
  }
  return made;
}

/** `file` in manifests/. Paths of what was not there. */
export async function installRights(
  kube: Kube,
  file: string = OPERATOR,
): Promise<readonly string[]> {
  const made: string[] = [];
  for (const document of manifests(file)) {
    const namespace = textAt(recordAt(document, 'metadata'), 'namespace') ?? '';
    made.push(...(await createMissing(kube, collectionOf(document)(namespace), document)));
  }
  return made;
}

async function createMissing(
  kube: Kube,
  collection: string,
  object: Json,
): Promise<readonly string[]> {
  try {
    await kube.create(collection, object);
  } catch (error) {
    if (error instanceof KubeError && error.isConflict) return [];
    throw error;
  }
  return [`${collection}/${textAt(recordAt(object, 'metadata'), 'name')}`];
}

/** Makes the namespace, and lets the operator hold its Lease there. */
export async function letOperate(kube: Kube, namespace: string): Promise<void> {
  const apiVersion = 'v1';
  await kube.create('/api/v1/namespaces', {
    apiVersion,
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  for (const document of manifests(OPERATOR)) {
    const kind = textAt(document, 'kind');
    if (kind !== 'Role' && kind !== 'RoleBinding') continue;
    const metadata = { name: recordAt(document, 'metadata')['name'], namespace };
    await kube.create(collectionOf(document)(namespace), { ...document, metadata });
  }
}

function collectionOf(document: Json): (namespace: string) => string {
  const kind = textAt(document, 'kind') ?? '';
  const collection = COLLECTIONS[kind];
  if (collection === undefined) throw new Error(`manifests/operator.yaml has a ${kind}`);
  return collection;
}

function manifests(file: string): readonly Json[] {
  const text = readFileSync(join(ROOT, 'manifests', file), 'utf8');
  return loadAll(text).filter(isJson);
}
