// Owns what the load knows: every acknowledged write with its revision, the state of every key that follows from them, and
// the writes of which nobody heard whether they happened. A key is written by one writer, one write at a time, so at most
// one write per key is in doubt.

/** undefined: deleted. */
export type Value = string | undefined;

export interface Change {
  readonly key: string;
  readonly value: Value;
  /** 0n: none. */
  readonly lease: bigint;
}

/** A write, possibly of several keys in one transaction. */
export interface Write {
  readonly changes: readonly Change[];
}

export interface KeyState {
  readonly value: Value;
  readonly lease: bigint;
  /** Revision of the last change; 0 when there was none. */
  readonly revision: number;
}

/** A key as a member answers it. */
export interface FoundKey {
  readonly value: string;
  readonly revision: number;
  readonly lease: bigint;
}

const NEVER_WRITTEN: KeyState = { value: undefined, lease: 0n, revision: 0 };

export class History {
  readonly #keys: Map<string, KeyState>;
  readonly #writes: Map<number, Write>;
  readonly #doubts: Map<string, Write>;
  #revision: number;

  constructor() {
    this.#keys = new Map();
    this.#writes = new Map();
    this.#doubts = new Map();
    this.#revision = 1;
  }

  /** The highest revision anybody was told. */
  get revision(): number {
    return this.#revision;
  }

  get writeCount(): number {
    return this.#writes.size;
  }

  get doubtCount(): number {
    return new Set(this.#doubts.values()).size;
  }

  state(key: string): KeyState {
    return this.#keys.get(key) ?? NEVER_WRITTEN;
  }

  /** True while a write of the key is in doubt. */
  isDoubtful(key: string): boolean {
    return this.#doubts.has(key);
  }

  writes(): ReadonlyMap<number, Write> {
    return this.#writes;
  }

  /** Revisions of acknowledged writes in (from, to]. */
  revisionsBetween(from: number, to: number): number[] {
    return [...this.#writes.keys()].filter((revision) => revision > from && revision <= to);
  }

  /** The member acknowledged a write. Returns what is wrong with the answer, if anything. */
  acknowledge(write: Write, revision: number): string | undefined {
    const earlier = this.#writes.get(revision);
    if (earlier !== undefined) return `revision ${revision} was given to two writes`;
    for (const { key } of write.changes) {
      const { revision: last } = this.state(key);
      if (revision <= last) return `${key} was acknowledged at ${last} and then at ${revision}`;
    }
    this.#record(write, revision);
    return undefined;
  }

  /** Nobody knows whether this write happened. */
  doubt(write: Write): void {
    for (const { key } of write.changes) this.#doubts.set(key, write);
  }

  /** Compares every key with what a member has, and settles the doubts by it. Returns what is wrong. */
  compare(found: ReadonlyMap<string, FoundKey>): string[] {
    const wrong: string[] = [];
    for (const write of new Set(this.#doubts.values())) wrong.push(...this.#settle(write, found));
    for (const [key, state] of this.#keys) {
      const has = found.get(key);
      if (!matches(state, has)) wrong.push(`${key}: expected ${text(state)}, found ${text(has)}`);
    }
    for (const key of found.keys()) {
      if (!this.#keys.has(key)) wrong.push(`${key}: nobody wrote it`);
    }
    return wrong;
  }

  /** Either all of a write happened or nothing of it. */
  #settle(write: Write, found: ReadonlyMap<string, FoundKey>): string[] {
    for (const { key } of write.changes) this.#doubts.delete(key);
    const didNot = write.changes.every(({ key }) => matches(this.state(key), found.get(key)));
    // A deletion of what was not there changes nothing, and a deletion that happened tells no revision.
    if (didNot) return [];
    const did = write.changes.every(({ key, value }) => found.get(key)?.value === value);
    if (!did)
      return write.changes.map(({ key }) => `${key}: half of a transaction, or neither state`);
    const revisions = new Set(write.changes.map(({ key }) => found.get(key)?.revision ?? 0));
    const [revision = 0] = revisions;
    if (revisions.size > 1) return [`${write.changes[0]?.key}: one transaction, two revisions`];
    if (revision === 0) for (const change of write.changes) this.#setState(change, 0);
    else this.#record(write, revision);
    return [];
  }

  #record(write: Write, revision: number): void {
    this.#writes.set(revision, write);
    this.#revision = Math.max(this.#revision, revision);
    for (const change of write.changes) this.#setState(change, revision);
  }

  #setState({ key, value, lease }: Change, revision: number): void {
    this.#keys.set(key, { value, lease, revision: Math.max(revision, this.state(key).revision) });
  }
}

function matches(state: KeyState, found: FoundKey | undefined): boolean {
  if (found === undefined) return state.value === undefined;
  const { value, lease, revision } = state;
  return found.value === value && found.revision === revision && found.lease === lease;
}

function text(state: KeyState | FoundKey | undefined): string {
  if (state === undefined) return 'nothing';
  const { value, revision, lease } = state;
  return `${value === undefined ? 'nothing' : value.slice(0, 24)} at ${revision} lease ${lease}`;
}
