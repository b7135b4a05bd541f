// Owns time for tests of the node: nothing happens until a test says so. One object is both ports, because the tasks a
// scheduler runs look at the clock.

import type { Clock } from '../../server/base/clock.ts';
import type { Cancel, Scheduler } from '../../server/node/scheduler.ts';

interface Timer {
  dueMs: number;
  readonly intervalMs: number | undefined;
  readonly task: () => void;
}

export class SteppedTime implements Clock, Scheduler {
  #nowMs = 1000;
  #soon: (() => void)[] = [];
  #timers: Timer[] = [];
  /** Milliseconds every look at the clock takes; 0 for a clock that stands still between steps. */
  lookMs = 0;

  wallMs(): number {
    return this.monotonicMs();
  }

  monotonicMs(): number {
    this.#nowMs += this.lookMs;
    return this.#nowMs;
  }

  /** Turns of the event loop that wait. */
  get turnCount(): number {
    return this.#soon.length;
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  after(delayMs: number, task: () => void): Cancel {
    return this.#add({ dueMs: this.#nowMs + delayMs, intervalMs: undefined, task });
  }

  every(intervalMs: number, task: () => void): Cancel {
    return this.#add({ dueMs: this.#nowMs + intervalMs, intervalMs, task });
  }

  /** Runs what waits for the end of the turn, once. */
  turn(): void {
    const tasks = this.#soon;
    this.#soon = [];
    for (const task of tasks) task();
  }

  /** Turns until none waits. */
  settle(): void {
    for (let turns = 0; this.#soon.length > 0; turns++) {
      if (turns > 10_000) throw new Error('the tasks never end');
      this.turn();
    }
  }

  /** Lets time pass, timer by timer, with all turns in between. */
  advance(spanMs: number): void {
    const endMs = this.#nowMs + spanMs;
    this.settle();
    for (let timer = this.#nextDue(endMs); timer !== undefined; timer = this.#nextDue(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      if (timer.intervalMs === undefined) this.#remove(timer);
      else timer.dueMs += timer.intervalMs;
      timer.task();
      this.settle();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #add(timer: Timer): Cancel {
    this.#timers.push(timer);
    return () => this.#remove(timer);
  }

  #remove(timer: Timer): void {
    this.#timers = this.#timers.filter((one) => one !== timer);
  }

  #nextDue(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}
