// Owns reads of the store for clients: at once while they are small, in slices when they are not, so that a list of a
// hundred thousand keys never holds the event loop. A sliced read keeps its revision whatever is written meanwhile.

import {
  assembleRange,
  executeRange,
  giveColumns,
  loadKeys,
  selectOptions,
  takeColumns,
} from '../apply/range.ts';
import type { RangeResult, TxnResult } from '../apply/result.ts';
import { readTxn } from '../apply/txn.ts';
import type { Clock } from '../base/clock.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import type { RevisionColumns } from '../mvcc/revision-columns.ts';
import type { SelectCursor } from '../mvcc/select-cursor.ts';
import type { MvccStore } from '../mvcc/store.ts';
import { type RangeRequest, SortTarget, type TxnRequest } from '../proto/gen/rpc.ts';
import { hasRevisionFilters, isIndexOrder } from '../proto/range-request.ts';
import { BACKGROUND_SLICE_MS, READ_SLICE_KEYS, READ_SLICE_VALUES } from './limits.ts';
import type { RequestDurations } from './request-durations.ts';
import type { Scheduler } from './scheduler.ts';
import type { SlowRequests } from './slow-requests.ts';

type RangeDone = (result: RangeResult | EtcdError) => void;

/** A range that is read over several turns. */
interface SlicedRead {
  readonly request: RangeRequest;
  readonly columns: RevisionColumns;
  readonly cursor: SelectCursor;
  readonly kvs: Uint8Array[];
  /** The store's when the read began. */
  readonly epoch: number;
  readonly done: RangeDone;
}

export class KvReader {
  readonly #store: MvccStore;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #durations: RequestDurations;
  readonly #slow: SlowRequests;
  /** Slices of reads under way, in the order they are due: all of them together get one slice of a turn. */
  #slices: (() => void)[] = [];
  #isTurnTaken = false;

  constructor(
    store: MvccStore,
    time: { readonly clock: Clock; readonly scheduler: Scheduler },
    durations: RequestDurations,
    slow: SlowRequests,
  ) {
    this.#store = store;
    this.#clock = time.clock;
    this.#scheduler = time.scheduler;
    this.#durations = durations;
    this.#slow = slow;
  }

  /** Reads a range; calls back at once for a small one. `askedMs`: since when it waited for its read index. */
  range(request: RangeRequest, done: RangeDone, askedMs?: number): void {
    if (!isSmall(request)) this.#rangeInSlices(request, this.#timed(request, done, askedMs));
    else if (askedMs === undefined) this.#rangeAlone(request, done);
    else this.#rangeOfTurn(request, done, askedMs);
  }

  /** A range that nothing will be read for: its index did not come. */
  unreadable(askedMs: number): void {
    this.#durations.answered('range', false, askedMs);
  }

  /** A transaction that only reads. */
  txn(request: TxnRequest): TxnResult | EtcdError {
    const startMs = this.#clock.monotonicMs();
    const result = this.#attempt(() => readTxn(this.#store, request));
    const tookMs = this.#clock.monotonicMs() - startMs;
    this.#durations.request('readonlyTxn', !isEtcdError(result), tookMs);
    if (tookMs > this.#slow.warningMs) this.#slow.readTxn(request, result, tookMs);
    return result;
  }

  /** The same read as `range` without a total, for streams that count by themselves. */
  chunk(request: RangeRequest): RangeResult | EtcdError {
    const startMs = this.#clock.monotonicMs();
    const result = this.#attempt(() => executeRange(this.#store, request, false));
    this.#durations.range(!isEtcdError(result), this.#clock.monotonicMs() - startMs);
    return result;
  }

  /** A range between others that waited for the same turn: they share two looks at the clock. */
  #rangeOfTurn(request: RangeRequest, done: RangeDone, askedMs: number): void {
    this.#durations.beginRange(this.#clock);
    const result = this.#attempt(() => executeRange(this.#store, request));
    done(result);
    this.#durations.endRange(!isEtcdError(result), askedMs);
    // Who is slow alone has waited long already when the turn began; only for them the clock is looked at again.
    if (this.#durations.rangesFromMs - askedMs > this.#slow.warningMs) {
      this.#slow.range(request, result, this.#clock.monotonicMs() - askedMs);
    }
  }

  #rangeAlone(request: RangeRequest, done: RangeDone): void {
    const startMs = this.#clock.monotonicMs();
    const result = this.#attempt(() => executeRange(this.#store, request));
    const tookMs = this.#clock.monotonicMs() - startMs;
    this.#durations.range(!isEtcdError(result), tookMs);
    this.#durations.request('range', !isEtcdError(result), tookMs);
    if (tookMs > this.#slow.warningMs) this.#slow.range(request, result, tookMs);
    done(result);
  }

