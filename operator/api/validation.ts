// Owns the operator's own validation: the schema and the rules that the API server also has, for servers that ignore CEL
// and for objects stored before a rule existed. Says what is wrong and where; never throws.
import { SPEC_SCHEMA } from './cluster-schema.ts';
import type { EtcdCluster } from './etcd-cluster.ts';
import { RULES } from './rules.ts';
import { checkSchema, type Problem } from './schema.ts';

/** `old` is the object before an update, where it is known. Rules run only on an object of the right shape. */
export function validateCluster(cluster: EtcdCluster, old?: EtcdCluster): readonly Problem[] {
  const shape = checkSchema(SPEC_SCHEMA, cluster.spec, 'spec');
  if (shape.length > 0) return shape;
  return RULES.filter((rule) => !rule.holds(cluster, old)).map(({ path, message }) => ({
    path,
    message,
  }));
}

export function problemsText(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
}
