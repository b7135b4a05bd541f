// Owns the CustomResourceDefinitions as data; scripts/gen-crd.ts writes manifests/crds from them.
import { CLUSTER_SCHEMA } from './cluster-schema.ts';
import { GROUP, VERSION } from './etcd-cluster.ts';
import { MEMBER_SCHEMA } from './member-schema.ts';
import type { Schema } from './schema.ts';

interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: number;
}

export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced';
    readonly names: Readonly<Record<string, string | readonly string[]>>;
    readonly versions: readonly CrdVersion[];
  };
}

interface CrdVersion {
  readonly name: string;
  readonly served: true;
  readonly storage: true;
  readonly additionalPrinterColumns: readonly PrinterColumn[];
  readonly subresources: Readonly<Record<string, unknown>>;
  readonly schema: { readonly openAPIV3Schema: Schema };
}

const AGE: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was created.',
};

const CLUSTER_COLUMNS: readonly PrinterColumn[] = [
  {
    name: 'Desired',
    type: 'integer',
    jsonPath: '.spec.replicas',
    description: 'Members asked for.',
  },
  {
    name: 'Ready',
    type: 'integer',
    jsonPath: '.status.readyReplicas',
    description: 'Healthy voters.',
  },
  { name: 'Leader', type: 'string', jsonPath: '.status.leader', description: 'Leading member.' },
  {
    name: 'Version',
    type: 'string',
    jsonPath: '.status.version',
    description: 'Lowest version that runs.',
  },
  {
    name: 'Status',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
    description: 'Reason of the condition Ready.',
  },
  AGE,
  {
    name: 'Cluster ID',
    type: 'string',
    jsonPath: '.status.clusterID',
    description: 'Cluster ID.',
    priority: 1,
  },
];

const MEMBER_COLUMNS: readonly PrinterColumn[] = [
  {
    name: 'Cluster',
    type: 'string',
    jsonPath: '.spec.clusterName',
    description: 'Its EtcdCluster.',
  },
  { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Phase of its life.' },
  { name: 'ID', type: 'string', jsonPath: '.status.memberID', description: 'Member ID.' },
  AGE,
];

export const CLUSTER_CRD: CustomResourceDefinition = definition({
  kind: 'EtcdCluster',
  plural: 'etcdclusters',
  shortNames: ['etcd'],
  columns: CLUSTER_COLUMNS,
  schema: CLUSTER_SCHEMA,
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
});

export const MEMBER_CRD: CustomResourceDefinition = definition({
  kind: 'EtcdMember',
  plural: 'etcdmembers',
  shortNames: ['etcdm'],
  columns: MEMBER_COLUMNS,
  schema: MEMBER_SCHEMA,
  subresources: { status: {} },
});

function definition(options: {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly columns: readonly PrinterColumn[];
  readonly schema: Schema;
  readonly subresources: Readonly<Record<string, unknown>>;
}): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${options.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: options.kind,
        listKind: `${options.kind}List`,
        plural: options.plural,
        singular: options.kind.toLowerCase(),
        shortNames: options.shortNames,
        categories: ['etcd-ts'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: options.columns,
          subresources: options.subresources,
          schema: { openAPIV3Schema: options.schema },
        },
      ],
    },
  };
}
