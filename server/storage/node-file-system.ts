// Owns the real disk behind the file-system port. Reads and writes are synchronous (they meet the page cache);
// syncs and removals that may take long run on libuv's thread pool.
import * as fs from 'node:fs';
import type { DiskAccess, DiskDone, DiskFile, FileSystem } from './file-system.ts';

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const FLAGS: Readonly<Record<DiskAccess, string>> = {
  read: 'r',
  write: 'r+',
  create: 'w+',
  directory: 'r',
};

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;
  readonly #isDirectory: boolean;
  /** Jobs on the thread pool. The number of a closed file may be given out again: it is closed after them. */
  #jobCount = 0;
  #isClosing = false;

  constructor(path: string, access: DiskAccess) {
    this.path = path;
    this.#fd = fs.openSync(path, FLAGS[access], FILE_MODE);
    this.#isDirectory = access === 'directory';
  }

  sizeBytes(): number {
    return fs.fstatSync(this.#fd).size;
  }

  read(into: Uint8Array, position: number): number {
    let count = 0;
    while (count < into.length) {
      const more = fs.readSync(this.#fd, into, count, into.length - count, position + count);
      if (more === 0) break;
      count += more;
    }
    return count;
  }

  write(bytes: Uint8Array, length: number, position: number): void {
    let count = 0;
    while (count < length) {
      count += fs.writeSync(this.#fd, bytes, count, length - count, position + count);
    }
  }

  truncate(sizeBytes: number): void {
    fs.ftruncateSync(this.#fd, sizeBytes);
  }

  writeLater(bytes: Uint8Array, length: number, position: number, done: DiskDone): void {
    this.#jobCount++;
    const step = (offset: number): void => {
      fs.write(this.#fd, bytes, offset, length - offset, position + offset, (error, count) => {
        if (error === null && offset + count < length) step(offset + count);
        else this.#finishJob(error, done);
      });
    };
    step(0);
  }

  sync(done: DiskDone): void {
    const callback = (error: Error | null): void => this.#finishJob(error, done);
    this.#jobCount++;
    if (this.#isDirectory) fs.fsync(this.#fd, callback);
    else fs.fdatasync(this.#fd, callback);
  }

  #finishJob(error: Error | null, done: DiskDone): void {
    this.#jobCount--;
    if (this.#isClosing && this.#jobCount === 0) fs.closeSync(this.#fd);
    done(error ?? undefined);
  }

  syncNow(): void {
    if (this.#isDirectory) fs.fsyncSync(this.#fd);
    else fs.fdatasyncSync(this.#fd);
  }

  close(): void {
    this.#isClosing = true;
    if (this.#jobCount === 0) fs.closeSync(this.#fd);
  }
}

/** The disk of this machine. */
export const NODE_FILE_SYSTEM: FileSystem = {
  open: (path, access) => new NodeFile(path, access),
  exists: (path) => fs.existsSync(path),
  list: (directory) => fs.readdirSync(directory).sort(),
  makeDirectory: (path) => {
    fs.mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
  },
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  removeLater: (path, done) => fs.rm(path, { force: true }, (error) => done(error ?? undefined)),
  removeDirectory: (path) => fs.rmSync(path, { force: true, recursive: true }),
};
