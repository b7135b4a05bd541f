// Owns one write transaction: the changes of one applied command, all with the store's next main revision and
// ascending sub revisions. Writes take effect at once, in the index and in the backend's pending batch; there is no
// way back, because everything that can fail is checked before the first write. A transaction that changed nothing
// uses up no revision. etcd: server/storage/mvcc/kvstore_txn.go.

import { assert } from '../base/assert.ts';
import type { Backend } from '../base/backend.ts';
import { EMPTY_BYTES } from '../base/bytes.ts';
import type { KeyIndex } from './key-index.ts';
import { KeyValueReader, KeyValueWriter, storedKey } from './key-value.ts';
import { TXN_CHANGES_KEPT } from './limits.ts';
import type { MvccStats } from './mvcc-stats.ts';
import type { ValueCache } from './value-cache.ts';

/** What happened to keys in one transaction, in order; position i has sub revision i. */
export interface TxnChanges {
  readonly main: number;
  readonly count: number;
  /** The index row of change i. */
  rowOf(i: number): number;
  /** True when change i is a deletion. */
  isTombstone(i: number): boolean;
  /** True when change i is a put that created the key. */
  isCreate(i: number): boolean;
  /** The stored KeyValue of change i. */
  valueOf(i: number): Uint8Array;
  /** The key of change i, sharing the stored bytes. */
  keyOf(i: number): Uint8Array;
}

/** What a transaction needs of its store. */
export interface WriteTarget {
  readonly backend: Backend;
  readonly index: KeyIndex;
  readonly cache: ValueCache;
  readonly stats: MvccStats;
  /** The newest KeyValues of [key, end), wire form of the end, own writes included; see MvccStore.load. */
  loadCurrent(key: Uint8Array, rangeEnd: Uint8Array, into: Uint8Array[]): void;
  endWrite(changes: TxnChanges): void;
}

const TOMBSTONE = 1;
const CREATE = 2;

export class WriteTxn implements TxnChanges {
  readonly #target: WriteTarget;
  readonly #writer: KeyValueWriter = new KeyValueWriter();
  readonly #reader: KeyValueReader = new KeyValueReader();
  #rows: number[] = [];
  #kinds: number[] = [];
  #values: Uint8Array[] = [];
  #main = 0;
  #open = false;

  constructor(target: WriteTarget) {
    this.#target = target;
  }

  /** The revision its changes get. */
  get main(): number {
    return this.#main;
  }

  get count(): number {
    return this.#values.length;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Called by the store only. */
  begin(main: number): void {
    assert(!this.#open, 'write transactions do not nest');
    this.#open = true;
    this.#main = main;
  }

  rowOf(i: number): number {
    return this.#rows[i] as number;
  }

  isTombstone(i: number): boolean {
    return this.#kinds[i] === TOMBSTONE;
  }

  isCreate(i: number): boolean {
    return this.#kinds[i] === CREATE;
  }

  valueOf(i: number): Uint8Array {
    return this.#values[i] as Uint8Array;
  }

  keyOf(i: number): Uint8Array {
    return storedKey(this.valueOf(i), this.#reader);
  }

  /** Puts a key. `lease` 0n for none. The arguments are copied. */
  put(key: Uint8Array, value: Uint8Array, lease: bigint): void {
    const target = this.#target;
    const index = target.index;
    const main = this.#main;
    const sub = this.#values.length;
    const row = index.put(key, main, sub);
    const bytes = this.#writer.encode(key, value, index.create, main, index.version, lease);
    target.backend.putRevision(main, sub, false, bytes);
    target.cache.addWritten(main, sub, bytes);
    target.stats.puts++;
    target.stats.putBytes += key.length + value.length;
    this.#rows.push(row);
    this.#kinds.push(index.version === 1 ? CREATE : 0);
    this.#values.push(bytes);
  }

  /**
   * Deletes the keys of a range in key order and returns how many; `rangeEnd` as on the wire. With `prevKvs` their
   * KeyValues are appended to it first. The keys deleted are the changes from the former `count` on.
   */
  deleteRange(key: Uint8Array, rangeEnd: Uint8Array, prevKvs?: Uint8Array[]): number {
    if (prevKvs !== undefined) this.#target.loadCurrent(key, rangeEnd, prevKvs);
    const before = this.#values.length;
    const index = this.#target.index;
    if (rangeEnd.length === 0) {
      const row = index.find(key);
      if (row !== 0 && index.isLive(row)) this.#delete(key);
    } else {
      const rows: number[] = [];
      const end = rangeEnd.length === 1 && rangeEnd[0] === 0 ? undefined : rangeEnd;
      for (let more = index.walk(key, end); more; more = index.walkNext()) {
        if (index.walkIsLive()) rows.push(index.walkId());
      }
      for (let i = 0; i < rows.length; i++) this.#delete(index.keyView(rows[i] as number));
    }
    return this.#values.length - before;
  }

  /** Ends the transaction: readers and watchers see its changes. Returns the store's revision. */
  end(): number {
    assert(this.#open, 'the transaction is open');
    this.#open = false;
    const changed = this.#values.length > 0;
    const revision = changed ? this.#main : this.#main - 1;
    if (this.#values.length > 1) this.#target.stats.txns++;
    if (changed) {
      this.#target.endWrite(this);
      this.#forgetChanges();
    }
    return revision;
  }

  #delete(key: Uint8Array): void {
    const target = this.#target;
    const main = this.#main;
    const sub = this.#values.length;
    // The key may be a view of the index's own bytes: encoded first, so that nothing changes under it.
    const bytes = this.#writer.encodeTombstone(key);
    const row = target.index.tombstone(key, main, sub);
    target.backend.putRevision(main, sub, true, bytes);
    target.stats.deletes++;
    this.#rows.push(row);
    this.#kinds.push(TOMBSTONE);
    this.#values.push(bytes);
  }

  #forgetChanges(): void {
    if (this.#values.length > TXN_CHANGES_KEPT) {
      this.#rows = [];
      this.#kinds = [];
      this.#values = [];
      return;
    }
    this.#values.fill(EMPTY_BYTES);
    this.#rows.length = 0;
    this.#kinds.length = 0;
    this.#values.length = 0;
  }
}
