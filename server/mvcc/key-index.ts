// Owns which keys exist at which revision: etcd's treeIndex and keyIndex (server/storage/mvcc/index.go, key_index.go)
// in typed arrays. Values are not here: a row leads to a {main, sub} under which the backend has the KeyValue.
//
// Worked example, the life of key "a":
//   put at 2, put at 3, delete at 5, put at 7
//     row: main 7 create 7 version 1         history: 2 v1, 3 v2, 5 tombstone
//     at(3) -> main 3 create 2 version 2     at(5), at(6) -> does not exist     at(1) -> does not exist
//   compact(3): history 3 v2, 5 tombstone    what was written before 3 can no longer be asked for
//   compact(5): history 5 tombstone          etcd keeps a tombstone exactly at the compact revision
//   compact(6): history empty                nothing before 7 is visible at 6 or later
//   delete at 8, compact(8): row: tombstone at 8; compact(9): the row and the key are gone
// etcd groups revisions into generations that a tombstone ends; here every record carries its create revision and
// version, and a tombstone has version 0, which says the same.

import { assert } from '../base/assert.ts';
import { EntryTable } from './entry-table.ts';
import { KeyArena } from './key-arena.ts';
import { hashOf, KeyHash } from './key-hash.ts';
import { KeyTree } from './key-tree.ts';
import { RevisionHistory } from './revision-history.ts';

export class KeyIndex {
  readonly #arena: KeyArena = new KeyArena();
  readonly #entries: EntryTable = new EntryTable();
  readonly #history: RevisionHistory = new RevisionHistory();
  readonly #tree: KeyTree = new KeyTree(this.#arena, this.#entries);
  readonly #hash: KeyHash = new KeyHash(this.#arena, this.#entries);
  /** Hashes of the keys of an image that is being read, by row. */
  #appended: Uint32Array = new Uint32Array(0);

  // What `at` found, or what `put` wrote.
  main = 0;
  sub = 0;
  create = 0;
  version = 0;

  /** Keys that exist at the current revision. */
  get liveCount(): number {
    return this.#tree.liveCount;
  }

  /** Keys known, those included that are deleted but still in the history. */
  get size(): number {
    return this.#tree.size;
  }

  /** Older revisions held beside the current one of each key. */
  get historyCount(): number {
    return this.#history.recordCount;
  }

  /** Bytes the keys themselves take. */
  get keyBytes(): number {
    return this.#arena.usedBytes;
  }

  /** One more than the highest row id: the end of a walk over all rows by id. */
  get endId(): number {
    return this.#entries.endId;
  }

  /** The row of a key, 0 when it is not known. */
  find(key: Uint8Array): number {
    const id = this.#hash.find(key);
    return id !== 0 || this.#hash.isComplete ? id : this.#tree.find(key);
  }

  /** True when the key of the row exists at the current revision. */
  isLive(id: number): boolean {
    return this.#entries.version(id) !== 0;
  }

  /** True when the row is in use. */
  isUsed(id: number): boolean {
    return this.#entries.keyRef(id) !== 0;
  }

  /** The key of a row, valid until the index changes; not to be kept. */
  keyView(id: number): Uint8Array {
    return this.#arena.view(this.#entries.keyRef(id));
  }

  /** A copy of the key of a row. */
  keyCopy(id: number): Uint8Array {
    return this.#arena.copy(this.#entries.keyRef(id));
  }

  /** Main revision of the last modification, a deletion included. */
  lastModified(id: number): number {
    return this.#entries.main(id);
  }

