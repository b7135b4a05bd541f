// Owns running tasks against the clock: each client has one operation in flight and starts the next when it ends; with
// a rate, operations start at fixed times instead, and one that had to wait for a free client counts from its time.
// Only what begins after the warm-up is counted.

import type { CallStream } from './call-stream.ts';
import type { CallEvents, Connection } from './connection.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { Task } from './task.ts';

export interface DriverOptions {
  readonly warmupMs: number;
  readonly durationMs: number;
  /** Operations after which the run ends early; Infinity: by time only. */
  readonly totalMax: number;
  /** Operations per second; 0: as many as possible. */
  readonly rate: number;
}

export interface DriverResult {
  readonly histogram: LatencyHistogram;
  /** Time in which the operations were counted. */
  readonly elapsedMs: number;
  readonly errorCount: number;
  readonly firstError: string;
}

/** Called when counting begins and when it ends. */
export interface DriverHooks {
  onCounting(): void;
  onCounted(): void;
}

const RATE_TIMER_MS = 1;
const END_TIMER_MS = 100;

export class Driver {
  readonly histogram: LatencyHistogram;
  readonly #options: DriverOptions;
  readonly #hooks: DriverHooks;
  readonly #idle: ClientLoop[];
  #resolve: (result: DriverResult) => void;
  #state: 'warmup' | 'counting' | 'over';
  #startedAt: number;
  #countedFrom: number;
  #scheduled: number;
  #errorCount: number;
  #firstError: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DriverOptions, hooks: DriverHooks) {
    this.histogram = new LatencyHistogram();
    this.#options = options;
    this.#hooks = hooks;
    this.#idle = [];
    this.#resolve = () => undefined;
    this.#state = 'warmup';
    this.#startedAt = 0;
    this.#countedFrom = 0;
    this.#scheduled = 0;
    this.#errorCount = 0;
    this.#firstError = '';
    this.#timer = undefined;
  }

  /** Runs the tasks to the end, `connections` shared among them in turn. */
  run(tasks: readonly Task[], connections: readonly Connection[]): Promise<DriverResult> {
    const finished = new Promise<DriverResult>((resolve) => {
      this.#resolve = resolve;
    });
    this.#startedAt = performance.now();
    const hasRate = this.#options.rate > 0;
    // Without a rate the timer only makes sure of an end: clients without a connection do not look at the clock.
    this.#timer = hasRate
      ? setInterval(() => this.#release(), RATE_TIMER_MS)
      : setInterval(() => this.#turnTo(performance.now()), END_TIMER_MS);
    for (const [i, task] of tasks.entries()) {
      const connection = connections[i % connections.length];
      if (connection !== undefined) new ClientLoop(this, task, connection).startNext();
    }
    return finished;
  }

  /** When the next operation of a free client counts as started; undefined: it waits, or all is over. */
  nextStart(client: ClientLoop): number | undefined {
    const now = performance.now();
    this.#turnTo(now);
    if (this.#state === 'over') return undefined;
    if (this.#options.rate === 0) return now;
    const due = this.#startedAt + (this.#scheduled * 1000) / this.#options.rate;
    if (due > now) {
      this.#idle.push(client);
      return undefined;
    }
    this.#scheduled += 1;
    // A client was free all the time: it is late only by the timer, which is not the server's fault.
    return now - due < 2 * RATE_TIMER_MS ? now : due;
  }

  finished(startedAt: number): void {
    const now = performance.now();
    if (this.#state === 'counting' && startedAt >= this.#countedFrom) {
      this.histogram.add((now - startedAt) * 1000);
    }
    this.#turnTo(now);
  }

  failed(reason: string): void {
    if (this.#state === 'over') return;
    this.#errorCount += 1;
    if (this.#firstError === '') this.#firstError = reason;
    // Without this a server that refuses everything would be asked in an endless loop.
    if (this.#errorCount > 1000) this.#end(performance.now());
  }

  #turnTo(now: number): void {
    const { warmupMs, durationMs, totalMax } = this.#options;
    if (this.#state === 'warmup' && now - this.#startedAt >= warmupMs) {
      this.#state = 'counting';
      this.#countedFrom = now;
      this.#hooks.onCounting();
    }
    if (this.#state !== 'counting') return;
    const isOver = now - this.#countedFrom >= durationMs || this.histogram.count >= totalMax;
    if (isOver) this.#end(now);
  }

  #end(now: number): void {
    this.#state = 'over';
    clearInterval(this.#timer);
    this.#hooks.onCounted();
    this.#resolve({
      histogram: this.histogram,
      elapsedMs: now - this.#countedFrom,
      errorCount: this.#errorCount,
      firstError: this.#firstError,
    });
  }

  #release(): void {
    this.#turnTo(performance.now());
    for (let count = this.#idle.length; count > 0; count--) {
      const client = this.#idle.shift();
      client?.startNext();
      // The client put itself back: nothing is due yet.
      if (client !== undefined && this.#idle.at(-1) === client) return;
    }
  }
}

/** One client: its operations, one after another. */
class ClientLoop implements CallEvents {
  readonly #driver: Driver;
  readonly #task: Task;
  readonly #connection: Connection;
  #stream: CallStream | undefined;
  #startedAt: number;

  constructor(driver: Driver, task: Task, connection: Connection) {
    this.#driver = driver;
    this.#task = task;
    this.#connection = connection;
    this.#stream = undefined;
    this.#startedAt = 0;
  }

  startNext(): void {
    const startedAt = this.#driver.nextStart(this);
    if (startedAt === undefined) return;
    this.#startedAt = startedAt;
    this.#send(this.#task.begin());
  }

  onMessage(bytes: Uint8Array, start: number, end: number): void {
    this.#task.take(bytes, start, end);
    if (this.#task.isStream) this.#continue();
  }

  onEnd(status: number, message: string): void {
    if (status === 0 && !this.#task.isStream) {
      this.#continue();
      return;
    }
    this.#stream = undefined;
    this.#driver.failed(`status ${status}: ${message}`);
    // A lost connection ends all its calls at once, and new ones at once again.
    if (status >= 0) this.startNext();
  }

  #continue(): void {
    const next = this.#task.next();
    if (next !== undefined) {
      this.#send(next);
      return;
    }
    this.#driver.finished(this.#startedAt);
    this.startNext();
  }

  #send(message: Uint8Array): void {
    if (!this.#task.isStream) {
      this.#connection.unary(this.#task.path, message, this);
      return;
    }
    this.#stream ??= this.#connection.stream(this.#task.path, this);
    this.#stream.send(message, false);
  }
}
