// Owns the page about the operator's metrics. It is made from what the operator exposes after one of everything has happened,
// so that it cannot name what is not there.
import { API_VERSION, type EtcdCluster } from '../../operator/api/etcd-cluster.ts';
import { formatTime } from '../../operator/api/time.ts';
import { OperatorMetrics } from '../../operator/cli/operator-metrics.ts';
import { WorkQueue } from '../../operator/controller/work-queue.ts';

/** One of each figure of a cluster. */
const CLUSTER: EtcdCluster = {
  apiVersion: API_VERSION,
  kind: 'EtcdCluster',
  metadata: { name: 'main', namespace: 'default' },
  spec: {},
  status: {
    members: [{ name: 'main-a', role: 'Voter', phase: 'Voter', healthy: true, dbSizeBytes: 1 }],
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'AllMembersReady',
        message: '',
        lastTransitionTime: formatTime(0),
      },
    ],
  },
};

interface Described {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export function metricsPage(): string {
  const all = describeMetrics(exampleText());
  const ofClusters = all.filter(({ name }) => name.startsWith('etcd_ts_'));
  const ofLoop = all.filter((metric) => !ofClusters.includes(metric));
  return `# Metrics of the operator

Generated from operator/cli/operator-metrics.ts by \`npm run gen:crd\`; edits are overwritten. Served at \`/metrics\` on port
8080 (\`--metrics-bind-address\`). Members serve etcd's own metrics, under etcd's names, on port 2381.

Dashboards of both are in [docs/dashboards](../dashboards/README.md); the charts have them, a ServiceMonitor, a PodMonitor and
alerts as options that are off.

## Of clusters

Read from what the operator knows at each scrape: the figures of a cluster that is gone are gone. \`namespace\` is the
cluster's own, so Prometheus has to be told \`honorLabels: true\`, as the chart's ServiceMonitor does.

${tableOf(ofClusters)}

\`etcd_ts_cluster_condition\` has one series for each type of condition: 1 is True, 0 is False and Unknown. Reasons and
messages are in the conditions themselves ([conditions.md](conditions.md)).

## Of the loop

controller-runtime's and client-go's names and labels, so that dashboards made for other operators work.

${tableOf(ofLoop)}
`;
}

function exampleText(): string {
  const metrics = new OperatorMetrics();
  const clock = {
    nowMs: () => 0,
    after: () => () => {},
    deadline: () => new AbortController().signal,
  };
  const queue = new WorkQueue(clock, () => {}, metrics.queueListener);
  queue.add('default/main');
  queue.take();
  queue.done('default/main');
  metrics.setWorkers(1);
  metrics.countRequest('host', 'GET', 200);
  metrics.countEvent('Normal', 'MemberAdded');
  metrics.countRound('done', 0);
  return metrics.text(queue, [CLUSTER], 0);
}

function describeMetrics(text: string): readonly Described[] {
  const found: Described[] = [];
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const [, name = '', help = ''] = /^# HELP (\S+) (.*)$/.exec(line) ?? [];
    if (name === '') continue;
    const [, type = ''] = /^# TYPE \S+ (.*)$/.exec(lines[index + 1] ?? '') ?? [];
    const series = lines[index + 2] ?? '';
    const labels = [...series.matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label);
    found.push({ name, type, help, labels: labels.filter((label) => label !== 'le') });
  }
  return found;
}

function tableOf(metrics: readonly Described[]): string {
  const rows = metrics.map(({ name, type, help, labels }) => {
    const names = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${names} | ${help} |`;
  });
  return ['| metric | type | labels | what it is |', '|---|---|---|---|', ...rows].join('\n');
}
