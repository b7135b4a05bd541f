// Types of the part of @nxtedition/rocksdb (12.2.12) this folder uses: the native functions themselves, without the
// stream and encoding layers the package puts on top. The package ships no types. Everything is synchronous but
// the functions that take a callback, which run on libuv's thread pool. A value of type External is a native
// pointer: it must only be handed back to the function family it came from.
//
// Traps, all seen in the package's native source:
// - `compression` and `walCompression` default to on, per column;
// - an iterator must be given keyEncoding and valueEncoding, their native defaults are uninitialised memory;
// - `walTotalSizeLimit` has no effect;
// - byte strings may be any Uint8Array; batch_put and batch_del copy them.

declare module '@nxtedition/rocksdb/binding.js' {
  export interface External {
    readonly __external: never;
  }

  export interface ColumnOptions {
    readonly compression?: boolean;
    readonly compaction?: 'level' | 'universal';
    readonly memtableMemoryBudget?: number;
    readonly cacheSize?: number;
    readonly optimize?: 'point-lookup' | 'range-lookup';
    readonly blockSize?: number;
  }

  export interface OpenOptions extends ColumnOptions {
    readonly createIfMissing?: boolean;
    readonly errorIfExists?: boolean;
    readonly parallelism?: number;
    readonly walCompression?: boolean;
    readonly columns: { readonly default: ColumnOptions; readonly meta: ColumnOptions };
  }

  export interface Columns {
    readonly default: External;
    readonly meta: External;
  }

  export interface ColumnChoice {
    readonly column: External;
  }

  export interface IteratorOptions {
    gte: Uint8Array | undefined;
    lt: Uint8Array | undefined;
    column: External;
    readonly keyEncoding: 'buffer';
    readonly valueEncoding: 'buffer';
    readonly fillCache: boolean;
    readonly reverse?: boolean;
    readonly highWaterMarkBytes?: number;
  }

  export interface Rows {
    /** Keys at even places, values at odd places. */
    readonly rows: Buffer[];
    readonly finished: boolean;
  }

  export type Callback<T> = (error: Error | null, result: T) => void;

  export interface Binding {
    db_init(location: string | bigint): External;
    /** Returns the columns at once, and never calls back, when the database behind the handle is open. */
    db_open(db: External, options: OpenOptions, callback: Callback<Columns>): Columns | undefined;
    db_close(db: External, callback: Callback<void>): void;
    db_get_handle(db: External): bigint;
    db_get_many_sync(
      db: External,
      keys: readonly Uint8Array[],
      options: undefined,
    ): (Buffer | undefined | null)[];
    db_get_property(db: External, property: string): string;
    iterator_init(db: External, options: IteratorOptions): External;
    iterator_seek(iterator: External, target: Uint8Array): void;
    iterator_nextv_sync(iterator: External, count: number): Rows;
    iterator_nextv(iterator: External, count: number, callback: Callback<Rows>): void;
    iterator_close(iterator: External): void;
    batch_init(): External;
    batch_put(
      batch: External,
      key: Uint8Array,
      value: Uint8Array,
      options: ColumnChoice | undefined,
    ): void;
    batch_del(batch: External, key: Uint8Array, options: ColumnChoice | undefined): void;
    batch_clear(batch: External): void;
    batch_write(db: External, batch: External, options: { sync: boolean } | undefined): void;
  }

  const binding: Binding;
  // biome-ignore lint/style/noDefaultExport: what importing a CommonJS module gives.
  export default binding;
}
