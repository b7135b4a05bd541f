// Owns giving the event loop back during a long job: the job works in slices and calls `pause` between them.

import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Generation } from './generation.ts';
import { FLUSH_POLL_MS, SLICE_MS } from './limits.ts';

export class Pacer {
  #startedAt: number;

  constructor() {
    this.#startedAt = performance.now();
  }

  /** Returns at once while the slice has time left, otherwise after everything else that waits has had its turn. */
  async pause(): Promise<void> {
    if (performance.now() - this.#startedAt < SLICE_MS) return;
    await this.turn();
  }

  /** Like `pause`, and waits until the generation can take more bulk writes without blocking the thread. */
  async pauseFor(generation: Generation): Promise<void> {
    while (generation.isBehind()) {
      await setTimeout(FLUSH_POLL_MS);
      this.#startedAt = performance.now();
    }
    await this.pause();
  }

  /** Always lets everything else have its turn. */
  async turn(): Promise<void> {
    await setImmediate();
    this.#startedAt = performance.now();
  }
}
