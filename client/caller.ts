// Owns how a call is made: on a connected member, with the token of the user, again elsewhere when that is safe. Calls that
// only read are repeated when a member is unavailable; a write is sent once, because its answer may be lost after it took
// effect. etcd: client/v3/retry_interceptor.go, with the difference that nothing is sent before a member is connected.
import { setTimeout as wait } from 'node:timers/promises';
import { type ClientDuplexStream, type ClientReadableStream, Metadata } from '@grpc/grpc-js';
import { type EtcdErrorCode, GrpcStatus, isEtcdError } from '../server/base/errors.ts';
import { API_VERSION } from './api-version.ts';
import { type CallFailure, canceled, toCallFailure } from './client-error.ts';
import type { CallContext, Connection } from './connection.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { RETRY_COUNT_MAX, RETRY_WAIT_MAX_MS, RETRY_WAIT_MS } from './limits.ts';
import type { CallOptions, Method } from './method.ts';
import type { TokenSource } from './token.ts';

export interface CallerTimeouts {
  readonly dialTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** A stream and the member that serves it. */
export interface OpenStream<Stream> {
  readonly call: Stream;
  readonly connection: Connection;
  /** Cancels the call, and closes a connection that was made for it alone. */
  readonly release: () => void;
}

export interface StreamOptions extends CallOptions {
  /** Ends the stream when the member loses its leader. */
  readonly requireLeader?: boolean;
  /** The member to ask; any of the client's when missing. */
  readonly endpoint?: string;
}

/** Answers that say the token is missing or too old, not that the user may not. */
const TOKEN_REFUSALS: ReadonlySet<EtcdErrorCode> = new Set([
  'invalidAuthToken',
  'authOldRevision',
  'userEmpty',
]);

export class Caller {
  readonly pool: ConnectionPool;
  readonly tokens: TokenSource | undefined;
  readonly #timeouts: CallerTimeouts;

  constructor(pool: ConnectionPool, timeouts: CallerTimeouts, tokens: TokenSource | undefined) {
    this.pool = pool;
    this.tokens = tokens;
    this.#timeouts = timeouts;
  }