  /** Looks a row up at a revision: true when its key existed then, and the fields say how it was. */
  at(id: number, revision: number): boolean {
    const main = this.#entries.main(id);
    if (main <= revision) {
      const version = this.#entries.version(id);
      if (version === 0) return false;
      this.main = main;
      this.sub = this.#entries.sub(id);
      this.create = this.#entries.create(id);
      this.version = version;
      return true;
    }
    const history = this.#history;
    if (!history.find(this.#entries.history(id), revision)) return false;
    if (history.foundVersion === 0) return false;
    this.main = history.foundMain;
    this.sub = history.foundSub;
    this.create = history.foundCreate;
    this.version = history.foundVersion;
    return true;
  }

  /** Records a put; the fields say the create revision and version it got. Returns the row. */
  put(key: Uint8Array, main: number, sub: number): number {
    const id = this.find(key);
    if (id === 0) return this.#insert(key, main, sub, main, 1);
    const version = this.#entries.version(id);
    const create = version === 0 ? main : this.#entries.create(id);
    this.#replace(id, key, main, sub, create, version + 1);
    return id;
  }

  /** Records a put whose create revision and version are known: from a stored KeyValue, at restore. */
  restorePut(key: Uint8Array, main: number, sub: number, create: number, version: number): number {
    const id = this.find(key);
    if (id === 0) return this.#insert(key, main, sub, create, version);
    this.#replace(id, key, main, sub, create, version);
    return id;
  }

  /** Records a stored deletion at restore. One without a put before it is what a compaction at it left: kept. */
  restoreTombstone(key: Uint8Array, main: number, sub: number): void {
    const id = this.find(key);
    if (id !== 0) {
      if (this.#entries.version(id) !== 0) this.tombstone(key, main, sub);
      return;
    }
    const added = this.#insert(key, main, sub, main, 1);
    this.#tree.find(key);
    this.#tree.setLiveAtPath(false);
    this.#entries.set(added, main, sub, 0, 0);
  }

  /**
   * Adds a record of an image to the empty index. The keys come in order, each with its records, oldest first, and `id` is 0
   * for the first of them. Returns the row. By key it is found only after `endAppend`.
   */
  append(
    id: number,
    key: Uint8Array,
    main: number,
    sub: number,
    create: number,
    version: number,
  ): number {
    if (id !== 0) {
      if (version === 0) this.tombstone(key, main, sub);
      else this.#replace(id, key, main, sub, create, version);
      return id;
    }
    const added = this.#entries.add(this.#arena.add(key, 0, key.length));
    if (added >= this.#appended.length) this.#growAppended();
    this.#appended[added] = hashOf(key);
    this.#tree.findNear(key);
    this.#tree.insertAtPath(added);
    this.#entries.set(added, main, sub, create, version);
    if (version === 0) {
      this.#tree.find(key);
      this.#tree.setLiveAtPath(false);
    }
    return added;
  }

  /** Makes the appended keys known. */
  endAppend(): void {
    this.#hash.fill(this.#appended, this.#entries.endId - 1);
    this.#appended = new Uint32Array(0);
  }

  /** Records the deletion of a key that exists. Returns the row. */
  tombstone(key: Uint8Array, main: number, sub: number): number {
    const id = this.#tree.find(key);
    assert(id !== 0 && this.#entries.version(id) !== 0, 'only a live key is deleted');
    this.#pushCurrent(id, main);
    this.#tree.setLiveAtPath(false);
    this.#entries.set(id, main, sub, 0, 0);
    return id;
  }

  /** Keys of [key, end) that exist at the current revision; `end` undefined means no bound. */
  countLive(key: Uint8Array, end: Uint8Array | undefined): number {
    const below = this.#tree.rank(key);
    const upTo = end === undefined ? this.#tree.liveCount : this.#tree.rank(end);
    return upTo > below ? upTo - below : 0;
  }

  /** Starts a walk over the rows of [key, end) in key order; false when there is none. See KeyTree.walk. */
  walk(key: Uint8Array, end: Uint8Array | undefined): boolean {
    return this.#tree.walk(key, end);
  }

  walkNext(): boolean {
    return this.#tree.next();
  }

  /** The row the walk is at. */
  walkId(): number {
    return this.#tree.currentId();
  }

  /** True when the key the walk is at exists at the current revision. */
  walkIsLive(): boolean {
    return this.#tree.currentIsLive();
  }

  /**
   * True when the record {main, sub} of the row is what a compaction at `revision` keeps of all records up to it: the
   * newest of them, unless that is a tombstone. `tombstoneAt` keeps a tombstone whose main is `revision` itself: the
   * compaction does, HashKV does not. etcd: key_index.go compact and keep.
   */
  isKept(id: number, main: number, sub: number, revision: number, tombstoneAt: boolean): boolean {
    if (!this.#newestAt(id, revision)) return false;
    if (this.main !== main || this.sub !== sub) return false;
    return this.version !== 0 || (tombstoneAt && main === revision);
  }

  /** True when the row keeps any record up to `revision`; see isKept. */
  keepsAny(id: number, revision: number, tombstoneAt: boolean): boolean {
    if (!this.#newestAt(id, revision)) return false;
    return this.version !== 0 || (tombstoneAt && this.main === revision);
  }

  /** Forgets what a compaction at `revision` drops of a row, and the row itself when nothing is left. */
  compactRow(id: number, revision: number): void {
    const main = this.#entries.main(id);
    const head = this.#entries.history(id);
    if (main > revision) {
      if (head === 0 || !this.#history.find(head, revision)) return;
      const gone = this.#history.foundVersion === 0 && this.#history.foundMain < revision;
      this.#entries.setHistory(id, this.#history.truncate(head, revision, gone));
      return;
    }
    if (head !== 0) {
      this.#history.free(head);
      this.#entries.setHistory(id, 0);
    }
    if (this.#entries.version(id) === 0 && main < revision) this.#remove(id);
  }

  /**
   * Lists the records of a row with main >= `from`, oldest first: main, sub, create and version (0 for a tombstone) of each.
   * False when it stopped at `limit` of them.
   */
  recordsFrom(id: number, from: number, limit: number, into: number[]): boolean {
    into.length = 0;
    const entries = this.#entries;
    const head = entries.history(id);
    if (head !== 0 && !this.#history.recordsFrom(head, from, limit, into)) return false;
    if (into.length === 4 * limit) return false;
    const main = entries.main(id);
    if (main >= from) into.push(main, entries.sub(id), entries.create(id), entries.version(id));
    return true;
  }

  /** True when the newest record of the row is {main, sub} or came after it. */
  isKnown(id: number, main: number, sub: number): boolean {
    const last = this.#entries.main(id);
    return last > main || (last === main && this.#entries.sub(id) >= sub);
  }

  /** Checks the structure; for tests. */
  verify(): void {
    this.#tree.verify();
    for (let id = 1; id < this.#entries.endId; id++) {
      if (this.isUsed(id)) assert(this.find(this.keyView(id)) === id, 'a key is found');
    }
  }

  /** The newest record with main <= revision, a tombstone included, into the fields. */
  #newestAt(id: number, revision: number): boolean {
    const main = this.#entries.main(id);
    if (main <= revision) {
      this.main = main;
      this.sub = this.#entries.sub(id);
      this.create = this.#entries.create(id);
      this.version = this.#entries.version(id);
      return true;
    }
    const history = this.#history;
    if (!history.find(this.#entries.history(id), revision)) return false;
    this.main = history.foundMain;
    this.sub = history.foundSub;
    this.create = history.foundCreate;
    this.version = history.foundVersion;
    return true;
  }

  /** Adds the key that `find` has just not found. */
  #insert(key: Uint8Array, main: number, sub: number, create: number, version: number): number {
    const id = this.#entries.add(this.#arena.add(key, 0, key.length));
    this.#entries.set(id, main, sub, create, version);
    this.#hash.addLast(id);
    this.#tree.findNear(key);
    this.#tree.insertAtPath(id);
    this.create = create;
    this.version = version;
    return id;
  }

  /** Makes a put the current state of a row. */
  #replace(
    id: number,
    key: Uint8Array,
    main: number,
    sub: number,
    create: number,
    version: number,
  ): void {
    const wasLive = this.#entries.version(id) !== 0;
    this.#pushCurrent(id, main);
    this.#entries.set(id, main, sub, create, version);
    if (!wasLive) {
      this.#tree.find(key);
      this.#tree.setLiveAtPath(true);
    }
    this.create = create;
    this.version = version;
  }

  #pushCurrent(id: number, main: number): void {
    const entries = this.#entries;
    const previous = entries.main(id);
    if (previous > main) assert(false, `revision ${main} after ${previous}`);
    const head = this.#history.push(
      entries.history(id),
      previous,
      entries.sub(id),
      entries.create(id),
      entries.version(id),
    );
    entries.setHistory(id, head);
  }

  #growAppended(): void {
    const larger = new Uint32Array(2 * this.#appended.length + 1024);
    larger.set(this.#appended);
    this.#appended = larger;
  }

  #remove(id: number): void {
    const ref = this.#entries.keyRef(id);
    const key = this.#arena.view(ref);
    const found = this.#tree.find(key);
    assert(found === id, 'a row is in the tree under its key');
    this.#tree.removeAtPath();
    this.#hash.remove(key, id);
    this.#entries.remove(id);
    this.#arena.free(ref);
  }
}
