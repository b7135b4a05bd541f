// Owns the database as a file to be sent: exported beside the store, read in pieces, removed after the last one or as soon
// as nobody wants it. It is a file of the database's size on the disk that the log needs, so only a few exist at once,
// none is made where there is no room, and all end before the server does.

import { type FileHandle, open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { EMPTY_BYTES } from '../base/bytes.ts';
import { EtcdError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import {
  CLIENT_EXPORTS_MAX,
  CLIENT_EXPORTS_WAITING_MAX,
  EXPORT_FREE_BYTES_MIN,
  EXPORT_LOOK_MS,
  PEER_EXPORTS_MAX,
  PEER_EXPORTS_WAITING_MAX,
} from './limits.ts';
import { PlaceQueue } from './place-queue.ts';
import type { RocksBackend } from './rocks/rocks-backend.ts';
import { exportSnapshot } from './rocks/snapshot-file.ts';

/** A finished export. */
export interface ExportedSnapshot {
  readonly totalBytes: number;
  /** How long it took to make, without the time in the queue. */
  readonly madeMs: number;
  /** The next bytes, up to `sizeBytes` of them, none at the end. They are valid until the next read. */
  read(sizeBytes: number): Promise<Uint8Array>;
  /** Everything, in pieces, as fast as it is taken. Each is valid until the next is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Removes the file and gives its place to the next. Safe to call twice. */
  close(): Promise<void>;
}

/** An export that was asked for. */
export interface OpeningExport {
  /** Rejects with EtcdError where it was not made for a reason of ours, otherwise with what the disk threw. */
  readonly opened: Promise<ExportedSnapshot>;
  /** Nobody wants it any more: whatever it has come to, it ends, and its file goes. */
  abandon(): void;
}

/** Whom an export is for. Neither waits for the other. */
export type ExportLane = 'client' | 'peer';

export interface SnapshotExportsDeps {
  readonly store: RocksBackend;
  /** Where the files go. Leftovers of a killed process begin with "tmp" and are removed when the member starts. */
  readonly directory: string;
  readonly logger: Logger;
  /** Bytes that the disk of a directory has left. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

/** Large enough that a piece is worth its turn of the event loop, small enough for many transfers at once. */
const CHUNK_BYTES = 256 * 1024;

/** An export that is not over: it waits, is made or is sent. */
interface LiveExport {
  readonly abort: AbortController;
  readonly whenOver: Promise<void>;
}

/** A file being written. */
interface MakingExport {
  readonly path: string;
  readonly expectedBytes: number;
}

let exportCount = 0;

export class SnapshotExports {
  readonly #deps: SnapshotExportsDeps;
  readonly #freeBytes: (directory: string) => Promise<number>;
  readonly #lanes: Readonly<Record<ExportLane, PlaceQueue>>;
  readonly #live: Set<LiveExport> = new Set();
  readonly #making: Set<MakingExport> = new Set();
  #isStopped = false;

  constructor(deps: SnapshotExportsDeps) {
    this.#deps = deps;
    this.#freeBytes = deps.freeBytes ?? freeBytesOf;
    this.#lanes = {
      client: new PlaceQueue(CLIENT_EXPORTS_MAX, CLIENT_EXPORTS_WAITING_MAX),
      peer: new PlaceQueue(PEER_EXPORTS_MAX, PEER_EXPORTS_WAITING_MAX),
    };
  }

  /**
   * Writes the store as it is when its turn has come into a temporary file and opens it. `onView` is called at the moment
   * whose state is exported.
   */
  open(lane: ExportLane, onView: () => void = nothing): OpeningExport {
    const abort = new AbortController();
    if (this.#isStopped) abort.abort(new EtcdError('stopped'));
    const opened = this.#open(lane, abort, onView);
    const whenOver = opened.then(({ whenClosed }) => whenClosed, nothing);
    const live: LiveExport = { abort, whenOver };
    this.#live.add(live);
    void whenOver.then(() => this.#live.delete(live));
    return { opened, abandon: () => abort.abort(new EtcdError('canceled')) };
  }

  /** Ends all exports at once, whatever they have come to, and refuses new ones. Resolves when nothing is left of them. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const live = [...this.#live];
    for (const { abort } of live) abort.abort(new EtcdError('stopped'));
    await Promise.all(live.map(({ whenOver }) => whenOver));
  }

  async #open(lane: ExportLane, abort: AbortController, onView: () => void): Promise<OpenExport> {
    const { signal } = abort;
    const release = await this.#lanes[lane].take(signal);
    const path = join(this.#deps.directory, `tmp-snapshot-${process.pid}-${exportCount++}.db`);
    try {
      const startMs = performance.now();
      const totalBytes = await this.#make(path, abort, onView);
      const madeMs = performance.now() - startMs;
      const exported = await OpenExport.open(path, { totalBytes, madeMs }, signal);
      void exported.whenClosed.then(release);
      return exported;
    } catch (error) {
      await rm(path, { force: true }).catch(nothing);
      release();
      throw error;
    }
  }

  /** Returns the size of the file. */
  async #make(path: string, abort: AbortController, onView: () => void): Promise<number> {
    const { store } = this.#deps;
    const making: MakingExport = { path, expectedBytes: store.sizeInUseBytes() };
    this.#making.add(making);
    let look: NodeJS.Timeout | undefined;
    try {
      await this.#checkRoom(making);
      look = setInterval(() => void this.#look(making, abort), EXPORT_LOOK_MS);
      const options = { durable: false, onView, signal: abort.signal };
      return (await exportSnapshot(store, path, options)).sizeBytes;
    } finally {
      clearInterval(look);
      this.#making.delete(making);
    }
  }

  async #checkRoom(making: MakingExport): Promise<void> {
    const { directory, logger } = this.#deps;
    let neededBytes = making.expectedBytes + EXPORT_FREE_BYTES_MIN;
    for (const earlier of [...this.#making]) {
      if (earlier === making) break;
      neededBytes += await bytesToCome(earlier);
    }
    const freeBytes = await this.#freeBytes(directory);
    if (freeBytes >= neededBytes) return;
    logger.warn('refused a database snapshot: the disk is nearly full', {
      'free-bytes': freeBytes,
      'needed-bytes': neededBytes,
    });
    throw new EtcdError('noSpaceForSnapshot');
  }

  /** Gives up an export that is about to fill the disk: the newest, after which those before it may have room. */
  async #look(making: MakingExport, abort: AbortController): Promise<void> {
    const { directory, logger } = this.#deps;
    if ([...this.#making].at(-1) !== making) return;
    const freeBytes = await this.#freeBytes(directory).catch(nothing);
    if (freeBytes === undefined || freeBytes >= EXPORT_FREE_BYTES_MIN || abort.signal.aborted)
      return;
    logger.warn('gave up a database snapshot: the disk is nearly full', {
      'free-bytes': freeBytes,
      'needed-bytes': EXPORT_FREE_BYTES_MIN,
    });
    abort.abort(new EtcdError('noSpaceForSnapshot'));
  }
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** What is still to be written of a file. */
async function bytesToCome({ path, expectedBytes }: MakingExport): Promise<number> {
  const found = await stat(path).catch(nothing);
  return Math.max(0, expectedBytes - (found?.size ?? 0));
}

class OpenExport implements ExportedSnapshot {
  readonly totalBytes: number;
  readonly madeMs: number;
  /** Nothing is left of it. */
  readonly whenClosed: Promise<void>;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #signal: AbortSignal;
  /** Read into again and again: V8 answers megabytes of new buffers with collections of its whole heap. */
  #piece: Uint8Array = EMPTY_BYTES;
  #resolveClosed: () => void = nothing;
  #closing: Promise<void> | undefined = undefined;

  private constructor(
    path: string,
    file: FileHandle,
    { totalBytes, madeMs }: Pick<ExportedSnapshot, 'totalBytes' | 'madeMs'>,
    signal: AbortSignal,
  ) {
    this.totalBytes = totalBytes;
    this.madeMs = madeMs;
    this.#path = path;
    this.#file = file;
    this.#signal = signal;
    this.whenClosed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    // Whoever closes it is told what went wrong.
    signal.addEventListener('abort', () => void this.close().catch(nothing), { once: true });
  }

  /** An abort closes it, and what is read after that throws the reason. */
  static async open(
    path: string,
    made: Pick<ExportedSnapshot, 'totalBytes' | 'madeMs'>,
    signal: AbortSignal,
  ): Promise<OpenExport> {
    const file = await open(path, 'r');
    if (signal.aborted) await file.close();
    signal.throwIfAborted();
    return new OpenExport(path, file, made, signal);
  }

  async read(sizeBytes: number): Promise<Uint8Array> {
    if (this.#piece.length < sizeBytes) this.#piece = new Uint8Array(sizeBytes);
    return await this.#readInto(this.#piece, sizeBytes);
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = await this.read(CHUNK_BYTES);
      if (chunk.length === 0) return;
      yield chunk;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #readInto(piece: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
    this.#signal.throwIfAborted();
    const { bytesRead } = await this.#file.read(piece, 0, sizeBytes);
    return piece.subarray(0, bytesRead);
  }

  async #close(): Promise<void> {
    try {
      await this.#file.close();
    } finally {
      await rm(this.#path, { force: true }).finally(this.#resolveClosed);
    }
  }
}

const nothing = (): undefined => undefined;
