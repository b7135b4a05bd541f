// Owns reads of the store for clients: at once while they are small, in slices when they are not, so that a list of a
// hundred thousand keys never holds the event loop. A sliced read keeps its revision whatever is written meanwhile.

import { READ_SLICE_VALUES } from '../apply/limits.ts';
import { executeRange } from '../apply/range.ts';
import { RangeJob } from '../apply/range-job.ts';
import type { RangeResult, TxnResult } from '../apply/result.ts';
import { readTxn } from '../apply/txn.ts';
import { TxnJob } from '../apply/txn-job.ts';
import type { Clock } from '../base/clock.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { RangeRequest, RequestOp, TxnRequest } from '../proto/gen/rpc.ts';
import { hasRevisionFilters, isIndexOrder } from '../proto/range-request.ts';
import type { RequestDurations } from './request-durations.ts';
import type { Scheduler } from './scheduler.ts';
import { type ReadCaller, type ReadDone, SlicedReads } from './sliced-reads.ts';
import type { SlowRequests } from './slow-requests.ts';

export class KvReader {
  readonly #store: MvccStore;
  readonly #clock: Clock;
  readonly #durations: RequestDurations;
  readonly #slow: SlowRequests;
  readonly #sliced: SlicedReads;

  constructor(
    store: MvccStore,
    time: { readonly clock: Clock; readonly scheduler: Scheduler },
    durations: RequestDurations,
    slow: SlowRequests,
  ) {
    this.#store = store;
    this.#clock = time.clock;
    this.#durations = durations;
    this.#slow = slow;
    this.#sliced = new SlicedReads(store, time);
  }

  /**
   * Reads a range; calls back at once for a small one. `askedMs`: since when it waited for its read index. A big one is
   * given up when its `caller` is finished; then it is called back with an error, too.
   */
  range(
    request: RangeRequest,
    done: ReadDone<RangeResult>,
    askedMs?: number,
    caller?: ReadCaller,
  ): void {
    if (!isSmall(request))
      this.#rangeInSlices(request, this.#timed(request, done, askedMs), caller);
    else if (askedMs === undefined) this.#rangeAlone(request, done);
    else this.#rangeOfTurn(request, done, askedMs);
  }

  /** A range that nothing will be read for: its index did not come. */
  unreadable(askedMs: number): void {
    this.#durations.answered('range', false, askedMs);
  }

  /** A transaction that only reads; as `range`. */
  txn(request: TxnRequest, done: ReadDone<TxnResult>, caller?: ReadCaller): void {
    const startMs = this.#clock.monotonicMs();
    if (!isSmallTxn(request)) {
      this.#txnInSlices(request, done, startMs, caller);
      return;
    }
    const result = this.#attempt(() => readTxn(this.#store, request));
    this.#endTxn(request, result, startMs);
    done(result);
  }

  /** The same read as `range` without a total, for streams that count by themselves. */
  chunk(request: RangeRequest): RangeResult | EtcdError {
    const startMs = this.#clock.monotonicMs();
    const result = this.#attempt(() => executeRange(this.#store, request, false));
    this.#durations.range(!isEtcdError(result), this.#clock.monotonicMs() - startMs);
    return result;
  }

  /** A range between others that waited for the same turn: they share two looks at the clock. */
  #rangeOfTurn(request: RangeRequest, done: ReadDone<RangeResult>, askedMs: number): void {
    this.#durations.beginRange(this.#clock);
    const result = this.#attempt(() => executeRange(this.#store, request));
    done(result);
    this.#durations.endRange(!isEtcdError(result), askedMs);
    // Who is slow alone has waited long already when the turn began; only for them the clock is looked at again.
    if (this.#durations.rangesFromMs - askedMs > this.#slow.warningMs) {
      this.#slow.range(request, result, this.#clock.monotonicMs() - askedMs);
    }
  }

  #rangeAlone(request: RangeRequest, done: ReadDone<RangeResult>): void {
    const startMs = this.#clock.monotonicMs();
    const result = this.#attempt(() => executeRange(this.#store, request));
    const tookMs = this.#clock.monotonicMs() - startMs;
    this.#durations.range(!isEtcdError(result), tookMs);
    this.#durations.request('range', !isEtcdError(result), tookMs);
    if (tookMs > this.#slow.warningMs) this.#slow.range(request, result, tookMs);
    done(result);
  }

  #timed(
    request: RangeRequest,
    done: ReadDone<RangeResult>,
    askedMs: number | undefined,
  ): ReadDone<RangeResult> {
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

  #rangeInSlices(
    request: RangeRequest,
    done: ReadDone<RangeResult>,
    caller: ReadCaller | undefined,
  ): void {
    const job = this.#attempt(() => new RangeJob(this.#store, request));
    if (isEtcdError(job)) done(job);
    else this.#sliced.begin(job, done, caller);
  }

  #txnInSlices(
    request: TxnRequest,
    done: ReadDone<TxnResult>,
    startMs: number,
    caller: ReadCaller | undefined,
  ): void {
    const finish = (result: TxnResult | EtcdError): void => {
      this.#endTxn(request, result, startMs);
      done(result);
    };
    const job = this.#attempt(() => new TxnJob(this.#store, request));
    if (isEtcdError(job)) finish(job);
    else this.#sliced.begin(job, finish, caller);
  }

  #endTxn(request: TxnRequest, result: TxnResult | EtcdError, startMs: number): void {
    const tookMs = this.#clock.monotonicMs() - startMs;
    this.#durations.request('readonlyTxn', !isEtcdError(result), tookMs);
    if (tookMs > this.#slow.warningMs) this.#slow.readTxn(request, result, tookMs);
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

/** A small transaction compares single keys, and its ranges together read no more rows than a small one does. */
function isSmallTxn(request: TxnRequest): boolean {
  for (const compare of request.compare) {
    if (compare.rangeEnd.length > 0) return false;
  }
  return areSmall(request.success) && areSmall(request.failure);
}

function areSmall(ops: readonly RequestOp[]): boolean {
  let rows = 0;
  for (const { requestRange } of ops) {
    if (requestRange === undefined) continue;
    if (!isSmall(requestRange)) return false;
    rows += requestRange.rangeEnd.length === 0 ? 1 : requestRange.limit;
  }
  return rows < READ_SLICE_VALUES;
}
