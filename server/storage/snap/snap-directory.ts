// Owns the directory of raft snapshots: saving one, finding the newest that the log knows, setting unreadable ones
// aside, deleting old ones. A snapshot counts only once the WAL has a record of it: a file may be saved and the
// member stop before that.
import { type Logger, SILENT_LOGGER } from '../../base/logger.ts';
import type { Snapshot } from '../../raft/types.ts';
import { type DiskDone, type FileSystem, syncDirectory } from '../file-system.ts';
import { NODE_FILE_SYSTEM } from '../node-file-system.ts';
import { SNAP_FILE_BYTES_MAX, SNAP_FILE_COUNT_MAX } from './limits.ts';
import {
  decodeSnapFile,
  encodeSnapFile,
  parseSnapDatabaseName,
  parseSnapName,
  SnapError,
  type SnapName,
  snapDatabaseName,
  snapName,
} from './snap-file.ts';

/** What the log says about a snapshot. */
export interface KnownSnapshot {
  readonly index: number;
  readonly term: number;
}

export interface SnapDirectoryOptions {
  readonly fileSystem?: FileSystem;
  readonly logger?: Logger;
}

export class SnapDirectory {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;

  /** Makes the directory when it is missing. */
  constructor(path: string, options: SnapDirectoryOptions = {}) {
    this.path = path;
    this.#fileSystem = options.fileSystem ?? NODE_FILE_SYSTEM;
    this.#logger = options.logger ?? SILENT_LOGGER;
    if (!this.#fileSystem.exists(path)) this.#fileSystem.makeDirectory(path);
  }

  /** Writes a snapshot's file; `done` once it is durable. Save the WAL's record of it after that. */
  save(snapshot: Snapshot, done: DiskDone): void {
    const { term, index } = snapshot.metadata;
    const path = `${this.path}/${snapName(term, index).name}`;
    const bytes = encodeSnapFile(snapshot);
    const file = this.#fileSystem.open(path, 'create');
    try {
      file.write(bytes, bytes.length, 0);
    } catch (error) {
      file.close();
      // A half-written file would only be set aside as broken at the next start.
      this.#fileSystem.remove(path);
      throw error;
    }
    file.sync((error) => {
      file.close();
      if (error === undefined) this.#syncNames(done);
      else done(error);
    });
  }

  /** The same, blocking: for tools and start-up. */
  saveNow(snapshot: Snapshot): void {
    const { term, index } = snapshot.metadata;
    const bytes = encodeSnapFile(snapshot);
    const file = this.#fileSystem.open(`${this.path}/${snapName(term, index).name}`, 'create');
    try {
      file.write(bytes, bytes.length, 0);
      file.syncNow();
    } finally {
      file.close();
    }
    syncDirectory(this.#fileSystem, this.path);
  }

  /**
   * The newest readable snapshot among `known`, the ones the WAL has records of; without `known` the newest readable
   * one. Files that cannot be read are renamed to `.broken`.
   */
  loadNewest(known?: readonly KnownSnapshot[]): Snapshot | undefined {
    for (const name of this.names()) {
      const snapshot = this.#maybeLoad(name);
      if (snapshot === undefined) continue;
      if (known === undefined || isKnown(snapshot, known)) return snapshot;
    }
    return undefined;
  }

  /** The `.snap` files, newest first. */
  names(): SnapName[] {
    const names: SnapName[] = [];
    for (const name of this.#fileSystem.list(this.path).toReversed()) {
      const parsed = parseSnapName(name);
      if (parsed !== undefined) names.push(parsed);
      else if (name.endsWith('.snap')) {
        this.#logger.warn('found unexpected non-snapshot file; skipping', { path: name });
      }
    }
    return names;
  }

  /** Deletes the oldest files beyond `countMax`. */
  purge(countMax: number = SNAP_FILE_COUNT_MAX): void {
    for (const { name } of this.names().slice(countMax)) this.#removeLater(name);
  }

  /** Where a database received with the snapshot at `index` is kept until it is installed. */
  databasePath(index: number): string {
    return `${this.path}/${snapDatabaseName(index)}`;
  }

  /** Deletes received databases older than the snapshot at `index`. */
  releaseDatabases(index: number): void {
    for (const name of this.#fileSystem.list(this.path)) {
      const databaseIndex = parseSnapDatabaseName(name);
      if (databaseIndex !== undefined && databaseIndex < index) this.#removeLater(name);
    }
  }

  /** Deletes what an interrupted receive or defragmentation left. Only at start, before anything is received. */
  removeLeftovers(): void {
    for (const name of this.#fileSystem.list(this.path)) {
      if (!name.startsWith('tmp') && !name.startsWith('db.tmp')) continue;
      this.#logger.info('found orphaned temporary file; deleting', { path: name });
      this.#fileSystem.remove(`${this.path}/${name}`);
    }
  }

  #syncNames(done: DiskDone): void {
    const directory = this.#fileSystem.open(this.path, 'directory');
    directory.sync((error) => {
      directory.close();
      done(error);
    });
  }

  #maybeLoad(name: SnapName): Snapshot | undefined {
    const path = `${this.path}/${name.name}`;
    try {
      return decodeSnapFile(this.#read(path));
    } catch (error) {
      if (!(error instanceof SnapError)) throw error;
      this.#logger.warn('failed to read a snap file', { path, error });
      this.#fileSystem.rename(path, `${path}.broken`);
      return undefined;
    }
  }

  #read(path: string): Uint8Array {
    const file = this.#fileSystem.open(path, 'read');
    try {
      const sizeBytes = file.sizeBytes();
      if (sizeBytes > SNAP_FILE_BYTES_MAX) throw new SnapError(`snap: ${sizeBytes} bytes`);
      const bytes = new Uint8Array(sizeBytes);
      file.read(bytes, 0);
      return bytes;
    } finally {
      file.close();
    }
  }

  #removeLater(name: string): void {
    const path = `${this.path}/${name}`;
    this.#fileSystem.removeLater(path, (error) => {
      if (error === undefined) this.#logger.info('purged', { path });
      else this.#logger.warn('failed to purge', { path, error });
    });
  }
}

function isKnown(snapshot: Snapshot, known: readonly KnownSnapshot[]): boolean {
  const { index, term } = snapshot.metadata;
  return known.some((one) => one.index === index && one.term === term);
}
