// Owns the disk of a simulated machine as the WAL and the snapshot files see it: the memory file system of the WAL's own
// tests, whose syncs take simulated time, and on which every operation is a place to crash.

import type { DiskDone } from '../../server/storage/file-system.ts';
import { MemoryFileSystem, type Operation } from '../server/storage/wal/memory-file-system.ts';

type File = Parameters<MemoryFileSystem['startSync']>[0];

/** What the disk needs of the process that uses it now. */
export interface DiskHost {
  /** Runs `task` after a sync's time has passed, unless the process ended meanwhile. */
  afterSync(task: () => void): void;
  /** May throw to end the process at this point. */
  crashPoint(name: string): void;
  /** Code of the error an operation fails with, on a disk that is full or broken. */
  failureOf(operation: Operation): string | undefined;
}

export class SimFileSystem extends MemoryFileSystem {
  /** Undefined while the machine is off. */
  host: DiskHost | undefined = undefined;

  constructor() {
    super();
    this.fault = (operation) => {
      this.host?.crashPoint(`disk ${operation}`);
      // Syncs fail when they end.
      return operation === 'sync' ? undefined : this.host?.failureOf(operation);
    };
  }

  override startSync(file: File, done: DiskDone): void {
    this.check('sync', file.path);
    const { host } = this;
    if (host === undefined) return;
    const code = host.failureOf('sync');
    if (code !== undefined) {
      const error = Object.assign(new Error(`${code}: ${file.path}`), { code });
      host.afterSync(() => done(error));
      return;
    }
    const apply = this.captureSync(file);
    host.afterSync(() => {
      host.crashPoint('before sync ends');
      apply();
      host.crashPoint('after sync ended');
      this.syncCount++;
      done(undefined);
    });
  }

  override removeLater(path: string, done: DiskDone): void {
    this.remove(path);
    this.host?.afterSync(() => done(undefined));
  }
}
