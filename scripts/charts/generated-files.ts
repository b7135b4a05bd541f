// Owns the text of what is generated for charts and for a plain installation, without writing it: the script writes, the
// test compares. From operator/api: the CustomResourceDefinitions as templates, the values schema of the cluster chart. From
// the operator chart's default render: manifests/operator.yaml, so that both ways of installing agree.
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { SPEC_SCHEMA } from '../../operator/api/cluster-schema.ts';
import { CLUSTER_CRD, type CustomResourceDefinition, MEMBER_CRD } from '../../operator/api/crd.ts';
import type { Schema } from '../../operator/api/schema.ts';
import { type Alert, MEMBER_ALERTS, OPERATOR_ALERTS, ruleGroups } from './alerts.ts';
import { type KubeObject, loadChart, renderObjects, type Values } from './chart.ts';
import { dashboardJson } from './dashboard.ts';
import { MEMBERS_DASHBOARD, OPERATOR_DASHBOARD } from './dashboards.ts';
import type { JsonSchema } from './json-schema.ts';

export const OPERATOR_NAMESPACE = 'etcd-ts-system';
/** Of the installation that has rights in one namespace only: operator and clusters are both there. */
export const TEAM_NAMESPACE = 'etcd-ts';

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
    ...monitoringFiles(),
  ]);
}

/** Dashboards and alerts: as files to import, and as objects of the charts. */
function monitoringFiles(): readonly (readonly [string, string])[] {
  const members = dashboardJson(MEMBERS_DASHBOARD);
  const operator = dashboardJson(OPERATOR_DASHBOARD);
  const inCluster = { folder: 'etcd-ts-cluster', name: 'etcd-ts-cluster.name' };
  const inOperator = { folder: 'etcd-ts-operator', name: 'etcd-ts-operator.monitoringName' };
  return [
    ['docs/dashboards/etcd.json', formatJson(JSON.parse(members))],
    ['docs/dashboards/etcd-operator.json', formatJson(JSON.parse(operator))],
    ...monitoringTemplates(inCluster, { file: 'etcd.json', text: members }, MEMBER_ALERTS),
    ...monitoringTemplates(
      inOperator,
      { file: 'etcd-operator.json', text: operator },
      OPERATOR_ALERTS,
    ),
  ];
}

function monitoringTemplates(
  { folder, name }: { readonly folder: string; readonly name: string },
  dashboard: { readonly file: string; readonly text: string },
  alerts: readonly Alert[],
): readonly (readonly [string, string])[] {
  const header = (kind: string, suffix: string, value: string): string =>
    `{{- /* Generated from scripts/charts by \`npm run gen:charts\`; edits are overwritten. */}}
{{- if .Values.metrics.${value}.enabled }}
${kind}
metadata:
  name: {{ include "${name}" . }}-${suffix}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- with .Values.metrics.${value}.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    app.kubernetes.io/instance: {{ .Release.Name }}
    app.kubernetes.io/managed-by: {{ .Release.Service }}
    helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
`;
  const map = `${header('apiVersion: v1\nkind: ConfigMap', 'dashboard', 'dashboards')}  {{- with .Values.metrics.dashboards.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
data:
  ${dashboard.file}: |
${indented(withoutActions(dashboard.text), 4)}{{- end }}
`;
  const rule = 'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule';
  const groups = dump({ groups: ruleGroups('etcd', alerts) }, { noRefs: true, lineWidth: 100 });
  return [
    [`charts/${folder}/templates/dashboard.yaml`, map],
    [
      `charts/${folder}/templates/prometheusrule.yaml`,
      `${header(rule, 'alerts', 'alerts')}spec:\n${indented(withoutActions(groups), 2)}{{- end }}\n`,
    ],
  ];
}

function withoutActions(text: string): string {
  if (text.includes('{{')) throw new Error('a text would be taken for a template');
  return text;
}

function indented(text: string, columns: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(columns));
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
  return new Map([
    ['manifests/operator.yaml', operatorManifest(root)],
    ['manifests/namespaced/operator.yaml', namespacedManifest(root)],
  ]);
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
      metrics: metricsSchema(strings),
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

function metricsSchema(strings: JsonSchema): JsonSchema {
  const enabled: JsonSchema = { type: 'boolean', description: 'Make it.' };
  const labels: JsonSchema = { ...strings, description: 'Its labels.' };
  const part = (description: string, properties: JsonSchema['properties'] = {}): JsonSchema => ({
    type: 'object',
    description,
    additionalProperties: false,
    properties: { enabled, labels, ...properties },
  });
  return {
    type: 'object',
    description: 'Metrics of members.',
    additionalProperties: false,
    properties: {
      podMonitor: part('PodMonitor of the Prometheus operator.', {
        interval: {
          type: 'string',
          description: 'Between scrapes.',
          pattern: '^[0-9]+(ms|s|m|h)$',
        },
      }),
      dashboards: part("ConfigMap with Grafana's dashboard.", {
        annotations: { ...strings, description: 'Its annotations.' },
      }),
      alerts: part('PrometheusRule of the Prometheus operator.'),
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
  const objects = plainObjects(root, OPERATOR_NAMESPACE, {});
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
  return `# The operator in its own namespace. Generated from charts/etcd-ts-operator by \`npm run gen:charts\`; edits are
# overwritten. The CustomResourceDefinitions come first:
#   kubectl apply --server-side -f manifests/crds -f manifests/operator.yaml
${documentsText([namespace, ...objects])}`;
}

/** Nothing in it is outside of its namespace, which is there already, like the definitions. */
function namespacedManifest(root: string): string {
  const values = { watchNamespace: TEAM_NAMESPACE, rbac: { aggregate: false } };
  return `# The operator with rights in the one namespace that it looks after, ${TEAM_NAMESPACE}, where it runs too. Generated from
# charts/etcd-ts-operator by \`npm run gen:charts\`; edits are overwritten. An administrator applies manifests/crds once; who
# may grant rights in the namespace applies this. For another namespace:
#   sed -E 's/(namespace(: |=))${TEAM_NAMESPACE}$/\\1team-a/' manifests/namespaced/operator.yaml | kubectl apply -f -
${documentsText(plainObjects(root, TEAM_NAMESPACE, values))}`;
}

function plainObjects(root: string, namespace: string, values: Values): readonly KubeObject[] {
  const chart = loadChart(join(root, 'charts/etcd-ts-operator'));
  const release = { name: 'etcd-ts-operator', namespace, service: 'kubectl' };
  return renderObjects(chart, release, { ...values, crds: { enabled: false } })
    .filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined)
    .map(withoutHelm);
}

function documentsText(objects: readonly KubeObject[]): string {
  const rank = ({ kind }: KubeObject): number => {
    const index = KIND_ORDER.indexOf(kind);
    if (index === -1) throw new Error(`${kind} has no place in the order of kinds`);
    return index;
  };
  const sorted = [...objects].sort((a, b) => rank(a) - rank(b));
  return sorted.map((object) => dump(object, { noRefs: true, lineWidth: 100 })).join('---\n');
}

/** Takes the chart's label away, wherever it is. */
function withoutHelm(object: KubeObject): KubeObject {
  return JSON.parse(
    JSON.stringify(object, (key, value) => (key === 'helm.sh/chart' ? undefined : value)),
  );
}
