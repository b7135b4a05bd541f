// Owns the two dashboards: members, with etcd's names of metrics, so that it serves upstream's etcd as well; and the operator.
// Each expression is checked against what the two processes expose (test/charts/dashboards.test.ts).
import type { Dashboard } from './dashboard.ts';

const MEMBER = 'namespace=~"$namespace",pod=~"$pod"';
const CLUSTER = 'namespace=~"$namespace",name=~"$name"';
const RATE = '[$__rate_interval]';

function p99(metric: string): string {
  return `histogram_quantile(0.99, sum by (pod, le) (rate(${metric}_bucket{${MEMBER}}${RATE})))`;
}

function perPod(metric: string, filter = ''): string {
  return `sum by (pod) (rate(${metric}{${MEMBER}${filter}}${RATE}))`;
}

export const MEMBERS_DASHBOARD: Dashboard = {
  uid: 'etcd-ts-members',
  title: 'etcd',
  tags: ['etcd'],
  variables: [
    { name: 'namespace', label: 'Namespace', metric: 'etcd_server_has_leader', from: 'namespace' },
    {
      name: 'pod',
      label: 'Member',
      metric: 'etcd_server_has_leader',
      from: 'pod',
      within: 'namespace',
    },
  ],
  rows: [
    {
      title: 'Health',
      panels: [
        {
          title: 'Members with a leader',
          description: 'Fewer than there are: the others are cut off, or there is no quorum.',
          unit: 'none',
          expressions: [`sum(etcd_server_has_leader{${MEMBER}})`],
          isNumber: true,
        },
        {
          title: 'Leaders',
          description: 'One for each cluster that is chosen.',
          unit: 'none',
          expressions: [`sum(etcd_server_is_leader{${MEMBER}})`],
          isNumber: true,
        },
        {
          title: 'Learners',
          description: 'Members that catch up; none for long.',
          unit: 'none',
          expressions: [`sum(etcd_server_is_learner{${MEMBER}})`],
          isNumber: true,
        },
        {
          title: 'Up',
          description: 'Members that Prometheus reaches.',
          unit: 'none',
          expressions: [`sum(up{${MEMBER},container="etcd"})`],
          isNumber: true,
        },
        {
          title: 'Leader changes',
          description:
            'More than one or two in an hour: slow disks, a slow network, or too little CPU.',
          unit: 'none',
          expressions: [
            `sum by (pod) (changes(etcd_server_leader_changes_seen_total{${MEMBER}}[1h]))`,
          ],
        },
        {
          title: 'Heartbeats that were late',
          description: 'The leader could not send in time: disk or CPU.',
          unit: 'ops',
          expressions: [perPod('etcd_server_heartbeat_send_failures_total')],
        },
        {
          title: 'Alarms of space: used part of the quota',
          description: 'At 1 the cluster refuses writes (NOSPACE).',
          unit: 'percentunit',
          expressions: [
            `etcd_mvcc_db_total_size_in_bytes{${MEMBER}} / etcd_server_quota_backend_bytes{${MEMBER}}`,
          ],
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'RPC rate',
          description: 'Unary calls that were begun, and those that failed.',
          unit: 'ops',
          expressions: [
            `sum(rate(grpc_server_started_total{${MEMBER},grpc_type="unary"}${RATE}))`,
            `sum(rate(grpc_server_handled_total{${MEMBER},grpc_type="unary",grpc_code=~"Unknown|FailedPrecondition|ResourceExhausted|Internal|Unavailable|DataLoss|DeadlineExceeded"}${RATE}))`,
          ],
        },
        {
          title: 'Active streams',
          description: 'Watches and leases that are held open.',
          unit: 'none',
          expressions: ['Watch', 'LeaseKeepAlive'].map((method) => {
            const service = method === 'Watch' ? 'Watch' : 'Lease';
            const labels = `${MEMBER},grpc_service="etcdserverpb.${service}",grpc_method="${method}"`;
            return `sum(grpc_server_started_total{${labels}}) - sum(grpc_server_handled_total{${labels}})`;
          }),
        },
        {
          title: 'Operations on keys',
          description: 'Puts, deletions, ranges and transactions that were applied.',
          unit: 'ops',
          expressions: ['put', 'delete', 'range', 'txn'].map(
            (kind) => `sum(rate(etcd_mvcc_${kind}_total{${MEMBER}}${RATE}))`,
          ),
        },
        {
          title: 'Slow: applies and read indexes',
          description: 'Requests that took longer than etcd thinks right.',
          unit: 'ops',
          expressions: [
            perPod('etcd_server_slow_apply_total'),
            perPod('etcd_server_slow_read_indexes_total'),
          ],
        },
        {
          title: 'Watchers',
          description: 'Those that cannot keep up are slow, and are served from the store.',
          unit: 'none',
          expressions: [
            `sum by (pod) (etcd_debugging_mvcc_watcher_total{${MEMBER}})`,
            `sum by (pod) (etcd_debugging_mvcc_slow_watcher_total{${MEMBER}})`,
          ],
        },
      ],
    },
    {
      title: 'Raft',
      panels: [
        {
          title: 'Proposals',
          description:
            'Committed and applied go together; a gap that grows is a member that cannot keep up.',
          unit: 'ops',
          expressions: [
            perPod('etcd_server_proposals_committed_total'),
            perPod('etcd_server_proposals_applied_total'),
          ],
        },
        {
          title: 'Proposals that wait, and that failed',
          description:
            'Waiting ones pile up where the disk is slow; they fail where there is no leader.',
          unit: 'short',
          expressions: [
            `sum by (pod) (etcd_server_proposals_pending{${MEMBER}})`,
            perPod('etcd_server_proposals_failed_total'),
          ],
        },
        {
          title: 'Round trip between members, p99',
          description: 'A tenth of the heartbeat interval and more wants a look at the network.',
          unit: 's',
          expressions: [
            `histogram_quantile(0.99, sum by (pod, To, le) (rate(etcd_network_peer_round_trip_time_seconds_bucket{${MEMBER}}${RATE})))`,
          ],
        },
      ],
    },
    {
      title: 'Disk',
      panels: [
        {
          title: 'Database size',
          description: 'On disk, and in use: the difference is what defragmenting gives back.',
          unit: 'bytes',
          expressions: [
            `etcd_mvcc_db_total_size_in_bytes{${MEMBER}}`,
            `etcd_mvcc_db_total_size_in_use_in_bytes{${MEMBER}}`,
          ],
        },
        {
          title: 'Disk sync, p99: log and store',
          description:
            'Above 10 ms for the log, or 25 ms for the store, the disk is too slow for etcd.',
          unit: 's',
          expressions: [
            p99('etcd_disk_wal_fsync_duration_seconds'),
            p99('etcd_disk_backend_commit_duration_seconds'),
          ],
        },
        {
          title: 'Keys',
          description: 'Keys that are there now.',
          unit: 'short',
          expressions: [`etcd_debugging_mvcc_keys_total{${MEMBER}}`],
        },
      ],
    },
    {
      title: 'Network and process',
      panels: [
        {
          title: 'Client traffic in',
          description: 'Bytes of gRPC from clients.',
          unit: 'Bps',
          expressions: [perPod('etcd_network_client_grpc_received_bytes_total')],
        },
        {
          title: 'Client traffic out',
          description: 'Bytes of gRPC to clients.',
          unit: 'Bps',
          expressions: [perPod('etcd_network_client_grpc_sent_bytes_total')],
        },
        {
          title: 'Peer traffic in and out',
          description: 'Bytes between members.',
          unit: 'Bps',
          expressions: [
            perPod('etcd_network_peer_received_bytes_total'),
            perPod('etcd_network_peer_sent_bytes_total'),
          ],
        },
        {
          title: 'Memory',
          description: 'Resident.',
          unit: 'bytes',
          expressions: [`process_resident_memory_bytes{${MEMBER}}`],
        },
        {
          title: 'CPU',
          description: 'Cores in use.',
          unit: 'short',
          expressions: [perPod('process_cpu_seconds_total')],
        },
        {
          title: 'Open files',
          description: 'Of what the process may open.',
          unit: 'percentunit',
          expressions: [`process_open_fds{${MEMBER}} / process_max_fds{${MEMBER}}`],
        },
      ],
    },
  ],
};

