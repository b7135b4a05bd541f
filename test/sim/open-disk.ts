// Owns bringing a simulated machine's disk to life, step by step what server/cli/open-storage.ts does: the newest
// snapshot the log knows, then the log after it; a founding member gets the log of a new cluster, a joining one an empty one.

import { readPosition } from '../../server/node/entry-applier.ts';
import { MemoryLog } from '../../server/raft/memory-log.ts';
import { EMPTY_HARD_STATE } from '../../server/raft/restart.ts';
import type { Entry, HardState } from '../../server/raft/types.ts';
import { SnapDirectory } from '../../server/storage/snap/snap-directory.ts';
import { validSnapshots } from '../../server/storage/wal/read-log.ts';
import { Wal, type WalOptions } from '../../server/storage/wal/wal.ts';
import type { WalMetadata } from '../../server/storage/wal/wal-messages.ts';
import { SimBackend } from './sim-backend.ts';
import type { SimProcess } from './sim-process.ts';

const WAL_DIRECTORY = '/member/wal';
const SNAP_DIRECTORY = '/member/snap';

export interface OpenedDisk {
  readonly wal: Wal;
  readonly snapshots: SnapDirectory;
  readonly metadata: WalMetadata;
  readonly hardState: HardState;
  readonly log: MemoryLog;
  readonly snapshotIndex: number;
  readonly position: { readonly index: number; readonly term: number };
}

type LogOnDisk = Omit<OpenedDisk, 'snapshots' | 'position'>;

/** Opens or makes the disk and calls `done`, at once or after a sync. */
export function openDisk(
  process: SimProcess,
  done: (disk: OpenedDisk, backend: SimBackend) => void,
): void {
  const { files, store } = process.machine;
  const backend = new SimBackend(store, (name) => process.crashPoint(name));
  const snapshots = new SnapDirectory(SNAP_DIRECTORY, { fileSystem: files });
  snapshots.removeLeftovers();
  const finish = (onDisk: LogOnDisk): void => {
    finishInstall(process, backend, onDisk.snapshotIndex);
    const position = readPosition(backend);
    checkPosition(position.index, onDisk);
    done({ ...onDisk, snapshots, position }, backend);
  };
  if (Wal.exists(WAL_DIRECTORY, files)) readLog(process, snapshots, finish);
  else createLog(process, finish);
}

function walOptions(process: SimProcess): WalOptions {
  return {
    onFatal: (error) => process.onFatal(error),
    fileSystem: process.machine.files,
    segmentSizeBytes: process.host.scenario.walSegmentBytes,
    fillAhead: false,
    monotonicMs: () => process.machine.clock.monotonicMs(),
    defer: (task) => process.scheduler.soon(task),
  };
}

function createLog(process: SimProcess, done: (onDisk: LogOnDisk) => void): void {
  const { machine } = process;
  const metadata = { nodeId: machine.id, clusterId: machine.clusterId };
  const wal = Wal.create(WAL_DIRECTORY, metadata, walOptions(process));
  writeBootstrap(process, wal, metadata, done);
}

function writeBootstrap(
  process: SimProcess,
  wal: Wal,
  metadata: WalMetadata,
  done: (onDisk: LogOnDisk) => void,
): void {
  const { bootstrap } = process.machine;
  const { entries, hardState } = bootstrap ?? { entries: [], hardState: EMPTY_HARD_STATE };
  if (bootstrap === undefined) {
    const log = new MemoryLog({ index: 0, term: 0 }, entries);
    done({ wal, metadata, hardState, log, snapshotIndex: 0 });
    return;
  }
  wal.append(entries, hardState, true, () => {
    const log = new MemoryLog({ index: 0, term: 0 }, entries);
    done({ wal, metadata, hardState, log, snapshotIndex: 0 });
  });
}

function readLog(
  process: SimProcess,
  snapshots: SnapDirectory,
  done: (onDisk: LogOnDisk) => void,
): void {
  const known = validSnapshots(process.machine.files, WAL_DIRECTORY);
  const start = snapshots.loadNewest(known)?.metadata ?? { index: 0, term: 0 };
  const opened = Wal.open(WAL_DIRECTORY, start, walOptions(process));
  const { wal, metadata, hardState, entries } = opened;
  if (isUnstarted(start.index, entries, hardState)) {
    writeBootstrap(process, wal, metadata, done);
    return;
  }
  const log = new MemoryLog({ index: start.index, term: start.term }, entries);
  done({ wal, metadata, hardState, log, snapshotIndex: start.index });
}

function isUnstarted(snapshotIndex: number, entries: readonly Entry[], state: HardState): boolean {
  return snapshotIndex === 0 && entries.length === 0 && state.term === 0;
}

/** A member that ended between a received snapshot's record and its install finds the database beside the store. */
function finishInstall(process: SimProcess, backend: SimBackend, snapshotIndex: number): void {
  const image = process.machine.received.get(snapshotIndex);
  if (readPosition(backend).index >= snapshotIndex || image === undefined) return;
  process.host.trace.add('finish install', process.machine.number, snapshotIndex);
  backend.replace(image);
}

function checkPosition(index: number, { snapshotIndex, log }: LogOnDisk): void {
  if (index < snapshotIndex) {
    throw new Error(`the store ends at ${index}, the log starts after ${snapshotIndex}`);
  }
  if (index > log.lastIndex) {
    throw new Error(`the store is at ${index}, the log ends at ${log.lastIndex}`);
  }
}
