// Owns the waits of all who have lost the same server: who reaches it again ends those of the others.
import { pause } from './pause.ts';

export class Outage {
  #end: AbortController;

  constructor() {
    this.#end = new AbortController();
  }

  /** Fulfilled after the time, when the outage is over, or as soon as `signal` is aborted. */
  async wait(waitMs: number, signal: AbortSignal): Promise<void> {
    await pause(waitMs, AbortSignal.any([signal, this.#end.signal]));
  }

  /** The server answers again: whoever waits goes on. To be called once by each who had lost it, or waits are in vain. */
  over(): void {
    const end = this.#end;
    this.#end = new AbortController();
    end.abort();
  }
}
