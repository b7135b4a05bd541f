// Owns the time port of the node: turns of the event loop and timers. The real one sits on Node's, the
// simulator's is stepped by hand.

/** Undoes what was scheduled; harmless when it already ran. */
export type Cancel = () => void;

export interface Scheduler {
  /** Runs `task` at the end of this turn of the event loop, after the input that is already there. */
  soon(task: () => void): void;
  /** Runs `task` once after `delayMs`. */
  after(delayMs: number, task: () => void): Cancel;
  /** Runs `task` every `intervalMs` until cancelled. A run that comes late does not make those after it late. */
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
  every: repeat,
};

/**
 * setInterval counts each interval from when the last run began. On a busy machine, where each begins some milliseconds
 * late, ten ticks of an election timeout would take a tick longer than those of a Go member. Here runs have fixed places
 * in time, and those that were missed altogether are left out, as with Go's time.Ticker: a member that was stopped for a
 * while must not believe that its leader was silent all the time.
 */
function repeat(intervalMs: number, task: () => void): Cancel {
  let dueMs = performance.now() + intervalMs;
  let timer: NodeJS.Timeout | undefined;
  let isCancelled = false;
  const plan = (): void => {
    timer = setTimeout(run, Math.max(1, dueMs - performance.now()));
  };
  const run = (): void => {
    dueMs = nextDueMs(dueMs, performance.now(), intervalMs);
    task();
    if (!isCancelled) plan();
  };
  plan();
  return () => {
    isCancelled = true;
    clearTimeout(timer);
  };
}

/** The first place in time after `nowMs`; `dueMs` is the one that runs now, perhaps a fraction of a millisecond early. */
export function nextDueMs(dueMs: number, nowMs: number, intervalMs: number): number {
  const missed = Math.max(0, Math.floor((nowMs - dueMs) / intervalMs));
  return dueMs + (missed + 1) * intervalMs;
}
