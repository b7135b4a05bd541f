// Goal: the rules that charts are checked with see mistakes. Method: a good set of objects is broken in one place at a time.
// A failure means that the tests of charts would pass whatever is in them.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type KubeObject, loadChart, renderObjects } from '../../scripts/charts/chart.ts';
import { kubeProblems } from './kube-rules.ts';

const chart = loadChart(join(import.meta.dirname, '../../charts/etcd-ts-operator'));
const text = JSON.stringify(renderObjects(chart, { name: 'r', namespace: 'n' }));

it.each([
  ['"kind":"Deployment"', '"kind":"Deploiment"', 'the kind is not known'],
  ['"apiVersion":"apps/v1"', '"apiVersion":"apps/v1beta1"', 'apiVersion'],
  ['"matchLabels":{', '"matchLabels":{"other":"x",', 'selector'],
  ['"selector":{"app.kubernetes.io/name"', '"selector":{"app.kubernetes.io/other"', 'selects 0'],
  ['"targetPort":"metrics"', '"targetPort":"metric"', 'no port metric'],
  ['"readOnlyRootFilesystem":true', '"readOnlyRootFilesystem":false', 'read-only root'],
  ['"runAsNonRoot":true', '"runAsNonRoot":false', 'runAsNonRoot'],
  ['"drop":["ALL"]', '"drop":[]', 'capabilities'],
  ['"name":"r-etcd-ts-operator","namespace"', '"name":"R_etcd","namespace"', 'name'],
  ['"app.kubernetes.io/part-of":"etcd-ts"', '"app.kubernetes.io/part-of":"etcd ts"', 'label'],
  ['"kind":"Role","name":"r-', '"kind":"Role","name":"x-', 'role that is not there'],
  ['"automountServiceAccountToken":false,', '', 'token'],
])('%s as %s', (good, bad, problem) => {
  const changed: readonly KubeObject[] = JSON.parse(text.replace(good, bad));
  expect(text).toContain(good);
  expect(kubeProblems(changed).join('\n')).toContain(problem);
});
