// Owns reading revisions: what is staged first, then the store. Keeps the key buffers for large requests, and what
// scans have taught about the store.

import { at, must } from '../../base/assert.ts';
import type { RevisionRecord } from '../../base/backend.ts';
import { DeletedRuns, isBefore } from './deleted-runs.ts';
import { StoreFatalError } from './errors.ts';
import type { Generation } from './generation.ts';
import { LastScan } from './last-scan.ts';
import { GET_MANY_KEYS } from './limits.ts';
import {
  FIRST_MAIN,
  isRevisionKey,
  isTombstoneKey,
  mainOf,
  RevisionKeyScratch,
  subOf,
} from './revision-key.ts';
import type { RevisionPrefetch } from './revision-prefetch.ts';
import type { StagedRevisions } from './staged-revisions.ts';

export class RevisionReader {
  readonly #staged: StagedRevisions;
  readonly #fromKey: RevisionKeyScratch;
  readonly #toKey: RevisionKeyScratch;
  readonly #keyPool: RevisionKeyScratch[];
  readonly #keys: Uint8Array[];
  readonly #places: number[];
  readonly #lastScan: LastScan;
  readonly #deletedRuns: DeletedRuns;
  #prefetch: RevisionPrefetch | undefined;

  constructor(staged: StagedRevisions) {
    this.#staged = staged;
    this.#fromKey = new RevisionKeyScratch();
    this.#toKey = new RevisionKeyScratch();
    this.#keyPool = [];
    this.#keys = [];
    this.#places = [];
    this.#lastScan = new LastScan();
    this.#deletedRuns = new DeletedRuns();
    this.#prefetch = undefined;
  }

