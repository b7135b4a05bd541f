// Owns the fields of the log line "starting an etcd server": the configuration as it counts, under etcd's keys.
import { arch, availableParallelism, platform } from 'node:os';
import { join } from 'node:path';
import { formatDurationNs } from '../base/duration.ts';
import type { LogFields } from '../base/logger.ts';
import { SERVER_VERSION } from '../base/version.ts';
import type { AutoCompaction, FeatureGates, ServerConfig } from './config.ts';
import { urlTexts } from './endpoint-url.ts';
import { FEATURE_GATES } from './feature-gates.ts';
import { printInitialCluster } from './initial-cluster.ts';

/** Fields of the line. The caller adds what it knows besides: "member-initialized". */
export function configFields(config: ServerConfig): LogFields {
  return {
    'etcd-version': SERVER_VERSION,
    'node-version': process.versions.node,
    'go-os': platform(),
    'go-arch': arch() === 'x64' ? 'amd64' : arch(),
    'max-cpu-available': availableParallelism(),
    name: config.name,
    'data-dir': config.dataDir,
    'wal-dir': config.walDir,
    'wal-dir-dedicated': config.walDir,
    'member-dir': join(config.dataDir, 'member'),
    'force-new-cluster': config.forceNewCluster,
    'heartbeat-interval': duration(config.heartbeatIntervalMs),
    'election-timeout': duration(config.electionTimeoutMs),
    'initial-election-tick-advance': config.initialElectionTickAdvance,
    'snapshot-count': config.snapshotCount,
    'max-wals': config.maxWalFiles,
    'snapshot-catchup-entries': config.snapshotCatchupEntries,
    'initial-advertise-peer-urls': urlTexts(config.initialAdvertisePeerUrls),
    'listen-peer-urls': urlTexts(config.listenPeerUrls),
    'advertise-client-urls': urlTexts(config.advertiseClientUrls),
    'listen-client-urls': urlTexts(config.listenClientUrls),
    'listen-metrics-urls': urlTexts(config.listenMetricsUrls),
    cors: config.cors,
    'host-whitelist': config.hostWhitelist,
    'initial-cluster': printInitialCluster(config.initialCluster),
    'initial-cluster-state': config.initialClusterState,
    'initial-cluster-token': config.initialClusterToken,
    'quota-backend-bytes': config.quotaBackendBytes,
    'max-request-bytes': config.maxRequestBytes,
    'max-concurrent-streams': config.maxConcurrentStreams,
    'pre-vote': config.preVote,
    'feature-gates': printFeatureGates(config.features),
    'corrupt-check-time-interval': duration(config.corruptCheckTimeMs),
    'compact-check-time-interval': duration(config.compactHashCheckTimeMs),
    ...autoCompactionFields(config.autoCompaction),
    'downgrade-check-interval': duration(config.downgradeCheckTimeMs),
    'max-learners': config.maxLearners,
  };
}

function autoCompactionFields(autoCompaction: AutoCompaction): LogFields {
  switch (autoCompaction.kind) {
    case 'off':
      return { 'auto-compaction-mode': 'periodic', 'auto-compaction-retention': '0s' };
    case 'periodic':
      return {
        'auto-compaction-mode': 'periodic',
        'auto-compaction-retention': duration(autoCompaction.retentionMs),
      };
    case 'revision':
      return {
        'auto-compaction-mode': 'revision',
        'auto-compaction-retention': String(autoCompaction.retentionCount),
      };
  }
}

/** The gates that are on, as Name=true pairs. */
function printFeatureGates(features: FeatureGates): string {
  const enabled = Object.entries(FEATURE_GATES).filter(([, gate]) => features[gate.field]);
  return enabled.map(([name]) => `${name}=true`).join(',');
}

function duration(durationMs: number): string {
  return formatDurationNs(durationMs * 1e6);
}
