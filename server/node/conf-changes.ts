// Owns changes of the membership on their way through the log: proposed as long as it takes, answered when applied.
// etcd: server/etcdserver/server.go configure.

import { EtcdError } from '../base/errors.ts';
import { encodeConfChange } from '../proto/gen/raft.ts';
import type { ConfChange, ProposeResult } from '../raft/types.ts';
import { PENDING_CONF_CHANGES_MAX } from './limits.ts';

export type ConfChangeDone = (error: EtcdError | undefined) => void;

interface Waiter {
  readonly change: ConfChange;
  readonly data: Uint8Array;
  readonly deadlineMs: number;
  readonly done: ConfChangeDone;
  isProposed: boolean;
}

export class ConfChanges {
  readonly #propose: (data: Uint8Array) => ProposeResult;
  readonly #waiters: Map<bigint, Waiter> = new Map();

  constructor(propose: (data: Uint8Array) => ProposeResult) {
    this.#propose = propose;
  }

  /** Takes a change; its id must be fresh. `done` is called once: when it is applied or refused, or after its time. */
  add(change: ConfChange, deadlineMs: number, done: ConfChangeDone): void {
    if (this.#waiters.size >= PENDING_CONF_CHANGES_MAX) {
      done(new EtcdError('tooManyRequests'));
      return;
    }
    const data = encodeConfChange(change);
    this.#waiters.set(change.id, { change, data, deadlineMs, done, isProposed: false });
  }

  /**
   * Proposes the oldest change, again and again until raft takes it; called at every tick and with every new change.
   * One at a time: a change proposed while another one is pending becomes an empty entry, and its waiter would hear
   * of it only by its timeout.
   */
  proposeNext(): void {
    const [oldest] = this.#waiters.values();
    if (oldest === undefined || oldest.isProposed) return;
    oldest.isProposed = this.#propose(oldest.data).kind === 'accepted';
  }

  /** A change was applied, by whichever member it was proposed. */
  applied(id: bigint, error: EtcdError | undefined): void {
    const waiter = this.#waiters.get(id);
    if (waiter === undefined) return;
    this.#waiters.delete(id);
    waiter.done(error);
  }

  expire(nowMs: number): void {
    for (const [id, waiter] of this.#waiters) {
      if (waiter.deadlineMs > nowMs) continue;
      this.#waiters.delete(id);
      waiter.done(new EtcdError('timeout'));
    }
  }

  failAll(error: EtcdError): void {
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.done(error);
  }
}
