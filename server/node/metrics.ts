// Owns etcd's metric names for what a member does: raft, storage, leases and the store. Counters that sit on hot paths are
// plain numbers elsewhere and are only read here, when somebody asks. etcd: server/etcdserver/metrics.go and others.

import {
  type Counter,
  exponentialBounds,
  type Gauge,
  type Histogram,
  type MetricRegistry,
} from '../base/metrics.ts';
import { RequestDurations } from './request-durations.ts';

/** Numbers read at the moment of printing. */
export type MetricReaders = Readonly<Record<string, () => number>>;

/** etcd's buckets for disk operations: 1 ms doubling 14 times. */
const DISK_BOUNDS = exponentialBounds(0.001, 2, 14);

/** What the node counts itself. */
export interface NodeMetrics {
  readonly walFsyncSeconds: Histogram;
  readonly walWriteSeconds: Histogram;
  readonly backendCommitSeconds: Histogram;
  readonly defragSeconds: Histogram;
  readonly snapshotSeconds: Histogram;
  readonly snapFsyncSeconds: Histogram;
  readonly applySeconds: Histogram;
  readonly leaderChangesSeen: Counter;
  readonly proposalsFailed: Counter;
  readonly slowApplies: Counter;
  readonly readIndexesFailed: Counter;
  readonly slowReadIndexes: Counter;
  readonly heartbeatSendFailures: Counter;
  readonly leasesExpired: Counter;
  readonly hashSeconds: Histogram;
  readonly hashKvSeconds: Histogram;
  /** One uninterrupted piece of a compaction's work. */
  readonly compactionPauseMs: Histogram;
  readonly compactionTotalMs: Histogram;
  /** Unix time of the last compaction that finished, in seconds. */
  readonly compactionLast: Gauge;
  readonly defragsInflight: Gauge;
  readonly snapshotsInApply: Gauge;
  readonly requests: RequestDurations;
}

export function createNodeMetrics(registry: MetricRegistry): NodeMetrics {
  const disk = (name: string, help: string): Histogram =>
    registry.histogram(name, help, DISK_BOUNDS);
  const count = (name: string, help: string): Counter => registry.counter(name, help);
  return {
    walFsyncSeconds: disk('etcd_disk_wal_fsync_duration_seconds', 'Time of WAL syncs.'),
    walWriteSeconds: disk('etcd_disk_wal_write_duration_seconds', 'Time of WAL writes.'),
    backendCommitSeconds: disk('etcd_disk_backend_commit_duration_seconds', 'Time of commits.'),
    defragSeconds: registry.histogram(
      'etcd_disk_backend_defrag_duration_seconds',
      'Time of defragmentations.',
      exponentialBounds(0.1, 2, 13),
    ),
    snapshotSeconds: registry.histogram(
      'etcd_disk_backend_snapshot_duration_seconds',
      'Time of database snapshots.',
      exponentialBounds(0.01, 2, 17),
    ),
    snapFsyncSeconds: disk('etcd_snap_fsync_duration_seconds', 'Time of .snap file syncs.'),
    applySeconds: registry.histogram(
      'etcd_server_apply_duration_seconds',
      'Time of applying a batch of entries.',
      exponentialBounds(0.0001, 2, 20),
      { version: 'v3', op: 'batch', success: 'true' },
    ),
    leaderChangesSeen: count('etcd_server_leader_changes_seen_total', 'Leader changes seen.'),
    proposalsFailed: count('etcd_server_proposals_failed_total', 'Proposals that failed.'),
    slowApplies: count('etcd_server_slow_apply_total', 'Applies slower than the warning bound.'),
    readIndexesFailed: count('etcd_server_read_indexes_failed_total', 'Read indexes that failed.'),
    slowReadIndexes: count('etcd_server_slow_read_indexes_total', 'Slow read indexes.'),
    heartbeatSendFailures: count(
      'etcd_server_heartbeat_send_failures_total',
      'Heartbeats that could not be sent in time.',
    ),
    leasesExpired: count('etcd_debugging_server_lease_expired_total', 'Leases that expired.'),
    ...createMaintenanceMetrics(registry),
    requests: new RequestDurations(registry),
  };
}

/** What the background work and the Maintenance service take. etcd: server/storage/mvcc/metrics.go and others. */
function createMaintenanceMetrics(
  registry: MetricRegistry,
): Pick<
  NodeMetrics,
  | 'hashSeconds'
  | 'hashKvSeconds'
  | 'compactionPauseMs'
  | 'compactionTotalMs'
  | 'compactionLast'
  | 'defragsInflight'
  | 'snapshotsInApply'
> {
  const hashBounds = exponentialBounds(0.01, 2, 15);
  return {
    hashSeconds: registry.histogram(
      'etcd_mvcc_hash_duration_seconds',
      'Time of hashing the whole store.',
      hashBounds,
    ),
    hashKvSeconds: registry.histogram(
      'etcd_mvcc_hash_rev_duration_seconds',
      'Time of hashing the keys at a revision.',
      hashBounds,
    ),
    compactionPauseMs: registry.histogram(
      'etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds',
      'How long compactions held other work back at a time.',
      exponentialBounds(1, 2, 13),
    ),
    compactionTotalMs: registry.histogram(
      'etcd_debugging_mvcc_db_compaction_total_duration_milliseconds',
      'Time of compactions from beginning to end.',
      exponentialBounds(100, 2, 14),
    ),
    compactionLast: registry.gauge(
      'etcd_debugging_mvcc_db_compaction_last',
      'When the last compaction finished, in seconds of Unix time; 0 before the first.',
    ),
    defragsInflight: registry.gauge(
      'etcd_disk_defrag_inflight',
      'Whether a defragmentation is under way: 1 or 0.',
    ),
    snapshotsInApply: registry.gauge(
      'etcd_server_snapshot_apply_in_progress_total',
      'Whether a snapshot of the leader is being installed: 1 or 0.',
    ),
  };
}

/** Gauges by name; etcd's kinds and names. */
export function registerGauges(registry: MetricRegistry, readers: MetricReaders): void {
  for (const [name, read] of Object.entries(readers)) {
    registry.gauge(name, GAUGE_HELP[name] ?? 'See etcd.').read = read;
  }
}

/** Counters that live elsewhere as plain numbers. */
export function registerCounters(registry: MetricRegistry, readers: MetricReaders): void {
  for (const [name, read] of Object.entries(readers)) {
    registry.counter(name, GAUGE_HELP[name] ?? 'See etcd.').read = read;
  }
}

const GAUGE_HELP: Readonly<Record<string, string>> = {
  etcd_server_has_leader: 'Whether a leader is known: 1 or 0.',
  etcd_server_is_leader: 'Whether this member leads: 1 or 0.',
  etcd_server_is_learner: 'Whether this member is a learner: 1 or 0.',
  etcd_server_proposals_committed_total: 'Index of the last committed entry.',
  etcd_server_proposals_applied_total: 'Index of the last applied entry.',
  etcd_server_proposals_pending: 'Proposals that wait for their apply.',
  etcd_server_quota_backend_bytes: 'Storage quota in bytes.',
  etcd_mvcc_db_total_size_in_bytes: 'Bytes the database takes.',
  etcd_mvcc_db_total_size_in_use_in_bytes: 'Bytes of live records.',
  etcd_disk_wal_write_bytes_total: 'Bytes written to the WAL.',
};
