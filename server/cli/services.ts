// Owns the network face of a member: the gRPC services, the HTTP handler and the metrics, on top of its parts.

import { EtcdError } from '../base/errors.ts';
import { createHttpHandler } from '../http/handler.ts';
import { ProcessMetrics } from '../http/process-metrics.ts';
import type { HttpHandler } from '../http/types.ts';
import { KvReader } from '../node/kv-reader.ts';
import { type LeaderLeases, LeaseAccess } from '../node/lease-access.ts';
import { REQUEST_TIMEOUT_BASE_MS } from '../node/limits.ts';
import { registerCounters, registerGauges } from '../node/metrics.ts';
import { PROCESS_SCHEDULER } from '../node/scheduler.ts';
import { SlowRequests } from '../node/slow-requests.ts';
import { createRangeRequest, encodeLeaseCheckpointRequest } from '../proto/gen/rpc.ts';
import { PayloadField } from '../proto/payload-field.ts';
import { createClusterService } from '../rpc/cluster-service.ts';
import { createGate } from '../rpc/gate.ts';
import { GrpcServer } from '../rpc/grpc/grpc-server.ts';
import { createHealthService, HealthState } from '../rpc/health-service.ts';
import { createKvEncoders } from '../rpc/kv-responses.ts';
import { createKvService } from '../rpc/kv-service.ts';
import { createLeaseService } from '../rpc/lease-service.ts';
import { createMaintenanceService } from '../rpc/maintenance-service.ts';
import { ResponseHeaderWriter } from '../rpc/response-header.ts';
import { createWatchService } from '../rpc/watch-service.ts';
import { featureStates } from './feature-gates.ts';
import type { Logging } from './logging.ts';
import { alarmName, createMaintenancePort } from './maintenance.ts';
import type { MemberParts } from './member.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** What a gRPC message may exceed --max-request-bytes by. etcd: grpcOverheadBytes. */
const GRPC_OVERHEAD_BYTES = 512 * 1024;

export interface Services {
  readonly grpc: GrpcServer;
  readonly http: HttpHandler;
  readonly health: HealthState;
}

export function createServices(
  member: MemberParts,
  leases: LeaseAccess,
  logging: Logging,
): Services {
  const { storage, node, store, config } = member;
  const { nodeId, clusterId } = storage.metadata;
  const time = { clock: SYSTEM_CLOCK, scheduler: PROCESS_SCHEDULER };
  const header = new ResponseHeaderWriter(clusterId, nodeId, () => node.term);
  const { slowApplies, requests } = member.metrics;
  const slowLogger = logging.logger('node/slow-requests.ts');
  const slow = new SlowRequests(config.warningApplyDurationMs, slowLogger, slowApplies);
  const reader = new KvReader(store, time, requests, slow);
  const health = new HealthState();
  const grpc = createGrpcServer(member, logging);
  const revision = (): number => store.revision;
  grpc.register(
    createKvService({
      proposer: node,
      reader,
      encoders: createKvEncoders(header),
      txnOpsMax: config.maxTxnOps,
      waitCompaction: (done) => node.background.waitCompactions(done),
      revision,
      header,
      chunkBytes: config.maxRequestBytes,
    }),
  );
  grpc.register(
    createWatchService({
      hub: store.watchHub,
      header,
      stats: store.stats,
      fragmentBytes: config.maxRequestBytes + GRPC_OVERHEAD_BYTES,
      everyProgressInterval: (task) => everyProgressInterval(member, task),
    }),
  );
  grpc.register(createLeaseService({ proposer: node, leases, header, revision }));
  const port = createMaintenancePort(member, health, logging.logger('cli/maintenance.ts'));
  grpc.register(
    createMaintenanceService({ proposer: node, header, port, scheduler: PROCESS_SCHEDULER }),
  );
  grpc.register(createClusterService({ proposer: node, header, cluster: member.changes }));
  grpc.register(createHealthService(health));
  registerMemberMetrics(member);
  return { grpc, http: createHttp(member, reader, logging), health };
}

function createGrpcServer(member: MemberParts, logging: Logging): GrpcServer {
  const { config, node, book, registry } = member;
  const gate = createGate({
    hasLeader: () => node.leader !== 0n,
    isLearner: () => book.isLocalLearner(),
    learnerServesReads: config.learners.serveReads,
    registry,
  });
  PROCESS_SCHEDULER.every(config.electionTimeoutMs, () => gate.checkLeader());
  return new GrpcServer({
    clock: SYSTEM_CLOCK,
    logger: logging.logger('rpc/grpc/grpc-server.ts'),
    registry,
    extensiveMetrics: config.metrics === 'extensive',
    messageBytesMax: config.maxRequestBytes + GRPC_OVERHEAD_BYTES,
    keepalive: {
      minTimeMs: config.grpcKeepaliveMinTimeMs,
      intervalMs: config.grpcKeepaliveIntervalMs,
      timeoutMs: config.grpcKeepaliveTimeoutMs,
    },
    connection: { concurrentStreamsMax: config.maxConcurrentStreams },
    slowCallMs: config.warningUnaryRequestDurationMs,
    interceptor: gate.interceptor,
  });
}