export const OPERATOR_DASHBOARD: Dashboard = {
  uid: 'etcd-ts-operator',
  title: 'etcd operator',
  tags: ['etcd', 'operator'],
  variables: [
    {
      name: 'namespace',
      label: 'Namespace',
      metric: 'etcd_ts_cluster_desired_replicas',
      from: 'namespace',
    },
    {
      name: 'name',
      label: 'EtcdCluster',
      metric: 'etcd_ts_cluster_desired_replicas',
      from: 'name',
      within: 'namespace',
    },
  ],
  rows: [
    {
      title: 'Clusters',
      panels: [
        {
          title: 'Clusters',
          description: 'EtcdClusters that the operator knows.',
          unit: 'none',
          expressions: [`count(etcd_ts_cluster_desired_replicas{${CLUSTER}})`],
          isNumber: true,
        },
        ...[
          ['Ready', 'As their specifications ask.'],
          ['Available', 'With a quorum that answers.'],
          ['Degraded', 'With a member in trouble.'],
        ].map(([type = '', description = '']) => ({
          title: type,
          description,
          unit: 'none' as const,
          expressions: [`sum(etcd_ts_cluster_condition{${CLUSTER},type="${type}"})`],
          isNumber: true,
        })),
        {
          title: 'Members wanted and healthy',
          description: 'A gap that stays is explained by the conditions of the EtcdCluster.',
          unit: 'none',
          expressions: [
            `etcd_ts_cluster_desired_replicas{${CLUSTER}}`,
            `etcd_ts_cluster_ready_replicas{${CLUSTER}}`,
            `etcd_ts_cluster_members{${CLUSTER}}`,
          ],
        },
        {
          title: 'Database size',
          description: 'By member, in steps of 16 MiB.',
          unit: 'bytes',
          expressions: [`etcd_ts_cluster_member_db_size_bytes{${CLUSTER}}`],
        },
        {
          title: 'Learners given up in a row',
          description: 'New members do not come up: look at their Pods.',
          unit: 'none',
          expressions: [`etcd_ts_cluster_join_failures{${CLUSTER}}`],
        },
      ],
    },
    {
      title: 'Operator',
      panels: [
        {
          title: 'Rounds',
          description: 'By result.',
          unit: 'ops',
          expressions: [`sum by (result) (rate(controller_runtime_reconcile_total${RATE}))`],
        },
        {
          title: 'Time of a round, p99',
          description:
            'Rounds wait for members and the API server: seconds mean that one of them is slow.',
          unit: 's',
          expressions: [
            `histogram_quantile(0.99, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket${RATE})))`,
          ],
        },
        {
          title: 'Rounds that failed',
          description: 'The log of the operator says why.',
          unit: 'ops',
          expressions: [`sum(rate(controller_runtime_reconcile_errors_total${RATE}))`],
        },
        {
          title: 'Queue',
          description:
            'Clusters that wait, and rounds under way. Raise --workers where clusters wait for long.',
          unit: 'none',
          expressions: ['sum(workqueue_depth)', 'sum(controller_runtime_active_workers)'],
        },
        {
          title: 'Longest round under way',
          description: 'More than 20 s: something hangs.',
          unit: 's',
          expressions: ['max(workqueue_longest_running_processor_seconds)'],
        },
        {
          title: 'Requests to the API server',
          description:
            'By answer. 403: rights are missing; 409: somebody else writes; 429: the server is busy.',
          unit: 'ops',
          expressions: [`sum by (code) (rate(rest_client_requests_total${RATE}))`],
        },
        {
          title: 'Events',
          description: 'What the operator did, by reason.',
          unit: 'ops',
          expressions: [`sum by (reason) (rate(etcd_ts_operator_events_total${RATE}))`],
        },
        {
          title: 'Leader',
          description: 'One of the operators acts.',
          unit: 'none',
          expressions: ['sum(leader_election_master_status)'],
        },
        {
          title: 'Memory',
          description: 'Resident.',
          unit: 'bytes',
          expressions: ['process_resident_memory_bytes and on (pod) leader_election_master_status'],
        },
      ],
    },
  ],
};
