// Owns the database as a file to be sent: exported beside the store, read in pieces, removed after the last one.

import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EMPTY_BYTES } from '../base/bytes.ts';
import type { RocksBackend } from './rocks/rocks-backend.ts';
import { exportSnapshot } from './rocks/snapshot-file.ts';

/** A finished export. */
export interface ExportedSnapshot {
  readonly totalBytes: number;
  /** The next bytes, up to `sizeBytes` of them, none at the end. They are valid until the next read. */
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
  /** Read into again and again: V8 answers megabytes of new buffers with collections of its whole heap. */
  #piece: Uint8Array = EMPTY_BYTES;
  #isClosed = false;

  constructor(path: string, file: FileHandle, totalBytes: number) {
    this.totalBytes = totalBytes;
    this.#path = path;
    this.#file = file;
  }

  read(sizeBytes: number): Promise<Uint8Array> {
    if (this.#piece.length < sizeBytes) this.#piece = new Uint8Array(sizeBytes);
    return this.#readInto(this.#piece, sizeBytes);
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = await this.#readInto(new Uint8Array(CHUNK_BYTES), CHUNK_BYTES);
      if (chunk.length === 0) return;
      yield chunk;
    }
  }

  async #readInto(piece: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
    const { bytesRead } = await this.#file.read(piece, 0, sizeBytes);
    return piece.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}

const nothing = (): void => undefined;
