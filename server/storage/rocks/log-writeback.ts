// Owns sending RocksDB's log to the disk while it grows. Nobody asks for that log to be durable, but RocksDB syncs all of it
// before it makes a table of a full memtable, because there are two columns: 75 MB at once, for which whoever syncs
// another log on the same disk waits 60 ms and more. Synced in pieces as it grows, the same bytes let others in between.
//
// It is help only: RocksDB syncs what is left itself, and sees every error itself.

import path from 'node:path';
import { newestFile, syncFile } from './files.ts';
import { WRITEBACK_PIECE_BYTES } from './limits.ts';

const LOG_NAME = /^([0-9]+)\.log$/;

/** Sends a file's content to the disk; a file that is gone is done. */
type SyncFile = (file: string) => Promise<void>;

export class LogWriteback {
  readonly #directory: string;
  readonly #sync: SyncFile;
  #unsyncedBytes = 0;
  #running: Promise<void> | undefined = undefined;

  constructor(directory: string, sync: SyncFile = syncIfThere) {
    this.#directory = directory;
    this.#sync = sync;
  }

  /** So much went to the log. Cheap; syncs once a piece has come together, one piece at a time. */
  wrote(sizeBytes: number): void {
    this.#unsyncedBytes += sizeBytes;
    if (this.#unsyncedBytes < WRITEBACK_PIECE_BYTES || this.#running !== undefined) return;
    this.#unsyncedBytes = 0;
    this.#running = this.#syncNewest().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves once nothing in the directory is touched any more. */
  whenIdle(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  async #syncNewest(): Promise<void> {
    try {
      const name = await newestFile(this.#directory, LOG_NAME);
      if (name !== undefined) await this.#sync(path.join(this.#directory, name));
    } catch {
      // A directory or file that cannot be read or synced: RocksDB's to report.
    }
  }
}

function syncIfThere(file: string): Promise<void> {
  return syncFile(file, { mayBeMissing: true });
}
