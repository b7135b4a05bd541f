// Owns the book of writes: which were acknowledged, how long none was, and which of them a member does not have.

export class Ledger {
  /** Keys that were acknowledged. */
  readonly #acknowledged: Set<string>;
  #lastMs: number | undefined;
  #gapMs: number;

  constructor() {
    this.#acknowledged = new Set();
    this.#lastMs = undefined;
    this.#gapMs = 0;
  }

  get count(): number {
    return this.#acknowledged.size;
  }

  /** The longest time between two acknowledgements. */
  get gapMs(): number {
    return this.#gapMs;
  }

  acknowledge(key: string, atMs: number): void {
    this.#acknowledged.add(key);
    if (this.#lastMs !== undefined) this.#gapMs = Math.max(this.#gapMs, atMs - this.#lastMs);
    this.#lastMs = atMs;
  }

  /** Acknowledged writes that are not among `keys`. */
  missing(keys: Iterable<string>): readonly string[] {
    const found = new Set(keys);
    return [...this.#acknowledged].filter((key) => !found.has(key));
  }
}
