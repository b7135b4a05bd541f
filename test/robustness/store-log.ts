// Owns the history of the store as the checker takes it for true: every change, by revision, and from that the state at any
// revision. It comes from a watcher; that it is the same for all watchers and fits all answers is what is checked.

import type { Change, KeyAt, WatchRecord } from './record.ts';

interface Version {
  readonly revision: number;
  /** Undefined: deleted. */
  readonly at: KeyAt | undefined;
}

export class StoreLog {
  readonly wrong: string[];
  readonly #byRevision: Map<number, readonly Change[]>;
  readonly #versions: Map<string, Version[]>;
  readonly #seenMs: Map<number, number>;
  #keys: readonly string[] | undefined;
  #last: number;

  /** `record` watches all keys from the first revision on. */
  constructor(record: WatchRecord) {
    this.wrong = [];
    this.#byRevision = new Map();
    this.#versions = new Map();
    this.#seenMs = new Map();
    this.#keys = undefined;
    this.#last = record.startRevision - 1;
    for (const { changes, atMs } of record.batches) {
      for (const change of changes) this.#add(change, atMs);
    }
  }

  get lastRevision(): number {
    return this.#last;
  }

  /** Every key that ever was, ascending. */
  get keys(): readonly string[] {
    this.#keys ??= [...this.#versions.keys()].sort();
    return this.#keys;
  }

  /** In the order of the transaction. */
  changesAt(revision: number): readonly Change[] {
    return this.#byRevision.get(revision) ?? [];
  }

  revisions(): readonly number[] {
    return [...this.#byRevision.keys()];
  }

  /** When the watcher saw it. */
  seenMs(revision: number): number {
    return this.#seenMs.get(revision) ?? Number.POSITIVE_INFINITY;
  }

  /** A key as of a revision; undefined when it was not there. */
  at(key: string, revision: number): KeyAt | undefined {
    const versions = this.#versions.get(key) ?? [];
    let low = 0;
    let high = versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((versions[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return versions[low - 1]?.at;
  }

  /** All keys with a prefix as of a revision, ascending. */
  range(prefix: string, revision: number): readonly KeyAt[] {
    const found: KeyAt[] = [];
    for (const key of this.keys) {
      if (!key.startsWith(prefix)) continue;
      const at = this.at(key, revision);
      if (at !== undefined) found.push(at);
    }
    return found;
  }

  #add(change: Change, atMs: number): void {
    const { revision, key, value } = change;
    if (revision > this.#last + 1) this.wrong.push(`revision ${this.#last + 1} is missing`);
    if (revision < this.#last) this.wrong.push(`revision ${revision} came after ${this.#last}`);
    this.#last = Math.max(this.#last, revision);
    this.#byRevision.set(revision, [...this.changesAt(revision), change]);
    if (!this.#seenMs.has(revision)) this.#seenMs.set(revision, atMs);
    const before = this.at(key, revision);
    const at = value === undefined ? undefined : { ...keyAt(change, value) };
    const problem = at === undefined ? undefined : numbersWrong(at, before);
    if (problem !== undefined) this.wrong.push(`${key} at revision ${revision}: ${problem}`);
    if (at === undefined && before === undefined) {
      this.wrong.push(`${key} was deleted at revision ${revision}, and was not there`);
    }
    if (!this.#versions.has(key)) this.#keys = undefined;
    const versions = this.#versions.get(key) ?? [];
    versions.push({ revision, at });
    this.#versions.set(key, versions);
  }
}

function keyAt(change: Change, value: string): KeyAt {
  const { key, createRevision, version, lease, revision } = change;
  return { key, value, createRevision, modRevision: revision, version, lease };
}

/** Creation and version follow from what was there before. */
function numbersWrong(at: KeyAt, before: KeyAt | undefined): string | undefined {
  const created = before?.createRevision ?? at.modRevision;
  const version = (before?.version ?? 0) + 1;
  if (at.createRevision !== created) return `created at ${at.createRevision}, not ${created}`;
  return at.version === version ? undefined : `version ${at.version}, not ${version}`;
}

export function isSameKey(a: KeyAt | undefined, b: KeyAt | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.key === b.key &&
    a.value === b.value &&
    a.createRevision === b.createRevision &&
    a.modRevision === b.modRevision &&
    a.version === b.version &&
    a.lease === b.lease
  );
}

export function areSameKeys(a: readonly KeyAt[], b: readonly KeyAt[]): boolean {
  return a.length === b.length && a.every((one, index) => isSameKey(one, b[index]));
}
