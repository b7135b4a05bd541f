// Owns bringing a member's disk to life: open and lock the store, find the newest snapshot the log knows, read the log
// after it. A new member gets the log of a new cluster. Every way in which a disk can be wrong ends in one StartError.
// etcd: server/etcdserver/bootstrap.go.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EMPTY_BYTES } from '../base/bytes.ts';
import type { Logger } from '../base/logger.ts';
import { effectiveMemberIds, forceNewEntries } from '../cluster/force-new.ts';
import { type Member, newMember } from '../cluster/member.ts';
import { readPosition } from '../node/entry-applier.ts';
import { MemoryLog } from '../raft/memory-log.ts';
import { EMPTY_HARD_STATE } from '../raft/restart.ts';
import type { Entry, HardState } from '../raft/types.ts';
import { NODE_FILE_SYSTEM } from '../storage/node-file-system.ts';
import { RocksBackend } from '../storage/rocks/rocks-backend.ts';
import { importSnapshot } from '../storage/rocks/snapshot-file.ts';
import { SnapDirectory } from '../storage/snap/snap-directory.ts';
import { validSnapshots } from '../storage/wal/read-log.ts';
import { Wal, type WalOptions } from '../storage/wal/wal.ts';
import type { WalMetadata } from '../storage/wal/wal-messages.ts';
import type { FoundCluster } from './found-cluster.ts';
import { adoptDatabase, maybeDefragment } from './prepare-database.ts';
import { StartError } from './start-error.ts';

/** A member's disk, open and locked, with what it says. */
export interface OpenStorage {
  readonly memberDirectory: string;
  readonly walDirectory: string;
  readonly backend: RocksBackend;
  /** The store came from a bbolt database; finishTakeover is still to be called. */
  readonly isTakenOver: boolean;
  readonly wal: Wal;
  readonly snapshots: SnapDirectory;
  readonly metadata: WalMetadata;
  readonly hardState: HardState;
  readonly log: MemoryLog;
  /** Index of the snapshot the log starts from; 0 without one. */
  readonly snapshotIndex: number;
  /** What that snapshot carries beside the database; empty without one. */
  readonly snapshotData: Uint8Array;
  /** How far the store has come. */
  readonly position: { readonly index: number; readonly term: number };
  /** Members of the cluster that is being joined, until the log tells who they are. */
  readonly others: readonly Member[];
}

export interface StorageOptions {
  readonly dataDir: string;
  /** Empty: member/wal under dataDir. */
  readonly walDir: string;
  readonly logger: Logger;
  /** Space in megabytes for which the database is defragmented first; 0: never. */
  readonly defragThresholdMegabytes: number;
  readonly wal: WalOptions;
  /** Peer URLs of this member when it is to go on alone (--force-new-cluster). */
  readonly forceNewCluster: readonly string[] | undefined;
  /** What to start from when the disk is empty; rejects with StartError when the configuration allows nothing. */
  readonly foundCluster: () => Promise<FoundCluster>;
}

/** What a log holds, whether it was just made or read. */
interface LogOnDisk {
  readonly wal: Wal;
  readonly metadata: WalMetadata;
  readonly hardState: HardState;
  readonly log: MemoryLog;
  readonly snapshotIndex: number;
  readonly snapshotData: Uint8Array;
  readonly others: readonly Member[];
}

/** Opens or makes a member's disk. Throws StartError. */
export async function openStorage(options: StorageOptions): Promise<OpenStorage> {
  const memberDirectory = join(options.dataDir, 'member');
  const walDirectory = options.walDir === '' ? join(memberDirectory, 'wal') : options.walDir;
  makeDirectory(options.dataDir);
  makeDirectory(memberDirectory);
  // The store's lock is the lock of the whole directory, so it comes first.
  const backend = await openBackend(join(memberDirectory, 'rocks'), options.logger);
  try {
    const snapshots = new SnapDirectory(join(memberDirectory, 'snap'), { logger: options.logger });
    snapshots.removeLeftovers();
    const isNew = !Wal.exists(walDirectory);
    const isTakenOver = !isNew && (await adoptDatabase(backend, memberDirectory, options.logger));
    await maybeDefragment(backend, options.defragThresholdMegabytes, options.logger);
    const onDisk = isNew
      ? await createLog(walDirectory, options)
      : await readLog(walDirectory, snapshots, options, readPosition(backend).index);
    await finishInstall(backend, snapshots, onDisk.snapshotIndex, options.logger);
    const position = readPosition(backend);
    checkPosition(position.index, onDisk);
    return {
      ...{ memberDirectory, walDirectory, backend, isTakenOver, snapshots, position },
      ...onDisk,
    };
  } catch (cause) {
    await backend.close();
    if (cause instanceof StartError) throw cause;
    throw new StartError(messageOf(cause), { cause });
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StartError(`cannot access data directory: ${messageOf(cause)}`, { cause });
  }
}

async function openBackend(directory: string, logger: Logger): Promise<RocksBackend> {
  try {
    return await RocksBackend.open({ directory, logger });
  } catch (cause) {
    throw new StartError(messageOf(cause), { cause });
  }
}

