// Owns when output reaches the sockets: each connection with output is noted once, and all of them are written at
// the end of the event-loop turn, so that the answers of one turn share one write per connection.

/** A connection that can write what its engine has waiting. */
export interface PumpedConnection {
  flush(): void;
}

export class SocketPump {
  #dirty: PumpedConnection[] = [];
  #scheduled = false;
  readonly #flush: () => void;

  constructor() {
    this.#flush = () => this.flushNow();
  }

  /** Notes a connection; the caller notes it once until it is flushed. */
  schedule(connection: PumpedConnection): void {
    this.#dirty.push(connection);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  /** Writes everything noted so far. */
  flushNow(): void {
    this.#scheduled = false;
    while (this.#dirty.length > 0) {
      const batch = this.#dirty;
      this.#dirty = [];
      for (const connection of batch) connection.flush();
    }
  }
}
