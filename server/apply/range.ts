// Owns reading a range the way RangeRequest asks for it: limit, filters, order, keys only, counts. Filters and most
// orders work on the index alone; values are read for the rows that are answered. etcd: server/etcdserver/txn/range.go.

import { compareBytes, EMPTY_BYTES } from '../base/bytes.ts';
import { EtcdError } from '../base/errors.ts';
import { RevisionColumns } from '../mvcc/revision-columns.ts';
import type { SelectOptions } from '../mvcc/select-cursor.ts';
import type { MvccStore } from '../mvcc/store.ts';
import { decodeKeyValue } from '../proto/gen/kv.ts';
import { type RangeRequest, SortOrder, SortTarget } from '../proto/gen/rpc.ts';
import { encodeKeyValueParts } from '../proto/hot.ts';
import { hasRevisionFilters, isIndexOrder } from '../proto/range-request.ts';
import type { RangeResult } from './result.ts';

/** What a range takes from the index before anything is filtered out. */
export function selectOptions(request: RangeRequest, withTotal: boolean): SelectOptions {
  return {
    revision: request.revision,
    limit: selectLimit(request),
    countOnly: request.countOnly,
    withTotal,
  };
}

/** Reads a whole range in one go. Throws EtcdError (compacted, futureRev). */
export function executeRange(
  store: MvccStore,
  request: RangeRequest,
  withTotal: boolean = true,
): RangeResult {
  const columns = takeColumns();
  store.select(request.key, request.rangeEnd, selectOptions(request, withTotal), columns);
  if (hasRevisionFilters(request)) filterRows(request, columns, 0);
  const result = assembleRange(store, request, columns);
  giveColumns(columns);
  return result;
}

/** Sorts and loads rows that were selected with `selectOptions` and filtered. */
export function assembleRange(
  store: MvccStore,
  request: RangeRequest,
  columns: RevisionColumns,
): RangeResult {
  const values = sortRows(store, request, columns);
  const more = request.limit > 0 && columns.count > request.limit;
  const count = more ? request.limit : columns.count;
  return {
    kind: 'range',
    kvs: loadRows(store, request, columns, { count, values }),
    more,
    count: columns.total,
    revision: columns.storeRevision,
  };
}

/** One row more than asked for tells whether there are more. Custom orders and filters need all rows. */
function selectLimit(request: RangeRequest): number {
  if (request.limit <= 0 || !isIndexOrder(request) || hasRevisionFilters(request)) return 0;
  return request.limit + 1;
}

/** Leaves out the rows from `from` on that the request does not ask for. */
export function filterRows(request: RangeRequest, columns: RevisionColumns, from: number): void {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  let kept = from;
  for (let i = from; i < columns.count; i++) {
    const mod = columns.main[i] as number;
    const create = columns.create[i] as number;
    if (maxModRevision !== 0 && mod > maxModRevision) continue;
    if (minModRevision !== 0 && mod < minModRevision) continue;
    if (maxCreateRevision !== 0 && create > maxCreateRevision) continue;
    if (minCreateRevision !== 0 && create < minCreateRevision) continue;
    columns.move(i, kept);
    kept++;
  }
  columns.count = kept;
}

/** 1 for rows in ascending order of the target, -1 for descending, 0 for the order of the index. */
export function sortSign(request: RangeRequest): number {
  const { sortOrder, sortTarget } = request;
  if (sortOrder === SortOrder.descend) return -1;
  // etcd: without an order, any target but the key is sorted ascending.
  return sortTarget === SortTarget.key ? 0 : 1;
}

/** Brings the rows into order. Sorting by value reads all values: then they are returned, in that order. */
function sortRows(
  store: MvccStore,
  request: RangeRequest,
  columns: RevisionColumns,
): Uint8Array[] | undefined {
  const { sortTarget } = request;
  const sign = sortSign(request);
  if (sign === 0) return undefined;
  const rows = Array.from({ length: columns.count }, (_, i) => i);
  if (sortTarget === SortTarget.value) return sortByValue(store, columns, rows, sign);
  if (sortTarget === SortTarget.key) rows.reverse();
  else sortByNumber(columnOf(columns, sortTarget), rows, sign);
  columns.pick(rows);
  return undefined;
}

