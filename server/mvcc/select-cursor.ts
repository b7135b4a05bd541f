// Owns one read of the index: which keys of a range exist at a revision, up to a limit. A big range is read in slices:
// between two slices the store may change, so a cursor keeps its revision and the key it got to, and asks the history
// for keys that were changed since.

import { EMPTY_BYTES } from '../base/bytes.ts';
import { EtcdError } from '../base/errors.ts';
import type { KeyIndex } from './key-index.ts';
import type { RevisionColumns } from './revision-columns.ts';

/** What a select asks for; one object may be used again and again. */
export interface SelectOptions {
  /** The revision to read; 0 or less for the current one. */
  revision: number;
  /** Rows wanted at most; 0 for all. */
  limit: number;
  /** True to fill only `total`. */
  countOnly: boolean;
  /** True to fill `total`; at an old revision that visits the whole range. */
  withTotal: boolean;
}

/** What a cursor reads from; the store. */
export interface SelectSource {
  readonly index: KeyIndex;
  readonly compactRevision: number;
  /** The revision that reads see: the current one, or that of the open transaction once it changed something. */
  readonly visibleRevision: number;
}

export class SelectCursor {
  readonly #source: SelectSource;
  #out: RevisionColumns;
  #key: Uint8Array = EMPTY_BYTES;
  #end: Uint8Array | undefined = undefined;
  #single = false;
  #revision = 0;
  #limit = 0;
  #countOnly = false;
  #withTotal = false;
  /** True while `total` must be counted key by key. */
  #counting = false;
  #done = true;

  constructor(source: SelectSource, out: RevisionColumns) {
    this.#source = source;
    this.#out = out;
  }

  /** True when all rows are found. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Starts a read into `out`. `rangeEnd` as on the wire: empty for the one key, a single zero byte for no upper bound.
   * Throws compacted or futureRev. etcd: kvstore_txn.go rangeKeys.
   */
  start(key: Uint8Array, rangeEnd: Uint8Array, options: SelectOptions, out: RevisionColumns): void {
    const visible = this.#source.visibleRevision;
    if (options.revision > visible) throw new EtcdError('futureRev');
    this.#revision = options.revision > 0 ? options.revision : visible;
    if (this.#revision < this.#source.compactRevision) throw new EtcdError('compacted');
    this.#out = out;
    out.reset();
    out.storeRevision = visible;
    out.readRevision = this.#revision;
    this.#key = key;
    this.#single = rangeEnd.length === 0;
    this.#end = rangeEnd.length === 1 && rangeEnd[0] === 0 ? undefined : rangeEnd;
    this.#limit = options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY;
    this.#countOnly = options.countOnly;
    this.#withTotal = options.withTotal || options.countOnly;
    this.#counting = false;
    this.#done = false;
    if (this.#single) this.#readOne();
    else if (this.#withTotal) this.#startTotal(visible);
  }

  /** Visits up to `maxKeys` keys; true when the read is complete. Throws compacted when history was cut meanwhile. */
  step(maxKeys: number): boolean {
    if (this.#done) return true;
    if (this.#revision < this.#source.compactRevision) throw new EtcdError('compacted');
    const index = this.#source.index;
    if (!index.walk(this.#key, this.#end)) {
      this.#done = true;
      return true;
    }
    if (this.#revision === this.#source.visibleRevision) this.#walkCurrent(index, maxKeys);
    else this.#walkHistory(index, maxKeys);
    return this.#done;
  }

  #readOne(): void {
    const index = this.#source.index;
    const id = index.find(this.#key);
    this.#done = true;
    if (id === 0 || !index.at(id, this.#revision)) return;
    this.#out.total = 1;
    if (this.#countOnly) return;
    this.#out.push(id, index.main, index.sub, index.create, index.version);
  }

  /** The total at the current revision comes from the tree's counts; at an older one keys are counted. */
  #startTotal(visible: number): void {
    if (this.#revision !== visible) {
      this.#counting = true;
      return;
    }
    this.#out.total = this.#source.index.countLive(this.#key, this.#end);
    if (this.#countOnly || this.#out.total === 0) this.#done = true;
  }

  #walkCurrent(index: KeyIndex, maxKeys: number): void {
    const out = this.#out;
    const revision = this.#revision;
    let budget = maxKeys;
    do {
      if (budget === 0) {
        this.#pauseAt(index);
        return;
      }
      budget--;
      if (!index.walkIsLive()) continue;
      if (this.#counting) out.total++;
      if (this.#countOnly || out.count >= this.#limit) continue;
      const id = index.walkId();
      index.at(id, revision);
      out.push(id, index.main, index.sub, index.create, index.version);
      if (out.count >= this.#limit && !this.#counting) break;
    } while (index.walkNext());
    this.#done = true;
  }

  #walkHistory(index: KeyIndex, maxKeys: number): void {
    const out = this.#out;
    const revision = this.#revision;
    let budget = maxKeys;
    do {
      if (budget === 0) {
        this.#pauseAt(index);
        return;
      }
      budget--;
      const id = index.walkId();
      if (!index.at(id, revision)) continue;
      if (this.#counting) out.total++;
      if (this.#countOnly || out.count >= this.#limit) continue;
      out.push(id, index.main, index.sub, index.create, index.version);
      if (out.count >= this.#limit && !this.#counting) break;
    } while (index.walkNext());
    this.#done = true;
  }

  /** Remembers the key the walk is at: the next slice begins with it. */
  #pauseAt(index: KeyIndex): void {
    this.#key = index.keyCopy(index.walkId());
  }
}
