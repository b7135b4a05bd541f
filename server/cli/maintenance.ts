// Owns what the Maintenance service asks of a member, on top of its parts: status, hashes, defragmentation, the database
// as a file, leadership.

import { EtcdError } from '../base/errors.ts';
import { FAILPOINTS } from '../base/failpoint.ts';
import type { Logger } from '../base/logger.ts';
import { SERVER_VERSION } from '../base/version.ts';
import { PROCESS_SCHEDULER } from '../node/scheduler.ts';
import { AlarmType } from '../proto/gen/rpc.ts';
import type { HealthState } from '../rpc/health-service.ts';
import type { MaintenancePort } from '../rpc/maintenance-service.ts';
import type { SnapshotSource } from '../rpc/snapshot-stream.ts';
import { hashStore } from '../storage/rocks/store-hash.ts';
import type { ExportedSnapshot } from '../storage/snapshot-export.ts';
import type { MemberParts } from './member.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** Alarm types as status and health print them. */
export function alarmName(alarm: number): string {
  if (alarm === AlarmType.nospace) return 'NOSPACE';
  return alarm === AlarmType.corrupt ? 'CORRUPT' : 'UNKNOWN';
}

export function createMaintenancePort(
  member: MemberParts,
  health: HealthState,
  logger: Logger,
): MaintenancePort {
  const { store, storage, metrics, exports } = member;
  return {
    status: () => statusOf(member),
    revision: () => store.revision,
    storageVersion: () => member.book.clusterVersion ?? '',
    defragment: (done) => {
      // etcd: clients that look at health go elsewhere meanwhile. They are told before anything begins.
      const stopsService = member.config.features.stopGrpcServiceOnDefrag;
      if (stopsService) health.set(false);
      PROCESS_SCHEDULER.soon(() => {
        defragment(member, logger, (error) => {
          if (stopsService) health.set(true);
          done(error);
        });
      });
    },
    hash: (done) => {
      const startMs = performance.now();
      hashStore(storage.backend).then(
        (hash) => {
          metrics.hashSeconds.observe((performance.now() - startMs) / 1000);
          done(hash);
        },
        (error: unknown) => done(asError(error)),
      );
    },
    hashKv: (revision, done) => hashKv(member, revision, done),
    moveLeader: (targetId, done) => moveLeader(member, targetId, done),
    openSnapshot: (done) => {
      const opening = exports.open('client');
      opening.opened.then(
        (exported) => {
          metrics.snapshotSeconds.observe(exported.madeMs / 1000);
          logger.info('sending database snapshot to client', {
            'total-bytes': exported.totalBytes,
          });
          done(new SnapshotFile(exported, logger));
        },
        (error: unknown) => done(asError(error)),
      );
      return opening.abandon;
    },
  };
}

function defragment(
  { storage, metrics }: MemberParts,
  logger: Logger,
  done: (error?: unknown) => void,
): void {
  const startMs = performance.now();
  logger.info('starting defragment', { 'current-db-size-bytes': storage.backend.sizeBytes() });
  FAILPOINTS.defragBeforeCopy.hit();
  metrics.defragsInflight.set(1);
  settle(storage.backend.defragment(), (error) => {
    metrics.defragsInflight.set(0);
    metrics.defragSeconds.observe((performance.now() - startMs) / 1000);
    if (error === undefined) {
      logger.info('finished defragment', { 'current-db-size-bytes': storage.backend.sizeBytes() });
    } else {
      logger.error('failed to defragment', { error });
    }
    done(error);
  });
}

/** etcd: server.go MoveLeader. Looks at every heartbeat whether it worked, for as long as an election takes. */
function moveLeader(
  { node, raft, book, config }: MemberParts,
  targetId: bigint,
  done: (error?: EtcdError) => void,
): void {
  const target = book.member(targetId);
  if (target === undefined || target.isLearner) {
    done(new EtcdError('badLeaderTransferee'));
    return;
  }
  if (!node.isLeader) {
    done(new EtcdError('notLeader'));
    return;
  }
  raft.transferLeadership(targetId);
  node.wake();
  const deadlineMs = SYSTEM_CLOCK.monotonicMs() + 2 * config.electionTimeoutMs;
  const look = (): void => {
    if (node.leader === targetId) done();
    else if (SYSTEM_CLOCK.monotonicMs() >= deadlineMs) done(new EtcdError('timeoutLeaderTransfer'));
    else PROCESS_SCHEDULER.after(config.heartbeatIntervalMs, look);
  };
  look();
}

function statusOf(member: MemberParts): ReturnType<MaintenancePort['status']> {
  const { storage, book, alarms, config } = member;
  const view = member.node.raftView();
  const errors = alarms
    .list()
    .map(({ memberId, alarm }) => `memberID:${memberId} alarm:${alarmName(alarm)} `);
  if (view.leader === 0n) errors.unshift('etcdserver: no leader');
  return {
    version: SERVER_VERSION,
    dbSize: storage.backend.sizeBytes(),
    leader: view.leader,
    raftIndex: view.commitIndex,
    raftTerm: view.term,
    raftAppliedIndex: view.appliedIndex,
    errors,
    dbSizeInUse: storage.backend.sizeInUseBytes(),
    isLearner: view.isLearner,
    storageVersion: book.clusterVersion ?? '',
    dbSizeQuota: config.quotaBackendBytes,
    downgradeInfo: {
      enabled: book.downgrade.enabled,
      targetVersion: book.downgrade.targetVersion,
    },
  };
}

function hashKv(
  { node, store }: MemberParts,
  revision: number,
  done: Parameters<MaintenancePort['hashKv']>[1],
): void {
  try {
    node.background.hashKv(revision, (result) => {
      if (result instanceof EtcdError) {
        done(result);
        return;
      }
      const { hash, compactRevision, revision: hashRevision } = result;
      done({ hash, compactRevision, hashRevision, currentRevision: store.revision });
    });
  } catch (error) {
    done(asError(error));
  }
}

/** The exported database, as the snapshot stream reads it. */
class SnapshotFile implements SnapshotSource {
  readonly #exported: ExportedSnapshot;
  readonly #logger: Logger;

  constructor(exported: ExportedSnapshot, logger: Logger) {
    this.#exported = exported;
    this.#logger = logger;
  }

  get totalBytes(): number {
    return this.#exported.totalBytes;
  }

  read(sizeBytes: number, done: (result: Uint8Array | Error) => void): void {
    this.#exported.read(sizeBytes).then(done, (error: unknown) => done(asError(error)));
  }

  close(): void {
    settle(this.#exported.close(), (error) => {
      if (error !== undefined) this.#logger.warn('failed to close database snapshot', { error });
    });
  }
}

function settle(work: Promise<void>, done: (error?: unknown) => void): void {
  work.then(
    () => done(),
    (error: unknown) => done(error),
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
