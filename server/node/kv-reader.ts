// Owns reads of the store for clients: at once while they are small, in slices when they are not, so that a list of a
// hundred thousand keys never holds the event loop. A sliced read keeps its revision whatever is written meanwhile.

import { assembleRange, executeRange, selectOptions } from '../apply/range.ts';
import type { RangeResult, TxnResult } from '../apply/result.ts';
import { readTxn } from '../apply/txn.ts';
import type { Clock } from '../base/clock.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import { RevisionColumns } from '../mvcc/revision-columns.ts';
import type { SelectCursor } from '../mvcc/select-cursor.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { RangeRequest, TxnRequest } from '../proto/gen/rpc.ts';
import { hasRevisionFilters, isIndexOrder } from '../proto/range-request.ts';
import { BACKGROUND_SLICE_MS, READ_SLICE_KEYS, READ_SLICE_VALUES } from './limits.ts';
import type { Scheduler } from './scheduler.ts';

type RangeDone = (result: RangeResult | EtcdError) => void;

export class KvReader {
  readonly #store: MvccStore;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;

  constructor(store: MvccStore, time: { readonly clock: Clock; readonly scheduler: Scheduler }) {
    this.#store = store;
    this.#clock = time.clock;
    this.#scheduler = time.scheduler;
  }

  /** Reads a range; calls back at once for a small one. */
  range(request: RangeRequest, done: RangeDone): void {
    if (request.rangeEnd.length === 0 || (request.limit > 0 && request.limit < READ_SLICE_VALUES)) {
      done(this.#attempt(() => executeRange(this.#store, request)));
    } else {
      this.#rangeInSlices(request, done);
    }
  }

  /** A transaction that only reads. */
  txn(request: TxnRequest): TxnResult | EtcdError {
    return this.#attempt(() => readTxn(this.#store, request));
  }

  /** The same read as `range` without a total, for streams that count by themselves. */
  chunk(request: RangeRequest): RangeResult | EtcdError {
    return this.#attempt(() => executeRange(this.#store, request, false));
  }

  #rangeInSlices(request: RangeRequest, done: RangeDone): void {
    const columns = new RevisionColumns();
    const cursor = this.#attempt(() =>
      this.#store.beginSelect(request.key, request.rangeEnd, selectOptions(request, true), columns),
    );
    if (isEtcdError(cursor)) done(cursor);
    else this.#selectSlice(cursor, columns, request, done);
  }

  #selectSlice(
    cursor: SelectCursor,
    columns: RevisionColumns,
    request: RangeRequest,
    done: RangeDone,
  ): void {
    const endMs = this.#clock.monotonicMs() + BACKGROUND_SLICE_MS;
    const finished = this.#attempt(() => {
      while (!cursor.step(READ_SLICE_KEYS)) {
        if (this.#clock.monotonicMs() >= endMs) return false;
      }
      return true;
    });
    if (isEtcdError(finished)) {
      done(finished);
    } else if (!finished) {
      this.#scheduler.soon(() => this.#selectSlice(cursor, columns, request, done));
    } else if (needsSlicedLoad(request, columns)) {
      this.#loadSlice(columns, request, [], done);
    } else {
      done(this.#attempt(() => assembleRange(this.#store, request, columns)));
    }
  }

  #loadSlice(
    columns: RevisionColumns,
    request: RangeRequest,
    kvs: Uint8Array[],
    done: RangeDone,
  ): void {
    const more = request.limit > 0 && columns.count > request.limit;
    const wanted = more ? request.limit : columns.count;
    const endMs = this.#clock.monotonicMs() + BACKGROUND_SLICE_MS;
    const failure = this.#attempt(() => {
      while (kvs.length < wanted && this.#clock.monotonicMs() < endMs) {
        const to = Math.min(wanted, kvs.length + READ_SLICE_VALUES);
        this.#store.load(columns, kvs.length, to, kvs);
      }
    });
    if (isEtcdError(failure)) {
      done(failure);
    } else if (kvs.length < wanted) {
      this.#scheduler.soon(() => this.#loadSlice(columns, request, kvs, done));
    } else {
      const { total: count, storeRevision: revision } = columns;
      done({ kind: 'range', kvs, more, count, revision });
    }
  }

  #attempt<T>(read: () => T): T | EtcdError {
    // A snapshot is being installed: nothing can be read until it is.
    if (!this.#store.isReady) return new EtcdError('timeout');
    try {
      return read();
    } catch (error) {
      if (error instanceof EtcdError) return error;
      throw error;
    }
  }
}

/** Rows in index order with their values are loaded piece by piece; what is sorted or filtered needs all rows at once. */
function needsSlicedLoad(request: RangeRequest, columns: RevisionColumns): boolean {
  if (request.keysOnly || request.countOnly || columns.count <= READ_SLICE_VALUES) return false;
  return isIndexOrder(request) && !hasRevisionFilters(request);
}
