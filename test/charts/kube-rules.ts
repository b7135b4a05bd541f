// Owns Kubernetes' basic rules for objects, as far as a mistake in a template could break them: names, labels, selectors,
// Pod Security, places of references. Says what is wrong; the API server says the rest.
import type { KubeObject } from '../../scripts/charts/chart.ts';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_KEY =
  /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Kinds and the API they are in; whether they live in a namespace. */
const KINDS: Readonly<
  Record<string, { readonly apiVersion: string; readonly namespaced: boolean }>
> = {
  Namespace: { apiVersion: 'v1', namespaced: false },
  ServiceAccount: { apiVersion: 'v1', namespaced: true },
  Service: { apiVersion: 'v1', namespaced: true },
  Pod: { apiVersion: 'v1', namespaced: true },
  Deployment: { apiVersion: 'apps/v1', namespaced: true },
  Role: { apiVersion: 'rbac.authorization.k8s.io/v1', namespaced: true },
  RoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', namespaced: true },
  ClusterRole: { apiVersion: 'rbac.authorization.k8s.io/v1', namespaced: false },
  ClusterRoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', namespaced: false },
  PodDisruptionBudget: { apiVersion: 'policy/v1', namespaced: true },
  ConfigMap: { apiVersion: 'v1', namespaced: true },
  PodMonitor: { apiVersion: 'monitoring.coreos.com/v1', namespaced: true },
  PrometheusRule: { apiVersion: 'monitoring.coreos.com/v1', namespaced: true },
  ServiceMonitor: { apiVersion: 'monitoring.coreos.com/v1', namespaced: true },
  CustomResourceDefinition: { apiVersion: 'apiextensions.k8s.io/v1', namespaced: false },
  EtcdCluster: { apiVersion: 'etcd-ts.io/v1alpha1', namespaced: true },
};

export type Json = Readonly<Record<string, unknown>>;