/** The numbers that rows are sorted by where the target is neither key nor value. */
export function columnOf(columns: RevisionColumns, sortTarget: number): Float64Array {
  if (sortTarget === SortTarget.version) return columns.version;
  return sortTarget === SortTarget.create ? columns.create : columns.main;
}

function sortByNumber(column: Float64Array, rows: number[], sign: number): void {
  rows.sort((a, b) => sign * ((column[a] as number) - (column[b] as number)));
}

function sortByValue(
  store: MvccStore,
  columns: RevisionColumns,
  rows: number[],
  sign: number,
): Uint8Array[] {
  const stored: Uint8Array[] = [];
  store.load(columns, 0, columns.count, stored);
  const values = stored.map((kv) => decodeKeyValue(kv).value);
  const valueAt = (row: number): Uint8Array => values[row] ?? EMPTY_BYTES;
  rows.sort((a, b) => sign * compareBytes(valueAt(a), valueAt(b)));
  columns.pick(rows);
  return rows.map((row) => stored[row] ?? EMPTY_BYTES);
}

function loadRows(
  store: MvccStore,
  request: RangeRequest,
  columns: RevisionColumns,
  rows: { readonly count: number; readonly values: Uint8Array[] | undefined },
): Uint8Array[] {
  const { count, values } = rows;
  if (values !== undefined) {
    const wanted = values.slice(0, count);
    return request.keysOnly ? wanted.map(withoutValue) : wanted;
  }
  const kvs: Uint8Array[] = [];
  if (request.keysOnly) loadKeys(store, columns, 0, count, kvs);
  else store.load(columns, 0, count, kvs);
  return kvs;
}

/**
 * Appends the KeyValues without values of rows [from, to). etcd: since 3.7 keys alone come from the index, which does
 * not know leases. Throws compacted, as `MvccStore.load` does: the rows may then be gone.
 */
export function loadKeys(
  store: MvccStore,
  columns: RevisionColumns,
  from: number,
  to: number,
  into: Uint8Array[],
): void {
  if (columns.readRevision < store.compactRevision) throw new EtcdError('compacted');
  for (let i = from; i < to; i++) {
    into.push(
      encodeKeyValueParts(
        store.keyView(columns.row[i] as number),
        columns.create[i] as number,
        columns.main[i] as number,
        columns.version[i] as number,
        EMPTY_BYTES,
        0n,
      ),
    );
  }
}

/** A stored KeyValue as keys alone are answered where values were read. */
export function withoutValue(stored: Uint8Array): Uint8Array {
  const kv = decodeKeyValue(stored);
  return encodeKeyValueParts(
    kv.key,
    kv.createRevision,
    kv.modRevision,
    kv.version,
    EMPTY_BYTES,
    kv.lease,
  );
}

/** Columns are used again: a range inside a transaction must not overwrite an outer one, so there may be several. */
const spareColumns: RevisionColumns[] = [];
const SPARE_COLUMNS_MAX = 4;
/** Columns that grew beyond this are let go, so that one huge range does not hold its memory for good. */
const SPARE_ROWS_MAX = 4096;

/** Empty columns, to be given back: their six buffers cost a list of a thousand keys a tenth of its time. */
export function takeColumns(): RevisionColumns {
  return spareColumns.pop() ?? new RevisionColumns();
}

/** The rows in them mean nothing any more. */
export function giveColumns(columns: RevisionColumns): void {
  if (spareColumns.length < SPARE_COLUMNS_MAX && columns.main.length <= SPARE_ROWS_MAX) {
    spareColumns.push(columns);
  }
}
