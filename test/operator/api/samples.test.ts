// Goal: every sample is accepted and means what it says. Method: each is validated, and all its fields are looked up in
// the schema, since the API server would drop a field it does not know. A failure is a sample that misleads.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { CLUSTER_SCHEMA } from '../../../operator/api/cluster-schema.ts';
import type { EtcdCluster } from '../../../operator/api/etcd-cluster.ts';
import type { Schema } from '../../../operator/api/schema.ts';
import { problemsText, validateCluster } from '../../../operator/api/validation.ts';

const FOLDER = join(import.meta.dirname, '../../../manifests/samples');

function unknownFields(schema: Schema, value: unknown, path: string): readonly string[] {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item) => unknownFields(schema.items ?? {}, item, `${path}[]`));
  }
  if (typeof value !== 'object' || value === null || path === '.metadata') return [];
  return Object.entries(value).flatMap(([key, field]) => {
    const inner = schema.properties?.[key] ?? schema.additionalProperties;
    return inner === undefined ? [`${path}.${key}`] : unknownFields(inner, field, `${path}.${key}`);
  });
}

it.each(readdirSync(FOLDER))('%s', (name) => {
  const sample = load(readFileSync(join(FOLDER, name), 'utf8'));
  expect(unknownFields(CLUSTER_SCHEMA, sample, '')).toEqual([]);
  expect(problemsText(validateCluster(sample as EtcdCluster))).toBe('');
});
