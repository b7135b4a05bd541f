// Owns the file-system port: the few operations the WAL, the snapshot files and the data directory need. One
// implementation is Node's (node-file-system.ts); tests and the simulator bring one in memory that loses what was
// not synced, tears writes and runs out of space. Paths are plain strings with '/' between names.

/** Called once, never inside the call that asked. */
export type DiskDone = (error: Error | undefined) => void;

/** One open file. Every method throws (or hands to `done`) the system's error, with its `code`. */
export interface DiskFile {
  readonly path: string;
  sizeBytes(): number;
  /** Reads up to `into.length` bytes at `position`; fewer only at the end of the file. */
  read(into: Uint8Array, position: number): number;
  /** Hands the first `length` of `bytes` to the system at `position`, all of them; not durable yet. */
  write(bytes: Uint8Array, length: number, position: number): void;
  /** The same off the main thread, for bulk writes that the system may slow down; `bytes` must stay unchanged. */
  writeLater(bytes: Uint8Array, length: number, position: number, done: DiskDone): void;
  /** Cuts or extends (with zeros) to `sizeBytes`. */
  truncate(sizeBytes: number): void;
  /** Makes everything written before the call durable, off the main thread (fdatasync; fsync for a directory). */
  sync(done: DiskDone): void;
  /** The same, blocking: for start-up and tools. */
  syncNow(): void;
  close(): void;
}

/** How a file is opened: 'create' makes it empty and writable, 'directory' is only for `sync`. */
export type DiskAccess = 'read' | 'write' | 'create' | 'directory';

export interface FileSystem {
  /** New files get mode 0600: only their owner may read what clients stored. */
  open(path: string, access: DiskAccess): DiskFile;
  exists(path: string): boolean;
  /** Names in a directory, ascending. */
  list(directory: string): string[];
  /** Makes a directory of mode 0700 and the missing ones above it. */
  makeDirectory(path: string): void;
  /** Replaces `to` if it is there. Durable after a sync of the directory. */
  rename(from: string, to: string): void;
  /** Removes a file; no error when there is none. */
  remove(path: string): void;
  /** The same off the main thread: freeing a large file takes milliseconds. */
  removeLater(path: string, done: DiskDone): void;
  /** Removes a directory and everything below it; no error when there is none. */
  removeDirectory(path: string): void;
}

/** Makes a directory's list of names durable, blocking. */
export function syncDirectory(fileSystem: FileSystem, path: string): void {
  const directory = fileSystem.open(path, 'directory');
  try {
    directory.syncNow();
  } finally {
    directory.close();
  }
}

/** The directory part of a path. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}
