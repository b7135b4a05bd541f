// Owns group commit: who waits for which sync, in order. One sync is in flight at a time; everybody who comes
// meanwhile is covered by the next. Knows nothing of files: `startSync` is given.
//
//   append A -> sync 1 starts                      A waits for sync 1
//   append B, append C (while 1 is in flight)      B, C wait for sync 2
//   sync 1 done -> A called -> sync 2 starts
//   sync 2 done -> B, C called

/** Called when what was appended with it is durable. */
export type DurableDone = () => void;

export class SyncQueue {
  readonly #startSync: () => void;
  /** Waiters of the sync in flight. */
  #covered: DurableDone[] = [];
  /** Waiters of the next one. */
  #next: DurableDone[] = [];
  /** How many at the head of #next only wait for their turn: no sync was asked for before them. */
  #freeCount = 0;
  #isNeeded = false;
  #isInFlight = false;
  #isDelivering = false;
  #isStopped = false;

  constructor(startSync: () => void) {
    this.#startSync = startSync;
  }

  /** True when nobody waits and no sync is in flight or asked for. */
  get isIdle(): boolean {
    return !this.#isInFlight && !this.#isDelivering && !this.#isNeeded && this.#next.length === 0;
  }

  /** Calls `done` once everything written before this call is durable. */
  waitDurable(done: DurableDone | undefined): void {
    if (this.#isStopped) return;
    if (done !== undefined) this.#next.push(done);
    this.#isNeeded = true;
    this.#maybeStart();
  }

  /** Calls `done` after everybody who came before; at once when nobody waits. */
  waitTurn(done: DurableDone | undefined): void {
    if (done === undefined || this.#isStopped) return;
    if (this.isIdle) {
      done();
      return;
    }
    if (!this.#isNeeded) this.#freeCount++;
    this.#next.push(done);
  }

  /** The sync in flight succeeded. */
  finishSync(): void {
    this.#isInFlight = false;
    this.#isDelivering = true;
    const covered = this.#covered;
    for (const done of covered) done();
    covered.length = 0;
    // Waiters may append and so add to #next while they are called; the count is read anew each time.
    while (this.#freeCount > 0) {
      this.#freeCount--;
      this.#next.shift()?.();
    }
    this.#isDelivering = false;
    this.#maybeStart();
  }

  /** Calls nobody any more: what is not durable by now never will be. */
  stop(): void {
    this.#isStopped = true;
    this.#covered.length = 0;
    this.#next.length = 0;
    this.#freeCount = 0;
    this.#isNeeded = false;
  }

  #maybeStart(): void {
    if (this.#isInFlight || this.#isDelivering || !this.#isNeeded || this.#isStopped) return;
    const waiting = this.#next;
    this.#next = this.#covered;
    this.#covered = waiting;
    this.#freeCount = 0;
    this.#isNeeded = false;
    this.#isInFlight = true;
    this.#startSync();
  }
}
