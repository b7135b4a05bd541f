// Owns the Backend port over RocksDB: staged writes that reads see, one native batch per commit, sizes, durability,
// and replacing the whole database while it is in use. ARCHITECTURE section 4 says why commits are not synced: the
// raft log is, and the consistent index in each batch says from where to replay it.
//
// Replacing (defragmentation, an installed snapshot) builds the next generation and then switches. While a
// defragmentation runs there is a `successor`: every write goes to both, and whatever the successor does not have
// yet is copied from the live generation in slices (defragment.ts).

import { setImmediate, setTimeout } from 'node:timers/promises';
import { AssertionError, assert } from '../../base/assert.ts';
import type { Backend, MetaBucket, RevisionRecord } from '../../base/backend.ts';
import type { Logger } from '../../base/logger.ts';
import { copyLiveRecords } from './defragment.ts';
import { GenerationBuildError, messageOf, StoreFatalError } from './errors.ts';
import { type BucketSources, fillGeneration } from './fill-generation.ts';
import type { Generation } from './generation.ts';
import { GenerationDirectory } from './generation-directory.ts';
import { ImageFile, KeptImage, removeImage } from './kept-image.ts';
import { COMMIT_POLL_MS, IMAGE_COMMIT_WAIT_MS, PREFETCH_RECORDS_MIN } from './limits.ts';
import { MetaKeyScratch, STAT_KEY } from './meta-buckets.ts';
import {
  FIRST_MAIN,
  REVISION_KEY_BYTES,
  RevisionKeyScratch,
  TOMBSTONE_KEY_BYTES,
} from './revision-key.ts';
import { RevisionPrefetch } from './revision-prefetch.ts';
import { RevisionReader } from './revision-reader.ts';
import { StagedRevisions } from './staged-revisions.ts';
import { loadState, type StoredState } from './stored-state.ts';
import { Successor } from './successor.ts';
import { canRunThreads } from './thread-script.ts';
import { BackendView } from './view.ts';

/** An image of the index on its way to the disk; one call at a time. Everything throws what the disk throws. */
export interface PendingImage {
  readonly sizeBytes: number;
  /** The bytes must not change before the promise resolves. */
  write(piece: Uint8Array): Promise<void>;
  /**
   * Makes everything committed so far durable, then this the image for the next start. False, and nothing is kept, when
   * it is of a generation that has been replaced, or writes stay staged. Throws StoreFatalError when the store cannot be
   * synced.
   */
  publish(): Promise<boolean>;
  abandon(): Promise<void>;
}

export interface RocksBackendOptions {
  /** The directory of generations: `<data-dir>/member/rocks`. */
  readonly directory: string;
  readonly logger: Logger;
}