/** Leases as clients of this member see them. */
export function createLeaseAccess(
  { lessor, node, raft, config }: MemberParts,
  leader: LeaderLeases,
): LeaseAccess {
  return new LeaseAccess({
    lessor,
    leader,
    readIndex: (listener) => node.readIndex(listener),
    leadership: {
      term: () => raft.leadingTerm,
      isCaughtUp: () => node.appliedIndex >= raft.committed,
      proofMs: config.electionTimeoutMs / 2,
    },
    ids: node.ids,
    clock: SYSTEM_CLOCK,
    scheduler: PROCESS_SCHEDULER,
    requestTimeoutMs: REQUEST_TIMEOUT_BASE_MS + 2 * config.electionTimeoutMs,
    resetCheckpoint: (id, done) => {
      const raw = encodeLeaseCheckpointRequest({ checkpoints: [{ id, remainingTtl: 0 }] });
      node.proposeOwn(PayloadField.leaseCheckpoint, raw, done);
    },
  });
}

/** etcd: the interval with up to a tenth more, so that watchers created together do not report together. */
function everyProgressInterval({ config }: MemberParts, task: () => void): () => void {
  const interval = config.watchProgressNotifyIntervalMs;
  return PROCESS_SCHEDULER.every(interval + Math.random() * (interval / 10), task);
}

function createHttp(member: MemberParts, reader: KvReader, logging: Logging): HttpHandler {
  const { book, alarms, node, config, registry } = member;
  const processMetrics = new ProcessMetrics(registry, featureStates(config.features));
  return createHttpHandler(
    {
      status: () => ({
        hasLeader: node.leader !== 0n,
        isLearner: book.isLocalLearner(),
        alarms: alarms.list().map(({ alarm }) => alarmName(alarm)),
        clusterVersion: book.clusterVersion,
        storageVersion: book.clusterVersion,
      }),
      rangeCheck: (serializable, done) => rangeCheck(node, reader, serializable, done),
      members: () => book.members(),
      isAuthEnabled: () => false,
      debugVars: () => ({
        cmdline: process.argv,
        'raft.status': printable(member.raft.status()),
      }),
      metrics: registry,
      collectMetrics: () => processMetrics.collect(),
      logger: logging.logger('http/handler.ts'),
      gateway: undefined,
    },
    {
      cors: config.cors,
      hostWhitelist: config.hostWhitelist,
      enablePprof: config.enablePprof,
      enableV2: config.enableV2,
      clientCertAuth: config.clientTls.clientCertAuth,
    },
  );
}

/** Reads one key, to see whether the member can. */
function rangeCheck(
  node: MemberParts['node'],
  reader: KvReader,
  serializable: boolean,
  done: (error: Error | undefined) => void,
): void {
  const read = (error: EtcdError | undefined): void => {
    if (error !== undefined) {
      done(error);
      return;
    }
    const request = createRangeRequest({ key: new Uint8Array(1), limit: 1, serializable });
    reader.range(request, (result) => done(result instanceof EtcdError ? result : undefined));
  };
  if (serializable) read(undefined);
  else node.readIndex({ onReadable: read });
}

/** BigInts as hex, for JSON. */
function printable(value: object): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'bigint' ? part.toString(16) : part,
    ),
  );
}

function registerMemberMetrics(member: MemberParts): void {
  const { registry, node, store, storage, config } = member;
  const { stats } = store;
  const { backend } = storage;
  registry
    .gauge('etcd_server_id', 'This member.', {
      server_id: storage.metadata.nodeId.toString(16),
    })
    .set(1);
  registerGauges(registry, {
    etcd_server_has_leader: () => (node.leader === 0n ? 0 : 1),
    etcd_server_is_leader: () => (node.isLeader ? 1 : 0),
    etcd_server_proposals_committed_total: () => member.raft.committed,
    etcd_server_proposals_applied_total: () => node.appliedIndex,
    etcd_server_proposals_pending: () => node.pendingProposals,
    etcd_server_quota_backend_bytes: () => Math.max(config.quotaBackendBytes, 0),
    etcd_mvcc_db_total_size_in_bytes: () => backend.sizeBytes(),
    etcd_mvcc_db_total_size_in_use_in_bytes: () => backend.sizeInUseBytes(),
    etcd_mvcc_db_open_read_transactions: () => 0,
    etcd_debugging_mvcc_current_revision: () => store.revision,
    etcd_debugging_mvcc_compact_revision: () => store.compactRevision,
    etcd_debugging_mvcc_keys_total: () => store.index.liveCount,
    etcd_debugging_mvcc_watch_stream_total: () => stats.watchStreams,
    etcd_debugging_mvcc_watcher_total: () => stats.watchers,
    etcd_debugging_mvcc_slow_watcher_total: () => stats.slowWatchers,
    etcd_debugging_mvcc_pending_events_total: () => stats.pendingEvents,
    etcd_debugging_mvcc_total_put_size_in_bytes: () => stats.putBytes,
  });
  registerCounters(registry, {
    etcd_mvcc_put_total: () => stats.puts,
    etcd_mvcc_delete_total: () => stats.deletes,
    etcd_mvcc_range_total: () => stats.ranges,
    etcd_mvcc_txn_total: () => stats.txns,
    etcd_debugging_mvcc_events_total: () => stats.events,
    etcd_debugging_mvcc_db_compaction_keys_total: () => stats.compactedRecords,
  });
}
