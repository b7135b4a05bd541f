// Owns the comparisons of transactions: whether one holds for every key of its range. Most are decided by the index alone;
// values and leases are read. etcd: server/etcdserver/txn/txn.go applyCompare.

import { compareBytes } from '../base/bytes.ts';
import { RevisionColumns } from '../mvcc/revision-columns.ts';
import type { SelectCursor } from '../mvcc/select-cursor.ts';
import type { MvccStore } from '../mvcc/store.ts';
import { decodeKeyValue } from '../proto/gen/kv.ts';
import { type Compare, CompareResult, CompareTarget } from '../proto/gen/rpc.ts';
import { READ_SLICE_KEYS, READ_SLICE_VALUES } from './limits.ts';

let columns = new RevisionColumns();

/** Columns that grew beyond this are let go, so that one comparison over a huge range does not hold its memory. */
const COMPARE_ROWS_KEPT = 4096;

/** True when the comparison holds for every key of its range, or for a key that does not exist when there is none. */
export function holds(store: MvccStore, compare: Compare): boolean {
  if (columns.main.length > COMPARE_ROWS_KEPT) columns = new RevisionColumns();
  const options = { revision: 0, limit: 0, countOnly: false, withTotal: false };
  store.select(compare.key, compare.rangeEnd, options, columns);
  return columns.count === 0 ? holdsForNothing(compare) : holdsForRows(store, compare, columns);
}

/** The same over a big range, step by step, at a revision that the store may leave meanwhile. */
export class CompareJob {
  readonly #store: MvccStore;
  readonly #compare: Compare;
  readonly #columns: RevisionColumns = new RevisionColumns();
  readonly #cursor: SelectCursor;
  #hasKeys = false;

  /** Throws compacted. */
  constructor(store: MvccStore, compare: Compare, revision: number) {
    this.#store = store;
    this.#compare = compare;
    const options = { revision, limit: 0, countOnly: false, withTotal: false };
    this.#cursor = store.beginSelect(compare.key, compare.rangeEnd, options, this.#columns);
  }

  /** Whether it holds, once that is known. Throws compacted. */
  step(): boolean | undefined {
    const found = this.#columns;
    const isDone = this.#cursor.step(
      readsValues(this.#compare) ? READ_SLICE_VALUES : READ_SLICE_KEYS,
    );
    this.#hasKeys ||= found.count > 0;
    if (!holdsForRows(this.#store, this.#compare, found)) return false;
    found.reset();
    if (!isDone) return undefined;
    return this.#hasKeys || holdsForNothing(this.#compare);
  }
}

/** etcd: a value is never compared with one that does not exist, because that has no form on the wire. */
function holdsForNothing(compare: Compare): boolean {
  return compare.target !== CompareTarget.value && accepts(compare.result, orderOfNothing(compare));
}

function readsValues(compare: Compare): boolean {
  return compare.target === CompareTarget.value || compare.target === CompareTarget.lease;
}

function holdsForRows(store: MvccStore, compare: Compare, rows: RevisionColumns): boolean {
  if (readsValues(compare)) {
    const kvs: Uint8Array[] = [];
    store.load(rows, 0, rows.count, kvs);
    return kvs.every((kv) => accepts(compare.result, orderOfStored(compare, kv)));
  }
  for (let i = 0; i < rows.count; i++) {
    if (!accepts(compare.result, orderOfRow(compare, rows, i))) return false;
  }
  return true;
}

function orderOfRow(compare: Compare, rows: RevisionColumns, row: number): number {
  switch (compare.target) {
    case CompareTarget.version:
      return (rows.version[row] as number) - compare.version;
    case CompareTarget.create:
      return (rows.create[row] as number) - compare.createRevision;
    case CompareTarget.mod:
      return (rows.main[row] as number) - compare.modRevision;
    default:
      // etcd: a target it does not know compares as equal.
      return 0;
  }
}

function orderOfNothing(compare: Compare): number {
  switch (compare.target) {
    case CompareTarget.version:
      return -compare.version;
    case CompareTarget.create:
      return -compare.createRevision;
    case CompareTarget.mod:
      return -compare.modRevision;
    case CompareTarget.lease:
      return orderOfIds(0n, compare.lease);
    default:
      return 0;
  }
}

function orderOfStored(compare: Compare, stored: Uint8Array): number {
  const kv = decodeKeyValue(stored);
  return compare.target === CompareTarget.value
    ? compareBytes(kv.value, compare.value)
    : orderOfIds(kv.lease, compare.lease);
}

function orderOfIds(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function accepts(result: number, order: number): boolean {
  switch (result) {
    case CompareResult.equal:
      return order === 0;
    case CompareResult.notEqual:
      return order !== 0;
    case CompareResult.greater:
      return order > 0;
    case CompareResult.less:
      return order < 0;
    default:
      // etcd: a result it does not know accepts everything.
      return true;
  }
}
