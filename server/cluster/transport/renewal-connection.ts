// Owns one connection to the leader for renewals of leases: requests of one turn leave in one write, without waiting for
// the answers to those before, and the answers come in the same order.
//
//   dialling --stands--> open --idle, or the leader closes it--> ended
//       |                  |
//       +--- failed, no answer in time, bytes that are no answer: every renewal under way is told notLeader

import type { Socket } from 'node:net';
import { concatBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { EtcdError } from '../../base/errors.ts';
import { decodeLeaseKeepAliveResponse, encodeLeaseKeepAliveRequest } from '../../proto/gen/rpc.ts';
import { DecodeError } from '../../proto/reader.ts';
import { HeadedReader } from './headed-reader.ts';
import {
  IDLE_CONNECTION_MS,
  RENEWAL_CHECK_MS,
  RENEWALS_PER_CONNECTION,
  REQUEST_HEAD_BYTES_MAX,
} from './limits.ts';
import { ProtocolError } from './protocol-error.ts';
import { type AnswerHead, parseAnswerHead, RenewalRequestHeads } from './renewal-heads.ts';
import type { Done } from './types.ts';

/** One renewal on its way. */
export interface Renewal {
  readonly id: bigint;
  /** The new time to live in seconds. Errors: leaseNotFound, timeout; notLeader for everything that gave no answer. */
  readonly done: Done<number>;
}

export interface RenewalConnectionDeps {
  readonly clock: Clock;
  /** Starts the connection; calls `onReady` once bytes may be sent. */
  readonly dial: (onReady: () => void) => Socket;
  /** What requests name as their host. */
  readonly host: string;
  /** Without any answer for so long, while some are awaited, the leader counts as gone. */
  readonly silenceMs: number;
  /** Some were answered: there is room for others. */
  readonly onRoom: () => void;
  /** Called once. `failure` is undefined for a connection that was of no use any more. */
  readonly onEnd: (connection: RenewalConnection, failure: Error | undefined) => void;
}

export class RenewalConnection {
  readonly #deps: RenewalConnectionDeps;
  readonly #heads: RenewalRequestHeads;
  readonly #reader: HeadedReader<AnswerHead>;
  readonly #socket: Socket;
  readonly #check: NodeJS.Timeout;
  /** Sent, or to be sent, oldest first; those before `#head` are answered. */
  #renewals: Renewal[] = [];
  #head = 0;
  #sentCount = 0;
  /** When the last answers came, or the first renewal of a connection at rest. */
  #quietSinceMs: number;
  #isReady = false;
  #isFlushPlanned = false;
  #isEnded = false;

  /** Throws what `dial` throws. */
  constructor(deps: RenewalConnectionDeps) {
    this.#deps = deps;
    this.#heads = new RenewalRequestHeads(deps.host);
    this.#reader = new HeadedReader({
      parse: parseAnswerHead,
      headBytesMax: REQUEST_HEAD_BYTES_MAX,
    });
    this.#quietSinceMs = deps.clock.monotonicMs();
    this.#socket = deps.dial(() => {
      this.#isReady = true;
      this.#flush();
    });
    this.#socket.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => {
      this.#end(this.#isResting ? undefined : new Error('connection closed'));
    });
    this.#check = setInterval(() => this.#look(), RENEWAL_CHECK_MS);
    this.#check.unref();
  }

  get hasRoom(): boolean {
    return !this.#isEnded && this.#renewals.length - this.#head < RENEWALS_PER_CONNECTION;
  }

  get #isResting(): boolean {
    return this.#head === this.#renewals.length;
  }

  /** Leaves at the end of the turn. The caller knows that there is room. */
  add(renewal: Renewal): void {
    if (this.#isResting) this.#quietSinceMs = this.#deps.clock.monotonicMs();
    this.#renewals.push(renewal);
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    setImmediate(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  /** Ends it; whoever waits is told notLeader. */
  close(): void {
    this.#end(undefined);
  }

  #flush(): void {
    if (!this.#isReady || this.#isEnded) return;
    const parts: Uint8Array[] = [];
    for (let i = this.#head + this.#sentCount; i < this.#renewals.length; i++) {
      const body = encodeLeaseKeepAliveRequest(this.#renewals[i] as Renewal);
      parts.push(this.#heads.of(body.length), body);
    }
    this.#sentCount = this.#renewals.length - this.#head;
    if (parts.length > 0) this.#socket.write(concatBytes(parts));
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isEnded) return;
    this.#reader.push(chunk);
    try {
      this.#read();
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof DecodeError)) throw error;
      this.#end(error);
      return;
    }
    this.#quietSinceMs = this.#deps.clock.monotonicMs();
    if (this.#isResting) {
      this.#renewals = [];
      this.#head = 0;
    } else if (this.#head >= RENEWALS_PER_CONNECTION) {
      this.#renewals.splice(0, this.#head);
      this.#head = 0;
    }
    this.#deps.onRoom();
  }

  #read(): void {
    for (;;) {
      const head = this.#reader.next();
      if (head === undefined) return;
      if (this.#sentCount === 0) throw new ProtocolError('an answer that nobody asked for');
      const renewal = this.#renewals[this.#head] as Renewal;
      const outcome = this.#outcome(head, renewal.id);
      this.#head++;
      this.#sentCount--;
      renewal.done(outcome);
      if (this.#isEnded) return;
      if (head.isLast) throw new ProtocolError('the leader closes the connection');
    }
  }

  /** Throws for an answer to something else. */
  #outcome({ status }: AnswerHead, id: bigint): number | EtcdError {
    if (status === 404) return new EtcdError('leaseNotFound');
    if (status === 408) return new EtcdError('timeout');
    if (status !== 200) return new EtcdError('notLeader');
    const { bytes, bodyStart, bodyEnd } = this.#reader;
    const answer = decodeLeaseKeepAliveResponse(bytes, bodyStart, bodyEnd);
    if (answer.id !== id) throw new ProtocolError('lease: renew id mismatch');
    return answer.ttl;
  }

  #look(): void {
    const quietMs = this.#deps.clock.monotonicMs() - this.#quietSinceMs;
    if (this.#isResting) {
      if (quietMs >= IDLE_CONNECTION_MS) this.#end(undefined);
    } else if (quietMs >= this.#deps.silenceMs) this.#end(new Error('request timed out'));
  }

  #end(failure: Error | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#check);
    this.#socket.destroy();
    const lost = this.#renewals.slice(this.#head);
    this.#renewals = [];
    this.#head = 0;
    this.#deps.onEnd(this, failure);
    if (lost.length === 0) return;
    const error = new EtcdError('notLeader', { cause: failure });
    for (const renewal of lost) renewal.done(error);
  }
}
