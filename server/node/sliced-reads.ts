// Owns reads that take several turns of the event loop: all of them together get one slice of a turn, in the order they are
// due. A read whose client is gone is dropped at its next slice.

import type { Clock } from '../base/clock.ts';
import { EtcdError } from '../base/errors.ts';
import type { MvccStore } from '../mvcc/store.ts';
import { BACKGROUND_SLICE_MS } from './limits.ts';
import type { Scheduler } from './scheduler.ts';

/** Who asked for a read; a call. */
export interface ReadCaller {
  /** True when nobody waits for the answer any more. */
  readonly finished: boolean;
}

export type ReadDone<R> = (result: R | EtcdError) => void;

/** A read that goes on step by step: what a step does is small beside a slice. */
export interface ReadJob<R> {
  /** The answer once it is complete. Throws EtcdError. */
  step(): R | undefined;
  /** Called once, whether there is an answer or not. */
  close(): void;
}

/** A job on its way. */
class SlicedRead<R> {
  readonly #job: ReadJob<R>;
  readonly #done: ReadDone<R>;
  readonly #caller: ReadCaller | undefined;
  readonly #epoch: number;

  constructor(job: ReadJob<R>, done: ReadDone<R>, caller: ReadCaller | undefined, epoch: number) {
    this.#job = job;
    this.#done = done;
    this.#caller = caller;
    this.#epoch = epoch;
  }

  /** Goes on for a slice; true when this read is over and its caller told. */
  slice(store: MvccStore, clock: Clock): boolean {
    const result = this.#advance(store, clock);
    if (result === undefined) return false;
    this.#job.close();
    this.#done(result);
    return true;
  }

  #advance(store: MvccStore, clock: Clock): R | EtcdError | undefined {
    if (this.#caller?.finished) return new EtcdError('canceled');
    // Rows found in a store that was replaced since mean nothing in the new one.
    if (!store.isReady || store.epoch !== this.#epoch) return new EtcdError('timeout');
    const endMs = clock.monotonicMs() + BACKGROUND_SLICE_MS;
    try {
      do {
        const result = this.#job.step();
        if (result !== undefined) return result;
      } while (clock.monotonicMs() < endMs);
      return undefined;
    } catch (error) {
      if (error instanceof EtcdError) return error;
      throw error;
    }
  }
}

/** What the queue needs to know of a read, whatever its answer is. */
type Waiting = Pick<SlicedRead<unknown>, 'slice'>;

export class SlicedReads {
  readonly #store: MvccStore;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  #waiting: Waiting[] = [];
  #isTurnTaken = false;

  constructor(store: MvccStore, time: { readonly clock: Clock; readonly scheduler: Scheduler }) {
    this.#store = store;
    this.#clock = time.clock;
    this.#scheduler = time.scheduler;
  }

  /** Begins a read of the store as it is now: at once, when no other had a slice of this turn. */
  begin<R>(job: ReadJob<R>, done: ReadDone<R>, caller: ReadCaller | undefined): void {
    const read = new SlicedRead(job, done, caller, this.#store.epoch);
    if (this.#isTurnTaken) {
      this.#waiting.push(read);
    } else {
      this.#takeTurn();
      this.#slice(read);
    }
  }

  #takeTurn(): void {
    this.#isTurnTaken = true;
    this.#scheduler.soon(() => this.#onTurn());
  }

  #onTurn(): void {
    this.#isTurnTaken = false;
    if (this.#waiting.length === 0) return;
    this.#takeTurn();
    const endMs = this.#clock.monotonicMs() + BACKGROUND_SLICE_MS;
    const waiting = this.#waiting;
    this.#waiting = [];
    let next = 0;
    do {
      this.#slice(waiting[next++] as Waiting);
    } while (next < waiting.length && this.#clock.monotonicMs() < endMs);
    // Who waited goes first; what was cut short goes on after them.
    if (next < waiting.length) this.#waiting = [...waiting.slice(next), ...this.#waiting];
  }

  #slice(read: Waiting): void {
    if (!read.slice(this.#store, this.#clock)) this.#waiting.push(read);
  }
}
