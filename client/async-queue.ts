// Owns handing values from events to one `for await`: pushed on one side, awaited on the other, ended with or without an
// error. What was pushed before the end is still delivered.

export class AsyncQueue<Value> implements AsyncIterator<Value, undefined> {
  readonly #onDrained: () => void;
  readonly #values: Value[];
  #waiting:
    | {
        readonly resolve: (result: IteratorResult<Value, undefined>) => void;
        readonly reject: (error: unknown) => void;
      }
    | undefined;
  #ended: boolean;
  #error: unknown;

  /** `onDrained` is called when the last value was taken. */
  constructor(onDrained: () => void = ignore) {
    this.#onDrained = onDrained;
    this.#values = [];
    this.#waiting = undefined;
    this.#ended = false;
    this.#error = undefined;
  }

  get length(): number {
    return this.#values.length;
  }

  push(value: Value): void {
    if (this.#ended) return;
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#values.push(value);
      return;
    }
    this.#waiting = undefined;
    waiting.resolve({ done: false, value });
  }

  /** No more values; the first call counts. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    if (error === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(this.#takeError());
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    const value = this.#values.shift();
    if (value !== undefined) {
      if (this.#values.length === 0) this.#onDrained();
      return Promise.resolve({ done: false, value });
    }
    if (this.#ended) {
      const error = this.#takeError();
      if (error !== undefined) return Promise.reject(error);
      return Promise.resolve({ done: true, value: undefined });
    }
    if (this.#waiting !== undefined) {
      return Promise.reject(new Error('only one consumer may wait for a queue'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** The error is thrown once, to whoever asks next. */
  #takeError(): unknown {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }
}

function ignore(): void {
  // For queues whose source does not care.
}
