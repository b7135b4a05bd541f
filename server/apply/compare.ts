// Owns the comparisons of transactions: whether one holds for every key of its range. Most are decided by the index alone;
// values and leases are read. etcd: server/etcdserver/txn/txn.go applyCompare.

import { compareBytes } from '../base/bytes.ts';
import { RevisionColumns } from '../mvcc/revision-columns.ts';
import type { MvccStore } from '../mvcc/store.ts';
import { decodeKeyValue } from '../proto/gen/kv.ts';
import { type Compare, CompareResult, CompareTarget } from '../proto/gen/rpc.ts';

let columns = new RevisionColumns();

/** Columns that grew beyond this are let go, so that one comparison over a huge range does not hold its memory. */
const COMPARE_ROWS_KEPT = 4096;

/** True when the comparison holds for every key of its range, or for a key that does not exist when there is none. */
export function holds(store: MvccStore, compare: Compare): boolean {
  if (columns.main.length > COMPARE_ROWS_KEPT) columns = new RevisionColumns();
  const options = { revision: 0, limit: 0, countOnly: false, withTotal: false };
  store.select(compare.key, compare.rangeEnd, options, columns);
  if (columns.count === 0) {
    // etcd: a value is never compared with one that does not exist, because that has no form on the wire.
    return (
      compare.target !== CompareTarget.value && accepts(compare.result, orderOfNothing(compare))
    );
  }
  if (compare.target === CompareTarget.value || compare.target === CompareTarget.lease) {
    const kvs: Uint8Array[] = [];
    store.load(columns, 0, columns.count, kvs);
    return kvs.every((kv) => accepts(compare.result, orderOfStored(compare, kv)));
  }
  for (let i = 0; i < columns.count; i++) {
    if (!accepts(compare.result, orderOfRow(compare, i))) return false;
  }
  return true;
}

function orderOfRow(compare: Compare, row: number): number {
  switch (compare.target) {
    case CompareTarget.version:
      return (columns.version[row] as number) - compare.version;
    case CompareTarget.create:
      return (columns.create[row] as number) - compare.createRevision;
    case CompareTarget.mod:
      return (columns.main[row] as number) - compare.modRevision;
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