  #timed(request: RangeRequest, done: RangeDone, askedMs: number | undefined): RangeDone {
    const startMs = this.#clock.monotonicMs();
    return (result) => {
      const nowMs = this.#clock.monotonicMs();
      const success = !isEtcdError(result);
      this.#durations.range(success, nowMs - startMs);
      const tookMs = nowMs - (askedMs ?? startMs);
      this.#durations.request('range', success, tookMs);
      if (tookMs > this.#slow.warningMs) this.#slow.range(request, result, tookMs);
      done(result);
    };
  }

  #rangeInSlices(request: RangeRequest, done: RangeDone): void {
    const columns = takeColumns();
    const cursor = this.#attempt(() =>
      this.#store.beginSelect(request.key, request.rangeEnd, selectOptions(request, true), columns),
    );
    const finish = (result: RangeResult | EtcdError): void => {
      giveColumns(columns);
      done(result);
    };
    if (isEtcdError(cursor)) {
      finish(cursor);
      return;
    }
    const read = { request, columns, cursor, kvs: [], epoch: this.#store.epoch, done: finish };
    if (this.#isTurnTaken) {
      this.#slices.push(() => this.#select(read));
    } else {
      this.#takeTurn();
      this.#select(read);
    }
  }

  #takeTurn(): void {
    this.#isTurnTaken = true;
    this.#scheduler.soon(() => this.#onTurn());
  }

  #onTurn(): void {
    this.#isTurnTaken = false;
    if (this.#slices.length === 0) return;
    this.#takeTurn();
    const endMs = this.#clock.monotonicMs() + BACKGROUND_SLICE_MS;
    const slices = this.#slices;
    this.#slices = [];
    let next = 0;
    do {
      const slice = slices[next++] as () => void;
      slice();
    } while (next < slices.length && this.#clock.monotonicMs() < endMs);
    // Who waited goes first; what was cut short goes on after them.
    if (next < slices.length) this.#slices = [...slices.slice(next), ...this.#slices];
  }

  /** A slice of finding the rows. */
  #select(read: SlicedRead): void {
    const endMs = this.#clock.monotonicMs() + BACKGROUND_SLICE_MS;
    const { cursor, request, columns, done } = read;
    const finished = this.#attemptSlice(read, () => {
      while (!cursor.step(READ_SLICE_KEYS)) {
        if (this.#clock.monotonicMs() >= endMs) return false;
      }
      return true;
    });
    if (isEtcdError(finished)) {
      done(finished);
    } else if (!finished) {
      this.#slices.push(() => this.#select(read));
    } else if (needsSlicedLoad(request, columns)) {
      this.#load(read);
    } else {
      done(this.#attempt(() => assembleRange(this.#store, request, columns)));
    }
  }

  /** A slice of loading what was found. */
  #load(read: SlicedRead): void {
    const { request, columns, kvs, done } = read;
    const more = request.limit > 0 && columns.count > request.limit;
    const wanted = more ? request.limit : columns.count;
    const endMs = this.#clock.monotonicMs() + BACKGROUND_SLICE_MS;
    const failure = this.#attemptSlice(read, () => {
      do {
        const to = Math.min(wanted, kvs.length + READ_SLICE_VALUES);
        if (request.keysOnly) loadKeys(this.#store, columns, kvs.length, to, kvs);
        else this.#store.load(columns, kvs.length, to, kvs);
      } while (kvs.length < wanted && this.#clock.monotonicMs() < endMs);
    });
    if (isEtcdError(failure)) {
      done(failure);
    } else if (kvs.length < wanted) {
      this.#slices.push(() => this.#load(read));
    } else {
      const { total: count, storeRevision: revision } = columns;
      done({ kind: 'range', kvs, more, count, revision });
    }
  }

  /** Rows found in a store that was replaced since mean nothing in the new one. */
  #attemptSlice<T>(read: SlicedRead, slice: () => T): T | EtcdError {
    return read.epoch === this.#store.epoch ? this.#attempt(slice) : new EtcdError('timeout');
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

/** A limit keeps a read short only where the index gives the rows in order and, at the current revision, the total. */
function isSmall(request: RangeRequest): boolean {
  if (request.rangeEnd.length === 0) return true;
  if (request.limit <= 0 || request.limit >= READ_SLICE_VALUES || request.revision > 0)
    return false;
  return isIndexOrder(request) && !hasRevisionFilters(request);
}

/** Rows in key order are loaded piece by piece; what is sorted or filtered needs all rows at once. */
function needsSlicedLoad(request: RangeRequest, columns: RevisionColumns): boolean {
  if (request.countOnly || columns.count <= READ_SLICE_VALUES) return false;
  // Without an order every target but the key is sorted, too: see apply/range.ts.
  if (request.sortTarget !== SortTarget.key) return false;
  return isIndexOrder(request) && !hasRevisionFilters(request);
}
