// Owns telling the cluster that this member's quota is used up, and those whose requests are refused for it meanwhile: they
// hear of the refusal when the alarm is in force, so that whoever was refused finds it in /health and in the list of alarms.
// etcd: server/etcdserver/api/v3rpc/quota.go check.

import { EtcdError } from '../base/errors.ts';
import { PENDING_PROPOSALS_MAX } from './limits.ts';
import type { ProposalListener } from './proposals.ts';

export interface NoSpaceAlarmPort {
  /** Whether the alarm is in force already. */
  isRaised(): boolean;
  /** Proposes the alarm; `done` once it is in force, or given up. */
  propose(done: () => void): void;
}

export class NoSpaceAlarm {
  readonly #port: NoSpaceAlarmPort;
  #waiting: ProposalListener[] = [];
  #isRaising = false;

  constructor(port: NoSpaceAlarmPort) {
    this.#port = port;
  }

  /** Once, until it is known everywhere. */
  raise(): void {
    if (this.#isRaising || this.#port.isRaised()) return;
    this.#isRaising = true;
    this.#port.propose(() => {
      this.#isRaising = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const listener of waiting) listener.onOutcome(new EtcdError('noSpace'));
    });
  }

  /** Raises the alarm, and refuses a request once that is done. */
  refuse(listener: ProposalListener): void {
    if (this.#port.isRaised() || this.#waiting.length >= PENDING_PROPOSALS_MAX) {
      listener.onOutcome(new EtcdError('noSpace'));
      return;
    }
    this.#waiting.push(listener);
    this.raise();
  }
}