  /** One call on whichever member is available. */
  unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    return this.#repeat(method, options, (connection, context) =>
      connection.unary(method, request, context),
    );
  }

  /** One call on the member at `endpoint`. */
  async unaryAt<Request, Response>(
    endpoint: string,
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    const deadlineMs = this.#deadlineMs(options);
    return await this.withConnection(endpoint, { ...options, deadlineMs }, async (connection) => {
      for (let attempt = 1; ; attempt++) {
        const context = await this.#context(deadlineMs, options);
        try {
          return await connection.unary(method, request, context);
        } catch (error) {
          if (attempt > 1 || !this.#tokenRefused(error)) throw error;
        }
      }
    });
  }

  /** Runs `use` with a connection to `endpoint`, which need not be one of the client's. */
  async withConnection<Result>(
    endpoint: string,
    options: CallOptions & { readonly deadlineMs: number },
    use: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    const { deadlineMs, signal } = options;
    const dialTimeoutMs = this.#timeouts.dialTimeoutMs;
    const { connection, giveBack } = this.pool.borrow(endpoint);
    try {
      await this.pool.whenReady(connection, { deadlineMs, dialTimeoutMs, signal });
      return await use(connection);
    } finally {
      giveBack();
    }
  }

  /** A stream of answers. The caller turns its errors into failures with toCallFailure. */
  async serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: StreamOptions = {},
  ): Promise<OpenStream<ClientReadableStream<Response>>> {
    const prepared = await this.#prepareStream(options);
    const { connection, context } = prepared;
    return openStream(connection.serverStream(method, request, context), prepared);
  }

  async bidiStream<Request, Response>(
    method: Method<Request, Response>,
    options: StreamOptions = {},
  ): Promise<OpenStream<ClientDuplexStream<Request, Response>>> {
    const prepared = await this.#prepareStream(options);
    const { connection, context } = prepared;
    return openStream(connection.bidiStream(method, context), prepared);
  }

  /** Says that a stream failed: a new token and another member are taken next time. */
  reportStreamFailure(connection: Connection, error: CallFailure): void {
    this.#tokenRefused(error);
    if (isUnavailable(error)) this.pool.suspect(connection);
  }

  async #prepareStream(options: StreamOptions): Promise<PreparedStream> {
    const deadlineMs = Date.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
    const { signal } = options;
    const context = await this.#context(deadlineMs, options);
    const pick = { deadlineMs, dialTimeoutMs: this.#timeouts.dialTimeoutMs, signal };
    if (options.endpoint === undefined) {
      return { connection: await this.pool.pick(pick), context, giveBack: undefined };
    }
    const { connection, giveBack } = this.pool.borrow(options.endpoint);
    try {
      await this.pool.whenReady(connection, pick);
    } catch (error) {
      giveBack();
      throw error;
    }
    return { connection, context, giveBack };
  }

  async #repeat<Response>(
    method: { readonly repeatable: boolean },
    options: CallOptions,
    attempt: (connection: Connection, context: CallContext) => Promise<Response>,
  ): Promise<Response> {
    const deadlineMs = this.#deadlineMs(options);
    const dialTimeoutMs = this.#timeouts.dialTimeoutMs;
    const { signal } = options;
    let tokenRenewed = false;
    for (let count = 1; ; count++) {
      const context = await this.#context(deadlineMs, options);
      const connection = await this.pool.pick({ deadlineMs, dialTimeoutMs, signal });
      try {
        return await attempt(connection, context);
      } catch (error) {
        const failure = toCallFailure(error);
        if (signal?.aborted === true) throw canceled(signal.reason);
        if (!tokenRenewed && this.#tokenRefused(failure)) {
          tokenRenewed = true;
          continue;
        }
        if (isUnavailable(failure)) this.pool.suspect(connection);
        const again = (method.repeatable && isUnavailable(failure)) || wasNotSent(failure);
        if (!again || count >= RETRY_COUNT_MAX || Date.now() >= deadlineMs) throw failure;
      }
      await this.#pause(count, deadlineMs, signal);
    }
  }

  /** Each member is tried once without waiting; then the waits grow with each round. */
  async #pause(count: number, deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
    const members = this.pool.endpoints.length;
    if (count % members !== 0) return;
    const round = Math.min(count / members - 1, 10);
    const waitMs = Math.min(RETRY_WAIT_MS * 2 ** round, RETRY_WAIT_MAX_MS);
    const boundedMs = Math.max(Math.min(waitMs, deadlineMs - Date.now()), 0);
    await wait(boundedMs, undefined, signal === undefined ? {} : { signal }).catch((error) => {
      throw canceled(error);
    });
  }

  async #context(
    deadlineMs: number,
    options: { readonly signal?: AbortSignal; readonly requireLeader?: boolean },
  ): Promise<CallContext> {
    const metadata = new Metadata();
    metadata.set('client-api-version', API_VERSION);
    if (options.requireLeader === true) metadata.set('hasleader', 'true');
    const token = await this.tokens?.token();
    if (token !== undefined) metadata.set('token', token);
    return { metadata, deadlineMs, signal: options.signal };
  }

  /** True when the failure was a stale token, which is then forgotten. */
  #tokenRefused(error: unknown): boolean {
    if (this.tokens === undefined || !isEtcdError(error)) return false;
    return TOKEN_REFUSALS.has(error.code) && this.tokens.forget();
  }

  #deadlineMs(options: CallOptions): number {
    return Date.now() + (options.timeoutMs ?? this.#timeouts.requestTimeoutMs);
  }
}

/** A member that is ready for a stream, and how to let go of it. */
interface PreparedStream {
  readonly connection: Connection;
  readonly context: CallContext;
  readonly giveBack: (() => void) | undefined;
}

function openStream<Stream extends { cancel(): void }>(
  call: Stream,
  { connection, giveBack }: PreparedStream,
): OpenStream<Stream> {
  const release = (): void => {
    call.cancel();
    giveBack?.();
  };
  return { call, connection, release };
}

export function isUnavailable(failure: CallFailure): boolean {
  return failure.status === GrpcStatus.unavailable;
}

/** True when the transport says that no byte of the call left this machine. */
function wasNotSent(failure: CallFailure): boolean {
  return isUnavailable(failure) && failure.message.startsWith('No connection established');
}
