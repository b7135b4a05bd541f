// Owns simulated time: a queue of things that will happen, and the one clock that only moves when the next of them is
// taken. Events of the same microsecond happen in the order they were put in, so a run depends on nothing else.

/** Something that will happen. */
export interface SimEvent {
  readonly atUs: number;
  readonly order: number;
  task: () => void;
  isCancelled: boolean;
}

export class EventQueue {
  readonly #heap: SimEvent[] = [];
  #nowUs = 0;
  #order = 0;

  /** Microseconds since the world began. */
  get nowUs(): number {
    return this.#nowUs;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Does `task` after `delayUs`. */
  after(delayUs: number, task: () => void): SimEvent {
    const atUs = this.#nowUs + Math.max(0, Math.round(delayUs));
    const event: SimEvent = { atUs, order: this.#order++, task, isCancelled: false };
    this.#push(event);
    return event;
  }

  /** Takes the next event and moves the clock to it; undefined when there is none up to `untilUs`. */
  take(untilUs: number): SimEvent | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || top.atUs > untilUs) {
        this.#nowUs = Math.max(this.#nowUs, untilUs);
        return undefined;
      }
      this.#pop();
      if (top.isCancelled) continue;
      this.#nowUs = top.atUs;
      return top;
    }
  }

  #push(event: SimEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent] as SimEvent;
      if (!isBefore(event, other)) break;
      heap[at] = other;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as SimEvent)) child++;
      const smaller = heap[child] as SimEvent;
      if (!isBefore(smaller, last)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
