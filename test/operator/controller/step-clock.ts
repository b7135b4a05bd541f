// Owns a clock for tests: time moves when told to, and everything that is due then runs.
import type { ControllerClock } from '../../../operator/controller/ports.ts';

interface Timer {
  readonly dueMs: number;
  readonly call: () => void;
}

export class StepClock implements ControllerClock {
  #nowMs: number;
  readonly #timers: Set<Timer>;

  constructor(startMs: number) {
    this.#nowMs = startMs;
    this.#timers = new Set();
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  deadline(delayMs: number): AbortSignal {
    const controller = new AbortController();
    this.after(delayMs, () => controller.abort(new Error('deadline exceeded')));
    return controller.signal;
  }

  /** Moves on, timer by timer, and lets promises settle between them. */
  async pass(stepMs: number): Promise<void> {
    const endMs = this.#nowMs + stepMs;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined || next.dueMs > endMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.call();
      await settled();
    }
    this.#nowMs = endMs;
    await settled();
  }
}

/** Promises resolve in microtasks; a round is a few dozen of them deep. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}
