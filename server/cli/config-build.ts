// Owns turning flag values into the configuration object: completing, checking in etcd's order, and refusing what
// is not supported. etcd: server/embed/config.go Validate.
import { DurationError, formatDurationNs, parseDurationNs } from '../base/duration.ts';
import { COMMIT_ENTRIES_MAX } from '../node/limits.ts';
import type { AutoCompaction, FeatureGates, LogConfig, LogLevel, ServerConfig } from './config.ts';
import { ConfigError, type LogNote, warnNote } from './config-error.ts';
import { buildSecurity } from './config-security.ts';
import { buildUrls, DEFAULT_NAME, type UrlSources } from './config-urls.ts';
import { parseFeatureGates } from './feature-gates.ts';
import { FLAGS, type FlagValues, parseFlagValue } from './flag-values.ts';
import * as limits from './limits.ts';

/** The whole configuration, frozen; what it has to say is added to `notes`. Throws ConfigError. */
export function buildConfig(sources: UrlSources): ServerConfig {
  const { values, notes } = sources;
  refuseUnsupported(values, notes);
  const log = buildLog(values);
  const urls = buildUrls(sources);
  const timing = buildTiming(values, notes);
  const features = readFeatures(values, notes);
  const autoCompaction = readAutoCompaction(values);
  const name = values.text('name');
  if (name === DEFAULT_NAME) {
    notes.push(warnNote('set --name: members with the default name are taken for one', { name }));
  }
  const config: ServerConfig = {
    name,
    dataDir: readDataDir(values, name, notes),
    walDir: values.text('wal-dir'),
    ...timing,
    ...urls,
    ...readSizes(values, notes),
    ...buildSecurity(values, urls, notes),
    initialElectionTickAdvance: values.isOn('initial-election-tick-advance'),
    socketReusePort: values.isOn('socket-reuse-port'),
    socketReuseAddress: values.isOn('socket-reuse-address'),
    enableGrpcGateway: values.isOn('enable-grpc-gateway'),
    features,
    initialClusterState: values.text('initial-cluster-state') === 'new' ? 'new' : 'existing',
    initialClusterToken: values.text('initial-cluster-token'),
    strictReconfigCheck: values.isOn('strict-reconfig-check'),
    preVote: values.isOn('pre-vote'),
    clusterVersionMax: readVersion(values.text('cluster-version-max')),
    autoCompaction,
    enablePprof: values.isOn('enable-pprof') || log.level === 'debug',
    metrics: values.text('metrics') === 'extensive' ? 'extensive' : 'basic',
    log,
    enableV2: values.isOn('enable-v2'),
    forceNewCluster: values.isOn('force-new-cluster'),
    unsafeNoFsync: values.isOn('unsafe-no-fsync'),
  };
  return deepFreeze(config);
}

/** Throws for flags whose behaviour is missing; notes the ones that have no effect. */
function refuseUnsupported(values: FlagValues, notes: LogNote[]): void {
  if (values.text('discovery-fallback') === 'proxy') {
    throw new ConfigError(
      'v2 proxy is deprecated, and --discovery-fallback can\'t be configured as "proxy"',
    );
  }
  for (const name of values.givenNames()) {
    const flag = FLAGS.get(name);
    if (flag === undefined) continue;
    const { ignored, notYet } = flag.options;
    if (ignored !== undefined) notes.push(warnNote(ignored, { 'flag-name': name }));
    if (notYet !== true) continue;
    const wanted = JSON.stringify(values.get(name));
    if (wanted !== JSON.stringify(parseFlagValue(flag, flag.defaultText))) {
      throw new ConfigError(`--${name} is not supported by etcd-ts yet`);
    }
  }
}

const LOG_LEVELS: Readonly<Record<string, LogLevel>> = {
  '': 'info',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  dpanic: 'panic',
  panic: 'panic',
  fatal: 'fatal',
};

