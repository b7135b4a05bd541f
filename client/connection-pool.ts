// Owns the connections of a client, one per endpoint, and picks one for each call: in turn among those that are connected,
// passing over members at which a call has just failed. A member that goes away is left, and used again when it is back,
// without anybody saying so.
import { GrpcStatus } from '../server/base/errors.ts';
import { ClientError, canceled, deadlineExceeded } from './client-error.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { SUSPECT_MS, TIMER_MS_MAX } from './limits.ts';

export interface PickOptions {
  /** Milliseconds since the epoch; Infinity waits for ever. */
  readonly deadlineMs: number;
  readonly dialTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A connection for a while; `giveBack` closes it if it was made for this alone. */
export interface BorrowedConnection {
  readonly connection: Connection;
  readonly giveBack: () => void;
}

export class ConnectionPool {
  readonly #options: ConnectionOptions;
  readonly #waiters: Set<() => void>;
  #connections: readonly Connection[];
  #next: number;
  #closed: boolean;

  constructor(endpoints: readonly string[], options: ConnectionOptions) {
    this.#options = options;
    this.#waiters = new Set();
    this.#connections = [];
    this.#next = 0;
    this.#closed = false;
    this.setEndpoints(endpoints);
  }

  get endpoints(): readonly string[] {
    return this.#connections.map((connection) => connection.endpoint.text);
  }

  /** Connections to endpoints that stay are kept; calls on those that go are cut. */
  setEndpoints(endpoints: readonly string[]): void {
    if (endpoints.length === 0) {
      throw new ClientError(GrpcStatus.invalidArgument, 'etcdclient: no available endpoints');
    }
    const known = new Map(this.#connections.map((one) => [one.endpoint.text, one]));
    const connections: Connection[] = [];
    for (const endpoint of new Set(endpoints)) {
      connections.push(known.get(endpoint) ?? this.#open(endpoint));
      known.delete(endpoint);
    }
    this.#connections = connections;
    for (const removed of known.values()) removed.close();
    this.#wake();
  }

  /** A connection to one endpoint: the pool's own, or a new one when the endpoint is not in the pool. */
  borrow(endpoint: string): BorrowedConnection {
    const known = this.#connections.find((one) => one.endpoint.text === endpoint);
    if (known !== undefined) return { connection: known, giveBack: nothing };
    const connection = this.#open(endpoint);
    return { connection, giveBack: () => connection.close() };
  }

  /** A connected member. Throws when none can be had in time. */
  async pick(options: PickOptions): Promise<Connection> {
    const giveUpMs = Math.min(options.deadlineMs, Date.now() + options.dialTimeoutMs);
    for (;;) {
      if (this.#closed) throw closed();
      const connection = this.#rotate();
      if (connection !== undefined) return connection;
      for (const one of this.#connections) one.connect();
      await this.#change(giveUpMs, options.signal);
      if (Date.now() >= giveUpMs && this.#rotate() === undefined) throw this.#tooLate(options);
    }
  }

  /** Waits until `connection` is connected. */
  async whenReady(connection: Connection, options: PickOptions): Promise<void> {
    const giveUpMs = Math.min(options.deadlineMs, Date.now() + options.dialTimeoutMs);
    connection.connect();
    while (!connection.ready) {
      if (Date.now() >= giveUpMs) throw this.#tooLate(options);
      await this.#change(giveUpMs, options.signal);
    }
  }

  /** Says that a call failed at this member: others go first for a while. */
  suspect(connection: Connection): void {
    connection.suspectUntilMs = Date.now() + SUSPECT_MS;
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#connections) connection.close();
    this.#wake();
  }

  #open(endpoint: string): Connection {
    return new Connection(endpoint, this.#options, () => this.#wake());
  }

  /** The next connected member in turn; a suspect only when there is no other. */
  #rotate(): Connection | undefined {
    const nowMs = Date.now();
    const count = this.#connections.length;
    let fallback: Connection | undefined;
    for (let i = 0; i < count; i++) {
      const index = (this.#next + i) % count;
      const connection = this.#connections[index];
      if (connection === undefined || !connection.ready) continue;
      if (connection.suspectUntilMs <= nowMs) {
        this.#next = index + 1;
        return connection;
      }
      if (fallback === undefined || connection.suspectUntilMs < fallback.suspectUntilMs) {
        fallback = connection;
      }
    }
    return fallback;
  }

  /** Resolves when a connection becomes ready or the time is up; throws when aborted. */
  #change(giveUpMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) throw canceled(signal.reason);
      const waitMs = Math.min(Math.max(giveUpMs - Date.now(), 0), TIMER_MS_MAX);
      const timer = setTimeout(() => finish(resolve), waitMs);
      const wake = (): void => finish(resolve);
      const onAbort = (): void => finish(() => reject(canceled(signal?.reason)));
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      this.#waiters.add(wake);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  #tooLate(options: PickOptions): ClientError {
    if (Date.now() >= options.deadlineMs) return deadlineExceeded();
    const names = this.endpoints.join(', ');
    return new ClientError(GrpcStatus.unavailable, `no connection to any of ${names}`);
  }
}

function nothing(): void {
  // The pool keeps its own connections.
}

function closed(): ClientError {
  return new ClientError(GrpcStatus.canceled, 'the client is closed');
}
