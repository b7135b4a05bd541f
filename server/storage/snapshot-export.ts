// Owns the database as a file to be sent: exported beside the store, read in pieces, removed after the last one.

import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RocksBackend } from './rocks/rocks-backend.ts';
import { exportSnapshot } from './rocks/snapshot-file.ts';

/** A finished export. `read` gives up to `sizeBytes` bytes, none at the end. */
export interface ExportedSnapshot {
  readonly totalBytes: number;
  read(sizeBytes: number): Promise<Uint8Array>;
  /** Everything, in pieces, as fast as it is taken. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** Large enough that a piece is worth its turn of the event loop, small enough for many transfers at once. */
const CHUNK_BYTES = 256 * 1024;

let exportCount = 0;

/**
 * Writes the store as it is now into a temporary file under `directory` and opens it. Leftovers of a killed process
 * begin with "tmp" and are removed when the member starts. `onView` is called at the moment whose state is exported.
 */
export async function openExport(
  store: RocksBackend,
  directory: string,
  onView: () => void = nothing,
): Promise<ExportedSnapshot> {
  const path = join(directory, `tmp-snapshot-${process.pid}-${exportCount++}.db`);
  try {
    const { sizeBytes } = await exportSnapshot(store, path, { durable: false, onView });
    return new OpenExport(path, await open(path, 'r'), sizeBytes);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

class OpenExport implements ExportedSnapshot {
  readonly totalBytes: number;
  readonly #path: string;
  readonly #file: FileHandle;
  #isClosed = false;

  constructor(path: string, file: FileHandle, totalBytes: number) {
    this.totalBytes = totalBytes;
    this.#path = path;
    this.#file = file;
  }

  async read(sizeBytes: number): Promise<Uint8Array> {
    const piece = new Uint8Array(sizeBytes);
    const { bytesRead } = await this.#file.read(piece, 0, sizeBytes);
    return piece.subarray(0, bytesRead);
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = await this.read(CHUNK_BYTES);
      if (piece.length === 0) return;
      yield piece;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}

const nothing = (): void => undefined;
