// Owns the state of one member's consensus and the four role changes. The steps in follower.ts, candidate.ts and
// leader.ts work on it; RawNode keeps it private. Its fields are open to this folder only.
//
//             election timeout              won pre-vote                 won
//   follower ------------------> preCandidate ---------> candidate ------------> leader
//      ^  ^                          |   lost, leader seen   |                     |
//      |  +--------------------------+-----------------------+                     |
//      +---- higher term, quorum silent for an election timeout, removed ----------+

import { assert } from '../base/assert.ts';
import type { Logger } from '../base/logger.ts';
import type { RaftConfig } from './config.ts';
import { HeldProposals } from './held-proposals.ts';
import type { RaftLog } from './log.ts';
import { Members } from './members.ts';
import { type Draft, isForwardedType, mustWait, newDraft } from './messages.ts';
import { ReadOnly } from './read-only.ts';
import {
  type HardState,
  type MemberId,
  type Message,
  NO_MEMBER,
  type RaftRole,
  type ReadState,
} from './types.ts';

export class RaftCore {
  readonly config: RaftConfig;
  readonly id: MemberId;
  readonly logger: Logger;
  readonly log: RaftLog;
  readonly members: Members;
  readonly readOnly: ReadOnly;
  readonly heldProposals: HeldProposals;

  role: RaftRole;
  term: number;
  vote: MemberId;
  leader: MemberId;

  /** Ticks since a leader was heard from, a vote was given or, on a leader, the last quorum check. */
  electionElapsed: number;
  heartbeatElapsed: number;
  /** In [electionTicks, 2 * electionTicks - 1], drawn anew with every role change. */
  electionTimeout: number;

  /** Nobody listens where the leader did: no need to wait for the rest of its time. Cleared when a leader is heard. */
  isLeaderGone: boolean;

  /** Whom leadership is being handed to. */
  transferee: MemberId;
  /** No configuration change may be proposed until this index is applied. */
  pendingConfIndex: number;
  /** Bytes proposed in this term and not handed out as committed. */
  uncommittedBytes: number;
  /** Appends or a new commit index are owed to the members; sent once, with the next Ready. */
  owesAppends: boolean;
  /** Somebody has not been told of the commit index: see flushAppends. */
  holdsNotice: boolean;
  /** Held news is to leave with the next Ready. */
  isNoticeDue: boolean;
  /** Everybody is told at once of what is committed up to here. */
  urgentTo: number;

  /** What the leader of this term was told to be here, on a follower. */
  acknowledgedTo: number;

  /** Ready to leave. */
  messages: Message[];
  readStates: ReadState[];

  constructor(config: RaftConfig, log: RaftLog, hardState: HardState) {
    this.config = config;
    this.id = config.id;
    this.logger = config.logger;
    this.log = log;
    this.members = new Members({
      messages: config.maxInflightMessages,
      bytes: config.maxInflightBytes,
    });
    this.readOnly = new ReadOnly();
    this.heldProposals = new HeldProposals();
    this.role = 'follower';
    this.term = hardState.term;
    this.vote = hardState.vote;
    this.leader = NO_MEMBER;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.electionTimeout = 0;
    this.isLeaderGone = false;
    this.transferee = NO_MEMBER;
    this.pendingConfIndex = 0;
    this.uncommittedBytes = 0;
    this.owesAppends = false;
    this.holdsNotice = false;
    this.isNoticeDue = false;
    this.urgentTo = 0;
    this.acknowledgedTo = 0;
    this.messages = [];
    this.readStates = [];
    this.#drawElectionTimeout();
  }

  /** This member may campaign: it votes, and its state is complete. */
  get isPromotable(): boolean {
    return this.members.isVoter(this.id) && !this.log.isInstalling;
  }

  /** Proposals of other members get somewhere from here. */
  get canPassProposals(): boolean {
    if (this.role === 'leader') return this.transferee === NO_MEMBER;
    return this.leader !== NO_MEMBER;
  }

  /** Keeps a proposal of another member until they do, or until that has taken too long. False: it is dropped. */
  holdProposal(message: Message): boolean {
    return this.heldProposals.add(message, 2 * this.config.electionTicks);
  }

  /** A quorum has an entry of this term: the commit index is as new as any earlier leader's. */
  get hasCommittedInTerm(): boolean {
    return this.log.term(this.log.committed) === this.term;
  }

  /** A message from this member. Requests that are passed on carry no term; nobody's term is at stake. */
  draft(type: number, to: MemberId): Draft {
    const term = isForwardedType(type) ? 0 : this.term;
    return newDraft(type, { to, from: this.id, term });
  }

  /** Sends `message` at once or, if it promises something, once that is durable. */
  send(message: Message): void {
    if (mustWait(message.type)) {
      this.log.durability.wait(message);
    } else {
      assert(message.to !== this.id, `message of type ${message.type} to myself`);
      this.messages.push(message);
    }
  }

  becomeFollower(term: number, leader: MemberId): void {
    this.#reset(term);
    this.role = 'follower';
    this.leader = leader;
    this.#announce('became follower');
  }

  /** Asks around without a trace: neither term nor vote change. */
  becomePreCandidate(): void {
    assert(this.role !== 'leader', 'a leader does not campaign');
    this.members.clearVotes();
    this.role = 'preCandidate';
    this.leader = NO_MEMBER;
    this.#announce('became pre-candidate');
  }

  becomeCandidate(): void {
    assert(this.role !== 'leader', 'a leader does not campaign');
    this.#reset(this.term + 1);
    this.vote = this.id;
    this.role = 'candidate';
    this.#announce('became candidate');
  }

  becomeLeader(): void {
    assert(this.role === 'candidate', `${this.role} cannot become leader`);
    this.#reset(this.term);
    this.role = 'leader';
    this.leader = this.id;
    const self = this.members.find(this.id);
    if (self !== undefined) {
      self.becomeReplicate();
      self.recentActive = true;
      self.acknowledged(this.log.durability.durableTo);
    }
    // There may be a configuration change in the tail. Waiting for all of it is simpler than looking.
    this.pendingConfIndex = this.log.lastIndex;
    this.#announce('became leader');
  }

  #reset(term: number): void {
    if (term !== this.term) {
      this.term = term;
      this.vote = NO_MEMBER;
    }
    this.leader = NO_MEMBER;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.isLeaderGone = false;
    this.#drawElectionTimeout();
    this.transferee = NO_MEMBER;
    this.pendingConfIndex = 0;
    this.uncommittedBytes = 0;
    this.owesAppends = false;
    this.holdsNotice = false;
    this.isNoticeDue = false;
    this.urgentTo = 0;
    this.acknowledgedTo = 0;
    this.readOnly.reset();
    this.members.clearVotes();
    const next = this.log.lastIndex + 1;
    for (const member of this.members.all) member.reset(next);
  }

  #drawElectionTimeout(): void {
    const ticks = this.config.electionTicks;
    this.electionTimeout = ticks + this.config.random(ticks);
  }

  #announce(what: string): void {
    this.logger.info(`${this.id.toString(16)} ${what} at term ${this.term}`);
  }
}