export class RocksBackend implements Backend {
  readonly #logger: Logger;
  readonly #generations: GenerationDirectory;
  #live: Generation;
  #state: StoredState;
  #successor: Successor | undefined;
  readonly #staged: StagedRevisions;
  readonly #reader: RevisionReader;
  /** Whether the live generation has an image of the index. */
  #hasImage: boolean;
  /** Nothing was read up to the end yet, or written: the next scan up to the end is the one of a start. */
  #isUnread: boolean;
  readonly #revisionKey: RevisionKeyScratch;
  readonly #metaKey: MetaKeyScratch;
  #isStaged: boolean;
  /** How many wait for a moment without staged writes. */
  #awaiting: number;
  /** Old generations that are still read by views. */
  readonly #retiring: Set<Generation>;
  #defragmenting: Promise<void> | undefined;
  #replacing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    generations: GenerationDirectory,
    live: Generation,
    state: StoredState,
    { logger }: RocksBackendOptions,
  ) {
    this.#logger = logger;
    this.#hasImage = false;
    this.#isUnread = true;
    this.#generations = generations;
    this.#live = live;
    this.#state = state;
    this.#successor = undefined;
    this.#staged = new StagedRevisions();
    this.#reader = new RevisionReader(this.#staged);
    this.#revisionKey = new RevisionKeyScratch();
    this.#metaKey = new MetaKeyScratch();
    this.#isStaged = false;
    this.#awaiting = 0;
    this.#retiring = new Set();
    this.#defragmenting = undefined;
    this.#replacing = undefined;
    this.#closing = undefined;
  }

  /** Opens the store, or makes an empty one. Throws StoreOpenError. */
  static async open(options: RocksBackendOptions): Promise<RocksBackend> {
    const { generations, live } = await GenerationDirectory.open(options.directory);
    try {
      const store = new RocksBackend(generations, live, await loadState(live), options);
      store.#hasImage = KeptImage.isKept(live.path);
      // What is opened is read next; with an image it is known only then from where on.
      if (!store.#hasImage) store.#readAhead(FIRST_MAIN);
      return store;
    } catch (error) {
      await live.close();
      throw error;
    }
  }

  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    const state = this.#state;
    assert(
      state.isNext(main, sub),
      `revision ${main}_${sub} does not come after ${state.lastMain}_${state.lastSub}`,
    );
    state.lastMain = main;
    state.lastSub = sub;
    const key = this.#revisionKey.encode(main, sub, tombstone);
    this.#live.putRevision(key, value);
    this.#successor?.generation.putRevision(key, value);
    this.#staged.put(main, sub, tombstone, value);
    state.accounting.addRecord(key.length, value.length);
    this.#isStaged = true;
  }

  deleteRevision(main: number, sub: number, tombstone: boolean): void {
    if (this.#staged.isDeleted(main, sub, tombstone)) return;
    const valueBytes = this.#reader.valueBytes(this.#live, main, sub, tombstone);
    if (valueBytes === undefined) return;
    const key = this.#revisionKey.encode(main, sub, tombstone);
    this.#live.deleteRevision(key);
    this.#successor?.deleteRevision(key, main, sub, tombstone);
    this.#staged.delete(main, sub, tombstone);
    this.#reader.noteDeleted(main, sub);
    const keyBytes = tombstone ? TOMBSTONE_KEY_BYTES : REVISION_KEY_BYTES;
    this.#state.accounting.removeRecord(keyBytes, valueBytes);
    this.#isStaged = true;
  }

  getRevision(main: number, sub: number): Uint8Array | undefined {
    return this.#reader.get(this.#live, main, sub);
  }

  getRevisions(mains: ArrayLike<number>, subs: ArrayLike<number>): (Uint8Array | undefined)[] {
    return this.#reader.getMany(this.#live, mains, subs);
  }

  scanRevisions(
    fromMain: number,
    fromSub: number,
    toMain: number,
    limit: number,
  ): RevisionRecord[] {
    if (this.#isUnread && toMain === Number.MAX_SAFE_INTEGER) this.#readAhead(fromMain);
    return this.#reader.scan(this.#live, { fromMain, fromSub, toMain, limit });
  }

  put(bucket: MetaBucket, key: Uint8Array, value: Uint8Array): void {
    this.#state.meta.put(bucket, key, value, this.#state.accounting);
    const stored = this.#metaKey.encode(bucket, key);
    this.#live.putMeta(stored, value);
    this.#successor?.generation.putMeta(stored, value);
    this.#isStaged = true;
  }

  delete(bucket: MetaBucket, key: Uint8Array): void {
    if (!this.#state.meta.delete(bucket, key, this.#state.accounting)) return;
    const stored = this.#metaKey.encode(bucket, key);
    this.#live.deleteMeta(stored);
    this.#successor?.generation.deleteMeta(stored);
    this.#isStaged = true;
  }

  get(bucket: MetaBucket, key: Uint8Array): Uint8Array | undefined {
    return this.#state.meta.get(bucket, key);
  }

  entries(bucket: MetaBucket): [key: Uint8Array, value: Uint8Array][] {
    return this.#state.meta.entries(bucket);
  }

  /** Throws StoreFatalError when the disk refuses: memory is ahead of the disk then, and the process must end. */
  commit(): void {
    if (!this.#isStaged) return;
    const accounting = this.#state.accounting;
    this.#live.putMeta(STAT_KEY, accounting.settle());
    this.#isUnread = false;
    this.#live.write();
    this.#reader.dropPrefetch();
    this.#successor?.commit(accounting.inUseBytes);
    this.#staged.clear();
    this.#isStaged = false;
  }

  sizeBytes(): number {
    return this.#state.accounting.sizeBytes;
  }

  sizeInUseBytes(): number {
    return this.#state.accounting.inUseBytes;
  }

  /** Bytes of the database files at this moment. RocksDB's garbage and logs are in it: for operators, not for quotas. */
  physicalSizeBytes(): Promise<number> {
    return this.#live.physicalSizeBytes();
  }

  /** Makes everything committed before this call survive a loss of power. Throws StoreFatalError. */
  async sync(): Promise<void> {
    await Promise.all([this.#live.sync(), this.#successor?.sync()]);
  }

  get isCommitAwaited(): boolean {
    return this.#awaiting > 0;
  }

  /** Resolves in a moment without staged writes, which lasts for this turn of the event loop, or soon after an abort. */
  async whenCommitted(signal?: AbortSignal): Promise<void> {
    this.#awaiting++;
    try {
      while (this.#isStaged && signal?.aborted !== true) await setImmediate();
    } finally {
      this.#awaiting--;
    }
  }

  /** The database in use, for threads that read it. Defragmentation and replacement change it. */
  get liveGeneration(): Generation {
    return this.#live;
  }

  /** No revision is live before this key; undefined where that is not known. */
  firstRevisionKey(): Uint8Array | undefined {
    return this.#reader.firstRevisionKey();
  }

  /** Everything as it is now, to be read while writes go on. There must be no staged writes. Must be closed. */
  openView(): BackendView {
    assert(!this.#isStaged, 'a view cannot hold staged writes');
    return new BackendView(this.#live, this.firstRevisionKey());
  }

  /**
   * Gives back the space of deleted records: afterwards `sizeBytes` is what is in use. Writes and reads go on. A
   * call during a defragmentation joins it. Failing leaves everything as it was (GenerationBuildError).
   */
  defragment(): Promise<void> {
    this.#defragmenting ??= this.#defragment().finally(() => {
      this.#defragmenting = undefined;
    });
    return this.#defragmenting;
  }

  /**
   * Replaces everything by the buckets given. The old content stays in use until the new one is complete and durable,
   * and stays in use for good when this fails (GenerationBuildError). What is written meanwhile is lost with the
   * old content, so the caller stops applying first.
   */
  replaceContents(buckets: BucketSources): Promise<void> {
    assert(this.#replacing === undefined, 'the content is already being replaced');
    this.#replacing = this.#replaceContents(buckets).finally(() => {
      this.#replacing = undefined;
    });
    return this.#replacing;
  }

  /** Whether the next start will find an image. */
  get hasImage(): boolean {
    return this.#hasImage;
  }

  /** Hands out the image of the index that is kept, if any, while `use` runs; removes one that `use` finds no good. */
  readImage(use: (image: KeptImage | undefined) => boolean): void {
    const { path } = this.#live;
    const image = KeptImage.open(path);
    try {
      this.#hasImage = use(image);
    } finally {
      image?.close();
    }
    if (!this.#hasImage) removeImage(path);
  }

  /** Starts an image for the next start; the one before stays until the new one is published. Undefined while the
   *  database is being replaced, and on a disk that is nearly full. One at a time. Throws what the disk throws. */
  async beginImage(): Promise<PendingImage | undefined> {
    const generation = this.#live;
    if (this.#isChanging()) return undefined;
    const file = await ImageFile.begin(generation.path);
    if (file === undefined) return undefined;
    return {
      get sizeBytes() {
        return file.sizeBytes;
      },
      write: (piece) => file.write(piece),
      publish: () => this.#publishImage(file, generation),
      abandon: () => file.abandon(),
    };
  }

  /** Syncs and closes. Work under way is given up; staged writes are lost. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What the image knows must not be lost before the image is: hence the sync between its end and its name. */
  async #publishImage(file: ImageFile, generation: Generation): Promise<boolean> {
    await this.#awaitCommit();
    const isKept = (): boolean => generation === this.#live && !this.#isChanging();
    const isCommitted = !this.#isStaged && isKept();
    if (isCommitted) await generation.sync();
    if (!isCommitted || !isKept()) {
      await file.abandon();
      return false;
    }
    await file.publish();
    this.#hasImage = generation === this.#live;
    return this.#hasImage;
  }

  /** Waits for a moment without staged writes, but not for ever: a store that is about to be closed may have some. */
  async #awaitCommit(): Promise<void> {
    this.#awaiting++;
    const endMs = performance.now() + IMAGE_COMMIT_WAIT_MS;
    while (this.#isStaged && performance.now() < endMs) await setTimeout(COMMIT_POLL_MS);
    this.#awaiting--;
  }

  /** The generation will not be the live one for long, or not be open. */
  #isChanging(): boolean {
    return [this.#defragmenting, this.#replacing, this.#closing].some((work) => work !== undefined);
  }

  /** Reads many revisions ahead, from one up to the last. */
  #readAhead(fromMain: number): void {
    this.#isUnread = false;
    const { lastMain } = this.#state;
    // Revisions have about as many records here as there.
    const share = Math.max(0, lastMain - fromMain + 1) / Math.max(1, lastMain);
    const recordCount = this.#live.revisionCountEstimate() * share;
    if (recordCount < PREFETCH_RECORDS_MIN || !canRunThreads()) return;
    const range = { fromMain, lastMain, recordCount };
    this.#reader.usePrefetch(new RevisionPrefetch(this.#live, range));
  }

  async #defragment(): Promise<void> {
    await this.#replacing?.catch(() => undefined);
    const successor = new Successor(await this.#createGeneration());
    try {
      // From here to the stream nothing else runs: a write is either in the stream or goes to both.
      await this.whenCommitted();
      this.#checkSuccessor(successor);
      this.#successor = successor;
      await this.#fillSuccessor(successor);
    } catch (cause) {
      this.#successor = undefined;
      await this.#generations.discard(successor.generation);
      throw asBuildError(cause);
    }
    await this.#makeCurrent();
    if (successor.failure !== undefined) {
      throw new StoreFatalError(`cannot write the store: ${messageOf(successor.failure)}`);
    }
    this.#successor = undefined;
    successor.accounting.follow(this.#state.accounting.inUseBytes);
    this.#state.accounting = successor.accounting;
    this.#switchTo(successor.generation);
  }

  async #fillSuccessor(successor: Successor): Promise<void> {
    const revisions = this.#live.openStream('revisions', this.#reader.firstRevisionKey());
    try {
      await copyLiveRecords({
        successor,
        revisions,
        meta: this.#state.meta,
        whenCommitted: () => this.whenCommitted(),
        check: () => this.#checkSuccessor(successor),
      });
    } finally {
      await revisions.close();
    }
    // The record of sizes, which is no bucket's.
    await this.whenCommitted();
    successor.commit(this.#state.accounting.inUseBytes);
    await successor.sync();
    this.#checkSuccessor(successor);
  }

  async #replaceContents(buckets: BucketSources): Promise<void> {
    await this.#defragmenting?.catch(() => undefined);
    const generation = await this.#createGeneration();
    let state: StoredState;
    try {
      state = await fillGeneration(generation, buckets);
      await generation.sync();
    } catch (cause) {
      await this.#generations.discard(generation);
      throw asBuildError(cause);
    }
    await this.#makeCurrent();
    this.#switchTo(generation);
    this.#state = state;
    this.#staged.clear();
    this.#isStaged = false;
  }

  async #createGeneration(): Promise<Generation> {
    if (this.#closing !== undefined) throw new GenerationBuildError('the store is closing');
    try {
      return await this.#generations.create();
    } catch (cause) {
      throw asBuildError(cause);
    }
  }

  /** After a failure here nobody knows which generation the next start finds, so it is not one to survive. */
  async #makeCurrent(): Promise<void> {
    try {
      await this.#generations.makeCurrent();
    } catch (cause) {
      throw new StoreFatalError(`cannot switch the store: ${messageOf(cause)}`, { cause });
    }
  }

  #checkSuccessor(successor: Successor): void {
    if (this.#closing !== undefined) throw new GenerationBuildError('the store is closing');
    if (successor.failure !== undefined) throw asBuildError(successor.failure);
  }

  #switchTo(generation: Generation): void {
    this.#hasImage = false;
    this.#isUnread = false;
    this.#retire(this.#live);
    this.#live = generation;
    this.#reader.forget();
  }

  #retire(generation: Generation): void {
    this.#retiring.add(generation);
    const retired = generation.whenIdle().then(() => this.#generations.discard(generation));
    retired.catch((error: unknown) => {
      this.#logger.warn('could not remove an old generation of the store', {
        path: generation.path,
        error: messageOf(error),
      });
    });
    void retired.finally(() => this.#retiring.delete(generation)).catch(() => undefined);
  }

  async #close(): Promise<void> {
    await this.#live.closeBorrowers();
    await Promise.allSettled([this.#defragmenting, this.#replacing]);
    await Promise.all(
      [...this.#retiring].map((generation) => this.#generations.discard(generation)),
    );
    try {
      await this.#live.sync();
    } finally {
      await this.#live.close();
    }
  }
}

function asBuildError(cause: unknown): GenerationBuildError {
  if (cause instanceof AssertionError) throw cause;
  if (cause instanceof GenerationBuildError) return cause;
  return new GenerationBuildError(`cannot build the next generation: ${messageOf(cause)}`, {
    cause,
  });
}
