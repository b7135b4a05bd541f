// Goal: what Prometheus reads is right, and nothing is left of a cluster that is gone. Method: the text itself.
import { describe, expect, it } from 'vitest';
import { API_VERSION, type EtcdCluster } from '../../../operator/api/etcd-cluster.ts';
import { Metric } from '../../../operator/cli/metric.ts';
import { OperatorMetrics } from '../../../operator/cli/operator-metrics.ts';
import { WorkQueue } from '../../../operator/controller/work-queue.ts';
import { StepClock } from '../controller/step-clock.ts';

const CLUSTER: EtcdCluster = {
  apiVersion: API_VERSION,
  kind: 'EtcdCluster',
  metadata: { name: 'main', namespace: 'db' },
  spec: { replicas: 3 },
  status: {
    replicas: 3,
    readyReplicas: 2,
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'MembersNotReady',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  },
};

describe('figures', () => {
  it('have labels, escaped, and buckets that add up', () => {
    const metric = new Metric('took_seconds', 'histogram', 'Time.', [0.1, 1]);
    for (const value of [0.05, 0.5, 5]) metric.observe({ name: 'a"b' }, value);
    expect(metric.lines()).toEqual([
      '# HELP took_seconds Time.',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{name="a\\"b",le="0.1"} 1',
      'took_seconds_bucket{name="a\\"b",le="1"} 2',
      'took_seconds_bucket{name="a\\"b",le="+Inf"} 3',
      'took_seconds_sum{name="a\\"b"} 5.55',
      'took_seconds_count{name="a\\"b"} 3',
    ]);
  });

  it('count rounds and work', () => {
    const metrics = new OperatorMetrics();
    const clock = new StepClock(0);
    const queue = new WorkQueue(clock, () => {}, metrics.queueListener);
    queue.add('db/main');
    queue.add('db/other');
    queue.take();
    const labels = '{name="etcdcluster",controller="etcdcluster"}';
    const during = metrics.text(queue, [], 5_000);
    expect(during).toContain(`workqueue_unfinished_work_seconds${labels} 5`);
    expect(during).toContain(`workqueue_longest_running_processor_seconds${labels} 5`);
    expect(during).toContain('controller_runtime_active_workers{controller="etcdcluster"} 1');
    queue.addAfterFailure('db/main');
    queue.done('db/main');
    metrics.countRound('failed', 20);
    const text = metrics.text(queue, [], 5_000);
    expect(text).toContain('workqueue_adds_total{name="etcdcluster",controller="etcdcluster"} 2');
    expect(text).toContain('workqueue_depth{name="etcdcluster",controller="etcdcluster"} 1');
    expect(text).toContain(
      'workqueue_retries_total{name="etcdcluster",controller="etcdcluster"} 1',
    );
    expect(text).toContain(`workqueue_unfinished_work_seconds${labels} 0`);
    expect(text).toContain('controller_runtime_reconcile_errors_total{controller="etcdcluster"} 1');
    queue.close();
  });

  it('of clusters are there as long as these', () => {
    const metrics = new OperatorMetrics();
    const queue = new WorkQueue(new StepClock(0), () => {});
    const labels = '{namespace="db",name="main"}';
    const text = metrics.text(queue, [CLUSTER], 0);
    expect(text).toContain(`etcd_ts_cluster_desired_replicas${labels} 3`);
    expect(text).toContain(`etcd_ts_cluster_ready_replicas${labels} 2`);
    expect(text).toContain('etcd_ts_cluster_condition{namespace="db",name="main",type="Ready"} 0');
    expect(metrics.text(queue, [], 5_000)).not.toContain('main');
  });
});
