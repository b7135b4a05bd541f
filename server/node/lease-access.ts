// Owns what clients do with leases beside granting and revoking them: keep-alives, looks, lists. Only the leader knows
// how long a lease has left. etcd: server/etcdserver/v3_server.go LeaseRenew, LeaseTimeToLive.

import type { Clock } from '../base/clock.ts';
import { EtcdError, type EtcdErrorCode } from '../base/errors.ts';
import type { Lessor } from '../lease/lessor.ts';
import type { Proposer } from './api.ts';
import { LEADER_RETRY_MS, LEASE_EXPIRED_RETRY_MS } from './limits.ts';
import type { RequestIdGenerator } from './request-id.ts';
import type { Scheduler } from './scheduler.ts';

export interface LeaseTimes {
  readonly ttlSeconds: number;
  readonly grantedTtlSeconds: number;
  readonly keys: readonly Uint8Array[];
}

export interface LeaseAccessDeps {
  readonly lessor: Lessor;
  readonly ids: RequestIdGenerator;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Proposes a checkpoint with nothing remaining, so that the next leader starts over. */
  readonly resetCheckpoint: (id: bigint, done: () => void) => void;
  readonly requestTimeoutMs: number;
  /** Waits until this member is known to lead, or to follow, as of now, and has applied what was committed by now. */
  readonly readIndex: Proposer['readIndex'];
  readonly leadership: Leadership;
  /** Asks the leader; notLeader when none is known or it was none any more. */
  readonly leader: LeaderLeases;
}

/** What this member knows of its own leadership. */
export interface Leadership {
  /** The term it leads in; 0 when it does not lead, or is handing leadership over. */
  readonly term: () => number;
  /** Whether everything it knows to be committed is applied. */
  readonly isCaughtUp: () => boolean;
  /**
   * Once a quorum has confirmed its leadership, nobody else can lead for so many milliseconds, counted from the question:
   * voters that heard of it do not vote for an election timeout (thesis 6.4.1, 4.2.3). Some less, because clocks drift.
   * Voters that find nobody listening where the leader did do not wait: then it is no more, or behind a wall that refuses
   * connections, and what it promises is late by this at most.
   */
  readonly proofMs: number;
}

/** Leases as the leader tells them. */
export interface LeaderLeases {
  renew(id: bigint, done: (result: number | EtcdError) => void): void;
  timeToLive(id: bigint, withKeys: boolean, done: (result: LeaseTimes | EtcdError) => void): void;
}

/** Answers that asking again would not change. */
const FINAL_ERRORS: ReadonlySet<EtcdErrorCode> = new Set(['leaseNotFound', 'stopped']);

export class LeaseAccess {
  readonly #deps: LeaseAccessDeps;
  /** The last time leadership was proven: when that was asked, on the monotonic clock, and in which term. */
  #provenMs = 0;
  #provenTerm = 0;

  constructor(deps: LeaseAccessDeps) {
    this.#deps = deps;
  }

  nextLeaseId(): bigint {
    return this.#deps.ids.nextLeaseId();
  }

