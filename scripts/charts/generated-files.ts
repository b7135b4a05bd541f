// Owns the text of what is generated for charts and for a plain installation, without writing it: the script writes, the
// test compares. From operator/api: the CustomResourceDefinitions as templates, the values schema of the cluster chart. From
// the operator chart's default render: manifests/operator.yaml, so that both ways of installing agree.
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { SPEC_SCHEMA } from '../../operator/api/cluster-schema.ts';
import { CLUSTER_CRD, type CustomResourceDefinition, MEMBER_CRD } from '../../operator/api/crd.ts';
import type { Schema } from '../../operator/api/schema.ts';
import { type KubeObject, loadChart, renderObjects } from './chart.ts';
import type { JsonSchema } from './json-schema.ts';

export const OPERATOR_NAMESPACE = 'etcd-ts-system';

/** The order in which an API server can take them: what others name comes first. */
const KIND_ORDER = [
  'Namespace',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Service',
  'Deployment',
];

const LINE_LENGTH_MAX = 100;

const TEMPLATES = 'charts/etcd-ts-operator/templates/crds';

/** What has to be there before the plain manifests can be rendered: it is part of the charts. */
export function chartFiles(): ReadonlyMap<string, string> {
  return new Map([
    [`${TEMPLATES}/etcdclusters.yaml`, crdTemplate(CLUSTER_CRD)],
    [`${TEMPLATES}/etcdmembers.yaml`, crdTemplate(MEMBER_CRD)],
    ['charts/etcd-ts-cluster/values.schema.json', formatJson(clusterValuesSchema())],
  ]);
}

/** As the repository's formatter has it: lists of plain values on one line where they fit. */
function formatJson(value: unknown): string {
  const spread = JSON.stringify(value, undefined, 2);
  const text = spread.replaceAll(
    /^(.*)\[\n([^[\]{}]*)\n *\](,?)$/gm,
    (whole, start, items, end) => {
      const line = `${start}[${items.trim().replaceAll(/,\n */g, ', ')}]${end}`;
      return line.length <= LINE_LENGTH_MAX ? line : whole;
    },
  );
  return `${text}\n`;
}

export function manifestFiles(root: string): ReadonlyMap<string, string> {
  return new Map([['manifests/operator.yaml', operatorManifest(root)]]);
}

function crdTemplate(crd: CustomResourceDefinition): string {
  const text = dump(
    { ...crd, metadata: { name: crd.metadata.name } },
    { noRefs: true, lineWidth: 100 },
  );
  if (text.includes('{{')) throw new Error('a description would be taken for a template');
  const name = `  name: ${crd.metadata.name}\n`;
  const keep = `${name}  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
`;
  return `{{- /* Generated from operator/api by \`npm run gen:charts\`; edits are overwritten. */}}
{{- if .Values.crds.enabled }}
${text.replace(name, keep)}{{- end }}
`;
}

function clusterValuesSchema(): JsonSchema {
  const fields = Object.entries(SPEC_SCHEMA.properties ?? {});
  const strings: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of etcd-ts-cluster',
    type: 'object',
    additionalProperties: false,
    properties: {
      fullnameOverride: {
        type: 'string',
        description: "Name of the EtcdCluster; the release's name when empty.",
        pattern: '^([a-z]([-a-z0-9]*[a-z0-9])?)?$',
        maxLength: 50,
      },
      labels: { ...strings, description: 'Labels of the EtcdCluster.' },
      annotations: { ...strings, description: 'Annotations of the EtcdCluster.' },
      keep: { type: 'boolean', description: 'Leave the EtcdCluster on uninstall.' },
      ...Object.fromEntries(fields.map(([name, schema]) => [name, valueSchema(name, schema)])),
      tests: {
        type: 'object',
        description: 'helm test.',
        additionalProperties: false,
        properties: { image: { type: 'string', description: 'An image with etcdctl.' } },
      },
      global: { type: 'object', description: 'Set by Helm for charts inside of others.' },
    },
  };
}

/** Texts at the top may be empty, which leaves them to the API's default. */
function valueSchema(name: string, schema: Schema): JsonSchema {
  const converted = jsonSchema(schema);
  const { pattern } = converted;
  return name === 'version' && pattern !== undefined
    ? { ...converted, pattern: `^$|${pattern}` }
    : converted;
}

/** Kubernetes' structural schema as JSON Schema. Fields that are not known are refused, not dropped. */
function jsonSchema(schema: Schema): JsonSchema {
  const { properties, items, additionalProperties, format: _format, ...rest } = schema;
  const plain = Object.entries(rest).filter(([keyword]) => !keyword.startsWith('x-kubernetes-'));
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const fields = Object.entries(properties ?? {});
  return {
    ...Object.fromEntries(plain),
    ...(items === undefined ? {} : { items: jsonSchema(items) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(fields.map(([key, field]) => [key, jsonSchema(field)])),
        }),
    ...(additionalProperties === undefined
      ? schema.type === 'object' && !isOpen && { additionalProperties: false }
      : { additionalProperties: jsonSchema(additionalProperties) }),
  };
}

/** Without the CustomResourceDefinitions, which manifests/crds has, and without what only means something to Helm. */
function operatorManifest(root: string): string {
  const chart = loadChart(join(root, 'charts/etcd-ts-operator'));
  const objects = renderObjects(
    chart,
    { name: 'etcd-ts-operator', namespace: OPERATOR_NAMESPACE, service: 'kubectl' },
    { crds: { enabled: false } },
  );
  const kept = objects.filter(
    ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined,
  );
  const namespace: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: OPERATOR_NAMESPACE,
      labels: {
        'app.kubernetes.io/part-of': 'etcd-ts',
        'pod-security.kubernetes.io/enforce': 'restricted',
      },
    },
  };
  const rank = ({ kind }: KubeObject): number => {
    const index = KIND_ORDER.indexOf(kind);
    if (index === -1) throw new Error(`${kind} has no place in the order of kinds`);
    return index;
  };
  const sorted = [namespace, ...kept.map(withoutHelm)].sort((a, b) => rank(a) - rank(b));
  const documents = sorted.map((object) => dump(object, { noRefs: true, lineWidth: 100 }));
  return `# The operator in its own namespace. Generated from charts/etcd-ts-operator by \`npm run gen:charts\`; edits are
# overwritten. The CustomResourceDefinitions come first:
#   kubectl apply --server-side -f manifests/crds -f manifests/operator.yaml
${documents.join('---\n')}`;
}

/** Takes the chart's label away, wherever it is. */
function withoutHelm(object: KubeObject): KubeObject {
  return JSON.parse(
    JSON.stringify(object, (key, value) => (key === 'helm.sh/chart' ? undefined : value)),
  );
}
