// Owns putting one member together: disk, store, membership, raft and the node, from the configuration. No sockets here;
// services.ts and serve.ts put those on top.

import { AlarmStore } from '../alarm/alarm-store.ts';
import { refuseGuardedStore } from '../apply/auth-command.ts';
import { must } from '../base/assert.ts';
import type { Logger } from '../base/logger.ts';
import type { MetricRegistry } from '../base/metrics.ts';
import { SERVER_VERSION } from '../base/version.ts';
import { MembershipBook } from '../cluster/membership-book.ts';
import { MembershipMetrics } from '../cluster/membership-metrics.ts';
import { v2StoreJson } from '../cluster/v2-store.ts';
import { Lessor, minLeaseTtlSeconds } from '../lease/lessor.ts';
import { LeaseMetrics } from '../lease/metrics.ts';
import type { RestoreJob } from '../mvcc/restore-job.ts';
import { MvccStore } from '../mvcc/store.ts';
import { createAutoCompactor } from '../node/auto-compactor.ts';
import { ClusterDuties } from '../node/cluster-duties.ts';
import { createNodeMetrics, type NodeMetrics } from '../node/metrics.ts';
import { Node } from '../node/node.ts';
import { PROCESS_SCHEDULER } from '../node/scheduler.ts';
import { SnapshotKeeper } from '../node/snapshot-keeper.ts';
import { WatchPump } from '../node/watch-pump.ts';
import { RawNode } from '../raft/raw-node.ts';
import type { Message, SoftState } from '../raft/types.ts';
import type { RocksBackend } from '../storage/rocks/rocks-backend.ts';
import { SnapshotExports } from '../storage/snapshot-export.ts';
import { adoptMembership } from './adopt-membership.ts';
import { ClusterChanges, type ClusterPortDeps } from './cluster-port.ts';
import type { AutoCompaction, ServerConfig } from './config.ts';
import { foundCluster } from './found-cluster.ts';
import { IndexKeeper } from './index-keeper.ts';
import type { Logging } from './logging.ts';
import { type OpenStorage, openStorage } from './open-storage.ts';
import { createRaftMembership, type MembershipListener } from './raft-membership.ts';
import { createSnapshotInstaller } from './snapshot-installer.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** A member without its network. */
export interface MemberParts {
  readonly config: ServerConfig;
  readonly storage: OpenStorage;
  readonly store: MvccStore;
  readonly lessor: Lessor;
  readonly alarms: AlarmStore;
  readonly book: MembershipBook;
  readonly raft: RawNode;
  readonly node: Node;
  readonly duties: ClusterDuties;
  readonly watchPump: WatchPump;
  readonly indexKeeper: IndexKeeper;
  readonly snapshots: SnapshotKeeper;
  readonly exports: SnapshotExports;
  readonly changes: ClusterChanges;
  readonly registry: MetricRegistry;
  readonly metrics: NodeMetrics;
}

/** What the peer network is told and asked; it is made after the member. */
export interface NetworkHooks {
  readonly send: (messages: readonly Message[]) => void;
  readonly onChanged: MembershipListener;
  readonly onRestored: () => void;
  readonly activeSinceMs: ClusterPortDeps['activeSinceMs'];
  readonly promoteAtLeader: ClusterPortDeps['promoteAtLeader'];
  readonly othersVersion: (done: (lowest: string | undefined) => void) => void;
}

export interface MemberHooks {
  readonly network: NetworkHooks;
  readonly onLeaderChanged: (state: SoftState) => void;
  readonly registry: MetricRegistry;
  /** Lets the answers of this turn leave; the listeners exist only later. */
  readonly flush: () => void;
  /** The member cannot go on. Called at most once. */
  readonly onFatal: (error: unknown) => void;
}

/** The last parts of an election timeout: ticks and their length. */
export function electionTicks(config: ServerConfig): number {
  return Math.floor(config.electionTimeoutMs / config.heartbeatIntervalMs);
}

