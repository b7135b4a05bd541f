// Owns the loop over all clusters: takes keys off the queue, runs their rounds, a few at a time, and asks for the next one.
// A round that fails backs off; one that is done says when it wants to look again.
import { CONCURRENT_RECONCILES, JITTER_RATIO, STATUS_AGE_MS_MAX, STOP_GRACE_MS } from './limits.ts';
import type { ClusterKey, ControllerLog } from './ports.ts';
import { type RoundPorts, type RoundResult, runRound } from './round.ts';
import { type QueueListener, WorkQueue } from './work-queue.ts';

export interface ControllerOptions extends RoundPorts {
  readonly log: ControllerLog;
  readonly concurrency?: number;
  /** A number in [0, 1), for spreading; Math.random in production. */
  readonly random: () => number;
  /** Told of each round, for metrics. */
  readonly queueListener?: QueueListener;
  readonly onRound?: (key: ClusterKey, result: RoundResult, durationMs: number) => void;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #running: Set<Promise<void>>;
  readonly #stopping: AbortController;
  readonly #ending: AbortController;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock, () => this.#fill(), options.queueListener);
    this.#running = new Set();
    this.#stopping = new AbortController();
    this.#ending = new AbortController();
  }

  get queue(): WorkQueue {
    return this.#queue;
  }

  /** Something about the cluster has changed. */
  enqueue(key: ClusterKey): void {
    this.#queue.add(`${key.namespace}/${key.name}`);
  }

  /**
   * Takes nothing new, cancels what is only asked, and lets the one act that each round may be in the midst of come to its
   * end, so that it has its event; acts that take too long are cancelled too.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#queue.close();
    const stopGrace = this.#options.clock.after(STOP_GRACE_MS, () => this.abort());
    await Promise.all(this.#running);
    stopGrace();
  }

  /** Cancels everything at once: somebody else may be acting. */
  abort(): void {
    this.#stopping.abort();
    this.#ending.abort();
    this.#queue.close();
  }

  #fill(): void {
    const limit = this.#options.concurrency ?? CONCURRENT_RECONCILES;
    while (!this.#stopping.signal.aborted && this.#running.size < limit) {
      const key = this.#queue.take();
      if (key === undefined) return;
      const round = this.#work(key).finally(() => {
        this.#running.delete(round);
        this.#queue.done(key);
        this.#fill();
      });
      this.#running.add(round);
    }
  }

  /** Never rejects: what a round throws is a failure of that round. */
  async #work(text: string): Promise<void> {
    const { clock, log, onRound } = this.#options;
    const [namespace = '', name = ''] = text.split('/');
    const key = { namespace, name };
    const startMs = clock.nowMs();
    let result: RoundResult;
    try {
      const signals = { stopping: this.#stopping.signal, ending: this.#ending.signal };
      result = await runRound(this.#options, key, signals);
    } catch (cause) {
      result = { kind: 'failed', acts: 0, action: 'round', cause };
    }
    onRound?.(key, result, clock.nowMs() - startMs);
    switch (result.kind) {
      case 'stopped':
        return;
      case 'gone':
        this.#queue.drop(text);
        return;
      case 'done':
        this.#queue.forgetFailures(text);
        this.#queue.addAfter(text, this.#spread(result.requeueAfterMs));
        return;
      case 'failed': {
        const retryMs = this.#queue.addAfterFailure(text);
        // However long the fault lasts: the status must not get old. The sooner time wins.
        this.#queue.addAfter(text, this.#spread(STATUS_AGE_MS_MAX));
        const error = result.cause instanceof Error ? result.cause.message : String(result.cause);
        log.error('round failed', { namespace, name, action: result.action, error, retryMs });
      }
    }
  }

  #spread(delayMs: number): number {
    return Math.round(delayMs * (1 - JITTER_RATIO * this.#options.random()));
  }
}