/** Makes the log of a new member, founding or joining. */
async function createLog(directory: string, options: StorageOptions): Promise<LogOnDisk> {
  const found = await options.foundCluster();
  const metadata = { nodeId: found.memberId, clusterId: found.clusterId };
  const wal = Wal.create(directory, metadata, options.wal);
  return { wal, metadata, ...(await writeBootstrap(wal, found)) };
}

type LogBegin = Omit<LogOnDisk, 'wal' | 'metadata'>;

/** A new cluster's first entries add every member and are committed from the start; a joining member has none. */
async function writeBootstrap(wal: Wal, { log, others }: FoundCluster): Promise<LogBegin> {
  const { entries, hardState } = log ?? { entries: [], hardState: EMPTY_HARD_STATE };
  if (log !== undefined) {
    await new Promise<void>((resolve) => wal.append(entries, hardState, true, resolve));
  }
  const memoryLog = new MemoryLog({ index: 0, term: 0 }, entries);
  return { hardState, log: memoryLog, snapshotIndex: 0, snapshotData: EMPTY_BYTES, others };
}

async function readLog(
  directory: string,
  snapshots: SnapDirectory,
  options: StorageOptions,
  appliedIndex: number,
): Promise<LogOnDisk> {
  const known = validSnapshots(NODE_FILE_SYSTEM, directory);
  const snapshot = snapshots.loadNewest(known);
  const start = snapshot?.metadata ?? { index: 0, term: 0 };
  const { wal, metadata, hardState, entries } = Wal.open(directory, start, options.wal);
  options.logger.info('restarting local member', {
    'cluster-id': metadata.clusterId.toString(16),
    'local-member-id': metadata.nodeId.toString(16),
    'commit-index': hardState.commit,
    'snapshot-index': start.index,
  });
  if (isUnstarted(start.index, entries, hardState)) {
    return { wal, metadata, ...(await finishCreation(wal, metadata, options)) };
  }
  const base = { index: start.index, term: start.term };
  const snapshotData = snapshot?.data ?? EMPTY_BYTES;
  const found = { wal, metadata, snapshotIndex: start.index, snapshotData, others: [] };
  if (options.forceNewCluster === undefined) {
    return { ...found, hardState, log: new MemoryLog(base, entries) };
  }
  const commit = Math.max(hardState.commit, appliedIndex);
  const kept = entries.filter((entry) => entry.index <= commit);
  const ids = effectiveMemberIds(snapshot?.metadata.confState, kept);
  const self = newMember(metadata.nodeId, options.forceNewCluster, false);
  const added = forceNewEntries(ids, self, { term: hardState.term, commit });
  const forced = { ...hardState, commit: commit + added.length };
  options.logger.warn('forcing a new cluster: all other members are removed', {
    'discarded-entries': entries.length - kept.length,
    'removed-members': ids.filter((id) => id !== self.id).map((id) => id.toString(16)),
  });
  await new Promise<void>((resolve) => wal.append(added, forced, true, resolve));
  return { ...found, hardState: forced, log: new MemoryLog(base, [...kept, ...added]) };
}

/** True when the process ended between making the log and writing its first entries. */
function isUnstarted(snapshotIndex: number, entries: readonly Entry[], state: HardState): boolean {
  return snapshotIndex === 0 && entries.length === 0 && state.term === 0;
}

async function finishCreation(
  wal: Wal,
  metadata: WalMetadata,
  options: StorageOptions,
): Promise<LogBegin> {
  const found = await options.foundCluster();
  if (found.clusterId !== metadata.clusterId) {
    const present = metadata.clusterId.toString(16);
    const wanted = found.clusterId.toString(16);
    throw new StartError(
      `the log was made for cluster ${present}, the configuration names ${wanted}; remove the data directory`,
    );
  }
  return writeBootstrap(wal, found);
}

/**
 * A snapshot counts from its record in the log on, but its database is installed after that: a member that ended in
 * between finds it beside the store.
 */
async function finishInstall(
  backend: RocksBackend,
  snapshots: SnapDirectory,
  snapshotIndex: number,
  logger: Logger,
): Promise<void> {
  const path = snapshots.databasePath(snapshotIndex);
  if (readPosition(backend).index >= snapshotIndex || !existsSync(path)) return;
  logger.info('Recovering from snapshot backend', { 'snapshot-index': snapshotIndex });
  await importSnapshot(backend, path);
}

/** The store and the log must be of one history: a store that is behind the log's beginning has lost data. */
function checkPosition(index: number, onDisk: LogOnDisk): void {
  if (index < onDisk.snapshotIndex) {
    throw new StartError(
      `the store ends at index ${index}, but the log starts after index ${onDisk.snapshotIndex}: ` +
        'the data directory is damaged; restore a snapshot or let the member join again',
    );
  }
  if (index > onDisk.log.lastIndex) {
    throw new StartError(
      `the store is at index ${index}, but the log ends at index ${onDisk.log.lastIndex}: ` +
        'the write-ahead log is damaged or not the one of this store',
    );
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
