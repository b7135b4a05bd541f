// Owns the configuration in force: who votes, who learns, and the leader's progress for each. Kept as one list in
// ascending order of id: clusters are small, a scan beats a map with bigint keys, and every walk is deterministic.

import type { InflightWindow } from './progress.ts';
import { Progress } from './progress.ts';
import type { VoteResult } from './quorum.ts';
import { quorumSize, quorumValue, voteResult } from './quorum.ts';
import type { ConfState, MemberId } from './types.ts';

const NO_IDS: readonly MemberId[] = [];

export class Members {
  readonly #window: InflightWindow;
  #list: Progress[];
  #voterCount: number;
  /** Scratch space for quorum arithmetic. */
  readonly #values: number[];

  constructor(window: InflightWindow) {
    this.#window = window;
    this.#list = [];
    this.#voterCount = 0;
    this.#values = [];
  }

  /** All members, ascending by id. */
  get all(): readonly Progress[] {
    return this.#list;
  }

  get voterCount(): number {
    return this.#voterCount;
  }

  find(id: MemberId): Progress | undefined {
    for (const member of this.#list) if (member.id === id) return member;
    return undefined;
  }

  isVoter(id: MemberId): boolean {
    const member = this.find(id);
    return member !== undefined && !member.isLearner;
  }

  /** True when `id` alone decides. */
  isOnlyVoter(id: MemberId): boolean {
    return this.#voterCount === 1 && this.isVoter(id);
  }

  /** Makes `id` a voter or learner, keeping the progress of a member that changes its part. */
  put(id: MemberId, isLearner: boolean, next: number): void {
    let member = this.find(id);
    if (member === undefined) {
      member = new Progress(id, next, this.#window);
      // A new member counts as active, or the next quorum check could fail before it had a chance to answer.
      member.recentActive = true;
      const position = this.#list.findIndex((other) => other.id > id);
      this.#list.splice(position === -1 ? this.#list.length : position, 0, member);
    }
    member.isLearner = isLearner;
    this.#countVoters();
  }

  remove(id: MemberId): void {
    this.#list = this.#list.filter((member) => member.id !== id);
    this.#countVoters();
  }

  #countVoters(): void {
    let count = 0;
    for (const member of this.#list) if (!member.isLearner) count++;
    this.#voterCount = count;
  }

  /** Replaces the configuration; all progress starts over. */
  restore(confState: ConfState, next: number): void {
    this.#list = [];
    for (const id of confState.voters) this.put(id, false, next);
    for (const id of confState.learners) this.put(id, true, next);
    this.#countVoters();
  }

  confState(): ConfState {
    const voters: MemberId[] = [];
    const learners: MemberId[] = [];
    for (const member of this.#list) (member.isLearner ? learners : voters).push(member.id);
    return { voters, learners, votersOutgoing: NO_IDS, learnersNext: NO_IDS, autoLeave: false };
  }

  /** The highest index that a quorum of the voters holds. */
  committedIndex(): number {
    const values = this.#values;
    values.length = 0;
    for (const member of this.#list) if (!member.isLearner) values.push(member.match);
    return quorumValue(values);
  }

  /** The highest read round that a quorum of the voters confirmed; `self` confirms whatever it asks. */
  confirmedRead(self: MemberId, round: number): number {
    const values = this.#values;
    values.length = 0;
    for (const member of this.#list) {
      if (!member.isLearner) values.push(member.id === self ? round : member.readAck);
    }
    return quorumValue(values);
  }

  /** True when a quorum of the voters was heard from since the last `clearActive`. */
  isQuorumActive(): boolean {
    let active = 0;
    for (const member of this.#list) if (!member.isLearner && member.recentActive) active++;
    return active >= quorumSize(this.#voterCount);
  }

  clearActive(self: MemberId): void {
    for (const member of this.#list) if (member.id !== self) member.recentActive = false;
  }

  clearVotes(): void {
    for (const member of this.#list) member.vote = 'none';
  }

  /** Where the campaign stands. Only voters count. */
  tally(): VoteResult {
    let granted = 0;
    let rejected = 0;
    for (const member of this.#list) {
      if (member.isLearner) continue;
      if (member.vote === 'granted') granted++;
      else if (member.vote === 'rejected') rejected++;
    }
    return voteResult({ voterCount: this.#voterCount, granted, rejected });
  }
}
