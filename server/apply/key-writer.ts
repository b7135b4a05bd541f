// Owns puts and deletions inside a write transaction, with the leases that hang on the keys.
// etcd: server/etcdserver/txn/put.go, delete.go, and the lease part of server/storage/mvcc/kvstore_txn.go.

import { EtcdError } from '../base/errors.ts';
import type { Lessor } from '../lease/lessor.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { WriteTxn } from '../mvcc/write-txn.ts';
import { decodeKeyValue } from '../proto/gen/kv.ts';
import type { DeleteRangeRequest, PutRequest } from '../proto/gen/rpc.ts';
import type { DeleteRangeResult, PutResult } from './result.ts';

export class KeyWriter {
  readonly #store: MvccStore;
  readonly #lessor: Lessor;

  constructor(store: MvccStore, lessor: Lessor) {
    this.#store = store;
    this.#lessor = lessor;
  }

  /** Throws leaseNotFound or keyNotFound for a put that cannot be done. */
  checkPut(request: PutRequest): void {
    if (request.lease !== 0n && !this.#lessor.has(request.lease)) {
      throw new EtcdError('leaseNotFound');
    }
    if (request.ignoreValue || request.ignoreLease) {
      if (this.#store.current(request.key) === undefined) throw new EtcdError('keyNotFound');
    }
  }

  /** A put that passed checkPut. */
  put(txn: WriteTxn, request: PutRequest): PutResult {
    const { key, ignoreValue, ignoreLease } = request;
    let { value, lease } = request;
    let prevKv: Uint8Array | undefined;
    if (ignoreValue || ignoreLease || request.prevKv) {
      prevKv = this.#store.current(key);
      if (prevKv !== undefined && (ignoreValue || ignoreLease)) {
        const previous = decodeKeyValue(prevKv);
        if (ignoreValue) value = previous.value;
        if (ignoreLease) lease = previous.lease;
      }
    }
    txn.put(key, value, lease);
    this.#moveLease(key, lease);
    return {
      kind: 'put',
      revision: txn.main,
      prevKv: request.prevKv ? prevKv : undefined,
    };
  }

  deleteRange(txn: WriteTxn, request: DeleteRangeRequest): DeleteRangeResult {
    const prevKvs: Uint8Array[] = [];
    const first = txn.count;
    const deleted = txn.deleteRange(
      request.key,
      request.rangeEnd,
      request.prevKv ? prevKvs : undefined,
    );
    this.#detachDeleted(txn, first);
    // etcd: the revision moves with the first change of the transaction, whoever made it.
    const revision = txn.count > 0 ? txn.main : txn.main - 1;
    return { kind: 'deleteRange', revision, deleted, prevKvs };
  }

  /** Deletes the keys of a lease that ended, in their order, in one revision. */
  deleteKeys(keys: readonly Uint8Array[]): number {
    const txn = this.#store.beginWrite();
    for (const key of keys) txn.deleteRange(key, NO_END);
    return txn.end();
  }

  #moveLease(key: Uint8Array, lease: bigint): void {
    // Most clusters have few keys with leases: without any there is nothing to look up.
    if (lease === 0n && this.#lessor.attachedCount === 0) return;
    const previous = this.#lessor.leaseOf(key);
    if (previous === lease) return;
    if (previous !== 0n) this.#lessor.detach(key, previous);
    if (lease !== 0n) this.#lessor.attach(key, lease);
  }

  #detachDeleted(txn: WriteTxn, first: number): void {
    if (this.#lessor.attachedCount === 0) return;
    for (let i = first; i < txn.count; i++) {
      const key = txn.keyOf(i);
      const lease = this.#lessor.leaseOf(key);
      if (lease !== 0n) this.#lessor.detach(key, lease);
    }
  }
}

const NO_END: Uint8Array = new Uint8Array(0);
