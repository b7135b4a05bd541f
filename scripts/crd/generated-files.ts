// Owns the text of the files made from operator/api, without writing them: the script writes, the test compares.
import { dump } from 'js-yaml';
import { CLUSTER_CRD, type CustomResourceDefinition, MEMBER_CRD } from '../../operator/api/crd.ts';
import {
  CONDITION_MEANINGS,
  CONDITION_REASONS,
  CONDITION_TYPES,
  EVENT_REASONS,
} from '../../operator/api/reasons.ts';
import { metricsPage } from './metrics-page.ts';

/** Paths from the repository's root, and what belongs there. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['manifests/crds/etcdclusters.yaml', crdYaml(CLUSTER_CRD)],
    ['manifests/crds/etcdmembers.yaml', crdYaml(MEMBER_CRD)],
    ['docs/operator/conditions.md', conditionsPage()],
    ['docs/operator/metrics.md', metricsPage()],
  ]);
}

function crdYaml(crd: CustomResourceDefinition): string {
  const header = '# Generated from operator/api by `npm run gen:crd`; edits are overwritten.\n';
  return header + dump(crd, { noRefs: true, lineWidth: 100 });
}

function conditionsPage(): string {
  const types = CONDITION_TYPES.map((type) => `| \`${type}\` | ${CONDITION_MEANINGS[type]} |`);
  return `# Conditions, their reasons, and events

Generated from operator/api/reasons.ts by \`npm run gen:crd\`; edits are overwritten.

\`kubectl wait --for=condition=Ready etcdcluster/NAME\` waits until a cluster is as asked. Reasons are API: they are added,
never renamed.

## Conditions

| condition | means |
|---|---|
${types.join('\n')}

## Reasons of conditions

| reason | means, and what to do |
|---|---|
${rows(CONDITION_REASONS)}

## Reasons of events

Each act of the operator is followed by one event.

| reason | means |
|---|---|
${rows(EVENT_REASONS)}
`;
}

function rows(table: Readonly<Record<string, string>>): string {
  return Object.entries(table)
    .map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`)
    .join('\n');
}
