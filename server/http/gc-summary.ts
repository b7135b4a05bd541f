// Owns the figures of garbage collections: how many, how long, and when the last one was.
import { PerformanceObserver } from 'node:perf_hooks';

/** Latest pauses that the quantiles are taken of; Go keeps 256 as well. */
const PAUSES_MAX = 256;

const QUANTILES: readonly number[] = [0, 0.25, 0.5, 0.75, 1];

/** Watches collections from the moment it is made until `close`. */
export class GcSummary {
  readonly #observer: PerformanceObserver;
  readonly #pausesMs: number[] = [];
  #next = 0;
  #count = 0;
  #sumMs = 0;
  #lastEndMs = 0;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        this.#add(entry.duration, performance.timeOrigin + entry.startTime + entry.duration);
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Seconds since the epoch; 0 before the first collection. */
  get lastEndSeconds(): number {
    return this.#lastEndMs / 1000;
  }

  /** The figures as a Prometheus summary under `name`, with the quantiles Go prints. */
  print(name: string): string {
    const sorted = this.#pausesMs.toSorted((a, b) => a - b);
    let text = `# HELP ${name} Pauses of garbage collections.\n# TYPE ${name} summary\n`;
    for (const quantile of QUANTILES) {
      const index = Math.min(sorted.length - 1, Math.floor(quantile * sorted.length));
      text += `${name}{quantile="${quantile}"} ${(sorted[index] ?? 0) / 1000}\n`;
    }
    return `${text}${name}_sum ${this.#sumMs / 1000}\n${name}_count ${this.#count}\n`;
  }

  close(): void {
    this.#observer.disconnect();
  }

  #add(pauseMs: number, endMs: number): void {
    this.#pausesMs[this.#next] = pauseMs;
    this.#next = (this.#next + 1) % PAUSES_MAX;
    this.#count++;
    this.#sumMs += pauseMs;
    this.#lastEndMs = endMs;
  }
}
