// Owns the disk of a simulated machine as the WAL and the snapshot files see it: the memory file system of the WAL's own
// tests, whose syncs take simulated time, and on which every operation is a place to crash.

import type { DiskDone } from '../../server/storage/file-system.ts';
import { MemoryFileSystem } from '../server/storage/wal/memory-file-system.ts';

type File = Parameters<MemoryFileSystem['startSync']>[0];

/** What the disk needs of the process that uses it now. */
export interface DiskHost {
  /** Runs `task` after a sync's time has passed, unless the process ended meanwhile. */
  afterSync(task: () => void): void;
  /** May throw to end the process at this point. */
  crashPoint(name: string): void;
  /** Whether the next sync fails, as a broken disk's does. */
  failsSync(): boolean;
}

export class SimFileSystem extends MemoryFileSystem {
  /** Undefined while the machine is off. */
  host: DiskHost | undefined = undefined;

  constructor() {
    super();
    this.fault = (operation): undefined => {
      this.host?.crashPoint(`disk ${operation}`);
    };
  }

  override startSync(file: File, done: DiskDone): void {
    this.check('sync', file.path);
    const { host } = this;
    if (host === undefined) return;
    if (host.failsSync()) {
      const error = Object.assign(new Error(`EIO: ${file.path}`), { code: 'EIO' });
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
