// Goal: the CustomResourceDefinitions are what Kubernetes accepts and kubectl explains. Method: walk the schemas and hold
// every node to the rules of structural schemas, and the schema's defaults to those of the code. A failure would show as
// a refused `kubectl apply` of the definition, or as two different defaults.
import { describe, expect, it } from 'vitest';
import { SPEC_SCHEMA } from '../../../operator/api/cluster-schema.ts';
import {
  CLUSTER_CRD,
  type CustomResourceDefinition,
  MEMBER_CRD,
} from '../../../operator/api/crd.ts';
import { resolveSpec } from '../../../operator/api/defaults.ts';
import type { EtcdClusterSpec } from '../../../operator/api/etcd-cluster.ts';
import type { Schema } from '../../../operator/api/schema.ts';

function rootOf(crd: CustomResourceDefinition): Schema {
  return crd.spec.versions[0]?.schema.openAPIV3Schema ?? {};
}

function walk(schema: Schema, path: string, visit: (schema: Schema, path: string) => void): void {
  visit(schema, path);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    walk(field, `${path}.${name}`, visit);
  }
  if (schema.items !== undefined) walk(schema.items, `${path}[]`, visit);
}

function withDefaults(schema: Schema, value: unknown): unknown {
  const start = value === undefined ? schema.default : value;
  if (typeof start !== 'object' || start === null || schema.properties === undefined) return start;
  const result: Record<string, unknown> = { ...start };
  for (const [name, field] of Object.entries(schema.properties)) {
    const inner = withDefaults(field, result[name]);
    if (inner !== undefined) result[name] = inner;
  }
  return result;
}

describe.each([
  ['EtcdCluster', CLUSTER_CRD],
  ['EtcdMember', MEMBER_CRD],
])('%s', (_kind, crd) => {
  it('has a type and a description everywhere', () => {
    walk(rootOf(crd), '', (schema, path) => {
      expect(schema.type, path).toBeDefined();
      if (path !== '.metadata') expect(schema.description, path).toMatch(/\S/);
    });
  });

  it('bounds what CEL walks, and names the keys of lists', () => {
    walk(rootOf(crd), '', (schema, path) => {
      if (schema.type === 'array') {
        expect(schema.maxItems, path).toBeDefined();
        const keys = schema['x-kubernetes-list-map-keys'] ?? [];
        for (const key of keys) expect(schema.items?.required, path).toContain(key);
        expect(schema['x-kubernetes-list-type'], path).toBe(keys.length > 0 ? 'map' : 'atomic');
      }
      for (const required of schema.required ?? []) {
        expect(Object.keys(schema.properties ?? {}), path).toContain(required);
      }
    });
  });

  it('has the subresource status, short names and a column of age', () => {
    const version = crd.spec.versions[0];
    expect(version?.subresources).toHaveProperty('status');
    expect(version?.additionalPrinterColumns.map(({ name }) => name)).toContain('Age');
    expect(crd.spec.names['shortNames']).toHaveLength(1);
  });
});

it('can be scaled by kubectl and autoscalers', () => {
  expect(CLUSTER_CRD.spec.versions[0]?.subresources).toMatchObject({
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  });
});

it('defaults are the same in the schema and in the code', () => {
  const filled = withDefaults(SPEC_SCHEMA, {
    image: {},
    service: {},
    disruption: {},
    replacement: {},
  });
  const spec: EtcdClusterSpec = filled as EtcdClusterSpec;
  expect(resolveSpec(spec)).toEqual(resolveSpec({}));
  expect(spec.replicas).toBe(3);
  expect(spec.storage).toEqual({
    size: '8Gi',
    medium: 'Disk',
    retention: { whenScaled: 'Delete', whenDeleted: 'Retain' },
  });
});
