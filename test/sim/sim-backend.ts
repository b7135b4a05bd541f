// Owns the store of a simulated member. It keeps apart what is staged, what was committed and what is on the platter:
// the end of the process loses the first, a power failure also a suffix of the batches not synced yet.

import type { Backend, MetaBucket, RevisionRecord } from '../../server/base/backend.ts';
import { type StoreChange, StoreImage } from './store-image.ts';

/** What became of the machine. */
export type CrashKind = 'kill' | 'power';

/** Batches not synced before the store writes some of them back by itself, as RocksDB does. */
const UNSYNCED_MAX = 200;

/** What survives the process: owned by the machine, used by one backend after the other. */
export class StoreDisk {
  #durable: StoreImage = new StoreImage();
  #batches: StoreChange[][] = [];

  /** Everything a process that starts now sees. */
  open(): StoreImage {
    const image = new StoreImage(this.#durable);
    for (const batch of this.#batches) applyAll(image, batch);
    return image;
  }

  append(batch: StoreChange[]): void {
    this.#batches.push(batch);
    if (this.#batches.length > UNSYNCED_MAX) this.#writeBack(UNSYNCED_MAX / 2);
  }

  /** A mark of everything appended so far, to be handed to `synced` when a sync begun now ends. */
  mark(): StoreChange[] | undefined {
    return this.#batches.at(-1);
  }

  synced(mark: StoreChange[] | undefined): void {
    if (mark !== undefined) this.#writeBack(this.#batches.indexOf(mark) + 1);
  }

  /** Power is lost: of the batches since the last sync the first `keep(count)` are there. */
  losePower(keep: (count: number) => number): void {
    this.#writeBack(keep(this.#batches.length));
    this.#batches = [];
  }

  /** Another database takes the place of this one, durably and at once. */
  replace(image: StoreImage): void {
    this.#durable = new StoreImage(image);
    this.#batches = [];
  }

  #writeBack(count: number): void {
    for (const batch of this.#batches.splice(0, count)) applyAll(this.#durable, batch);
  }
}

export class SimBackend implements Backend {
  readonly #disk: StoreDisk;
  /** Called before and after a commit reaches the machine; may throw to end the process there. */
  readonly #crashPoint: (name: string) => void;
  #image: StoreImage;
  #staged: StoreChange[] = [];
  commits = 0;
  readonly #waiters: (() => void)[] = [];

  constructor(disk: StoreDisk, crashPoint: (name: string) => void) {
    this.#disk = disk;
    this.#crashPoint = crashPoint;
    this.#image = disk.open();
  }

  get disk(): StoreDisk {
    return this.#disk;
  }

  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    this.#stage({ kind: 'addRecord', record: { main, sub, tombstone, value } });
  }

  deleteRevision(main: number, sub: number, tombstone: boolean): void {
    if (this.#image.record(main, sub)?.tombstone !== tombstone) return;
    this.#stage({ kind: 'deleteRecord', main, sub });
  }

  getRevision(main: number, sub: number): Uint8Array | undefined {
    const record = this.#image.record(main, sub);
    return record === undefined || record.tombstone ? undefined : record.value;
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
    return this.#image.scan(fromMain, fromSub, toMain, limit);
  }

  put(bucket: MetaBucket, key: Uint8Array, value: Uint8Array): void {
    this.#stage({ kind: 'put', bucket, pair: [key.slice(), value.slice()] });
  }

  delete(bucket: MetaBucket, key: Uint8Array): void {
    this.#stage({ kind: 'delete', bucket, key: key.slice() });
  }

  get(bucket: MetaBucket, key: Uint8Array): Uint8Array | undefined {
    return this.#image.get(bucket, key);
  }

  entries(bucket: MetaBucket): [key: Uint8Array, value: Uint8Array][] {
    return this.#image.entries(bucket);
  }

  commit(): void {
    this.commits++;
    if (this.#staged.length === 0) return;
    this.#crashPoint('before store commit');
    this.#disk.append(this.#staged);
    this.#staged = [];
    this.#crashPoint('after store commit');
    for (const done of this.#waiters.splice(0)) done();
  }

  get isCommitAwaited(): boolean {
    return this.#waiters.length > 0;
  }

  /** Calls back in a moment without staged writes. */
  whenCommitted(done: () => void): void {
    if (this.#staged.length === 0) done();
    else this.#waiters.push(done);
  }

  sizeBytes(): number {
    return this.#image.sizeBytes;
  }

  sizeInUseBytes(): number {
    return this.#image.sizeBytes;
  }

  /** Goes on with another database, received from the leader. */
  replace(image: StoreImage): void {
    this.#disk.replace(image);
    this.#image = new StoreImage(image);
    this.#staged = [];
  }

  #stage(change: StoreChange): void {
    this.#staged.push(change);
    this.#image.apply(change);
  }
}

function applyAll(image: StoreImage, batch: readonly StoreChange[]): void {
  for (const change of batch) image.apply(change);
}
