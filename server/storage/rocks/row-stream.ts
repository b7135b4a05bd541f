// Owns reading a column over time at one moment's state. RocksDB's iterator keeps that state; the rows are collected
// on another thread and only handed over on the event loop.

import type { External, Rows } from '@nxtedition/rocksdb/binding.js';
import native from '@nxtedition/rocksdb/binding.js';
import { assert } from '../../base/assert.ts';
import { messageOf, StoreFatalError } from './errors.ts';
import { VIEW_BYTES } from './limits.ts';

const NO_ROWS: Rows = { rows: [], finished: true };

export class RowStream {
  readonly whenClosed: Promise<void>;
  readonly #iterator: External;
  #resolveClosed: () => void;
  #reading: Promise<Rows> | undefined;
  #closed: boolean;

  /** The state read is the one at this call. It goes to the first row at or after `from` at once, and ends before `to`. */
  constructor(
    db: External,
    column: External,
    from: Uint8Array | undefined,
    to: Uint8Array | undefined,
  ) {
    this.#resolveClosed = () => undefined;
    this.whenClosed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#iterator = native.iterator_init(db, {
      gte: from,
      lt: to,
      column,
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      fillCache: false,
      highWaterMarkBytes: VIEW_BYTES,
    });
    this.#reading = undefined;
    this.#closed = false;
  }

  /** Goes to the first row at or after a key. */
  seek(key: Uint8Array): void {
    assert(!this.#closed && this.#reading === undefined, 'seek in a closed or busy stream');
    native.iterator_seek(this.#iterator, key);
  }

  /** The next rows, key and value in turn; one call at a time. A stream closed under the reader throws. */
  async next(rowsMax: number): Promise<Rows> {
    if (this.#closed) throw new StoreFatalError('the store was closed while it was read');
    assert(this.#reading === undefined, 'one read of a stream at a time');
    this.#reading = new Promise<Rows>((resolve, reject) => {
      native.iterator_nextv(this.#iterator, rowsMax, (error, rows) => {
        if (error === null) resolve(rows);
        else reject(error);
      });
    });
    try {
      return await this.#reading;
    } catch (cause) {
      throw new StoreFatalError(`cannot read the store: ${messageOf(cause)}`, { cause });
    } finally {
      this.#reading = undefined;
    }
  }

  /** The same, collecting the rows on this thread. */
  nextNow(rowsMax: number): Rows {
    assert(!this.#closed && this.#reading === undefined, 'read of a closed or busy stream');
    try {
      return native.iterator_nextv_sync(this.#iterator, rowsMax);
    } catch (cause) {
      throw new StoreFatalError(`cannot read the store: ${messageOf(cause)}`, { cause });
    }
  }

  /** Ends the stream, after the read under way. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#reading?.catch(() => NO_ROWS);
    native.iterator_close(this.#iterator);
    this.#resolveClosed();
  }
}