function buildLog(values: FlagValues): LogConfig {
  const logger = values.text('logger');
  if (logger === 'capnslog') throw new ConfigError('--logger=capnslog is removed in v3.5');
  if (logger !== 'zap') throw new ConfigError(`unknown logger option "${logger}"`);
  const outputs = values.list('log-outputs');
  if (outputs.length > 1 && outputs.includes('default')) {
    throw new ConfigError('multi logoutput for "default" is not supported yet');
  }
  if (outputs.includes('systemd/journal')) {
    throw new ConfigError('--log-outputs=systemd/journal is not supported by etcd-ts yet');
  }
  const levelText = values.text('log-level');
  const level = LOG_LEVELS[levelText.toLowerCase()];
  if (level === undefined) throw new ConfigError(`unrecognized level: "${levelText}"`);
  const format = values.text('log-format');
  if (format !== 'json' && format !== 'console' && format !== '') {
    throw new ConfigError(`unknown log format: ${format}, supported values json, console`);
  }
  const resolved = outputs.length === 0 ? ['stderr'] : outputs.map(resolveOutput);
  const muted = resolved.includes('/dev/null');
  return {
    level,
    format: format === 'console' ? 'console' : 'json',
    outputs: muted ? ['/dev/null'] : [...new Set(resolved)],
  };
}

function resolveOutput(output: string): string {
  return output === 'default' ? 'stderr' : output;
}

type Timing = Pick<
  ServerConfig,
  | 'heartbeatIntervalMs'
  | 'electionTimeoutMs'
  | 'backendBatchIntervalMs'
  | 'grpcKeepaliveMinTimeMs'
  | 'grpcKeepaliveIntervalMs'
  | 'grpcKeepaliveTimeoutMs'
  | 'raftReadTimeoutMs'
  | 'raftWriteTimeoutMs'
  | 'warningApplyDurationMs'
  | 'warningUnaryRequestDurationMs'
  | 'corruptCheckTimeMs'
  | 'compactHashCheckTimeMs'
  | 'compactionSleepIntervalMs'
  | 'watchProgressNotifyIntervalMs'
  | 'downgradeCheckTimeMs'
>;

function buildTiming(values: FlagValues, notes: LogNote[]): Timing {
  const compactHashCheckTimeMs = values.durationMs('compact-hash-check-time');
  if (compactHashCheckTimeMs <= 0) {
    const shown = formatDurationNs(values.count('compact-hash-check-time'));
    throw new ConfigError(`--compact-hash-check-time must be >0 (set to ${shown})`);
  }
  return {
    ...readElection(values),
    backendBatchIntervalMs: positive(
      values.durationMs('backend-batch-interval'),
      limits.BACKEND_BATCH_INTERVAL_MS_DEFAULT,
    ),
    grpcKeepaliveMinTimeMs: values.durationMs('grpc-keepalive-min-time'),
    grpcKeepaliveIntervalMs: Math.max(0, values.durationMs('grpc-keepalive-interval')),
    grpcKeepaliveTimeoutMs: Math.max(0, values.durationMs('grpc-keepalive-timeout')),
    raftReadTimeoutMs: readRaftTimeout(values, 'raft-read-timeout', notes),
    raftWriteTimeoutMs: readRaftTimeout(values, 'raft-write-timeout', notes),
    warningApplyDurationMs: values.durationMs('warning-apply-duration'),
    warningUnaryRequestDurationMs: positive(
      values.durationMs('warning-unary-request-duration'),
      limits.WARNING_UNARY_REQUEST_DURATION_MS_DEFAULT,
    ),
    corruptCheckTimeMs: Math.max(0, values.durationMs('corrupt-check-time')),
    compactHashCheckTimeMs,
    compactionSleepIntervalMs: positive(
      values.durationMs('compaction-sleep-interval'),
      limits.COMPACTION_SLEEP_INTERVAL_MS_DEFAULT,
    ),
    watchProgressNotifyIntervalMs: positive(
      values.durationMs('watch-progress-notify-interval'),
      limits.WATCH_PROGRESS_NOTIFY_INTERVAL_MS_DEFAULT,
    ),
    downgradeCheckTimeMs: values.durationMs('downgrade-check-time'),
  };
}