/** Opens the disk and builds everything on it. Throws StartError. */
export async function createMember(
  config: ServerConfig,
  logging: Logging,
  hooks: MemberHooks,
): Promise<MemberParts> {
  const { registry } = hooks;
  const metrics = createNodeMetrics(registry);
  const storage = await openMemberStorage(config, logging, hooks, metrics);
  const { backend, metadata } = storage;
  refuseGuardedStore(backend);
  const lessor = new Lessor(backend, {
    minTtlSeconds: minLeaseTtlSeconds(electionTicks(config), config.heartbeatIntervalMs),
    checkpoints: config.features.leaseCheckpoint,
    metrics: new LeaseMetrics(registry),
  });
  const store = new MvccStore(backend, { compactionBatchLimit: config.compactionBatchLimit });
  const restored = restoreIndex(backend, store, lessor, logging.logger('cli/member.ts'));
  const alarms = new AlarmStore(backend);
  const book = new MembershipBook(backend, {
    clusterId: metadata.clusterId,
    localId: metadata.nodeId,
    logger: logging.logger('cluster/membership-book.ts'),
    maxLearners: config.maxLearners,
    metrics: new MembershipMetrics(registry, metadata.nodeId),
  });
  await adoptMembership(book, storage, logging.logger('cli/adopt-membership.ts'));
  const opened = { config, storage, store, lessor, alarms, book, registry, metrics };
  const raft = createRaft(config, storage, book, logging.logger('raft/raw-node.ts'));
  const snapshots = createSnapshotKeeper({ ...opened, raft }, logging, hooks);
  const exports = new SnapshotExports({
    store: backend,
    directory: storage.snapshots.path,
    logger: logging.logger('storage/snapshot-export.ts'),
  });
  const base = { ...opened, raft, snapshots, exports };
  const node = createNode(base, logging, hooks);
  return {
    ...base,
    node,
    duties: createDuties(base, node, logging, hooks),
    watchPump: new WatchPump(store.watchHub, TIME, hooks.flush),
    indexKeeper: createIndexKeeper(opened, restored, logging, hooks),
    changes: new ClusterChanges({
      ...hooks.network,
      node,
      raft,
      book,
      clock: SYSTEM_CLOCK,
      logger: logging.logger('cli/cluster-port.ts'),
      strictReconfigCheck: config.strictReconfigCheck,
    }),
  };
}

/** Rebuilds the index from what is kept of it and the records after that, or from all records. */
function restoreIndex(
  backend: RocksBackend,
  store: MvccStore,
  lessor: Lessor,
  logger: Logger,
): RestoreJob {
  const startMs = performance.now();
  let job: RestoreJob | undefined;
  backend.readImage((image) => {
    job = store.restore((key, lease) => lessor.attach(key, lease), undefined, image);
    job.run();
    return job.imageRevision > 0;
  });
  const restored = must(job, 'the store was restored');
  logger.info('restored the key index', {
    keys: store.index.liveCount,
    revision: store.revision,
    'image-revision': restored.imageRevision,
    'records-read': restored.recordCount,
    took: `${(performance.now() - startMs).toFixed(0)}ms`,
  });
  return restored;
}

function createIndexKeeper(
  { store, storage, lessor }: Pick<MemberParts, 'store' | 'storage' | 'lessor'>,
  restored: RestoreJob,
  logging: Logging,
  { onFatal }: MemberHooks,
): IndexKeeper {
  return new IndexKeeper(
    {
      ...TIME,
      store,
      backend: storage.backend,
      leaseOf: (key) => (lessor.attachedCount > 0 ? lessor.leaseOf(key) : 0n),
      logger: logging.logger('cli/index-keeper.ts'),
      onFatal,
    },
    restored,
  );
}

const TIME = { clock: SYSTEM_CLOCK, scheduler: PROCESS_SCHEDULER };

function openMemberStorage(
  config: ServerConfig,
  logging: Logging,
  hooks: MemberHooks,
  metrics: NodeMetrics,
): Promise<OpenStorage> {
  const written = hooks.registry.gauge(
    'etcd_disk_wal_write_bytes_total',
    'Bytes written to the WAL.',
  );
  return openStorage({
    dataDir: config.dataDir,
    walDir: config.walDir,
    logger: logging.logger('cli/open-storage.ts'),
    forceNewCluster: config.forceNewCluster
      ? config.initialAdvertisePeerUrls.map((url) => url.text)
      : undefined,
    foundCluster: () => foundCluster(config, logging.logger('cli/found-cluster.ts')),
    defragThresholdMegabytes: config.bootstrapDefragThresholdMegabytes,
    wal: {
      onFatal: hooks.onFatal,
      logger: logging.logger('storage/wal/wal.ts'),
      unsafeNoFsync: config.unsafeNoFsync,
      metrics: {
        fsyncSeconds: (seconds) => metrics.walFsyncSeconds.observe(seconds),
        writeSeconds: (seconds) => metrics.walWriteSeconds.observe(seconds),
        writtenBytes: (count) => {
          written.value += count;
        },
      },
    },
  });
}