  get(generation: Generation, main: number, sub: number): Uint8Array | undefined {
    if (!this.#staged.isEmpty) {
      if (this.#staged.isDeleted(main, sub, false)) return undefined;
      const value = this.#staged.find(main, sub, false);
      if (value !== undefined) return value;
    }
    return generation.get(this.#fromKey.encode(main, sub, false));
  }

  getMany(
    generation: Generation,
    mains: ArrayLike<number>,
    subs: ArrayLike<number>,
  ): (Uint8Array | undefined)[] {
    const values = new Array<Uint8Array | undefined>(mains.length).fill(undefined);
    const keys = this.#keys;
    const places = this.#places;
    const anyStaged = !this.#staged.isEmpty;
    keys.length = 0;
    places.length = 0;
    for (let i = 0; i < mains.length; i++) {
      const main = at(mains, i);
      const sub = at(subs, i);
      if (anyStaged) {
        if (this.#staged.isDeleted(main, sub, false)) continue;
        values[i] = this.#staged.find(main, sub, false);
        if (values[i] !== undefined) continue;
      }
      keys.push(this.#pooledKey(keys.length).encode(main, sub, false));
      places.push(i);
      if (keys.length === GET_MANY_KEYS) this.#readInto(generation, values);
    }
    if (keys.length > 0) this.#readInto(generation, values);
    return values;
  }

  scan(
    generation: Generation,
    range: { fromMain: number; fromSub: number; toMain: number; limit: number },
  ): RevisionRecord[] {
    if (this.#prefetch !== undefined) {
      const records = this.#takePrefetched(this.#prefetch, range);
      if (records !== undefined) return records;
    }
    this.#lastScan.tellRuns(this.#deletedRuns);
    this.#lastScan.restart(range.fromMain, range.fromSub);
    this.#joinRunBefore(generation, range.fromMain, range.fromSub);
    const records: RevisionRecord[] = [];
    let main = range.fromMain;
    let sub = range.fromSub;
    while (main <= range.toMain && records.length < range.limit) {
      // The store between two runs of deleted records, or up to the end.
      const run = this.#deletedRuns.next(main, sub);
      const isRunInside = run !== undefined && run.fromMain <= range.toMain;
      if (!isRunInside || isBefore(main, sub, run.fromMain, run.fromSub)) {
        const from = this.#fromKey.encode(main, sub, false);
        const to = isRunInside
          ? this.#toKey.encode(run.fromMain, run.fromSub, false)
          : this.#keyAfter(range.toMain);
        this.#scanPart(generation, from, to, range.limit, records);
      }
      if (!isRunInside) break;
      main = run.toMain;
      sub = run.toSub;
    }
    this.#staged.appendTo(records, range);
    return records;
  }

  /** Serves the scan of a start from a prefetch, until the first write. */
  usePrefetch(prefetch: RevisionPrefetch): void {
    this.#prefetch = prefetch;
  }

  /** Must be called when anything is written: the prefetch does not see it. */
  dropPrefetch(): void {
    if (this.#prefetch === undefined) return;
    // Its thread ends in its own time; the generation waits for it before it closes.
    void this.#prefetch.close();
    this.#prefetch = undefined;
  }

  /** The first revision that can be live, to start reading there. */
  firstRevisionKey(): Uint8Array | undefined {
    this.#lastScan.tellRuns(this.#deletedRuns);
    const run = this.#deletedRuns.next(FIRST_MAIN, 0);
    if (run === undefined || run.fromMain > FIRST_MAIN) return undefined;
    return this.#fromKey.encode(run.toMain, run.toSub, false).slice();
  }

  /** Forgets what was learned about a generation that is not the live one any more. */
  forget(): void {
    this.dropPrefetch();
    this.#lastScan.restart(0, 0);
    this.#deletedRuns.clear();
  }

  /** Bytes of a record's value, or undefined when there is no such record. */
  valueBytes(
    generation: Generation,
    main: number,
    sub: number,
    tombstone: boolean,
  ): number | undefined {
    const staged = this.#staged.find(main, sub, tombstone);
    if (staged !== undefined) return staged.length;
    const scanned = this.#lastScan.valueBytes(main, sub, tombstone);
    if (scanned !== undefined) return scanned;
    return generation.get(this.#fromKey.encode(main, sub, tombstone))?.length;
  }

  noteDeleted(main: number, sub: number): void {
    this.#lastScan.noteDeleted(main, sub);
  }

  /**
   * A reader that goes on at the next main revision, not at the next sub revision, leaves one main revision between
   * two runs of which nobody knows whether it is empty. Looking costs one short scan and keeps the runs in one piece.
   */
  #joinRunBefore(generation: Generation, main: number, sub: number): void {
    const run = this.#deletedRuns.previous(main, sub);
    if (run === undefined || run.toMain < main - 1) return;
    const from = this.#fromKey.encode(run.toMain, run.toSub, false);
    const to = this.#toKey.encode(main, sub, false);
    if (generation.scan('revisions', from, to, 1).rows.length > 0) return;
    const { toMain: fromMain, toSub: fromSub } = run;
    this.#deletedRuns.add({ fromMain, fromSub, toMain: main, toSub: sub, count: 0 }, true);
  }

  /** Adds the rows with from <= key < to until there are `limit` records. */
  #scanPart(
    generation: Generation,
    from: Uint8Array,
    to: Uint8Array | undefined,
    limit: number,
    records: RevisionRecord[],
  ): void {
    let start = from;
    for (;;) {
      const { rows, finished } = generation.scan('revisions', start, to, limit - records.length);
      this.#take(rows, records);
      const last = rows.at(-2);
      // Another round is needed only when staged deletions were left out.
      if (finished || last === undefined || records.length === limit) return;
      start = Buffer.concat([last, ZERO]);
    }
  }

  /** The key that ends a scan up to and with a main revision. */
  #keyAfter(main: number): Uint8Array | undefined {
    if (main >= Number.MAX_SAFE_INTEGER) return undefined;
    return this.#toKey.encode(main + 1, 0, false);
  }

  #takePrefetched(
    prefetch: RevisionPrefetch,
    range: { fromMain: number; fromSub: number; toMain: number; limit: number },
  ): RevisionRecord[] | undefined {
    const isWhole = range.toMain === Number.MAX_SAFE_INTEGER && this.#staged.isEmpty;
    const records = isWhole ? prefetch.take(range.fromMain, range.fromSub, range.limit) : undefined;
    if (records === undefined || records.length < range.limit) this.dropPrefetch();
    return records;
  }

  #take(rows: readonly Uint8Array[], records: RevisionRecord[]): void {
    for (let i = 0; i < rows.length; i += 2) {
      const key = at(rows, i);
      if (!isRevisionKey(key)) throw new StoreFatalError('the store holds a malformed revision');
      const main = mainOf(key);
      const sub = subOf(key);
      const tombstone = isTombstoneKey(key);
      if (this.#staged.isDeleted(main, sub, tombstone)) continue;
      const value = at(rows, i + 1);
      this.#lastScan.add(main, sub, tombstone, value.length);
      records.push({ main, sub, tombstone, value });
    }
  }

  #readInto(generation: Generation, values: (Uint8Array | undefined)[]): void {
    const found = generation.getMany(this.#keys);
    for (let i = 0; i < found.length; i++) values[at(this.#places, i)] = found[i];
    this.#keys.length = 0;
    this.#places.length = 0;
  }

  #pooledKey(index: number): RevisionKeyScratch {
    if (index === this.#keyPool.length) this.#keyPool.push(new RevisionKeyScratch());
    return must(this.#keyPool[index], 'key buffer just made');
  }
}

const ZERO = new Uint8Array(1);
