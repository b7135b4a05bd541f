// Owns one open RocksDB database: a directory of its own, two columns (revisions and small buckets), one batch being
// built. Tuning is here too. Knows nothing of generations replacing each other, of staged reads or of sizes.
//
// Why two columns: revisions only ever grow at the end, so their files never overlap and RocksDB moves them down
// its levels without rewriting a byte; one small record overwritten with each batch in the same column would
// spoil that. Measured, 1 M records of 340 bytes: 1.0 bytes written per byte put.
//
// The price: a log file stays until both columns have flushed what it holds, and the meta column gets a few bytes per
// commit, so that after a million puts in large commits all logs were still there, to be replayed by the next start.
// The native layer has no call to flush a column; two large records do it.

import { readdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type {
  ColumnChoice,
  Columns,
  External,
  IteratorOptions,
  OpenOptions,
  Rows,
} from '@nxtedition/rocksdb/binding.js';
import native from '@nxtedition/rocksdb/binding.js';
import { assert, must } from '../../base/assert.ts';
import { messageOf, StoreFatalError } from './errors.ts';
import { syncDirectory, syncFile } from './files.ts';
import {
  BACKGROUND_THREADS,
  BALLAST_BYTES,
  BALLAST_COUNT,
  BALLAST_INTERVAL_BYTES,
  BULK_MEMTABLE_BYTES,
  KEY_CACHE_BYTES,
  META_CACHE_BYTES,
  META_MEMTABLE_BYTES,
} from './limits.ts';
import { LogWriteback } from './log-writeback.ts';
import { BALLAST_KEY } from './meta-buckets.ts';
import { RowStream } from './row-stream.ts';
import { TableWriteback } from './table-writeback.ts';

/** No compression: the values are small and read often, and the processor is the scarce resource. The revisions keep
 *  RocksDB's default memtable of 64 MiB, and have no filters: nothing looks for a revision that is not there. */
const OPEN_OPTIONS: OpenOptions = {
  createIfMissing: true,
  parallelism: BACKGROUND_THREADS,
  walCompression: false,
  compression: false,
  cacheSize: 0,
  columns: {
    default: { compression: false, cacheSize: KEY_CACHE_BYTES, optimize: 'range-lookup' },
    meta: {
      compression: false,
      compaction: 'level',
      memtableMemoryBudget: META_MEMTABLE_BYTES,
      cacheSize: META_CACHE_BYTES,
    },
  },
};

export type ColumnName = 'revisions' | 'meta';

/** Somebody who reads the database over time. */
export interface Borrower {
  readonly whenClosed: Promise<void>;
  close(): Promise<void>;
}

export class Generation {
  readonly path: string;
  readonly #db: External;
  readonly #columns: Columns;
  readonly #batch: External;
  /** Rows copied into this generation, apart from the batch, which may hold writes not to be seen yet. */
  readonly #copies: External;
  /** The revisions are the default column, which the native layer takes fastest: as no option at all. */
  readonly #metaChoice: ColumnChoice;
  readonly #scanOptions: IteratorOptions;
  readonly #oneKey: Uint8Array[];
  /** Bytes of revisions written since the meta column was last made to flush. */
  #revisionBytes: number;
  readonly #borrowers: Set<Borrower>;
  readonly #syncs: Set<Promise<void>>;
  readonly #writeback: TableWriteback;
  readonly #logWriteback: LogWriteback;
  /** Bytes of revisions put since the last write. */
  #putBytes: number;
  #closing: Promise<void> | undefined;

  private constructor(directory: string, db: External, columns: Columns) {
    this.path = directory;
    this.#db = db;
    this.#columns = columns;
    this.#batch = native.batch_init();
    this.#copies = native.batch_init();
    this.#metaChoice = { column: columns.meta };
    this.#scanOptions = {
      gte: undefined,
      lt: undefined,
      column: columns.default,
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      fillCache: false,
    };
    this.#oneKey = [];
    this.#revisionBytes = 0;
    this.#borrowers = new Set();
    this.#syncs = new Set();
    this.#writeback = new TableWriteback(directory, () => this.#isFlushing());
    this.#logWriteback = new LogWriteback(directory);
    this.#putBytes = 0;
    this.#closing = undefined;
  }

  /** Opens or creates the database in a directory whose parent exists. Throws what the native layer throws. */
  static async open(directory: string): Promise<Generation> {
    const db = native.db_init(directory);
    const columns = await new Promise<Columns>((resolve, reject) => {
      native.db_open(db, OPEN_OPTIONS, (error, opened) => {
        if (error === null) resolve(opened);
        else reject(error);
      });
    });
    return new Generation(directory, db, columns);
  }

  /**
   * A database another thread of this process has open, to be read here: `handle` is that one's. It must stay open
   * until this thread is done (`lend`) and is not closed here.
   */
  static attach(handle: bigint, directory: string): Generation {
    const db = native.db_init(handle);
    const columns = native.db_open(db, OPEN_OPTIONS, () => undefined);
    return new Generation(directory, db, must(columns, 'the database behind a handle is open'));
  }

  /** What another thread attaches by. */
  get handle(): bigint {
    return native.db_get_handle(this.#db);
  }

  /** Keeps the database open for a borrower until that closes; closing the database closes the borrower first. */
  lend(borrower: Borrower): void {
    assert(this.#closing === undefined, 'a closed store is not lent');
    this.#borrowers.add(borrower);
    void borrower.whenClosed.then(() => this.#borrowers.delete(borrower));
  }

  putRevision(key: Uint8Array, value: Uint8Array): void {
    this.#putBytes += key.length + value.length;
    native.batch_put(this.#batch, key, value, undefined);
  }

  deleteRevision(key: Uint8Array): void {
    native.batch_del(this.#batch, key, undefined);
  }

  putMeta(key: Uint8Array, value: Uint8Array): void {
    native.batch_put(this.#batch, key, value, this.#metaChoice);
  }

  deleteMeta(key: Uint8Array): void {
    native.batch_del(this.#batch, key, this.#metaChoice);
  }

  /** Writes the batch and starts the next. It survives the process, but not the machine until `sync`. */
  write(): void {
    this.#write(this.#batch);
  }

  copyRevision(key: Uint8Array, value: Uint8Array): void {
    this.#putBytes += key.length + value.length;
    native.batch_put(this.#copies, key, value, undefined);
  }

  copyMeta(key: Uint8Array, value: Uint8Array): void {
    native.batch_put(this.#copies, key, value, this.#metaChoice);
  }

  /** Writes the copied rows. */
  writeCopies(): void {
    this.#write(this.#copies);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#oneKey[0] = key;
    return this.getMany(this.#oneKey)[0];
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    assert(this.#closing === undefined, 'read of a closed store');
    try {
      // null would mean cut short by a deadline or a size limit, and neither is set.
      return native.db_get_many_sync(this.#db, keys, undefined) as (Uint8Array | undefined)[];
    } catch (cause) {
      throw new StoreFatalError(`cannot read ${this.path}: ${messageOf(cause)}`, { cause });
    }
  }

  /** At most `limit` rows of a column with from <= key < to, key and value in turn. */
  scan(
    column: ColumnName,
    from: Uint8Array | undefined,
    to: Uint8Array | undefined,
    limit: number,
  ): Rows {
    assert(this.#closing === undefined, 'read of a closed store');
    const options = this.#scanOptions;
    options.gte = from;
    options.lt = to;
    options.column = this.#column(column);
    try {
      const iterator = native.iterator_init(this.#db, options);
      const rows = native.iterator_nextv_sync(iterator, limit);
      native.iterator_close(iterator);
      return rows;
    } catch (cause) {
      throw new StoreFatalError(`cannot read ${this.path}: ${messageOf(cause)}`, { cause });
    }
  }

  /** The key of the newest revision. */
  lastRevisionKey(): Uint8Array | undefined {
    try {
      const iterator = native.iterator_init(this.#db, {
        gte: undefined,
        lt: undefined,
        column: this.#columns.default,
        keyEncoding: 'buffer',
        valueEncoding: 'buffer',
        fillCache: false,
        reverse: true,
      });
      const { rows } = native.iterator_nextv_sync(iterator, 1);
      native.iterator_close(iterator);
      return rows[0];
    } catch (cause) {
      throw new StoreFatalError(`cannot read ${this.path}: ${messageOf(cause)}`, { cause });
    }
  }

  /** Rows of a column from a key on, or between two, as they are now, to be read over time. Must be closed. */
  openStream(column: ColumnName, from: Uint8Array | undefined, to?: Uint8Array): RowStream {
    assert(this.#closing === undefined, 'read of a closed store');
    const stream = new RowStream(this.#db, this.#column(column), from, to);
    this.lend(stream);
    return stream;
  }

  /**
   * Makes all writes so far survive a loss of power. RocksDB syncs its table files itself; what remains are its log
   * files, to which every write has gone already, so syncing these files is enough and needs no native thread. A log
   * that disappears meanwhile was replaced by synced tables.
   */
  sync(): Promise<void> {
    assert(this.#closing === undefined, 'sync of a closed store');
    const syncing = this.#sync().finally(() => this.#syncs.delete(syncing));
    this.#syncs.add(syncing);
    return syncing;
  }

  async #sync(): Promise<void> {
    try {
      // Listed before anything is awaited: a log made later holds only later writes.
      const logs = readdirSync(this.path).filter((name) => name.endsWith('.log'));
      for (const log of logs) await syncFile(path.join(this.path, log), { mayBeMissing: true });
      await syncDirectory(this.path);
    } catch (cause) {
      throw new StoreFatalError(`cannot sync ${this.path}: ${messageOf(cause)}`, { cause });
    }
  }

  /**
   * True when more bulk writes now would soon block the thread: RocksDB stops writers when a memtable is full before
   * the one before it is on disk. Served writes never come near that rate; copying and importing do.
   */
  isBehind(): boolean {
    if (!this.#isFlushing()) return false;
    const activeBytes = Number(
      native.db_get_property(this.#db, 'rocksdb.cur-size-active-mem-table'),
    );
    return activeBytes > BULK_MEMTABLE_BYTES;
  }

  /** About how many revisions there are. */
  revisionCountEstimate(): number {
    return Number(native.db_get_property(this.#db, 'rocksdb.estimate-num-keys'));
  }

  /** Bytes of the files, logs included. */
  async physicalSizeBytes(): Promise<number> {
    let sizeBytes = 0;
    for (const name of await readdir(this.path)) {
      const found = await stat(path.join(this.path, name)).catch(() => undefined);
      sizeBytes += found?.size ?? 0;
    }
    return sizeBytes;
  }

  /** Waits until nobody reads it any more. */
  async whenIdle(): Promise<void> {
    for (const borrower of this.#borrowers) await borrower.whenClosed;
  }

  /** Ends whoever reads it. */
  async closeBorrowers(): Promise<void> {
    await Promise.all([...this.#borrowers].map((borrower) => borrower.close()));
  }

  /** Closes the borrowers and the database. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.closeBorrowers();
    await Promise.allSettled([
      ...this.#syncs,
      this.#writeback.whenIdle(),
      this.#logWriteback.whenIdle(),
    ]);
    await new Promise<void>((resolve, reject) => {
      native.db_close(this.#db, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  #write(batch: External): void {
    assert(this.#closing === undefined, 'write to a closed store');
    try {
      native.batch_write(this.#db, batch, undefined);
    } catch (cause) {
      throw new StoreFatalError(`cannot write to ${this.path}: ${messageOf(cause)}`, { cause });
    }
    native.batch_clear(batch);
    this.#logWriteback.wrote(this.#putBytes);
    this.#revisionBytes += this.#putBytes;
    this.#putBytes = 0;
    if (this.#revisionBytes >= BALLAST_INTERVAL_BYTES) this.#flushMeta();
    this.#writeback.wake();
  }

  /** False also while it is being closed. */
  #isFlushing(): boolean {
    if (this.#closing !== undefined) return false;
    return native.db_get_property(this.#db, 'rocksdb.num-immutable-mem-table') !== '0';
  }

  #flushMeta(): void {
    this.#revisionBytes = 0;
    const ballast = new Uint8Array(BALLAST_BYTES);
    const batch = native.batch_init();
    for (let i = 0; i < BALLAST_COUNT; i++) {
      native.batch_put(batch, BALLAST_KEY, ballast, this.#metaChoice);
      this.#write(batch);
    }
  }

  #column(column: ColumnName): External {
    return column === 'meta' ? this.#columns.meta : this.#columns.default;
  }
}
