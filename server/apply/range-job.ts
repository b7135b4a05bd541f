// Owns reading a big range step by step, for a caller that lets others run between the steps: find the rows and filter them,
// sort them by the index alone, then load what is answered. Only a sort by value reads all values first. Whatever is written
// meanwhile, the answer is the one `executeRange` would have given at the start, or an error.

import { EMPTY_BYTES } from '../base/bytes.ts';
import { EtcdError } from '../base/errors.ts';
import { KeyValueReader } from '../mvcc/key-value.ts';
import { RevisionColumns } from '../mvcc/revision-columns.ts';
import type { SelectCursor } from '../mvcc/select-cursor.ts';
import type { MvccStore } from '../mvcc/store.ts';
import { type RangeRequest, SortTarget } from '../proto/gen/rpc.ts';
import { hasRevisionFilters } from '../proto/range-request.ts';
import { sizeUint32 } from '../proto/writer.ts';
import { ANSWER_BYTES_MAX, READ_SLICE_KEYS, READ_SLICE_VALUES, SORT_SLICE_ROWS } from './limits.ts';
import {
  assembleRange,
  columnOf,
  filterRows,
  giveColumns,
  loadKeys,
  selectOptions,
  sortSign,
  takeColumns,
  withoutValue,
} from './range.ts';
import type { RangeResult } from './result.ts';
import { prefixNumber, RowSort } from './row-sort.ts';

const reader = new KeyValueReader();

/** All KeyValues of a range, to be sorted by their values. */
interface Values {
  readonly stored: Uint8Array[];
  readonly values: Uint8Array[];
  readonly prefixes: Float64Array;
}

export class RangeJob {
  readonly #store: MvccStore;
  readonly #request: RangeRequest;
  readonly #columns: RevisionColumns;
  readonly #cursor: SelectCursor;
  readonly #kvs: Uint8Array[] = [];
  #phase: 'select' | 'values' | 'sort' | 'load' = 'select';
  /** Rows that the filters left. */
  #filteredRows = 0;
  #sort: RowSort | undefined = undefined;
  #values: Values | undefined = undefined;
  /** Rows of one step in the order they are answered. */
  #piece: RevisionColumns | undefined = undefined;
  #sizeBytes = 0;

  /** `atRevision`: what "now" means to this range, 0 for the store's revision. Throws compacted or futureRev. */
  constructor(store: MvccStore, request: RangeRequest, atRevision: number = 0) {
    this.#store = store;
    this.#request = request;
    this.#columns = takeColumns();
    const options = selectOptions(request, true);
    if (atRevision > 0 && options.revision <= 0) options.revision = atRevision;
    this.#cursor = store.beginSelect(request.key, request.rangeEnd, options, this.#columns);
    if (atRevision > 0) this.#columns.storeRevision = atRevision;
  }

