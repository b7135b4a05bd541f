// Owns which cluster is looked at when: each key is in the queue once and in work once; what is asked for while it is in
// work is done after. Failures back off for the key that failed alone.
//
//    add -> waiting (soonest time wins) -> due -> in work -> done -> (waiting again, if asked for meanwhile)
import { BACKOFF_DOUBLINGS_MAX, BACKOFF_MS_MAX, BACKOFF_MS_MIN } from './limits.ts';
import type { ControllerClock } from './ports.ts';

interface Waiting {
  readonly dueMs: number;
  readonly cancel: () => void;
}

export class WorkQueue {
  readonly #clock: ControllerClock;
  readonly #onDue: () => void;
  readonly #waiting: Map<string, Waiting>;
  readonly #due: Set<string>;
  readonly #working: Set<string>;
  readonly #askedAgain: Set<string>;
  readonly #failures: Map<string, number>;
  #isClosed: boolean;

  /** `onDue` is called whenever something can be taken. */
  constructor(clock: ControllerClock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#waiting = new Map();
    this.#due = new Set();
    this.#working = new Set();
    this.#askedAgain = new Set();
    this.#failures = new Map();
    this.#isClosed = false;
  }

  /** Keys that could be taken. */
  get depth(): number {
    return this.#due.size;
  }

  get activeCount(): number {
    return this.#working.size;
  }

  add(key: string): void {
    if (this.#isClosed || this.#due.has(key)) return;
    if (this.#working.has(key)) {
      this.#askedAgain.add(key);
      return;
    }
    this.#stopWaiting(key);
    this.#due.add(key);
    this.#onDue();
  }

  /** The sooner of what was asked for before and this wins. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed || this.#due.has(key)) return;
    const dueMs = this.#clock.nowMs() + delayMs;
    const before = this.#waiting.get(key);
    if (before !== undefined && before.dueMs <= dueMs) return;
    this.#stopWaiting(key);
    const cancel = this.#clock.after(delayMs, () => {
      this.#waiting.delete(key);
      this.add(key);
    });
    this.#waiting.set(key, { dueMs, cancel });
  }

  /** Later after each failure in a row. Returns the wait. */
  addAfterFailure(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, Math.min(failures + 1, BACKOFF_DOUBLINGS_MAX));
    const delayMs = Math.min(BACKOFF_MS_MIN * 2 ** failures, BACKOFF_MS_MAX);
    this.addAfter(key, delayMs);
    return delayMs;
  }

  forgetFailures(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key to work on; `done` has to follow. */
  take(): string | undefined {
    const [key] = this.#due;
    if (key === undefined) return undefined;
    this.#due.delete(key);
    this.#working.add(key);
    return key;
  }

  done(key: string): void {
    this.#working.delete(key);
    if (this.#askedAgain.delete(key)) this.add(key);
  }

  /** Forgets a key whose object is gone; if it was asked for meanwhile, there is another object of its name. */
  drop(key: string): void {
    this.#stopWaiting(key);
    this.#failures.delete(key);
  }

  close(): void {
    this.#isClosed = true;
    for (const key of [...this.#waiting.keys()]) this.#stopWaiting(key);
    this.#due.clear();
    this.#askedAgain.clear();
  }

  #stopWaiting(key: string): void {
    this.#waiting.get(key)?.cancel();
    this.#waiting.delete(key);
  }
}
