// Owns a Backend in memory for tests and the simulator: obviously correct rather than fast. Two copies of the state:
// what reads see, and what a crash leaves. `commit` makes the second equal to the first, `crash` the reverse.

import {
  type Backend,
  META_BUCKETS,
  type MetaBucket,
  type RevisionRecord,
} from '../../server/base/backend.ts';
import { compareBytes } from '../../server/base/bytes.ts';

/** Costs of one record that a real store also has; for size numbers that move as a real store's do. */
const RECORD_OVERHEAD_BYTES = 17;

type Pair = readonly [key: Uint8Array, value: Uint8Array];

interface State {
  /** Ascending by revision. */
  records: RevisionRecord[];
  readonly buckets: Map<MetaBucket, Map<string, Pair>>;
}

export class MemoryBackend implements Backend {
  isCommitAwaited = false;
  #live: State = emptyState();
  #committed: State = emptyState();
  /**
   * The committed records are the first ones of the live list for as long as that list only grew at its end since the
   * last commit; a change elsewhere makes a copy first. It keeps a commit from copying a million records.
   */
  #sharedCount = 0;
  #isShared = true;
  #commits = 0;

  constructor() {
    this.#committed.records = this.#live.records;
  }

  /** Commits so far: a test that wants to crash at every one counts with this. */
  get commits(): number {
    return this.#commits;
  }

  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    const records = this.#live.records;
    const record = { main, sub, tombstone, value };
    const last = records[records.length - 1];
    if (last === undefined || compareRevisions(last, record) < 0) {
      records.push(record);
      return;
    }
    this.#unshare();
    const at = lowerBound(records, main, sub);
    const known = records[at];
    const replaces = known !== undefined && compareRevisions(known, record) === 0;
    records.splice(at, replaces ? 1 : 0, record);
  }

  deleteRevision(main: number, sub: number, tombstone: boolean): void {
    const records = this.#live.records;
    const at = lowerBound(records, main, sub);
    const record = records[at];
    if (record === undefined || record.main !== main || record.sub !== sub) return;
    if (record.tombstone !== tombstone) return;
    this.#unshare();
    records.splice(at, 1);
  }

  getRevision(main: number, sub: number): Uint8Array | undefined {
    const record = this.#live.records[lowerBound(this.#live.records, main, sub)];
    if (record === undefined || record.main !== main || record.sub !== sub) return undefined;
    return record.tombstone ? undefined : record.value;
  }

  getRevisions(mains: ArrayLike<number>, subs: ArrayLike<number>): (Uint8Array | undefined)[] {
    return Array.from({ length: mains.length }, (_, i) =>
      this.getRevision(mains[i] as number, subs[i] as number),
    );
  }

  scanRevisions(
    fromMain: number,
    fromSub: number,
    toMain: number,
    limit: number,
  ): RevisionRecord[] {
    const records = this.#live.records;
    const found: RevisionRecord[] = [];
    for (let i = lowerBound(records, fromMain, fromSub); i < records.length; i++) {
      const record = records[i];
      if (record === undefined || record.main > toMain || found.length === limit) break;
      found.push(record);
    }
    return found;
  }

  put(bucket: MetaBucket, key: Uint8Array, value: Uint8Array): void {
    bucketOf(this.#live, bucket).set(hex(key), [key.slice(), value.slice()]);
  }

  delete(bucket: MetaBucket, key: Uint8Array): void {
    bucketOf(this.#live, bucket).delete(hex(key));
  }

  get(bucket: MetaBucket, key: Uint8Array): Uint8Array | undefined {
    return bucketOf(this.#live, bucket).get(hex(key))?.[1];
  }

  entries(bucket: MetaBucket): [key: Uint8Array, value: Uint8Array][] {
    const pairs = [...bucketOf(this.#live, bucket).values()];
    return pairs
      .sort((a, b) => compareBytes(a[0], b[0]))
      .map(([key, value]): [Uint8Array, Uint8Array] => [key, value]);
  }

  commit(): void {
    this.#commits++;
    this.#committed = { records: this.#live.records, buckets: copyBuckets(this.#live) };
    this.#sharedCount = this.#live.records.length;
    this.#isShared = true;
  }

  sizeBytes(): number {
    return this.sizeInUseBytes();
  }

  sizeInUseBytes(): number {
    let sizeBytes = 0;
    for (const record of this.#live.records) {
      sizeBytes += record.value.length + RECORD_OVERHEAD_BYTES;
    }
    for (const bucket of this.#live.buckets.values()) {
      for (const [key, value] of bucket.values()) sizeBytes += key.length + value.length;
    }
    return sizeBytes;
  }

  /** Loses everything that was not committed, as the end of the process does. */
  crash(): void {
    this.#live = this.#copyCommitted();
    this.#committed.records = this.#live.records;
    this.#sharedCount = this.#live.records.length;
    this.#isShared = true;
  }

  /** Another backend with what a crash of this one would leave: also what a snapshot carries. */
  lost(): MemoryBackend {
    const copy = new MemoryBackend();
    copy.#live = this.#copyCommitted();
    copy.commit();
    copy.#commits = 0;
    return copy;
  }

  /** All records as reads see them; for checks. */
  records(): readonly RevisionRecord[] {
    return this.#live.records;
  }

  #copyCommitted(): State {
    const count = this.#isShared ? this.#sharedCount : this.#committed.records.length;
    return {
      records: this.#committed.records.slice(0, count),
      buckets: copyBuckets(this.#committed),
    };
  }

  #unshare(): void {
    if (!this.#isShared) return;
    this.#committed.records = this.#live.records.slice(0, this.#sharedCount);
    this.#isShared = false;
  }
}

function emptyState(): State {
  return { records: [], buckets: new Map(META_BUCKETS.map((name) => [name, new Map()])) };
}

function copyBuckets(state: State): Map<MetaBucket, Map<string, Pair>> {
  return new Map([...state.buckets].map(([name, pairs]) => [name, new Map(pairs)]));
}

function bucketOf(state: State, name: MetaBucket): Map<string, Pair> {
  const bucket = state.buckets.get(name);
  if (bucket === undefined) throw new Error(`no bucket ${name}`);
  return bucket;
}

/** The first position whose revision is >= {main, sub}. */
function lowerBound(records: readonly RevisionRecord[], main: number, sub: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const record = records[middle];
    if (record !== undefined && compareRevisions(record, { main, sub }) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareRevisions(
  a: { readonly main: number; readonly sub: number },
  b: { readonly main: number; readonly sub: number },
): number {
  return a.main - b.main || a.sub - b.sub;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
