// Owns how long requests and reads take, as etcd's two histograms show it. Answers of one turn leave together, so one look at
// the clock at its end serves all of them. etcd: server/etcdserver/metrics.go, server/etcdserver/txn/metrics.go.

import type { Command } from '../apply/command.ts';
import type { Clock } from '../base/clock.ts';
import { exponentialBounds, type Histogram, type MetricRegistry } from '../base/metrics.ts';

/** What a request is called; reads beside the log have names of their own. */
export type RequestKind = Command['kind'] | 'readonlyTxn';

/** etcd's buckets: 1 ms doubling 14 times for requests, 0.1 ms doubling 20 times for reads. */
const REQUEST_BOUNDS = exponentialBounds(0.001, 2, 14);
const RANGE_BOUNDS = exponentialBounds(0.0001, 2, 20);

type Outcome = 'true' | 'false';

export class RequestDurations {
  readonly #registry: MetricRegistry;
  readonly #succeeded: Map<RequestKind, Histogram> = new Map();
  readonly #failed: Map<RequestKind, Histogram> = new Map();
  #rangesSucceeded: Histogram | undefined = undefined;
  #rangesFailed: Histogram | undefined = undefined;
  /** Answers of this turn: where each belongs, and since when it was asked for. */
  readonly #answers: Histogram[] = [];
  readonly #answersSinceMs: number[] = [];
  /** Small ranges of this turn, executed one after the other from `#rangesFromMs` on. */
  #rangeCount = 0;
  #failedRangeCount = 0;
  #rangesFromMs = 0;

  constructor(registry: MetricRegistry) {
    this.#registry = registry;
  }

  /** A request was answered in this turn. etcd counts one that timed out among the successful ones; here it failed. */
  answered(kind: RequestKind, success: boolean, sinceMs: number): void {
    this.#answers.push(this.#requests(kind, success));
    this.#answersSinceMs.push(sinceMs);
  }

  /** Before each small range of a turn: the first one looks at the clock. */
  beginRange(clock: Clock): void {
    if (this.#rangeCount === 0) this.#rangesFromMs = clock.monotonicMs();
  }

  /** After it: `sinceMs` is when its client asked. */
  endRange(success: boolean, sinceMs: number): void {
    this.#rangeCount++;
    if (!success) this.#failedRangeCount++;
    this.answered('range', success, sinceMs);
  }

  /** When the small ranges of this turn began. */
  get rangesFromMs(): number {
    return this.#rangesFromMs;
  }

  get hasAnswers(): boolean {
    return this.#answers.length > 0;
  }

  /** The answers of this turn leave now. */
  endTurn(nowMs: number): void {
    for (let i = 0; i < this.#answers.length; i++) {
      const sinceMs = this.#answersSinceMs[i] as number;
      (this.#answers[i] as Histogram).observe((nowMs - sinceMs) / 1000);
    }
    this.#answers.length = 0;
    this.#answersSinceMs.length = 0;
    if (this.#rangeCount > 0) this.#shareTurn(nowMs);
  }

  /** A request that was timed by itself. */
  request(kind: RequestKind, success: boolean, ms: number): void {
    this.#requests(kind, success).observe(ms / 1000);
  }

  /** A read of the store that was timed by itself. */
  range(success: boolean, ms: number): void {
    this.#ranges(success).observe(ms / 1000);
  }

  /** Each of the turn's ranges took its share of them all. */
  #shareTurn(nowMs: number): void {
    const eachMs = (nowMs - this.#rangesFromMs) / this.#rangeCount;
    for (let i = 0; i < this.#rangeCount; i++) this.range(i >= this.#failedRangeCount, eachMs);
    this.#rangeCount = 0;
    this.#failedRangeCount = 0;
  }

  #requests(kind: RequestKind, success: boolean): Histogram {
    const known = success ? this.#succeeded : this.#failed;
    let series = known.get(kind);
    if (series === undefined) {
      const type = kind.charAt(0).toUpperCase() + kind.slice(1);
      series = this.#registry.histogram(
        'etcd_server_request_duration_seconds',
        'Time from request to answer, by type.',
        REQUEST_BOUNDS,
        { type, success: success ? 'true' : 'false' },
      );
      known.set(kind, series);
    }
    return series;
  }

  /** As with requests, a series exists from its first observation on. */
  #ranges(success: boolean): Histogram {
    if (success) {
      this.#rangesSucceeded ??= this.#rangeSeries('true');
      return this.#rangesSucceeded;
    }
    this.#rangesFailed ??= this.#rangeSeries('false');
    return this.#rangesFailed;
  }

  #rangeSeries(success: Outcome): Histogram {
    return this.#registry.histogram(
      'etcd_server_range_duration_seconds',
      'Time of reading ranges from the store.',
      RANGE_BOUNDS,
      { success },
    );
  }
}