function readElection(
  values: FlagValues,
): Pick<Timing, 'heartbeatIntervalMs' | 'electionTimeoutMs'> {
  const heartbeatMs = values.count('heartbeat-interval');
  const electionMs = values.count('election-timeout');
  if (heartbeatMs === 0) throw new ConfigError('--heartbeat-interval must be >0 (set to 0ms)');
  if (electionMs === 0) throw new ConfigError('--election-timeout must be >0 (set to 0ms)');
  if (limits.ELECTION_HEARTBEATS_MIN * heartbeatMs > electionMs) {
    throw new ConfigError(
      `--election-timeout[${electionMs}ms] should be at least as 5 times as --heartbeat-interval[${heartbeatMs}ms]`,
    );
  }
  if (electionMs > limits.ELECTION_TIMEOUT_MS_MAX) {
    throw new ConfigError(
      `--election-timeout[${electionMs}ms] is too long, and should be set less than ${limits.ELECTION_TIMEOUT_MS_MAX}ms`,
    );
  }
  return { heartbeatIntervalMs: heartbeatMs, electionTimeoutMs: electionMs };
}

function readRaftTimeout(values: FlagValues, name: string, notes: LogNote[]): number {
  const timeoutMs = values.durationMs(name);
  if (timeoutMs >= limits.RAFT_TIMEOUT_MS_MIN) return timeoutMs;
  const shown = formatDurationNs(limits.RAFT_TIMEOUT_MS_MIN * 1e6);
  notes.push({
    level: 'info',
    message: `${name} increased to minimum value: ${shown}`,
    fields: {},
  });
  return limits.RAFT_TIMEOUT_MS_MIN;
}

type Sizes = Pick<
  ServerConfig,
  | 'snapshotCount'
  | 'snapshotCatchupEntries'
  | 'maxWalFiles'
  | 'quotaBackendBytes'
  | 'backendBatchLimit'
  | 'maxTxnOps'
  | 'maxRequestBytes'
  | 'maxConcurrentStreams'
  | 'maxLearners'
  | 'learners'
  | 'compactionBatchLimit'
  | 'bootstrapDefragThresholdMegabytes'
>;

function readSizes(values: FlagValues, notes: LogNote[]): Sizes {
  const maxRequestBytes = values.count('max-request-bytes');
  if (maxRequestBytes > limits.REQUEST_BYTES_RECOMMENDED_MAX) {
    const fields = {
      'max-request-bytes': maxRequestBytes,
      'recommended-request-bytes': limits.REQUEST_BYTES_RECOMMENDED_MAX,
    };
    notes.push(warnNote('exceeded recommended request limit', fields));
  }
  return {
    snapshotCount: positive(values.count('snapshot-count'), limits.SNAPSHOT_COUNT_DEFAULT),
    snapshotCatchupEntries: positive(
      values.count('snapshot-catchup-entries'),
      limits.SNAPSHOT_CATCHUP_ENTRIES_DEFAULT,
    ),
    maxWalFiles: values.count('max-wals'),
    quotaBackendBytes: values.count('quota-backend-bytes') || limits.QUOTA_BYTES_DEFAULT,
    backendBatchLimit: readBatchLimit(values, notes),
    maxTxnOps: values.count('max-txn-ops'),
    maxRequestBytes,
    maxConcurrentStreams: values.count('max-concurrent-streams'),
    maxLearners: values.count('max-learners'),
    learners: {
      promoteAfterMs: values.durationMs('learner-auto-promote-after'),
      replaceAfterMs: values.durationMs('learner-standby-after'),
      lagEntriesMax: values.count('learner-lag-entries'),
      serveReads: values.isOn('learner-serve-reads'),
    },
    compactionBatchLimit: positive(
      values.count('compaction-batch-limit'),
      limits.COMPACTION_BATCH_LIMIT_DEFAULT,
    ),
    bootstrapDefragThresholdMegabytes: values.count('bootstrap-defrag-threshold-megabytes'),
  };
}

