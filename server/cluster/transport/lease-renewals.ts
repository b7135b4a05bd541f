// Owns a follower's side of renewals of leases: which of the leader's URLs and connections each goes over. Every client's
// keep-alive that arrives here becomes one, so they share connections, and those of one turn share a write.
// etcd: lease/leasehttp/http.go RenewHTTP.

import type { Clock } from '../../base/clock.ts';
import { EtcdError } from '../../base/errors.ts';
import { RENEWAL_CONNECTIONS_MAX, RENEWALS_WAITING_MAX } from './limits.ts';
import { hostOf, type PeerConnector } from './peer-connector.ts';
import { type Renewal, RenewalConnection } from './renewal-connection.ts';
import type { Done } from './types.ts';
import { UrlPicker } from './url-picker.ts';

export interface RenewalTarget {
  /** All of the leader's. */
  readonly urls: readonly string[];
  /** Without any answer for so long a connection is given up. */
  readonly timeoutMs: number;
}

export class LeaseRenewals {
  readonly #connector: PeerConnector;
  readonly #clock: Clock;
  #link: LeaderLink | undefined = undefined;
  #isStopped = false;

  constructor(connector: PeerConnector, clock: Clock) {
    this.#connector = connector;
    this.#clock = clock;
  }

  /** See Renewal.done. A failure may be of one URL: asking again goes to the next. */
  renew(target: RenewalTarget, id: bigint, done: Done<number>): void {
    if (this.#isStopped || target.urls.length === 0) {
      done(new EtcdError('notLeader'));
      return;
    }
    const before = this.#link;
    if (before?.target.urls !== target.urls) {
      // Another leads, or has moved: nobody waits for what the one before it says.
      this.#link = new LeaderLink(this.#connector, this.#clock, target);
      before?.close();
    }
    this.#link?.add({ id, done });
  }

  stop(): void {
    this.#isStopped = true;
    this.#link?.close();
    this.#link = undefined;
  }
}

/** The connections to one leader. */
class LeaderLink {
  readonly target: RenewalTarget;
  readonly #connector: PeerConnector;
  readonly #clock: Clock;
  readonly #picker: UrlPicker;
  readonly #connections: RenewalConnection[] = [];
  /** For a place on a connection, oldest first. */
  #waiting: Renewal[] = [];
  #isClosed = false;

  constructor(connector: PeerConnector, clock: Clock, target: RenewalTarget) {
    this.target = target;
    this.#connector = connector;
    this.#clock = clock;
    this.#picker = new UrlPicker(target.urls);
  }

  add(renewal: Renewal): void {
    if (this.#isClosed) {
      renewal.done(new EtcdError('notLeader'));
      return;
    }
    const connection = this.#waiting.length > 0 ? undefined : this.#connectionWithRoom();
    if (connection !== undefined) connection.add(renewal);
    else if (this.#waiting.length < RENEWALS_WAITING_MAX && this.#connections.length > 0) {
      this.#waiting.push(renewal);
    } else renewal.done(new EtcdError('notLeader'));
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#connections]) connection.close();
    this.#refuseWaiting();
  }

  /** The first one that has room, so that few are used and writes are large. Undefined when none can be had. */
  #connectionWithRoom(): RenewalConnection | undefined {
    for (const connection of this.#connections) if (connection.hasRoom) return connection;
    return this.#connections.length < RENEWAL_CONNECTIONS_MAX ? this.#open() : undefined;
  }

  #open(): RenewalConnection | undefined {
    const url = this.#picker.pick();
    try {
      const connection = new RenewalConnection({
        clock: this.#clock,
        dial: (onReady) => this.#connector.dial(url, onReady),
        host: hostOf(url),
        silenceMs: this.target.timeoutMs,
        onRoom: () => this.#seat(),
        onEnd: (ended, failure) => this.#ended(ended, url, failure),
      });
      this.#connections.push(connection);
      return connection;
    } catch {
      // A URL or a certificate that cannot be used now.
      this.#picker.reportUnreachable(url);
      return undefined;
    }
  }

  #seat(): void {
    let count = 0;
    while (count < this.#waiting.length) {
      const connection = this.#connectionWithRoom();
      if (connection === undefined) break;
      connection.add(this.#waiting[count++] as Renewal);
    }
    if (count > 0) this.#waiting = this.#waiting.slice(count);
  }

  #ended(ended: RenewalConnection, url: string, failure: Error | undefined): void {
    const position = this.#connections.indexOf(ended);
    if (position >= 0) this.#connections.splice(position, 1);
    if (failure !== undefined) this.#picker.reportUnreachable(url);
    if (this.#isClosed) return;
    if (this.#connections.length > 0) this.#seat();
    // Whoever waits asks again in a moment, instead of behind a dial that may take long.
    else this.#refuseWaiting();
  }

  #refuseWaiting(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    const error = new EtcdError('notLeader');
    for (const renewal of waiting) renewal.done(error);
  }
}