  /** The new time to live in seconds, from this member or from the leader. */
  renew(id: bigint, done: (result: number | EtcdError) => void): void {
    this.#ask(
      (answer) => this.renewHere(id, answer),
      (answer) => this.#deps.leader.renew(id, answer),
      done,
    );
  }

  timeToLive(id: bigint, withKeys: boolean, done: (result: LeaseTimes | EtcdError) => void): void {
    this.#ask(
      (answer) => this.timeToLiveHere(id, withKeys, answer),
      (answer) => this.#deps.leader.timeToLive(id, withKeys, answer),
      done,
    );
  }

  /** Only the leader's answer; notLeader from any other member. */
  renewHere(id: bigint, done: (result: number | EtcdError) => void): void {
    const deadlineMs = this.#deps.clock.monotonicMs() + this.#deps.requestTimeoutMs;
    this.#asLeader(done, () => this.#renew(id, deadlineMs, done));
  }

  timeToLiveHere(
    id: bigint,
    withKeys: boolean,
    done: (result: LeaseTimes | EtcdError) => void,
  ): void {
    const { lessor, clock } = this.#deps;
    this.#asLeader(done, () => {
      const times = lessor.timeToLive(id, clock.monotonicMs());
      if (times === undefined) done(new EtcdError('leaseNotFound'));
      else done({ ...times, keys: withKeys ? lessor.keysOf(id) : [] });
    });
  }

  list(): readonly bigint[] {
    return this.#deps.lessor.list(this.#deps.clock.monotonicMs());
  }

  /**
   * Acts only while this member leads for sure. One that was replaced and does not know it yet would keep a lease alive
   * that its successor ends, or not know a lease that was granted since; neither may one that has yet to apply a grant
   * that others have applied. etcd: v3_server.go LeaseRenew, ensureLeadership and waitAppliedIndex; there a leader whose
   * own clock ticks need not ask the others, here one that has asked a moment ago.
   */
  #asLeader(done: (error: EtcdError) => void, act: () => void): void {
    const { lessor, readIndex, leadership, clock } = this.#deps;
    if (!lessor.isPrimary) {
      done(new EtcdError('notLeader'));
      return;
    }
    const term = leadership.term();
    const nowMs = clock.monotonicMs();
    if (this.#isProven(term, nowMs) && leadership.isCaughtUp()) {
      act();
      return;
    }
    readIndex({
      onReadable: (error) => {
        if (error !== undefined) done(error);
        else if (lessor.isPrimary) {
          this.#provenTerm = term;
          this.#provenMs = nowMs;
          act();
        } else done(new EtcdError('notLeader'));
      },
    });
  }

  #isProven(term: number, nowMs: number): boolean {
    const { proofMs } = this.#deps.leadership;
    return term !== 0 && term === this.#provenTerm && nowMs - this.#provenMs < proofMs;
  }

  /** Asks here, then the leader, then again, because leadership may be moving. etcd: v3_server.go LeaseRenew. */
  #ask<T>(
    here: (done: (result: T | EtcdError) => void) => void,
    atLeader: (done: (result: T | EtcdError) => void) => void,
    done: (result: T | EtcdError) => void,
  ): void {
    const { lessor, clock, scheduler, requestTimeoutMs } = this.#deps;
    const deadlineMs = clock.monotonicMs() + requestTimeoutMs;
    const isFinal = (result: T | EtcdError): boolean =>
      !(result instanceof EtcdError) || FINAL_ERRORS.has(result.code);
    const attempt = (): void => {
      // A follower need not ask itself first: there every keep-alive comes by here.
      if (lessor.isPrimary) here(onLocal);
      else atLeader(onRemote);
    };
    const onLocal = (local: T | EtcdError): void => {
      if (isFinal(local)) done(local);
      else atLeader(onRemote);
    };
    const onRemote = (remote: T | EtcdError): void => {
      if (isFinal(remote)) done(remote);
      else if (clock.monotonicMs() >= deadlineMs) done(new EtcdError('timeout'));
      else scheduler.after(LEADER_RETRY_MS, attempt);
    };
    attempt();
  }

  #renew(id: bigint, deadlineMs: number, done: (result: number | EtcdError) => void): void {
    const { lessor, clock, scheduler } = this.#deps;
    const nowMs = clock.monotonicMs();
    const result = lessor.renew(id, nowMs);
    const again = (): void => this.#renew(id, deadlineMs, done);
    switch (result.kind) {
      case 'renewed':
        done(result.ttlSeconds);
        return;
      case 'notFound':
        done(new EtcdError('leaseNotFound'));
        return;
      case 'notPrimary':
        done(new EtcdError('notLeader'));
        return;
      case 'checkpointed':
        this.#deps.resetCheckpoint(id, again);
        return;
      case 'expired':
        // Its revocation is on the way: the answer is whatever the log says in the end.
        if (nowMs >= deadlineMs) done(new EtcdError('timeout'));
        else scheduler.after(LEASE_EXPIRED_RETRY_MS, again);
    }
  }
}