/** Larger batches would hold up everything else while they are committed, and gain nothing. */
function readBatchLimit(values: FlagValues, notes: LogNote[]): number {
  const limit = positive(values.count('backend-batch-limit'), COMMIT_ENTRIES_MAX);
  if (limit <= COMMIT_ENTRIES_MAX) return limit;
  notes.push(
    warnNote('--backend-batch-limit has been lowered', {
      'given-limit': limit,
      'limit-in-use': COMMIT_ENTRIES_MAX,
    }),
  );
  return COMMIT_ENTRIES_MAX;
}

function readVersion(text: string): string {
  if (text === '' || /^\d+\.\d+(\.\d+)?$/.test(text)) return text;
  throw new ConfigError(`--cluster-version-max: ${text} is not a version such as 3.5`);
}

/** `value`, or `fallback` where the flag leaves the choice to the server. */
function positive(value: number, fallback: number): number {
  return value > 0 ? value : fallback;
}

function readDataDir(values: FlagValues, name: string, notes: LogNote[]): string {
  const given = values.text('data-dir');
  if (given !== '') return given;
  const dataDir = `${name}.etcd`;
  notes.push(warnNote("'data-dir' was empty; using default", { 'data-dir': dataDir }));
  return dataDir;
}

function readFeatures(values: FlagValues, notes: LogNote[]): FeatureGates {
  const parsed = parseFeatureGates(values.text('feature-gates'));
  if (parsed.kind === 'error') throw new ConfigError(parsed.message);
  const { leaseCheckpoint, leaseCheckpointPersist } = parsed.gates;
  if (leaseCheckpoint && !leaseCheckpointPersist) {
    notes.push(
      warnNote('lease checkpoints are lost on restart without feature gate LeaseCheckpointPersist'),
    );
  }
  if (leaseCheckpointPersist && !leaseCheckpoint) {
    throw new ConfigError(
      'enabling feature gate LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint',
    );
  }
  if (!parsed.gates.fastLeaseKeepAlive) {
    notes.push(warnNote('FastLeaseKeepAlive=false has no effect: a proven leader answers at once'));
  }
  return parsed.gates;
}

function readAutoCompaction(values: FlagValues): AutoCompaction {
  const mode = values.text('auto-compaction-mode');
  if (mode === '') throw new ConfigError('undefined auto-compaction-mode');
  if (mode !== 'periodic' && mode !== 'revision') {
    throw new ConfigError(`unknown auto-compaction-mode "${mode}"`);
  }
  const text = values.text('auto-compaction-retention') || '0';
  const count = /^\+?\d+$/.test(text) ? Number(text) : undefined;
  if (count === 0) return { kind: 'off' };
  if (mode === 'revision') {
    if (count === undefined) {
      throw new ConfigError(`error parsing CompactionRetention: "${text}" is not a count`);
    }
    return { kind: 'revision', retentionCount: count };
  }
  if (count !== undefined) return { kind: 'periodic', retentionMs: count * 3_600_000 };
  const retentionNs = parseRetention(text);
  if (retentionNs < 0) {
    throw new ConfigError(`error parsing CompactionRetention: "${text}" is negative`);
  }
  return retentionNs === 0 ? { kind: 'off' } : { kind: 'periodic', retentionMs: retentionNs / 1e6 };
}

function parseRetention(text: string): number {
  try {
    return parseDurationNs(text);
  } catch (cause) {
    if (!(cause instanceof DurationError)) throw cause;
    throw new ConfigError(`error parsing CompactionRetention: ${cause.message}`, { cause });
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) deepFreeze(inner);
  }
  return Object.freeze(value);
}
