// Owns keeping leases alive: all leases of a client share one stream, which is opened again on another member when it
// breaks. A lease that could not be renewed before it ran out, or that the server does not know, is lost, and its keeper
// says so. etcd: client/v3/lease.go.
import { EventEmitter } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { EtcdError, GrpcStatus } from '../server/base/errors.ts';
import {
  decodeLeaseKeepAliveResponse,
  encodeLeaseKeepAliveRequest,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
} from '../server/proto/gen/rpc.ts';
import { type Caller, isUnavailable, type OpenStream } from './caller.ts';
import { type CallFailure, ClientError, toCallFailure } from './client-error.ts';
import { KEEP_ALIVE_PARTS, KEEP_ALIVE_RECONNECT_MS, TIMER_MS_MAX } from './limits.ts';
import { type CallOptions, reading } from './method.ts';

const KEEP_ALIVE = reading(
  '/etcdserverpb.Lease/LeaseKeepAlive',
  encodeLeaseKeepAliveRequest,
  decodeLeaseKeepAliveResponse,
);

/** Until the first answer the time to live is not known; renewals are asked for this often. etcd: clientv3 assumes it too. */
const UNKNOWN_TTL_SECONDS = 5;

type KeepAliveCall = ClientDuplexStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>;

interface LeaseKeeperEvents {
  /** The server renewed the lease. */
  renewed: [response: LeaseKeepAliveResponse];
  /** The lease is gone, or must be taken for gone. Nothing follows. */
  lost: [failure: CallFailure];
}

/** Keeps one lease alive until it is stopped or the lease is lost. */
export class LeaseKeeper extends EventEmitter<LeaseKeeperEvents> {
  readonly id: bigint;
  /** Resolves when the keeper ends, with the failure when the lease was lost. */
  readonly done: Promise<CallFailure | undefined>;
  readonly #send: (keeper: LeaseKeeper) => void;
  readonly #release: (keeper: LeaseKeeper) => void;
  #resolveDone: (failure: CallFailure | undefined) => void;
  #timer: NodeJS.Timeout | undefined;
  #deadlineMs: number;
  #ended: boolean;

  constructor(
    id: bigint,
    send: (keeper: LeaseKeeper) => void,
    release: (keeper: LeaseKeeper) => void,
  ) {
    super();
    this.id = id;
    this.#send = send;
    this.#release = release;
    this.#resolveDone = ignore;
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
    this.#timer = undefined;
    this.#deadlineMs = Date.now() + UNKNOWN_TTL_SECONDS * 1000;
    this.#ended = false;
    this.#schedule(UNKNOWN_TTL_SECONDS);
  }

  /** Stops renewing; the lease lives on for its time. */
  stop(): void {
    this.#end(undefined);
  }

  /** For the stream: an answer for this lease. */
  take(response: LeaseKeepAliveResponse): void {
    if (this.#ended) return;
    if (response.ttl <= 0) {
      this.#end(new EtcdError('leaseNotFound'));
      return;
    }
    this.#deadlineMs = Date.now() + response.ttl * 1000;
    this.#schedule(response.ttl);
    this.emit('renewed', response);
  }

  /** For the stream: no answer will come any more. */
  fail(failure: CallFailure): void {
    this.#end(failure);
  }

  #schedule(ttlSeconds: number): void {
    clearTimeout(this.#timer);
    const delayMs = Math.min((ttlSeconds * 1000) / KEEP_ALIVE_PARTS, TIMER_MS_MAX);
    this.#timer = setTimeout(() => this.#renew(ttlSeconds), delayMs);
  }

  #renew(ttlSeconds: number): void {
    if (Date.now() >= this.#deadlineMs) {
      this.#end(new EtcdError('leaseNotFound'));
      return;
    }
    this.#send(this);
    this.#schedule(ttlSeconds);
  }

  #end(failure: CallFailure | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#release(this);
    if (failure !== undefined) this.emit('lost', failure);
    this.#resolveDone(failure);
  }
}

