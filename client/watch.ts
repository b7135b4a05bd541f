// Owns watching keys: one stream per watcher, opened again on another member at the revision after the last one delivered,
// so that the consumer sees every event once, in order. A consumer that does not keep up stops its own stream alone.
// etcd: client/v3/watch.go multiplexes watchers over one stream and buffers without bound instead.
import { setTimeout as wait } from 'node:timers/promises';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { EtcdError, type EtcdErrorCode, GrpcStatus, isEtcdError } from '../server/base/errors.ts';
import type { Event } from '../server/proto/gen/kv.ts';
import {
  createWatchCreateRequest,
  createWatchRequest,
  decodeWatchResponse,
  encodeWatchRequest,
  FilterType,
  type WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
} from '../server/proto/gen/rpc.ts';
import { AsyncQueue } from './async-queue.ts';
import type { Caller, OpenStream } from './caller.ts';
import {
  type CallFailure,
  ClientError,
  canceled,
  maybeQuotedError,
  toCallFailure,
} from './client-error.ts';
import { type KeyRangeOptions, keyRange } from './key-range.ts';
import {
  FRAGMENT_EVENTS_MAX,
  RETRY_WAIT_MAX_MS,
  RETRY_WAIT_MS,
  WATCH_QUEUE_MAX,
} from './limits.ts';
import { type BytesLike, reading } from './method.ts';

export interface WatchOptions extends KeyRangeOptions {
  /** First revision of interest; 0 for what comes. */
  readonly startRevision?: number;
  /** Events come with the value before them. */
  readonly prevKv?: boolean;
  /** Now and then an empty batch, which says that all events up to its header's revision were delivered. */
  readonly progressNotify?: boolean;
  readonly noPut?: boolean;
  readonly noDelete?: boolean;
  /** Lets the server split batches over the size of a message; they are joined again here. */
  readonly fragment?: boolean;
  /** Goes to another member when the one at hand loses its leader. On unless false. */
  readonly requireLeader?: boolean;
  readonly signal?: AbortSignal;
}

/** The server ended the watch. `compactRevision` is not 0 when the start was already compacted. */
export class WatchCanceledError extends ClientError {
  override readonly name: string = 'WatchCanceledError';
  readonly compactRevision: number;
  /** What the server said. */
  readonly response: WatchResponse;
  /** The row of the table of errors that says why, where there is one. */
  readonly reason: EtcdError | undefined;

  constructor(response: WatchResponse) {
    const reason =
      response.compactRevision === 0
        ? maybeQuotedError(response.cancelReason)
        : new EtcdError('compacted');
    // etcd: clientv3 takes a cancel without a word for a start in the future.
    const text = response.cancelReason === '' ? new EtcdError('futureRev').message : undefined;
    super(
      reason?.status ?? GrpcStatus.failedPrecondition,
      reason?.message ?? text ?? response.cancelReason,
      { origin: 'client', ...(reason === undefined ? {} : { cause: reason }) },
    );
    this.compactRevision = response.compactRevision;
    this.response = response;
    this.reason = reason;
  }
}

type WatchCall = ClientDuplexStream<WatchRequest, WatchResponse>;

const WATCH = reading('/etcdserverpb.Watch/Watch', encodeWatchRequest, decodeWatchResponse);

