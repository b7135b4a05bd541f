// Owns taking over a snapshot that the leader sent: its file and record first, then its database in place of the store,
// then everything that is read from the store at start. etcd: server/etcdserver/server.go applySnapshot.

import { rm } from 'node:fs/promises';
import { refuseGuardedStore } from '../apply/auth-command.ts';
import { assert } from '../base/assert.ts';
import { FAILPOINTS } from '../base/failpoint.ts';
import type { Logger } from '../base/logger.ts';
import { parseV2Store } from '../cluster/v2-store-reader.ts';
import { readPosition } from '../node/entry-applier.ts';
import { BACKGROUND_SLICE_MS } from '../node/limits.ts';
import type { SnapshotInstaller } from '../node/node.ts';
import { PROCESS_SCHEDULER } from '../node/scheduler.ts';
import type { Snapshot } from '../raft/types.ts';
import { importSnapshot } from '../storage/rocks/snapshot-file.ts';
import type { MemberParts } from './member.ts';

export interface InstallerHooks {
  readonly logger: Logger;
  /** The members may be others now. */
  readonly onRestored: () => void;
  readonly onFatal: (error: unknown) => void;
}

type InstallerParts = Pick<
  MemberParts,
  'storage' | 'store' | 'lessor' | 'alarms' | 'book' | 'snapshots'
>;

export function createSnapshotInstaller(
  parts: InstallerParts,
  hooks: InstallerHooks,
): SnapshotInstaller {
  return {
    save: (snapshot, done) => save(parts, snapshot, done, hooks),
    install: (snapshot, done) => {
      install(parts, snapshot, hooks).then(done, (error: unknown) => {
        if (!parts.snapshots.isStopped) hooks.onFatal(error);
      });
    },
  };
}

function save(
  { storage, snapshots: keeper }: InstallerParts,
  snapshot: Snapshot,
  done: () => void,
  hooks: InstallerHooks,
): void {
  const { index, term, confState } = snapshot.metadata;
  FAILPOINTS.raftBeforeApplySnap.hit();
  storage.snapshots.save(snapshot, (error) => {
    // The member is stopping, and its log is closed.
    if (keeper.isStopped) return;
    if (error === undefined) storage.wal.saveSnapshot({ index, term, confState }, done);
    else hooks.onFatal(error);
  });
}

async function install(
  parts: InstallerParts,
  snapshot: Snapshot,
  { logger, onRestored }: InstallerHooks,
): Promise<void> {
  const { storage, lessor, alarms, book } = parts;
  const { index } = snapshot.metadata;
  const path = storage.snapshots.databasePath(index);
  logger.info('applying snapshot', { 'incoming-leader-snapshot-index': index });
  FAILPOINTS.applyBeforeOpenSnapshot.hit();
  await importSnapshot(storage.backend, path);
  refuseGuardedStore(storage.backend);
  const position = readPosition(storage.backend);
  assert(
    position.index === index,
    `the snapshot is of index ${index}, its database of ${position.index}`,
  );
  lessor.restore();
  await restoreStore(parts);
  alarms.restore();
  book.restore();
  // What a member of 3.5 keeps about members in its database may be out of date; see v2-store-reader.ts.
  const membership = parseV2Store(snapshot.data);
  if (membership !== undefined) book.adopt(membership);
  storage.backend.commit();
  FAILPOINTS.raftAfterApplySnap.hit();
  storage.wal.releaseTo(index);
  storage.snapshots.releaseDatabases(index);
  await rm(path, { force: true });
  onRestored();
  logger.info('applied snapshot', { 'incoming-leader-snapshot-index': index });
}

/** Reads the new store in slices: requests that need no data go on meanwhile. */
function restoreStore({ store, lessor }: InstallerParts): Promise<void> {
  const job = store.restore((key, lease) => lessor.attach(key, lease));
  return new Promise((resolve, reject) => {
    const slice = (): void => {
      const endMs = performance.now() + BACKGROUND_SLICE_MS;
      try {
        while (!job.step()) {
          if (performance.now() < endMs) continue;
          PROCESS_SCHEDULER.soon(slice);
          return;
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    slice();
  });
}