/** The stream that all keepers of a client share. */
export class KeepAliveStream {
  readonly #caller: Caller;
  readonly #keepers: Map<bigint, Set<LeaseKeeper>>;
  #abort: AbortController | undefined;
  #call: KeepAliveCall | undefined;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.#keepers = new Map();
    this.#abort = undefined;
    this.#call = undefined;
  }

  keep(id: bigint): LeaseKeeper {
    const keeper = new LeaseKeeper(
      id,
      (due) => this.#send(due.id),
      (ended) => this.#release(ended),
    );
    const sameLease = this.#keepers.get(id) ?? new Set();
    sameLease.add(keeper);
    this.#keepers.set(id, sameLease);
    if (this.#abort === undefined) this.#start();
    else this.#send(id);
    return keeper;
  }

  /** One renewal on a stream of its own, repeated while members are unavailable. */
  async once(id: bigint, options: CallOptions): Promise<LeaseKeepAliveResponse> {
    for (;;) {
      const stream = await this.#caller.bidiStream(KEEP_ALIVE, options);
      try {
        return await firstAnswer(stream.call, id);
      } catch (error) {
        const failure = toCallFailure(error);
        this.#caller.reportStreamFailure(stream.connection, failure);
        if (!isUnavailable(failure) || options.signal?.aborted === true) throw failure;
      } finally {
        stream.release();
      }
      await wait(KEEP_ALIVE_RECONNECT_MS);
    }
  }

  close(): void {
    for (const keepers of [...this.#keepers.values()]) {
      for (const keeper of [...keepers]) keeper.stop();
    }
  }

  #start(): void {
    const abort = new AbortController();
    this.#abort = abort;
    void this.#serve(abort.signal);
  }

  #release(keeper: LeaseKeeper): void {
    const sameLease = this.#keepers.get(keeper.id);
    sameLease?.delete(keeper);
    if (sameLease?.size === 0) this.#keepers.delete(keeper.id);
    if (this.#keepers.size > 0) return;
    this.#abort?.abort();
    this.#abort = undefined;
  }

  #send(id: bigint): void {
    this.#call?.write({ id });
  }

  /** Runs while there are keepers. Failures that do not pass end all of them. */
  async #serve(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const failure = await this.#serveOnce(signal);
      if (signal.aborted) return;
      if (!isPassing(failure)) {
        this.#failAll(failure);
        return;
      }
      await wait(KEEP_ALIVE_RECONNECT_MS, undefined, { signal }).catch(ignore);
    }
  }

  async #serveOnce(signal: AbortSignal): Promise<CallFailure> {
    let stream: OpenStream<KeepAliveCall>;
    try {
      stream = await this.#caller.bidiStream(KEEP_ALIVE, { signal, requireLeader: true });
    } catch (error) {
      return toCallFailure(error);
    }
    this.#call = stream.call;
    const failure = await this.#pump(stream.call);
    this.#call = undefined;
    stream.release();
    this.#caller.reportStreamFailure(stream.connection, failure);
    return failure;
  }

  #pump(call: KeepAliveCall): Promise<CallFailure> {
    return new Promise((resolve) => {
      call.on('data', (response: LeaseKeepAliveResponse) => {
        for (const keeper of [...(this.#keepers.get(response.id) ?? [])]) keeper.take(response);
      });
      call.on('error', (error: unknown) => resolve(toCallFailure(error)));
      call.on('end', () => resolve(new ClientError(GrpcStatus.unavailable, 'the stream ended')));
      for (const id of this.#keepers.keys()) call.write({ id });
    });
  }

  #failAll(failure: CallFailure): void {
    for (const keepers of [...this.#keepers.values()]) {
      for (const keeper of [...keepers]) keeper.fail(failure);
    }
  }
}

function firstAnswer(call: KeepAliveCall, id: bigint): Promise<LeaseKeepAliveResponse> {
  return new Promise((resolve, reject) => {
    call.once('data', resolve);
    call.on('error', (error: unknown) => reject(toCallFailure(error)));
    call.on('end', () => reject(new ClientError(GrpcStatus.unavailable, 'the stream ended')));
    call.write({ id });
  });
}

function isPassing(failure: CallFailure): boolean {
  const { status } = failure;
  return (
    status === GrpcStatus.unavailable ||
    status === GrpcStatus.internal ||
    status === GrpcStatus.canceled ||
    status === GrpcStatus.unauthenticated
  );
}

function ignore(): void {
  // Nothing to do: the loop looks at the signal.
}
