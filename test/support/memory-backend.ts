// Owns a Backend kept in memory: for tests and the simulator. Staged writes are visible at once; `lost()` gives what
// a crash would leave behind, the state of the last commit.
import type { Backend, MetaBucket, RevisionRecord } from '../../server/base/backend.ts';
import { compareBytes } from '../../server/base/bytes.ts';

interface State {
  readonly revisions: Map<string, RevisionRecord>;
  readonly buckets: Map<string, [key: Uint8Array, value: Uint8Array]>;
}

export class MemoryBackend implements Backend {
  readonly #state: State;
  #committed: State;
  commits = 0;

  constructor(state: State = { revisions: new Map(), buckets: new Map() }) {
    this.#state = copyState(state);
    this.#committed = copyState(state);
  }

  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    this.#state.revisions.set(revisionId(main, sub, tombstone), { main, sub, tombstone, value });
  }

  deleteRevision(main: number, sub: number, tombstone: boolean): void {
    this.#state.revisions.delete(revisionId(main, sub, tombstone));
  }

  getRevision(main: number, sub: number): Uint8Array | undefined {
    return this.#state.revisions.get(revisionId(main, sub, false))?.value;
  }

  getRevisions(mains: ArrayLike<number>, subs: ArrayLike<number>): (Uint8Array | undefined)[] {
    return Array.from(mains, (main, i) => this.getRevision(main, subs[i] ?? 0));
  }

  scanRevisions(
    fromMain: number,
    fromSub: number,
    toMain: number,
    limit: number,
  ): RevisionRecord[] {
    return [...this.#state.revisions.values()]
      .filter((record) => record.main <= toMain)
      .filter(({ main, sub }) => main > fromMain || (main === fromMain && sub >= fromSub))
      .sort((a, b) => a.main - b.main || a.sub - b.sub || +a.tombstone - +b.tombstone)
      .slice(0, limit);
  }

  put(bucket: MetaBucket, key: Uint8Array, value: Uint8Array): void {
    this.#state.buckets.set(pairId(bucket, key), [key.slice(), value.slice()]);
  }

  delete(bucket: MetaBucket, key: Uint8Array): void {
    this.#state.buckets.delete(pairId(bucket, key));
  }

  get(bucket: MetaBucket, key: Uint8Array): Uint8Array | undefined {
    return this.#state.buckets.get(pairId(bucket, key))?.[1];
  }

  entries(bucket: MetaBucket): [key: Uint8Array, value: Uint8Array][] {
    const pairs: [Uint8Array, Uint8Array][] = [];
    for (const [id, pair] of this.#state.buckets) {
      if (id.startsWith(`${bucket}/`)) pairs.push(pair);
    }
    return pairs.sort(([a], [b]) => compareBytes(a, b));
  }

  commit(): void {
    this.#committed = copyState(this.#state);
    this.commits++;
  }

  sizeBytes(): number {
    let size = 0;
    for (const [key, value] of this.#state.buckets.values()) size += key.length + value.length;
    for (const record of this.#state.revisions.values()) size += 17 + record.value.length;
    return size;
  }

  sizeInUseBytes(): number {
    return this.sizeBytes();
  }

  /** What is left after a crash. */
  lost(): MemoryBackend {
    return new MemoryBackend(this.#committed);
  }
}

function copyState(state: State): State {
  return { revisions: new Map(state.revisions), buckets: new Map(state.buckets) };
}

function revisionId(main: number, sub: number, tombstone: boolean): string {
  return `${main}.${sub}${tombstone ? 't' : ''}`;
}

function pairId(bucket: MetaBucket, key: Uint8Array): string {
  return `${bucket}/${Buffer.from(key).toString('latin1')}`;
}
