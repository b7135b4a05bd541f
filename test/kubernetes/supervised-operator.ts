// Owns an operator that is started again when it ends by itself, as a Deployment would. What a scenario ends stays ended.
import { setTimeout as pause } from 'node:timers/promises';
import type { OperatorHandle } from './world.ts';

const RESTART_MS = 1_000;

export class SupervisedOperator implements OperatorHandle {
  readonly name: string;
  readonly ended: Promise<string | undefined>;
  readonly #start: () => Promise<OperatorHandle>;
  #current: OperatorHandle;
  #isWanted: boolean;

  constructor(first: OperatorHandle, start: () => Promise<OperatorHandle>) {
    this.name = first.name;
    this.#start = start;
    this.#current = first;
    this.#isWanted = true;
    this.ended = this.#supervise();
  }

  get isRunning(): boolean {
    return this.#isWanted && this.#current.isRunning;
  }

  async ready(): Promise<void> {
    await this.#current.ready();
  }

  async kill(): Promise<void> {
    this.#isWanted = false;
    await this.#current.kill();
  }

  async stop(): Promise<number> {
    this.#isWanted = false;
    return await this.#current.stop();
  }

  pause(): void {
    this.#current.pause();
  }

  resume(): void {
    this.#current.resume();
  }

  async blind(): Promise<void> {
    await this.#current.blind();
  }

  async see(): Promise<void> {
    await this.#current.see();
  }

  async metrics(): Promise<string> {
    return await this.#current.metrics();
  }

  async #supervise(): Promise<string | undefined> {
    for (;;) {
      const last = await this.#current.ended;
      if (!this.#isWanted) return last;
      await pause(RESTART_MS);
      // Ended by the scenario meanwhile.
      if (!this.#isWanted) return last;
      this.#current = await this.#start();
    }
  }
}
