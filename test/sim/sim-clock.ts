// Owns the time of one simulated machine: its clocks, which may run fast, slow or wrong, and the scheduler of the process
// on it. Everything a process does passes through `run`, which is where it can be paused or found dead.

import type { Clock } from '../../server/base/clock.ts';
import type { Cancel, Scheduler } from '../../server/node/scheduler.ts';
import type { EventQueue } from './event-queue.ts';

/** Some day in 2026; request ids are made of it. */
const EPOCH_MS = 1_780_000_000_000;

/** One turn of the event loop takes about this long. */
const TURN_US = 5;

export class SimClock implements Clock {
  readonly #queue: EventQueue;
  /** Seconds this clock counts in one real second. */
  readonly rate: number;
  readonly #offsetMs: number;

  constructor(queue: EventQueue, rate: number, offsetMs: number) {
    this.#queue = queue;
    this.rate = rate;
    this.#offsetMs = offsetMs;
  }

  wallMs(): number {
    return EPOCH_MS + this.#offsetMs + (this.#queue.nowUs / 1000) * this.rate;
  }

  monotonicMs(): number {
    return 1000 + (this.#queue.nowUs / 1000) * this.rate;
  }
}

export class SimScheduler implements Scheduler {
  readonly #queue: EventQueue;
  readonly #rate: number;
  readonly #run: (task: () => void) => void;

  /** `run` carries out a task of the process. */
  constructor(queue: EventQueue, rate: number, run: (task: () => void) => void) {
    this.#queue = queue;
    this.#rate = rate;
    this.#run = run;
  }

  soon(task: () => void): void {
    this.#queue.after(TURN_US, () => this.#run(task));
  }

  after(delayMs: number, task: () => void): Cancel {
    const event = this.#queue.after((delayMs * 1000) / this.#rate, () => this.#run(task));
    return () => {
      event.isCancelled = true;
    };
  }

  every(intervalMs: number, task: () => void): Cancel {
    let cancel = this.after(intervalMs, tick);
    let isCancelled = false;
    const self = this;
    function tick(): void {
      if (isCancelled) return;
      cancel = self.after(intervalMs, tick);
      task();
    }
    return () => {
      isCancelled = true;
      cancel();
    };
  }
}
