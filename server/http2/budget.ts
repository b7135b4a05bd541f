// Owns the allowances that bound cheap abuse without a clock: spending beyond the allowance ends
// the connection; useful work and the socket side's ticks earn it back.

export class Budget {
  readonly #max: number;
  #left: number;

  constructor(max: number) {
    this.#max = max;
    this.#left = max;
  }

  /** False when the allowance is used up. */
  spend(price: number): boolean {
    this.#left -= price;
    return this.#left >= 0;
  }

  earn(amount: number): void {
    const left = this.#left + amount;
    this.#left = Math.min(left, this.#max);
  }
}