  /** Bytes of the answer so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The answer once it is complete. Throws compacted or answerTooLarge; then there are no further steps. */
  step(): RangeResult | undefined {
    switch (this.#phase) {
      case 'select':
        return this.#select();
      case 'values':
        this.#readValues();
        return undefined;
      case 'sort':
        if (this.#sort === undefined || this.#sort.step(SORT_SLICE_ROWS)) this.#phase = 'load';
        return undefined;
      case 'load':
        return this.#load();
    }
  }

  /** Nothing more is asked of this job. */
  close(): void {
    giveColumns(this.#columns);
  }

  #select(): RangeResult | undefined {
    const request = this.#request;
    const columns = this.#columns;
    const isFound = this.#cursor.step(READ_SLICE_KEYS);
    if (hasRevisionFilters(request)) {
      filterRows(request, columns, this.#filteredRows);
      this.#filteredRows = columns.count;
    }
    if (!isFound) return undefined;
    if (request.countOnly || columns.count <= READ_SLICE_VALUES) {
      const result = assembleRange(this.#store, request, columns);
      this.#measure(result.kvs, 0);
      return result;
    }
    this.#phase = this.#planSort();
    return undefined;
  }

  /** Sorting by key needs no sort: the index has that order, or its reverse. */
  #planSort(): 'values' | 'sort' | 'load' {
    const { sortTarget } = this.#request;
    const { count } = this.#columns;
    const sign = sortSign(this.#request);
    if (sign === 0 || sortTarget === SortTarget.key) return 'load';
    if (sortTarget !== SortTarget.value) {
      this.#sort = new RowSort(columnOf(this.#columns, sortTarget), count, sign);
      return 'sort';
    }
    const prefixes = new Float64Array(count);
    this.#values = { stored: [], values: [], prefixes };
    this.#sort = new RowSort(prefixes, count, sign, this.#values.values);
    return 'values';
  }

  #readValues(): void {
    if (this.#values === undefined) return;
    const { stored, values, prefixes } = this.#values;
    const { count } = this.#columns;
    const from = stored.length;
    const to = Math.min(count, from + READ_SLICE_VALUES);
    this.#store.load(this.#columns, from, to, stored);
    for (let i = from; i < to; i++) {
      reader.read(stored[i] as Uint8Array);
      const value = reader.value();
      values.push(value);
      prefixes[i] = prefixNumber(value);
    }
    if (to === count) this.#phase = 'sort';
  }

  #load(): RangeResult | undefined {
    const { limit } = this.#request;
    const { count, total, storeRevision } = this.#columns;
    const kvs = this.#kvs;
    const more = limit > 0 && count > limit;
    const wanted = more ? limit : count;
    const from = kvs.length;
    const to = Math.min(wanted, from + READ_SLICE_VALUES);
    if (this.#values === undefined) this.#loadRows(from, to);
    else this.#takeValues(this.#values.stored, from, to);
    this.#measure(kvs, from);
    if (to < wanted) return undefined;
    return { kind: 'range', kvs, more, count: total, revision: storeRevision };
  }

  #takeValues(stored: readonly Uint8Array[], from: number, to: number): void {
    for (const row of this.#rows(from, to)) {
      const kv = stored[row] ?? EMPTY_BYTES;
      this.#kvs.push(this.#request.keysOnly ? withoutValue(kv) : kv);
    }
  }

  #loadRows(from: number, to: number): void {
    if (this.#sort === undefined && sortSign(this.#request) >= 0) {
      this.#loadFrom(this.#columns, from, to);
      return;
    }
    this.#piece ??= new RevisionColumns();
    this.#piece.gather(this.#columns, this.#rows(from, to));
    this.#loadFrom(this.#piece, 0, to - from);
  }

  #loadFrom(columns: RevisionColumns, from: number, to: number): void {
    if (this.#request.keysOnly) loadKeys(this.#store, columns, from, to, this.#kvs);
    else this.#store.load(columns, from, to, this.#kvs);
  }

  /** The rows that are answered at places [from, to): sorted, or from the last key to the first. */
  #rows(from: number, to: number): Uint32Array {
    if (this.#sort !== undefined) return this.#sort.order.subarray(from, to);
    const last = this.#columns.count - 1;
    const rows = new Uint32Array(to - from);
    for (let i = 0; i < rows.length; i++) rows[i] = last - from - i;
    return rows;
  }

  #measure(kvs: readonly Uint8Array[], from: number): void {
    for (let i = from; i < kvs.length; i++) {
      const { length } = kvs[i] as Uint8Array;
      this.#sizeBytes += 1 + sizeUint32(length) + length;
    }
    checkAnswerSize(this.#sizeBytes);
  }
}

/** Throws when an answer would be too big to be sent. grpc-go names the whole size; here the rest is not even looked at. */
export function checkAnswerSize(sizeBytes: number): void {
  if (sizeBytes <= ANSWER_BYTES_MAX) return;
  throw new EtcdError('answerTooLarge', { detail: `(${sizeBytes} vs. ${ANSWER_BYTES_MAX})` });
}
