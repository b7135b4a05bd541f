// Owns the time port of the node: turns of the event loop and timers. The real one sits on Node's, the
// simulator's is stepped by hand.

/** Undoes what was scheduled; harmless when it already ran. */
export type Cancel = () => void;

export interface Scheduler {
  /** Runs `task` at the end of this turn of the event loop, after the input that is already there. */
  soon(task: () => void): void;
  /** Runs `task` once after `delayMs`. */
  after(delayMs: number, task: () => void): Cancel;
  /** Runs `task` every `intervalMs` until cancelled. */
  every(intervalMs: number, task: () => void): Cancel;
}

/** The event loop and timers of the process. */
export const PROCESS_SCHEDULER: Scheduler = {
  soon: (task) => {
    setImmediate(task);
  },
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
  every: (intervalMs, task) => {
    const timer = setInterval(task, intervalMs);
    return () => clearInterval(timer);
  },
};
