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

/** Told of what happens to keys, for metrics. */
export interface QueueListener {
  readonly added: () => void;
  /** `waitedMs` from being due. */
  readonly taken: (waitedMs: number) => void;
  readonly done: (workedMs: number) => void;
  readonly failed: () => void;
}

export class WorkQueue {
  readonly #clock: ControllerClock;
  readonly #onDue: () => void;
  readonly #listener: QueueListener | undefined;
  readonly #waiting: Map<string, Waiting>;
  /** In order; the value is since when. */
  readonly #due: Map<string, number>;
  /** The value is since when. */
  readonly #working: Map<string, number>;
  readonly #askedAgain: Set<string>;
  readonly #failures: Map<string, number>;
  #isClosed: boolean;

  /** `onDue` is called whenever something can be taken. */
  constructor(clock: ControllerClock, onDue: () => void, listener?: QueueListener) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#listener = listener;
    this.#waiting = new Map();
    this.#due = new Map();
    this.#working = new Map();
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

  /** When each key that is in work was taken. */
  workingSinceMs(): readonly number[] {
    return [...this.#working.values()];
  }

  add(key: string): void {
    if (this.#isClosed || this.#due.has(key)) return;
    this.#listener?.added();
    if (this.#working.has(key)) {
      this.#askedAgain.add(key);
      return;
    }
    this.#stopWaiting(key);
    this.#due.set(key, this.#clock.nowMs());
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
    this.#listener?.failed();
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
    const [entry] = this.#due;
    if (entry === undefined) return undefined;
    const [key, dueMs] = entry;
    const nowMs = this.#clock.nowMs();
    this.#due.delete(key);
    this.#working.set(key, nowMs);
    this.#listener?.taken(nowMs - dueMs);
    return key;
  }

  done(key: string): void {
    const nowMs = this.#clock.nowMs();
    this.#listener?.done(nowMs - (this.#working.get(key) ?? nowMs));
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
