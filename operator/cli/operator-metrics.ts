// Owns which figures the operator publishes. Those of the loop have controller-runtime's names, so that dashboards made for
// other operators work; those of clusters begin with etcd_ts_cluster_ and are read from the cache at each scrape, so that
// those of a cluster that is gone are gone too.
import { resolveSpec } from '../api/defaults.ts';
import type { EtcdCluster } from '../api/etcd-cluster.ts';
import type { RoundResult } from '../controller/round.ts';
import type { QueueListener, WorkQueue } from '../controller/work-queue.ts';
import { Metric } from './metric.ts';

const CONTROLLER = { controller: 'etcdcluster' } as const;
const QUEUE = { name: 'etcdcluster', controller: 'etcdcluster' } as const;
const LEASE = { name: 'etcd-ts-operator' } as const;

/** controller-runtime's and client-go's buckets, in seconds. */
const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const QUEUE_BUCKETS = [1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.1, 1, 10];

const RESULTS = {
  gone: 'success',
  stopped: 'success',
  done: 'requeue_after',
  failed: 'error',
} as const;

export class OperatorMetrics {
  readonly #rounds: Metric;
  readonly #errors: Metric;
  readonly #seconds: Metric;
  readonly #workersMax: Metric;
  readonly #adds: Metric;
  readonly #waited: Metric;
  readonly #worked: Metric;
  readonly #retries: Metric;
  readonly #requests: Metric;
  readonly #acts: Metric;
  readonly #isLeader: Metric;

