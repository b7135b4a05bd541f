// Owns the way between the store and bbolt files: a snapshot out of it, a snapshot or the data of another etcd into
// it. Both work with bounded memory and never hold the event loop while the store is in use.

import type { Pair } from '../bbolt/bbolt-reader.ts';
import { BboltReader } from '../bbolt/bbolt-reader.ts';
import { type BboltFile, type BucketSource, writeBboltFile } from '../bbolt/bbolt-writer.ts';
import type { DiskFile } from '../file-system.ts';
import { NODE_FILE_SYSTEM } from '../node-file-system.ts';
import { IMPORT_ROWS } from './limits.ts';
import type { RocksBackend } from './rocks-backend.ts';
import { exportInThread } from './snapshot-thread.ts';

export interface SnapshotOptions {
  /** False leaves the file to the page cache: for one that is read once and removed. */
  readonly durable?: boolean;
  /**
   * Called in the turn in which the content is fixed, soon after the call: what the caller reads there (the applied
   * index, the members) belongs to the snapshot.
   */
  readonly onView?: () => void;
  /** False writes the file on the event loop, in slices. */
  readonly inThread?: boolean;
  /** Its abort ends the work soon, wherever it is done; the reason is thrown then. */
  readonly signal?: AbortSignal;
}

/**
 * Writes the store as a bbolt database. When it throws, the caller removes what is there of the file. A moment
 * without staged writes is waited for.
 */
export async function exportSnapshot(
  store: RocksBackend,
  file: string,
  options: SnapshotOptions = {},
): Promise<BboltFile> {
  const { durable = true, onView = nothing, signal } = options;
  signal?.throwIfAborted();
  try {
    if (options.inThread !== false) {
      const written = await exportInThread({ store, file, durable, onView, signal });
      if (written !== undefined) return written;
      // Without a thread because of the abort, perhaps.
      signal?.throwIfAborted();
    }
    return await exportHere(store, file, { durable, onView, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

interface HereOptions {
  readonly durable: boolean;
  readonly onView: () => void;
  readonly signal: AbortSignal | undefined;
}

/** Writes it on the event loop. */
async function exportHere(
  store: RocksBackend,
  file: string,
  { durable, onView, signal }: HereOptions,
): Promise<BboltFile> {
  await store.whenCommitted(signal);
  signal?.throwIfAborted();
  const view = store.openView();
  // The writer's next look into a closed view throws.
  const letGo = (): void => void view.close();
  signal?.addEventListener('abort', letGo);
  try {
    onView();
    return await writeBboltFile(file, view.buckets(), { durable });
  } finally {
    signal?.removeEventListener('abort', letGo);
    await view.close();
  }
}

/** Replaces everything in the store by the content of a bbolt database. See RocksBackend.replaceContents. */
export async function importSnapshot(store: RocksBackend, file: string): Promise<void> {
  const opened: DiskFile = NODE_FILE_SYSTEM.open(file, 'read');
  try {
    await store.replaceContents(bucketsOf(new BboltReader(opened)));
  } finally {
    opened.close();
  }
}

function* bucketsOf(reader: BboltReader): Generator<BucketSource> {
  for (const name of reader.bucketNames()) {
    const batches: Iterable<readonly Pair[]> = reader.batches(name, IMPORT_ROWS);
    yield { name, batches };
  }
}

function nothing(): void {
  // For callers that do not ask when the content is fixed.
}
