// Owns the time slices in which watchers catch up: a slice per turn while there is work.

import type { Clock } from '../base/clock.ts';
import type { WatchHub } from '../mvcc/watch-hub.ts';
import { BACKGROUND_SLICE_MS } from './limits.ts';
import type { Scheduler } from './scheduler.ts';

export class WatchPump {
  readonly #hub: WatchHub;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #flush: () => void;
  #isScheduled = false;
  #isStopped = false;

  constructor(
    hub: WatchHub,
    time: { readonly clock: Clock; readonly scheduler: Scheduler },
    flush: () => void,
  ) {
    this.#hub = hub;
    this.#clock = time.clock;
    this.#scheduler = time.scheduler;
    this.#flush = flush;
    hub.onWork = () => this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#hub.onWork = undefined;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    this.#scheduler.soon(() => this.#slice());
  }

  #slice(): void {
    this.#isScheduled = false;
    if (this.#isStopped) return;
    const endMs = this.#clock.monotonicMs() + BACKGROUND_SLICE_MS;
    let more = true;
    while (more && this.#clock.monotonicMs() < endMs) more = this.#hub.step();
    this.#flush();
    if (more) this.#schedule();
  }
}
