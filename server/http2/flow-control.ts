// Owns the books of a flow-control window that this side grants (RFC 9113 section 5.2), for a
// stream or the connection.

/**
 * Invariant: available + held by the receiver + owed = capacity, where `owed` was consumed but not
 * yet announced. Announcing waits for half of the capacity: one WINDOW_UPDATE per half window.
 */
export class ReceiveWindow {
  readonly #capacityBytes: number;
  #available: number;
  #owed = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
    this.#available = capacityBytes;
  }

  /** Bytes the peer may still send. */
  get available(): number {
    return this.#available;
  }

  /** Accounts for received bytes; false when the peer had no right to send them. */
  take(sizeBytes: number): boolean {
    if (sizeBytes > this.#available) return false;
    this.#available -= sizeBytes;
    return true;
  }

  /** Gives bytes back. Answers the increment to announce now, or 0 to wait for more. */
  giveBack(sizeBytes: number): number {
    this.#owed += sizeBytes;
    if (this.#owed * 2 < this.#capacityBytes) return 0;
    const increment = this.#owed;
    this.#available += increment;
    this.#owed = 0;
    return increment;
  }
}
