// Owns the alerts, as groups of a PrometheusRule of the Prometheus operator. What an alert is about is in its labels; texts
// say what to do, without Prometheus' own templates, whose braces would mean something else to Helm.

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** How long it has to be so. */
  readonly for: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  readonly description: string;
}

export const MEMBER_ALERTS: readonly Alert[] = [
  {
    alert: 'EtcdNoLeader',
    expr: 'etcd_server_has_leader == 0',
    for: '1m',
    severity: 'critical',
    summary: 'An etcd member has no leader.',
    description:
      'It is cut off, or there is no quorum. See the condition Available of its EtcdCluster.',
  },
  {
    alert: 'EtcdLeaderChanges',
    expr: 'increase(etcd_server_leader_changes_seen_total[15m]) >= 4',
    for: '5m',
    severity: 'warning',
    summary: 'etcd changes its leader all the time.',
    description: 'Look at disk sync times, at the round trips between members, and at CPU limits.',
  },
  {
    alert: 'EtcdSlowSync',
    expr: 'histogram_quantile(0.99, sum by (namespace, pod, le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket[5m]))) > 0.5',
    for: '10m',
    severity: 'warning',
    summary: 'The disk of an etcd member is slow.',
    description: 'Syncing the log takes more than half a second. Give members disks of their own.',
  },
  {
    alert: 'EtcdProposalsFail',
    expr: 'increase(etcd_server_proposals_failed_total[15m]) > 5',
    for: '5m',
    severity: 'warning',
    summary: 'etcd loses proposals.',
    description: 'Writes fail, for want of a leader most of the time.',
  },
  {
    alert: 'EtcdDatabaseNearlyFull',
    expr: 'etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes > 0.9',
    for: '10m',
    severity: 'warning',
    summary: 'The database is about to reach its quota.',
    description:
      'At the quota all writes are refused. Compact, defragment, or raise spec.options.quotaBackendBytes.',
  },
  {
    alert: 'EtcdManyOpenFiles',
    expr: 'process_open_fds / process_max_fds > 0.8 and on (namespace, pod) etcd_server_has_leader',
    for: '10m',
    severity: 'warning',
    summary: 'An etcd member is running out of files.',
    description: 'Count the connections of its clients.',
  },
];

export const OPERATOR_ALERTS: readonly Alert[] = [
  {
    alert: 'EtcdClusterNotAvailable',
    expr: 'etcd_ts_cluster_condition{type="Available"} == 0 and on (namespace, name) etcd_ts_cluster_desired_replicas > 0',
    for: '2m',
    severity: 'critical',
    summary: 'An EtcdCluster has no quorum, or none that the operator can reach.',
    description: 'kubectl describe etcdcluster tells which, in the condition Available.',
  },
  {
    alert: 'EtcdClusterDegraded',
    expr: 'etcd_ts_cluster_condition{type="Degraded"} == 1',
    for: '15m',
    severity: 'warning',
    summary: 'A member of an EtcdCluster is in trouble, and the operator did not mend it.',
    description:
      'The condition Degraded names the member and the reason; docs/operator/conditions.md has what to do.',
  },
  {
    alert: 'EtcdClusterNotAsWanted',
    expr: 'etcd_ts_cluster_ready_replicas < etcd_ts_cluster_desired_replicas',
    for: '30m',
    severity: 'warning',
    summary: 'An EtcdCluster has fewer healthy members than it should.',
    description: 'The condition Progressing says what the operator waits for.',
  },
  {
    alert: 'EtcdLearnersFail',
    expr: 'etcd_ts_cluster_join_failures >= 3',
    for: '1m',
    severity: 'warning',
    summary: 'New members of an EtcdCluster do not come up.',
    description: 'Look at their Pods: image, scheduling, volume.',
  },
  {
    alert: 'EtcdOperatorFails',
    expr: 'increase(controller_runtime_reconcile_errors_total[15m]) > 10',
    for: '15m',
    severity: 'warning',
    summary: 'The etcd operator fails again and again.',
    description: 'Its log says at what: rights, admission, or an API server that is away.',
  },
  {
    alert: 'EtcdOperatorHasNoLeader',
    expr: 'max(leader_election_master_status) == 0',
    for: '5m',
    severity: 'critical',
    summary: 'No etcd operator acts.',
    description: 'None holds the Lease etcd-ts-operator. Look at the logs of the operators.',
  },
];

/** The groups of a PrometheusRule. */
export function ruleGroups(name: string, alerts: readonly Alert[]): readonly unknown[] {
  const rules = alerts.map(({ alert, expr, for: time, severity, summary, description }) => ({
    alert,
    expr,
    for: time,
    labels: { severity },
    annotations: { summary, description },
  }));
  return [{ name, rules }];
}