/** Failures after which another member, or the same one later, may serve the watch. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([
  GrpcStatus.unavailable,
  GrpcStatus.internal,
  // A member that stops ends its streams with this.
  GrpcStatus.canceled,
]);
const PASSING_CODES: ReadonlySet<EtcdErrorCode> = new Set(['invalidAuthToken', 'authOldRevision']);

export class Watcher implements AsyncIterable<WatchResponse>, AsyncDisposable {
  readonly #caller: Caller;
  readonly #request: WatchCreateRequest;
  readonly #requireLeader: boolean;
  readonly #queue: AsyncQueue<WatchResponse>;
  readonly #abort: AbortController;
  readonly #created: Set<() => void>;
  readonly #finished: Promise<void>;
  #call: WatchCall | undefined;
  /** Where to go on after the stream breaks; 0 until the server said where it began. */
  #nextRevision: number;
  #isCreated: boolean;
  #failure: CallFailure | undefined;
  #fragments: Event[];

  constructor(caller: Caller, key: BytesLike, options: WatchOptions = {}) {
    this.#caller = caller;
    this.#request = createRequest(key, options);
    this.#requireLeader = options.requireLeader ?? true;
    this.#queue = new AsyncQueue(() => this.#call?.resume());
    this.#abort = new AbortController();
    this.#created = new Set();
    this.#call = undefined;
    this.#nextRevision = this.#request.startRevision;
    this.#isCreated = false;
    this.#failure = undefined;
    this.#fragments = [];
    this.#finished = this.#run(options.signal);
  }

  /** The first revision that was not delivered yet; 0 before the watch began. */
  get nextRevision(): number {
    return this.#nextRevision;
  }

  /** Resolves when the server has the watch: what is written from then on is seen. */
  async whenCreated(): Promise<void> {
    if (!this.#isCreated && this.#failure === undefined && !this.#abort.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#created.add(resolve);
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isCreated) throw canceled();
  }

  /** Asks for an empty batch that tells how far the watch is. Lost when the connection is; the server may stay silent. */
  requestProgress(): void {
    this.#call?.write(createWatchRequest({ progressRequest: {} }));
  }

  /** Ends the watch; the iteration ends after the batches that are already here. */
  async cancel(): Promise<void> {
    this.#abort.abort();
    await this.#finished;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  /** Batches of events, and empty batches as signs of progress. Throws WatchCanceledError when the server ends the watch. */
  [Symbol.asyncIterator](): AsyncIterator<WatchResponse, undefined> {
    return {
      next: () => this.#queue.next(),
      return: async () => {
        await this.cancel();
        return { done: true, value: undefined };
      },
    };
  }

  async #run(outer: AbortSignal | undefined): Promise<void> {
    const onAbort = (): void => this.#abort.abort();
    if (outer?.aborted === true) onAbort();
    outer?.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#serveUntilEnd();
      this.#queue.end();
    } catch (error) {
      if (this.#abort.signal.aborted) {
        this.#queue.end();
      } else {
        this.#failure = toCallFailure(error);
        this.#queue.end(this.#failure);
      }
    }
    outer?.removeEventListener('abort', onAbort);
    this.#announce();
  }

  async #serveUntilEnd(): Promise<void> {
    const { signal } = this.#abort;
    let waitMs = RETRY_WAIT_MS;
    while (!signal.aborted) {
      const failure = await this.#serveOnce(() => {
        waitMs = RETRY_WAIT_MS;
      });
      if (signal.aborted) return;
      if (!isPassing(failure)) throw failure;
      await wait(waitMs, undefined, { signal });
      waitMs = Math.min(waitMs * 2, RETRY_WAIT_MAX_MS);
    }
  }

  /** Serves one stream until it breaks, and tells why it did. */
  async #serveOnce(onCreated: () => void): Promise<CallFailure> {
    const options = { signal: this.#abort.signal, requireLeader: this.#requireLeader };
    let stream: OpenStream<WatchCall>;
    try {
      stream = await this.#caller.bidiStream(WATCH, options);
    } catch (error) {
      return toCallFailure(error);
    }
    this.#call = stream.call;
    this.#fragments = [];
    const failure = await this.#pump(stream.call, onCreated);
    this.#call = undefined;
    stream.release();
    const reason = failure instanceof WatchCanceledError ? failure.reason : undefined;
    this.#caller.reportStreamFailure(stream.connection, reason ?? failure);
    return failure;
  }

  #pump(call: WatchCall, onCreated: () => void): Promise<CallFailure> {
    return new Promise((resolve) => {
      call.on('data', (response: WatchResponse) => {
        if (response.created && !response.canceled) onCreated();
        const failure = this.#take(response);
        if (failure !== undefined) resolve(failure);
        else if (this.#queue.length >= WATCH_QUEUE_MAX) call.pause();
      });
      // What the stream still held is asked for again: only delivered batches move the next revision.
      call.on('error', (error: unknown) => resolve(toCallFailure(error)));
      call.on('end', () => resolve(new ClientError(GrpcStatus.unavailable, 'the stream ended')));
      const createRequest = { ...this.#request, startRevision: this.#nextRevision };
      call.write(createWatchRequest({ createRequest }));
    });
  }

  /** Delivers one answer; returns the failure that it tells. */
  #take(response: WatchResponse): CallFailure | undefined {
    if (response.canceled) return new WatchCanceledError(response);
    const revision = response.header?.revision ?? 0;
    if (response.created) {
      if (this.#nextRevision === 0) this.#nextRevision = revision + 1;
      this.#isCreated = true;
      this.#announce();
      return undefined;
    }
    if (response.fragment) {
      if (this.#fragments.length + response.events.length > FRAGMENT_EVENTS_MAX) {
        return new ClientError(GrpcStatus.resourceExhausted, 'too many events in fragments');
      }
      for (const event of response.events) this.#fragments.push(event);
      return undefined;
    }
    const events = [...this.#fragments, ...response.events];
    this.#fragments = [];
    const reached = events.at(-1)?.kv?.modRevision ?? revision;
    this.#nextRevision = Math.max(this.#nextRevision, reached + 1);
    this.#queue.push({ ...response, events });
    return undefined;
  }

  /** Wakes those who wait for the watch to be created, or to have failed. */
  #announce(): void {
    for (const wake of this.#created) wake();
    this.#created.clear();
  }
}

/** Opens watches. */
export class Watches {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Starts watching at once; see Watcher.whenCreated for when that is in force. */
  open(key: BytesLike, options: WatchOptions = {}): Watcher {
    return new Watcher(this.#caller, key, options);
  }
}

function createRequest(key: BytesLike, options: WatchOptions): WatchCreateRequest {
  const filters: number[] = [];
  if (options.noPut === true) filters.push(FilterType.noput);
  if (options.noDelete === true) filters.push(FilterType.nodelete);
  return createWatchCreateRequest({
    ...keyRange(key, options),
    startRevision: options.startRevision ?? 0,
    progressNotify: options.progressNotify ?? false,
    filters,
    prevKv: options.prevKv ?? false,
    fragment: options.fragment ?? false,
  });
}

function isPassing(failure: CallFailure): boolean {
  if (failure instanceof WatchCanceledError) {
    return failure.reason !== undefined && PASSING_CODES.has(failure.reason.code);
  }
  if (isEtcdError(failure) && PASSING_CODES.has(failure.code)) return true;
  return PASSING_STATUSES.has(failure.status);
}
