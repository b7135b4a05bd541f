// Owns the requests that wait for their apply: queued until the end of the turn, then handed to raft as one batch,
// found again when their entry is applied, failed when their time is up.

import type { Command } from '../apply/command.ts';
import type { ApplyOutcome } from '../apply/result.ts';
import type { EtcdError } from '../base/errors.ts';
import { NumberMap } from '../base/number-map.ts';
import type { Entry } from '../raft/types.ts';
import { PENDING_PROPOSALS_MAX } from './limits.ts';

/** Whoever asked. Called exactly once; must not throw. */
export interface ProposalListener {
  onOutcome(outcome: ApplyOutcome): void;
}

/** One request on its way through the log. */
export class Proposal {
  /** The entry's data; its identity tells our entry from another one at the same index. */
  readonly data: Uint8Array;
  /** What `data` says, decoded once. Its byte fields are views of `data`. */
  readonly command: Command;
  /** Lower 48 bits of the request id. */
  readonly idSuffix: number;
  listener: ProposalListener | undefined = undefined;
  deadlineMs = 0;
  /** Position in the log once raft took it; 0 before and when it was forwarded to another leader. */
  index = 0;
  settled = false;

  constructor(data: Uint8Array, command: Command, idSuffix: number) {
    this.data = data;
    this.command = command;
    this.idSuffix = idSuffix;
  }
}

/** The two stages a proposal goes through: the queue of this turn, then the log. */
export class Proposals {
  #queue: Proposal[] = [];
  /** Ids ascend in the order proposed, which is the order of the deadlines. */
  readonly #byId: NumberMap<Proposal> = new NumberMap();
  readonly #byIndex: NumberMap<Proposal> = new NumberMap();

  /** Requests that wait, in either stage. */
  get pendingCount(): number {
    return this.#byId.size;
  }

  get queuedCount(): number {
    return this.#queue.length;
  }

  /** Takes a request; false when too many wait already. */
  add(proposal: Proposal): boolean {
    if (this.#byId.size >= PENDING_PROPOSALS_MAX) return false;
    this.#byId.set(proposal.idSuffix, proposal);
    this.#queue.push(proposal);
    return true;
  }

  /** What was queued since the last call, oldest first. */
  takeQueue(): Proposal[] {
    const queue = this.#queue;
    this.#queue = [];
    return queue;
  }

  /** Puts proposals back that raft could not take now; their deadlines go on running. */
  requeue(proposals: readonly Proposal[]): void {
    this.#queue = [...proposals.filter((p) => !p.settled), ...this.#queue];
  }

  /** Raft gave these proposals consecutive places from `firstIndex`. */
  placed(proposals: readonly Proposal[], firstIndex: number): void {
    for (let i = 0; i < proposals.length; i++) {
      const proposal = proposals[i] as Proposal;
      proposal.index = firstIndex + i;
      this.#byIndex.set(proposal.index, proposal);
    }
  }

  /** The local proposal this entry came from, if it is still waited for. */
  ofEntry(entry: Entry): Proposal | undefined {
    const proposal = this.#byIndex.get(entry.index);
    if (proposal === undefined) return undefined;
    this.#byIndex.delete(entry.index);
    return proposal.data === entry.data ? proposal : undefined;
  }

  /** The proposal with this id, for entries that came back from another leader. */
  ofId(idSuffix: number): Proposal | undefined {
    return this.#byId.get(idSuffix);
  }

  settle(proposal: Proposal, outcome: ApplyOutcome): void {
    if (proposal.settled) return;
    proposal.settled = true;
    this.#byId.delete(proposal.idSuffix);
    proposal.listener?.onOutcome(outcome);
  }

  /** Fails what has waited too long. An entry already in the log may still be applied later: that is what a
   *  time-out means to the client. */
  expire(nowMs: number, error: (proposal: Proposal) => EtcdError): void {
    let hasExpired = false;
    for (const proposal of this.#byId.values()) {
      if (proposal.deadlineMs > nowMs) break;
      hasExpired = true;
      // Another proposal may have got the place since, after the log was overwritten.
      if (this.#byIndex.get(proposal.index) === proposal) this.#byIndex.delete(proposal.index);
      this.settle(proposal, error(proposal));
    }
    // What never got into the log must not get there once its client was told that it failed.
    if (hasExpired) this.#queue = this.#queue.filter((proposal) => !proposal.settled);
  }

  failAll(error: EtcdError): void {
    for (const proposal of this.#byId.values()) this.settle(proposal, error);
    this.#queue = [];
    this.#byIndex.clear();
  }
}
