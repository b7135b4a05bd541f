// A file system in memory for tests: it keeps apart what was written and what a sync made durable, so that a power
// failure can be played (any sector written since may be there or not), and fails operations on request.
import type {
  DiskAccess,
  DiskDone,
  DiskFile,
  FileSystem,
} from '../../../../server/storage/file-system.ts';

const SECTOR_BYTES = 512;

export type Operation = 'open' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove';

/** Gives the code of the error an operation fails with, or undefined when it succeeds. */
export type Fault = (operation: Operation, path: string) => string | undefined;

interface Inode {
  live: Uint8Array;
  durable: Uint8Array;
  /** Bytes written since the last sync began, so that a sync copies only those. */
  dirty: Span;
  /** Bytes that the last sync takes; they are dirty again should it never end. */
  syncing: Span;
}

/** Bytes [from, to) of a file. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const NO_BYTES: Span = { from: Number.POSITIVE_INFINITY, to: 0 };

function union(a: Span, b: Span): Span {
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
}

function newInode(bytes: Uint8Array): Inode {
  return { live: bytes.slice(), durable: bytes.slice(), dirty: NO_BYTES, syncing: NO_BYTES };
}

function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(size);
  copy.set(bytes.subarray(0, Math.min(size, bytes.length)));
  return copy;
}

export class MemoryFileSystem implements FileSystem {
  /** Names as a running process sees them, and as a power failure leaves them. */
  #live = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  readonly #directories = new Set<string>();
  /** Syncs asked for and not finished. */
  #syncs: (() => void)[] = [];
  fault: Fault = () => undefined;
  /** Syncs finished, for counting group commits. */
  syncCount = 0;
  /** When true, `sync` finishes in a later turn by itself. */
  autoSync = false;

  open(path: string, access: DiskAccess): DiskFile {
    this.check('open', path);
    if (access === 'directory') return new MemoryFile(this, path, undefined);
    let inode = this.#live.get(path);
    if (access === 'create') {
      inode = newInode(new Uint8Array(0));
      this.#live.set(path, inode);
    }
    if (inode === undefined) throw diskError('ENOENT', path);
    return new MemoryFile(this, path, inode);
  }

  exists(path: string): boolean {
    return this.#directories.has(path) || this.#live.has(path);
  }

  list(directory: string): string[] {
    const prefix = `${directory}/`;
    const names = [...this.#live.keys()].filter((path) => path.startsWith(prefix));
    return names.map((path) => path.slice(prefix.length)).sort();
  }

  makeDirectory(path: string): void {
    this.#directories.add(path);
  }

  rename(from: string, to: string): void {
    this.check('rename', to);
    if (this.#directories.delete(from)) {
      this.#directories.add(to);
      for (const [path, inode] of [...this.#live]) {
        if (!path.startsWith(`${from}/`)) continue;
        this.#live.delete(path);
        this.#live.set(`${to}${path.slice(from.length)}`, inode);
      }
      return;
    }
    const inode = this.#live.get(from);
    if (inode === undefined) throw diskError('ENOENT', from);
    this.#live.delete(from);
    this.#live.set(to, inode);
  }

  remove(path: string): void {
    this.check('remove', path);
    this.#live.delete(path);
  }

  removeLater(path: string, done: DiskDone): void {
    this.remove(path);
    queueMicrotask(() => done(undefined));
  }

  removeDirectory(path: string): void {
    this.#directories.delete(path);
    for (const name of [...this.#live.keys()]) {
      if (name.startsWith(`${path}/`)) this.#live.delete(name);
    }
  }

  /** How many syncs wait. */
  get pendingSyncCount(): number {
    return this.#syncs.length;
  }

  /** Finishes the oldest waiting sync. */
  finishSync(): void {
    const finish = this.#syncs.shift();
    if (finish === undefined) throw new Error('no sync waits');
    finish();
  }

  /** Finishes syncs until none is left. */
  finishSyncs(): void {
    while (this.#syncs.length > 0) this.finishSync();
  }

  /** The bytes of a file as the process sees them. */
  contents(path: string): Uint8Array {
    const inode = this.#live.get(path);
    if (inode === undefined) throw diskError('ENOENT', path);
    return inode.live;
  }

  setContents(path: string, bytes: Uint8Array): void {
    this.#live.set(path, newInode(bytes));
  }

  /**
   * Power failure. Every sector that was not synced is the old or the new one as `keep` says, so is every size, and
   * names are as of the last sync of their directory. Syncs that wait never finish.
   */
  crash(keep: () => boolean): void {
    this.#syncs = [];
    for (const inode of this.#durable.values()) {
      const size = keep() ? inode.live.length : inode.durable.length;
      const merged = resized(inode.durable, size);
      for (let at = 0; at < size; at += SECTOR_BYTES) {
        if (keep()) merged.set(inode.live.subarray(at, Math.min(at + SECTOR_BYTES, size)), at);
      }
      inode.live = merged;
      inode.durable = merged.slice();
      inode.dirty = NO_BYTES;
      inode.syncing = NO_BYTES;
    }
    this.#live = new Map(this.#durable);
  }

  /** The process dies and the machine goes on: nothing written is lost, nothing more is durable. */
  kill(): void {
    this.#syncs = [];
  }

  check(operation: Operation, path: string): void {
    const code = this.fault(operation, path);
    if (code !== undefined) throw diskError(code, path);
  }

  startSync(file: MemoryFile, done: DiskDone): void {
    const code = this.fault('sync', file.path);
    const apply = this.captureSync(file);
    let isFinished = false;
    const finish = (): void => {
      if (isFinished) return;
      isFinished = true;
      this.syncCount++;
      if (code === undefined) {
        apply();
        done(undefined);
      } else done(diskError(code, file.path));
    };
    if (this.autoSync) setImmediate(finish);
    else this.#syncs.push(finish);
  }

  /** What a sync begun now will have made durable when it ends. */
  captureSync(file: MemoryFile): () => void {
    const { inode, path } = file;
    if (inode !== undefined) {
      const size = inode.live.length;
      const span = union(inode.dirty, inode.syncing);
      const from = Math.min(span.from, size);
      const captured = inode.live.slice(from, span.to);
      inode.dirty = NO_BYTES;
      inode.syncing = span;
      return () => {
        if (inode.durable.length !== size) inode.durable = resized(inode.durable, size);
        inode.durable.set(captured, from);
        if (inode.syncing === span) inode.syncing = NO_BYTES;
      };
    }
    const names = [...this.#live].filter(([name]) => name.startsWith(`${path}/`));
    return () => {
      for (const name of [...this.#durable.keys()]) {
        if (name.startsWith(`${path}/`)) this.#durable.delete(name);
      }
      for (const [name, known] of names) this.#durable.set(name, known);
    };
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly inode: Inode | undefined;
  readonly #fileSystem: MemoryFileSystem;

  constructor(fileSystem: MemoryFileSystem, path: string, inode: Inode | undefined) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.inode = inode;
  }

  #mustInode(): Inode {
    if (this.inode === undefined) throw diskError('EISDIR', this.path);
    return this.inode;
  }

  sizeBytes(): number {
    return this.#mustInode().live.length;
  }

  read(into: Uint8Array, position: number): number {
    const part = this.#mustInode().live.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  write(bytes: Uint8Array, length: number, position: number): void {
    this.#fileSystem.check('write', this.path);
    const inode = this.#mustInode();
    if (position + length > inode.live.length) {
      inode.live = resized(inode.live, position + length);
    }
    inode.live.set(bytes.subarray(0, length), position);
    inode.dirty = union(inode.dirty, { from: position, to: position + length });
  }

  writeLater(bytes: Uint8Array, length: number, position: number, done: DiskDone): void {
    setImmediate(() => {
      let failure: Error | undefined;
      try {
        this.write(bytes, length, position);
      } catch (error) {
        failure = error as Error;
      }
      done(failure);
    });
  }

  truncate(sizeBytes: number): void {
    this.#fileSystem.check('truncate', this.path);
    const inode = this.#mustInode();
    const from = Math.min(sizeBytes, inode.live.length);
    inode.dirty = union(inode.dirty, { from, to: sizeBytes });
    inode.live = resized(inode.live, sizeBytes);
  }

  sync(done: DiskDone): void {
    this.#fileSystem.startSync(this, done);
  }

  syncNow(): void {
    this.#fileSystem.check('sync', this.path);
    this.#fileSystem.captureSync(this)();
  }

  close(): void {}
}
