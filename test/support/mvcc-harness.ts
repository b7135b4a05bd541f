// Owns the shortcuts that tests of the store share: text keys, a store that is ready, jobs run to their end.

import { EMPTY_BYTES, utf8Bytes, utf8Text } from '../../server/base/bytes.ts';
import { KeyValueReader } from '../../server/mvcc/key-value.ts';
import type { KeyValueHash } from '../../server/mvcc/kv-hasher.ts';
import { RevisionColumns } from '../../server/mvcc/revision-columns.ts';
import { type MvccOptions, MvccStore } from '../../server/mvcc/store.ts';
import type { MemoryBackend } from './memory-backend.ts';

/** A KeyValue as tests compare it. */
export interface PlainKeyValue {
  readonly key: string;
  readonly value: string;
  readonly create: number;
  readonly mod: number;
  readonly version: number;
  readonly lease: bigint;
}

const reader = new KeyValueReader();

export function plain(bytes: Uint8Array): PlainKeyValue {
  reader.read(bytes);
  return {
    key: utf8Text(reader.key()),
    value: utf8Text(reader.value()),
    create: reader.create,
    mod: reader.mod,
    version: reader.version,
    lease: reader.lease(),
  };
}

/** A restored store over `backend`. */
export function openStore(backend: MemoryBackend, options: MvccOptions = {}): MvccStore {
  const store = new MvccStore(backend, options);
  store.restore().run();
  return store;
}

export function put(store: MvccStore, key: string, value: string, lease = 0n): number {
  const txn = store.beginWrite();
  txn.put(utf8Bytes(key), utf8Bytes(value), lease);
  return txn.end();
}

/** Deletes one key, or a range with `end` ('\0' for no bound); returns how many went. */
export function remove(store: MvccStore, key: string, end = ''): number {
  const txn = store.beginWrite();
  const deleted = txn.deleteRange(utf8Bytes(key), utf8Bytes(end));
  txn.end();
  return deleted;
}

export interface PlainRange {
  readonly kvs: PlainKeyValue[];
  readonly total: number;
}

export function range(
  store: MvccStore,
  key: string,
  end = '',
  revision = 0,
  limit = 0,
): PlainRange {
  const columns = new RevisionColumns();
  const options = { revision, limit, countOnly: false, withTotal: true };
  store.select(utf8Bytes(key), end === '' ? EMPTY_BYTES : utf8Bytes(end), options, columns);
  const kvs: Uint8Array[] = [];
  store.load(columns, 0, columns.count, kvs);
  return { kvs: kvs.map(plain), total: columns.total };
}

export function compact(store: MvccStore, revision: number, records = 1000): void {
  const job = store.scheduleCompaction(revision);
  while (!job.done) store.pendingCompaction?.step(records);
}

export function hashKv(store: MvccStore, revision: number, records = 1000): KeyValueHash {
  const job = store.hashKv(revision);
  while (!job.step(records));
  if (job.result === undefined) throw new Error('the hash was canceled');
  return job.result;
}