  constructor() {
    const queueSeconds = (name: string, help: string): Metric =>
      new Metric(name, 'histogram', help, QUEUE_BUCKETS);
    this.#rounds = counter('controller_runtime_reconcile_total', 'Rounds by result.');
    this.#errors = counter('controller_runtime_reconcile_errors_total', 'Rounds that failed.');
    this.#seconds = new Metric(
      'controller_runtime_reconcile_time_seconds',
      'histogram',
      'Time a round took.',
      RECONCILE_BUCKETS,
    );
    this.#workersMax = gauge('controller_runtime_max_concurrent_reconciles', 'Rounds at a time.');
    this.#adds = counter('workqueue_adds_total', 'Additions to the queue.');
    this.#waited = queueSeconds('workqueue_queue_duration_seconds', 'Time from due to taken.');
    this.#worked = queueSeconds('workqueue_work_duration_seconds', 'Time from taken to done.');
    this.#retries = counter('workqueue_retries_total', 'Returns to the queue after a failure.');
    this.#requests = counter('rest_client_requests_total', 'Requests to the API server.');
    this.#acts = counter('etcd_ts_operator_events_total', 'Events recorded, by reason.');
    this.#isLeader = gauge('leader_election_master_status', '1 while this operator acts.');
    for (const result of ['success', 'error', 'requeue', 'requeue_after']) {
      this.#rounds.add({ ...CONTROLLER, result }, 0);
    }
    this.#errors.add(CONTROLLER, 0);
    this.#retries.add(QUEUE, 0);
    this.setLeader(false);
  }

  readonly queueListener: QueueListener = {
    added: () => this.#adds.add(QUEUE),
    taken: (waitedMs) => this.#waited.observe(QUEUE, waitedMs / 1000),
    done: (workedMs) => this.#worked.observe(QUEUE, workedMs / 1000),
    failed: () => this.#retries.add(QUEUE),
  };

  setLeader(isLeader: boolean): void {
    this.#isLeader.set(LEASE, isLeader ? 1 : 0);
  }

  setWorkers(count: number): void {
    this.#workersMax.set(CONTROLLER, count);
  }

  countRequest(host: string, method: string, status: number): void {
    this.#requests.add({ code: String(status), host, method });
  }

  countEvent(type: string, reason: string): void {
    this.#acts.add({ type, reason });
  }

  countRound(result: RoundResult['kind'], tookMs: number): void {
    this.#rounds.add({ ...CONTROLLER, result: RESULTS[result] });
    this.#seconds.observe(CONTROLLER, tookMs / 1000);
    if (result === 'failed') this.#errors.add(CONTROLLER);
  }

  text(queue: WorkQueue, clusters: Iterable<EtcdCluster>, nowMs: number): string {
    const all = [
      ...[this.#rounds, this.#errors, this.#seconds, this.#workersMax],
      ...[this.#adds, this.#waited, this.#worked, this.#retries],
      ...queueMetrics(queue, nowMs),
      ...[this.#requests, this.#acts, this.#isLeader],
      ...clusterMetrics(clusters),
      ...processMetrics(),
    ];
    return `${all.flatMap((metric) => metric.lines()).join('\n')}\n`;
  }
}

function queueMetrics(queue: WorkQueue, nowMs: number): readonly Metric[] {
  const depth = gauge('workqueue_depth', 'Clusters that wait for a round.');
  const active = gauge('controller_runtime_active_workers', 'Rounds under way.');
  const unfinished = gauge(
    'workqueue_unfinished_work_seconds',
    'Time since they were taken, of all rounds under way.',
  );
  const longest = gauge(
    'workqueue_longest_running_processor_seconds',
    'Time since it was taken, of the longest round under way.',
  );
  const ages = queue.workingSinceMs().map((sinceMs) => (nowMs - sinceMs) / 1000);
  unfinished.set(
    QUEUE,
    ages.reduce((sum, age) => sum + age, 0),
  );
  longest.set(QUEUE, Math.max(0, ...ages));
  depth.set(QUEUE, queue.depth);
  active.set(CONTROLLER, queue.activeCount);
  return [depth, active, unfinished, longest];
}

function clusterMetrics(clusters: Iterable<EtcdCluster>): readonly Metric[] {
  const metrics = {
    desired: gauge('etcd_ts_cluster_desired_replicas', 'spec.replicas.'),
    members: gauge('etcd_ts_cluster_members', 'Members of the member list, learners included.'),
    healthy: gauge('etcd_ts_cluster_ready_replicas', 'Voters that are healthy.'),
    condition: gauge('etcd_ts_cluster_condition', '1 when the condition is True.'),
    joinFailures: gauge('etcd_ts_cluster_join_failures', 'Learners given up in a row.'),
    size: gauge('etcd_ts_cluster_member_db_size_bytes', 'Size of the database of each member.'),
  };
  for (const { metadata, spec, status = {} } of clusters) {
    const labels = { namespace: metadata.namespace ?? 'default', name: metadata.name };
    metrics.desired.set(labels, resolveSpec(spec).replicas);
    metrics.members.set(labels, status.replicas ?? 0);
    metrics.healthy.set(labels, status.readyReplicas ?? 0);
    metrics.joinFailures.set(labels, status.joinFailures ?? 0);
    for (const condition of status.conditions ?? []) {
      const value = condition.status === 'True' ? 1 : 0;
      metrics.condition.set({ ...labels, type: condition.type }, value);
    }
    for (const member of status.members ?? []) {
      if (member.dbSizeBytes === undefined) continue;
      metrics.size.set({ ...labels, member: member.name }, member.dbSizeBytes);
    }
  }
  return Object.values(metrics);
}

function processMetrics(): readonly Metric[] {
  const memory = gauge('process_resident_memory_bytes', 'Resident memory.');
  memory.set({}, process.memoryUsage.rss());
  const cpu = counter('process_cpu_seconds_total', 'CPU time.');
  const { user, system } = process.cpuUsage();
  cpu.set({}, (user + system) / 1e6);
  return [memory, cpu];
}

function counter(name: string, help: string): Metric {
  return new Metric(name, 'counter', help);
}

function gauge(name: string, help: string): Metric {
  return new Metric(name, 'gauge', help);
}
