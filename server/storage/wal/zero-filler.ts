// Owns filling segments with zeros ahead of the log, in the background. Node has no fallocate, and a file that
// merely is long still makes every sync wait for the file system's journal (see segment.ts).
//
// The zeros are written by small synchronous writes between turns of the event loop, not on the thread pool: a
// write in flight on another thread could land on records appended meanwhile.
import type { Logger } from '../../base/logger.ts';
import { FILL_ROUND_BYTES, FILL_SLICE_BYTES } from './limits.ts';
import type { Segment } from './segment.ts';

const ZEROS: Uint8Array = new Uint8Array(FILL_SLICE_BYTES);

/** A segment and how far it should be filled. */
export interface FillTarget {
  readonly segment: Segment;
  readonly untilBytes: number;
}

export interface ZeroFillerOptions {
  /** What to fill next; undefined when less than `leastBytes` are missing. */
  readonly target: (leastBytes: number) => FillTarget | undefined;
  /** Runs a task in a later turn of the event loop. */
  readonly defer: (task: () => void) => void;
  readonly logger: Logger;
  /** A failed sync of zeros: the system reports a lost write once per open file, so it counts as the log's. */
  readonly onSyncError: (error: Error) => void;
}

export class ZeroFiller {
  readonly #options: ZeroFillerOptions;
  readonly #slice: () => void;
  #running = false;
  #stopped = false;
  #roundBytes = 0;

  constructor(options: ZeroFillerOptions) {
    this.#options = options;
    this.#slice = (): void => this.#fillSlice();
  }

  /** Looks for work; cheap when there is none. */
  wake(): void {
    if (this.#running || this.#stopped) return;
    // Less than a round is not worth beginning.
    if (this.#nextTarget(FILL_ROUND_BYTES) === undefined) return;
    this.#running = true;
    this.#options.defer(this.#slice);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Making the next segment's file may fail like writing to it. */
  #nextTarget(leastBytes: number): FillTarget | undefined {
    if (this.#stopped) return undefined;
    try {
      return this.#options.target(leastBytes);
    } catch (error) {
      this.#giveUp(error);
      return undefined;
    }
  }

  /** A full disk is for the append that needs the space to report; without zeros the log is only slower. */
  #giveUp(error: unknown): void {
    this.#stopped = true;
    this.#options.logger.warn('failed to preallocate space for the WAL', { error });
  }

  #fillSlice(): void {
    const target = this.#nextTarget(1);
    if (target === undefined) {
      this.#running = false;
      return;
    }
    const { segment, untilBytes } = target;
    try {
      this.#roundBytes += segment.fill(ZEROS, untilBytes - segment.filledBytes);
    } catch (error) {
      this.#running = false;
      this.#giveUp(error);
      return;
    }
    if (this.#roundBytes < FILL_ROUND_BYTES && segment.filledBytes < untilBytes) {
      this.#options.defer(this.#slice);
      return;
    }
    this.#roundBytes = 0;
    this.#syncRound(segment);
  }

  #syncRound(segment: Segment): void {
    segment.file.sync((error) => {
      if (error === undefined || this.#stopped) this.#fillSlice();
      else {
        this.#running = false;
        this.#options.onSyncError(error);
      }
    });
  }
}