/** The value at a path of fields and indexes; undefined where there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Json)[part];
  }
  return current;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly Json[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function mapAt(value: unknown, ...path: readonly (string | number)[]): Json {
  const found = at(value, ...path);
  return typeof found === 'object' && found !== null ? (found as Json) : {};
}

/** What is wrong with a set of objects that are installed together. */
export function kubeProblems(objects: readonly KubeObject[]): readonly string[] {
  const problems = objects.flatMap((object) =>
    [...ownProblems(object), ...selectorProblems(object, objects), ...podProblems(object)].map(
      (problem) => `${object.kind} ${object.metadata.name}: ${problem}`,
    ),
  );
  const keys = objects.map(
    ({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
  );
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
  return [...problems, ...twice.map((key) => `${key} is there twice`), ...bindingProblems(objects)];
}

function ownProblems({ apiVersion, kind, metadata }: KubeObject): readonly string[] {
  const known = KINDS[kind];
  if (known === undefined) return ['the kind is not known'];
  const problems: string[] = [];
  if (known.apiVersion !== apiVersion) problems.push(`apiVersion ${apiVersion}`);
  if (known.namespaced !== (metadata.namespace !== undefined)) problems.push('namespace');
  const pattern = kind === 'CustomResourceDefinition' ? DNS_SUBDOMAIN : DNS_LABEL;
  if (!pattern.test(metadata.name)) problems.push('name');
  if (metadata.namespace !== undefined && !DNS_LABEL.test(metadata.namespace)) {
    problems.push('name of namespace');
  }
  problems.push(...labelProblems(metadata.labels ?? {}));
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    if (!LABEL_KEY.test(key) || typeof value !== 'string') problems.push(`annotation ${key}`);
  }
  return problems;
}

function labelProblems(labels: Json): readonly string[] {
  return Object.entries(labels)
    .filter(
      ([key, value]) =>
        !LABEL_KEY.test(key) || !LABEL_VALUE.test(String(value)) || typeof value !== 'string',
    )
    .map(([key]) => `label ${key}`);
}

function selectorProblems(object: KubeObject, all: readonly KubeObject[]): readonly string[] {
  const template = mapAt(object, 'spec', 'template', 'metadata', 'labels');
  const selector =
    object.kind === 'Service'
      ? mapAt(object, 'spec', 'selector')
      : mapAt(object, 'spec', 'selector', 'matchLabels');
  if (object.kind === 'Deployment') {
    return [...labelProblems(template), ...(isSelected(selector, template) ? [] : ['selector'])];
  }
  if (!['Service', 'PodDisruptionBudget', 'ServiceMonitor'].includes(object.kind)) return [];
  const problems: string[] = [];
  const wanted = object.kind === 'ServiceMonitor' ? 'Service' : 'Deployment';
  const selected = all.filter((other) => {
    const own = mapAt(other, 'metadata', 'labels');
    const labels =
      other.kind === 'Deployment' ? mapAt(other, 'spec', 'template', 'metadata', 'labels') : own;
    return other.kind === wanted && isSelected(selector, labels);
  });
  if (selected.length !== 1) problems.push(`selects ${selected.length} ${wanted}s`);
  // Pods of tests must not get what is meant for the operator.
  const pods = all.filter(
    ({ kind, metadata }) => kind === 'Pod' && isSelected(selector, metadata.labels ?? {}),
  );
  if (object.kind !== 'ServiceMonitor' && pods.length > 0) problems.push('selects a Pod of tests');
  if (object.kind === 'Service') problems.push(...portProblems(object, selected[0]));
  return problems;
}

function isSelected(selector: Json, labels: Json): boolean {
  const pairs = Object.entries(selector);
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
}

function portProblems(service: KubeObject, deployment: KubeObject | undefined): readonly string[] {
  const ports = listAt(deployment, 'spec', 'template', 'spec', 'containers', 0, 'ports');
  const names = ports.map(({ name }) => name);
  return listAt(service, 'spec', 'ports')
    .filter(({ targetPort }) => typeof targetPort === 'string' && !names.includes(targetPort))
    .map(({ targetPort }) => `no port ${String(targetPort)}`);
}

/** Pod Security Standard "restricted", and more: a read-only root, no token where none is needed. */
function podProblems(object: KubeObject): readonly string[] {
  if (object.kind !== 'Deployment' && object.kind !== 'Pod') return [];
  const spec = object.kind === 'Pod' ? at(object, 'spec') : at(object, 'spec', 'template', 'spec');
  const problems: string[] = [];
  const expect = (what: string, holds: boolean): void => {
    if (!holds) problems.push(what);
  };
  expect('runAsNonRoot', at(spec, 'securityContext', 'runAsNonRoot') === true);
  expect('runAsUser', Number(at(spec, 'securityContext', 'runAsUser')) > 0);
  expect('seccomp', at(spec, 'securityContext', 'seccompProfile', 'type') === 'RuntimeDefault');
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'volumes']) {
    expect(field, at(spec, field) === undefined);
  }
  const containers = listAt(spec, 'containers');
  expect('containers', containers.length === 1);
  for (const { securityContext, image, command } of containers) {
    expect('escalation', at(securityContext, 'allowPrivilegeEscalation') === false);
    expect('read-only root', at(securityContext, 'readOnlyRootFilesystem') === true);
    expect('capabilities', at(securityContext, 'capabilities', 'drop', 0) === 'ALL');
    expect(
      'image',
      /^[^\s:@]+(?::\d+\/[^\s:@]+)?(?::[\w][\w.-]*|@sha256:[0-9a-f]{64})$/.test(String(image)),
    );
    expect('command', Array.isArray(command) && command.length === 1);
  }
  if (object.kind === 'Pod') expect('token', at(spec, 'automountServiceAccountToken') === false);
  return problems;
}

function bindingProblems(objects: readonly KubeObject[]): readonly string[] {
  const problems: string[] = [];
  for (const binding of objects.filter(({ kind }) => kind.endsWith('Binding'))) {
    const { kind, name } = mapAt(binding, 'roleRef');
    const role = objects.find(
      (other) =>
        other.kind === kind &&
        other.metadata.name === name &&
        (kind === 'ClusterRole' || other.metadata.namespace === binding.metadata.namespace),
    );
    if (role === undefined)
      problems.push(`${binding.metadata.name} binds a role that is not there`);
  }
  return problems;
}