function createRaft(
  config: ServerConfig,
  storage: OpenStorage,
  book: MembershipBook,
  logger: Logger,
): RawNode {
  return new RawNode(
    {
      id: storage.metadata.nodeId,
      random: (limit) => Math.floor(Math.random() * limit),
      electionTicks: electionTicks(config),
      preVote: config.preVote,
      savesMessages: true,
      logger,
    },
    storage.log,
    {
      hardState: storage.hardState,
      // As of the applied index: the members' bucket moves with it, the last snapshot's record does not.
      confState: book.confStateOfMembers(),
      applied: storage.position.index,
    },
  );
}

type NodeBase = Omit<MemberParts, 'node' | 'duties' | 'watchPump' | 'indexKeeper' | 'changes'>;

function createNode(base: NodeBase, logging: Logging, hooks: MemberHooks): Node {
  const { config, storage, raft } = base;
  return new Node(
    {
      ...base,
      ...TIME,
      memberId: storage.metadata.nodeId,
      log: storage.wal,
      backend: storage.backend,
      membership: createRaftMembership(
        base.book,
        logging.logger('cli/raft-membership.ts'),
        hooks.network.onChanged,
      ),
      position: storage.position,
      installer: createSnapshotInstaller(base, {
        logger: logging.logger('cli/snapshot-installer.ts'),
        onRestored: hooks.network.onRestored,
        onFatal: hooks.onFatal,
      }),
      send: hooks.network.send,
      flush: hooks.flush,
      onLeaderChanged: hooks.onLeaderChanged,
      onFatal: hooks.onFatal,
      logger: logging.logger('node/node.ts'),
      raft,
    },
    {
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      electionTimeoutMs: config.electionTimeoutMs,
      maxRequestBytes: config.maxRequestBytes,
      quotaBytes: config.quotaBackendBytes,
      persistLeaseCheckpoints: config.features.leaseCheckpointPersist,
      priorityRequests: config.features.priorityRequest,
      warningApplyMs: config.warningApplyDurationMs,
      compactionBatchLimit: config.compactionBatchLimit,
      compactionPauseMs: config.compactionSleepIntervalMs,
      commitIntervalMs: config.backendBatchIntervalMs,
      commitEntriesMax: config.backendBatchLimit,
    },
  );
}

function createDuties(
  base: NodeBase,
  node: Node,
  logging: Logging,
  hooks: MemberHooks,
): ClusterDuties {
  const { config, storage, book, store } = base;
  return new ClusterDuties({
    ...TIME,
    node,
    memberId: storage.metadata.nodeId,
    name: config.name,
    clientUrls: config.advertiseClientUrls.map((url) => url.text),
    serverMinorVersion: minorVersion(config.clusterVersionMax || SERVER_VERSION),
    clusterVersion: () => book.clusterVersion,
    othersVersion: hooks.network.othersVersion,
    revision: () => store.revision,
    compactor: createCompactor(config.autoCompaction),
    logger: logging.logger('node/cluster-duties.ts'),
  });
}

function createCompactor(config: AutoCompaction): ReturnType<typeof createAutoCompactor> {
  if (config.kind === 'off') return undefined;
  const retention = config.kind === 'periodic' ? config.retentionMs : config.retentionCount;
  return createAutoCompactor({ mode: config.kind, retention }, SYSTEM_CLOCK.monotonicMs());
}

function createSnapshotKeeper(
  { config, storage, book, raft }: Pick<MemberParts, 'config' | 'storage' | 'book' | 'raft'>,
  logging: Logging,
  hooks: MemberHooks,
): SnapshotKeeper {
  const { backend, snapshots, wal } = storage;
  return new SnapshotKeeper(
    {
      raft,
      logger: logging.logger('node/snapshot-keeper.ts'),
      capture: (index) => ({
        confState: raft.confState(),
        data: v2StoreJson(book.v2View(), index),
      }),
      store: {
        syncStore: () => backend.sync(),
        saveFile: (snapshot) =>
          new Promise<void>((resolve, reject) => {
            snapshots.save(snapshot, (error) => (error === undefined ? resolve() : reject(error)));
          }),
        saveRecord: (record, done) => wal.saveSnapshot(record, done),
        release: (index) => wal.releaseTo(index),
        purge: () => {
          wal.purge(config.maxWalFiles);
          snapshots.purge();
        },
      },
    },
    {
      entriesPerSnapshot: config.snapshotCount,
      catchupEntries: config.snapshotCatchupEntries,
      lastIndex: storage.snapshotIndex,
    },
    hooks.onFatal,
  );
}

/** "3.7.1" to "3.7.0": what clusters agree on. */
export function minorVersion(version: string): string {
  const [major = '0', minor = '0'] = version.split('.');
  return `${major}.${minor}.0`;
}
