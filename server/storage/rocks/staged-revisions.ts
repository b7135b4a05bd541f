// Owns the revisions of the batch being built: reads must see them before they are written. Revisions arrive in
// ascending order, so the puts are parallel lists searched by halving, with nothing to hash or to allocate per
// record. Deletions come only from compaction: a set.

import { at } from '../../base/assert.ts';
import type { RevisionRecord } from '../../base/backend.ts';
import { RevisionSet } from './revision-set.ts';

export class StagedRevisions {
  readonly #mains: number[];
  readonly #subs: number[];
  readonly #tombstones: boolean[];
  readonly #values: Uint8Array[];
  readonly #deleted: RevisionSet;

  constructor() {
    this.#mains = [];
    this.#subs = [];
    this.#tombstones = [];
    this.#values = [];
    this.#deleted = new RevisionSet();
  }

  get isEmpty(): boolean {
    return this.#mains.length === 0 && this.#deleted.isEmpty;
  }

  clear(): void {
    this.#mains.length = 0;
    this.#subs.length = 0;
    this.#tombstones.length = 0;
    this.#values.length = 0;
    this.#deleted.clear();
  }

  put(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    this.#mains.push(main);
    this.#subs.push(sub);
    this.#tombstones.push(tombstone);
    this.#values.push(value);
  }

  delete(main: number, sub: number, tombstone: boolean): void {
    this.#deleted.add(main, sub, tombstone);
  }

  isDeleted(main: number, sub: number, tombstone: boolean): boolean {
    return this.#deleted.has(main, sub, tombstone);
  }

  /** The staged value of exactly this record, whether deleted later or not. */
  find(main: number, sub: number, tombstone: boolean): Uint8Array | undefined {
    if (this.#mains.length === 0 || main < at(this.#mains, 0)) return undefined;
    const index = this.#firstFrom(main, sub);
    if (this.#mains[index] !== main || this.#subs[index] !== sub) return undefined;
    return this.#tombstones[index] === tombstone ? this.#values[index] : undefined;
  }

  /** Adds the staged records of a scan behind those the store gave, until `limit`. */
  appendTo(
    records: RevisionRecord[],
    range: { fromMain: number; fromSub: number; toMain: number; limit: number },
  ): void {
    let index = this.#firstFrom(range.fromMain, range.fromSub);
    for (; index < this.#mains.length && records.length < range.limit; index++) {
      const main = at(this.#mains, index);
      if (main > range.toMain) return;
      const sub = at(this.#subs, index);
      const tombstone = at(this.#tombstones, index);
      if (this.isDeleted(main, sub, tombstone)) continue;
      records.push({ main, sub, tombstone, value: at(this.#values, index) });
    }
  }

  /** Index of the first staged put at or after the revision. */
  #firstFrom(main: number, sub: number): number {
    let low = 0;
    let high = this.#mains.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const middleMain = at(this.#mains, middle);
      const before = middleMain < main || (middleMain === main && at(this.#subs, middle) < sub);
      if (before) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
