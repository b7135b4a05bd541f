// Owns the watchers' side of the store: told of every transaction and of every restore.

import type { Backend } from '../base/backend.ts';
import type { TxnChanges } from './write-txn.ts';

/** What the hub reads from; the store. */
export interface WatchSource {
  readonly backend: Backend;
}

export class WatchHub {
  readonly #source: WatchSource;
  /** Main revision of the last transaction the hub was told of. */
  #notified = 0;

  constructor(source: WatchSource) {
    this.#source = source;
  }

  get source(): WatchSource {
    return this.#source;
  }

  get notified(): number {
    return this.#notified;
  }

  notify(changes: TxnChanges): void {
    this.#notified = changes.main;
  }

  afterRestore(): void {
    this.#notified = 0;
  }
}
