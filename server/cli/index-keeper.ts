// Owns keeping an image of mvcc's index on the disk while the member serves and when it ends, so that a start reads the image
// and the records after it instead of all records, whatever ended the process: when one is due, and at which pace it is made.
//
// With a million keys of 40 bytes an image is 9 to 13 MB and holds the event loop for 0.2 to 0.4 s in all; docs/adr/0009.

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { LeaseOf } from '../mvcc/index-image.ts';
import type { RestoreJob } from '../mvcc/restore-job.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { Cancel, Scheduler } from '../node/scheduler.ts';
import { StoreFatalError } from '../storage/rocks/errors.ts';
import type { PendingImage, RocksBackend } from '../storage/rocks/rocks-backend.ts';
import {
  IMAGE_AT_STOP_WITHIN_MS,
  IMAGE_BUSY_PARTS,
  IMAGE_LOOK_MS,
  IMAGE_RECORDS_MIN,
  IMAGE_REST_MS_MIN,
  IMAGE_REST_PARTS,
  IMAGE_TAIL_PARTS,
} from './limits.ts';

export interface IndexKeeperDeps {
  readonly store: Pick<MvccStore, 'beginImage' | 'stats' | 'index' | 'compactRevision'>;
  readonly backend: Pick<RocksBackend, 'beginImage' | 'hasImage'>;
  /** The lease of a key, 0n for none. */
  readonly leaseOf: LeaseOf;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** The store cannot be synced. */
  readonly onFatal: (error: unknown) => void;
}

/** The image that the next start will find. */
interface Kept {
  readonly revision: number;
  /** Changes counted when it was begun. */
  readonly changes: number;
}

export class IndexKeeper {
  readonly #deps: IndexKeeperDeps;
  #kept: Kept | undefined;
  #making: Promise<void> | undefined = undefined;
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #cancel: Cancel = () => undefined;
  #isStopping = false;
  /** The image being made is not worth the wait for it. */
  #isGivenUp = false;

  /** `restored` is how the store came to life: the image it used stays. */
  constructor(deps: IndexKeeperDeps, restored: Pick<RestoreJob, 'imageRevision' | 'recordCount'>) {
    this.#deps = deps;
    const { imageRevision: revision, recordCount } = restored;
    this.#kept = revision === 0 ? undefined : { revision, changes: -recordCount };
  }

  start(): void {
    this.#cancel = this.#deps.scheduler.every(IMAGE_LOOK_MS, () => this.#look());
  }

  /**
   * Makes a last image if it is worth it, and if the member's stop, which began at `stoppingSinceMs`, has been quick so far.
   * The store must not be written to any more.
   */
  async stop(stoppingSinceMs: number): Promise<void> {
    this.#cancel();
    this.#isStopping = true;
    const isLate = (): boolean =>
      this.#deps.clock.monotonicMs() - stoppingSinceMs > IMAGE_AT_STOP_WITHIN_MS;
    this.#isGivenUp = isLate();
    await this.#making;
    if (!this.#isDue()) return;
    if (isLate()) this.#deps.logger.info('left out the last image of the key index');
    else await this.#make();
  }

  #look(): void {
    const isResting = this.#deps.clock.monotonicMs() < this.#restUntilMs;
    if (this.#making !== undefined || isResting || !this.#isDue()) return;
    this.#making = this.#make().finally(() => {
      this.#making = undefined;
    });
  }

  #isDue(): boolean {
    const { index, compactRevision } = this.#deps.store;
    const records = index.size + index.historyCount;
    if (records < IMAGE_RECORDS_MIN) return false;
    const kept = this.#deps.backend.hasImage ? this.#kept : undefined;
    if (kept === undefined || compactRevision > kept.revision) return true;
    return (this.#changes() - kept.changes) * IMAGE_TAIL_PARTS > records;
  }

  /** Records written since the process began. */
  #changes(): number {
    const { puts, deletes } = this.#deps.store.stats;
    return puts + deletes;
  }

  async #make(): Promise<void> {
    const { clock, logger, onFatal } = this.#deps;
    const startMs = clock.monotonicMs();
    let busyMs = 0;
    try {
      busyMs = await this.#write();
    } catch (error) {
      // Without an image a start takes longer; that is all.
      logger.warn('could not keep an image of the key index', { error });
      if (error instanceof StoreFatalError) onFatal(error);
    }
    this.#restUntilMs = startMs + Math.max(IMAGE_REST_MS_MIN, busyMs * IMAGE_REST_PARTS);
  }

  /** Returns the time it held the event loop. */
  async #write(): Promise<number> {
    const { store, backend, leaseOf, clock, logger } = this.#deps;
    const startMs = clock.monotonicMs();
    const changes = this.#changes();
    const job = store.beginImage(leaseOf);
    const file = job && (await backend.beginImage());
    if (job === undefined || file === undefined) return 0;
    let busyMs = 0;
    try {
      for (;;) {
        const sliceMs = clock.monotonicMs();
        const piece = job.next();
        const tookMs = clock.monotonicMs() - sliceMs;
        busyMs += tookMs;
        if (piece === undefined || this.#isGivenUp) break;
        await file.write(piece);
        if (!this.#isStopping) await this.#pause(tookMs * (IMAGE_BUSY_PARTS - 1));
      }
    } catch (error) {
      await file.abandon().catch(() => undefined);
      throw error;
    }
    const isKept = await this.#settle(job.isComplete && !this.#isGivenUp, file);
    if (isKept) this.#kept = { revision: job.revision, changes };
    logger.info(isKept ? 'kept an image of the key index' : 'gave up an image of the key index', {
      revision: job.revision,
      'size-bytes': file.sizeBytes,
      took: `${(clock.monotonicMs() - startMs).toFixed(0)}ms`,
      busy: `${busyMs.toFixed(0)}ms`,
    });
    return busyMs;
  }

  async #settle(isComplete: boolean, file: PendingImage): Promise<boolean> {
    if (isComplete) return file.publish();
    await file.abandon();
    return false;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.scheduler.after(delayMs, resolve);
    });
  }
}
