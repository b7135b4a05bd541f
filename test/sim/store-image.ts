// Owns one state of a simulated store: the records of the "key" bucket and the small buckets, plain and easy to copy.
// Records and values are shared between copies; nobody changes them.

import type { MetaBucket, RevisionRecord } from '../../server/base/backend.ts';
import { compareBytes } from '../../server/base/bytes.ts';

/** Costs of one record that a real store also has; so that sizes move as a real store's do. */
const RECORD_OVERHEAD_BYTES = 17;

type Pair = readonly [key: Uint8Array, value: Uint8Array];

/** A change of a store: what a batch is made of. */
export type StoreChange =
  | { readonly kind: 'addRecord'; readonly record: RevisionRecord }
  | { readonly kind: 'deleteRecord'; readonly main: number; readonly sub: number }
  | { readonly kind: 'put'; readonly bucket: MetaBucket; readonly pair: Pair }
  | { readonly kind: 'delete'; readonly bucket: MetaBucket; readonly key: Uint8Array };

export class StoreImage {
  /** Ascending by revision. */
  readonly #records: RevisionRecord[];
  readonly #buckets: Map<MetaBucket, Map<string, Pair>>;
  #sizeBytes: number;

  constructor(origin?: StoreImage) {
    this.#records = origin === undefined ? [] : origin.#records.slice();
    this.#buckets = new Map();
    this.#sizeBytes = origin === undefined ? 0 : origin.#sizeBytes;
    if (origin === undefined) return;
    for (const [name, pairs] of origin.#buckets) this.#buckets.set(name, new Map(pairs));
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get recordCount(): number {
    return this.#records.length;
  }

  apply(change: StoreChange): void {
    switch (change.kind) {
      case 'addRecord':
        this.#addRecord(change.record);
        return;
      case 'deleteRecord':
        this.#deleteRecord(change.main, change.sub);
        return;
      case 'put':
        this.#bucket(change.bucket).set(textOf(change.pair[0]), change.pair);
        return;
      case 'delete':
        this.#bucket(change.bucket).delete(textOf(change.key));
    }
  }

  record(main: number, sub: number): RevisionRecord | undefined {
    const record = this.#records[this.#position(main, sub)];
    return record !== undefined && record.main === main && record.sub === sub ? record : undefined;
  }

  scan(fromMain: number, fromSub: number, toMain: number, limit: number): RevisionRecord[] {
    const found: RevisionRecord[] = [];
    for (let i = this.#position(fromMain, fromSub); i < this.#records.length; i++) {
      const record = this.#records[i] as RevisionRecord;
      if (record.main > toMain || found.length === limit) break;
      found.push(record);
    }
    return found;
  }

  get(bucket: MetaBucket, key: Uint8Array): Uint8Array | undefined {
    return this.#bucket(bucket).get(textOf(key))?.[1];
  }

  entries(bucket: MetaBucket): [key: Uint8Array, value: Uint8Array][] {
    const pairs = [...this.#bucket(bucket).values()].sort((a, b) => compareBytes(a[0], b[0]));
    return pairs.map(([key, value]) => [key, value]);
  }

  #bucket(name: MetaBucket): Map<string, Pair> {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      bucket = new Map();
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  #addRecord(record: RevisionRecord): void {
    const at = this.#position(record.main, record.sub);
    const known = this.#records[at];
    const replaces = known !== undefined && known.main === record.main && known.sub === record.sub;
    if (replaces) this.#sizeBytes -= known.value.length + RECORD_OVERHEAD_BYTES;
    this.#sizeBytes += record.value.length + RECORD_OVERHEAD_BYTES;
    if (at === this.#records.length) this.#records.push(record);
    else this.#records.splice(at, replaces ? 1 : 0, record);
  }

  #deleteRecord(main: number, sub: number): void {
    const at = this.#position(main, sub);
    const record = this.#records[at];
    if (record === undefined || record.main !== main || record.sub !== sub) return;
    this.#sizeBytes -= record.value.length + RECORD_OVERHEAD_BYTES;
    this.#records.splice(at, 1);
  }

  /** The first place whose revision is >= {main, sub}. */
  #position(main: number, sub: number): number {
    const records = this.#records;
    let high = records.length;
    const last = records[high - 1];
    if (last === undefined || last.main < main || (last.main === main && last.sub < sub))
      return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = records[middle] as RevisionRecord;
      if (record.main < main || (record.main === main && record.sub < sub)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Bytes as a map key. Keys of buckets are short. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
