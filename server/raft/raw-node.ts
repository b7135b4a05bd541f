// Owns the face of the consensus core: inputs come in as calls, everything raft wants done comes out as a `Ready`.
// No clock, no disk, no network, no randomness of its own: the same calls give the same Readys.
//
// The cycle and its order are described at `Ready` in types.ts. Idea: etcd-io/raft, RawNode with asynchronous writes.

import { assert } from '../base/assert.ts';
import { applyChange } from './conf-change.ts';
import { type RaftConfig, type RaftOptions, resolveConfig } from './config.ts';
import { RaftCore } from './core.ts';
import { leaderGone, maybeCampaign, recordVote } from './election.ts';
import {
  configurationChanged,
  handleSnapshotStatus,
  handleUnreachable,
  proposeCommands,
  proposeEntries,
  selfPersisted,
  transferTo,
} from './leader.ts';
import { ENTRY_MEMORY_BYTES, ENTRY_OVERHEAD_BYTES } from './limits.ts';
import { RaftLog } from './log.ts';
import type { MemoryLog } from './memory-log.ts';
import { unplacedEntry } from './messages.ts';
import { takeRead } from './reads.ts';
import { broadcastHeartbeat, flushAppends, streamedIndex } from './replication.ts';
import { type InitialState, recoverHardState } from './restart.ts';
import { type RaftStatus, statusOf } from './status.ts';
import { stepMessage } from './step.ts';
import type { StepResult } from './step-result.ts';
import { tickCore } from './tick.ts';
import {
  type ConfChange,
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  type MemberId,
  type Message,
  MessageType,
  NO_MEMBER,
  type ProposeResult,
  type ReadIndexResult,
  type ReadState,
  type Ready,
  type SoftState,
} from './types.ts';

const NO_LEADER: ProposeResult & ReadIndexResult = { kind: 'dropped', reason: 'noLeader' };
const TOO_MANY_READS: ReadIndexResult = { kind: 'dropped', reason: 'tooManyReads' };
const ACCEPTED: ProposeResult & ReadIndexResult = { kind: 'accepted' };
const NO_MESSAGES: readonly Message[] = [];
const NO_READ_STATES: readonly ReadState[] = [];

export class RawNode {
  readonly #core: RaftCore;
  #softState: SoftState;
  /** As of the last Ready that carried one. */
  #hardState: HardState;
  #lastToken: number;
  #persistedToken: number;

  /** `log` is the member's log as read from disk; raft appends to it and cuts it from here on. */
  constructor(options: RaftOptions, log: MemoryLog, initial: InitialState) {
    const config: RaftConfig = resolveConfig(options);
    const hardState = recoverHardState(log, initial);
    const position = { committed: hardState.commit, applied: initial.applied };
    this.#core = new RaftCore(config, new RaftLog(log, position), hardState);
    this.#core.members.restore(initial.confState, log.lastIndex + 1);
    this.#softState = { leader: NO_MEMBER, role: 'follower' };
    this.#hardState = initial.hardState;
    this.#lastToken = 0;
    this.#persistedToken = 0;
  }

  // ---- inputs

  /** One tick of time has passed. */
  tick(): void {
    tickCore(this.#core);
  }

  /** A message arrived from another member. Whatever it holds, it cannot break this one. */
  step(message: Message): StepResult {
    return stepMessage(this.#core, message);
  }

  /** Proposes a batch of commands: all of them are taken, or passed on to the leader, or none. */
  propose(batch: readonly Uint8Array[]): ProposeResult {
    if (batch.length === 0) return ACCEPTED;
    if (this.#core.role === 'leader') return proposeCommands(this.#core, batch);
    return this.#passOnProposal(batch.map((data) => unplacedEntry(EntryType.normal, data)));
  }

  /** Proposes a configuration change in its encoded form. With another one pending it becomes an empty entry. */
  proposeConfChange(data: Uint8Array): ProposeResult {
    const entries = [unplacedEntry(EntryType.confChange, data)];
    if (this.#core.role === 'leader') return proposeEntries(this.#core, entries);
    return this.#passOnProposal(entries);
  }

  /** Starts an election now, if this member may. */
  campaign(): void {
    maybeCampaign(this.#core, this.#core.config.preVote ? 'preElection' : 'election');
  }

  /** Asks for an index from which reads are linearizable; the answer is a ReadState with the same context. */
  readIndex(context: Uint8Array): ReadIndexResult {
    const core = this.#core;
    const entries = [unplacedEntry(EntryType.normal, context)];
    if (core.role === 'leader') {
      return takeRead(core, { from: core.id, entries }) ? ACCEPTED : TOO_MANY_READS;
    }
    if (core.leader === NO_MEMBER) return NO_LEADER;
    const message = core.draft(MessageType.readIndex, core.leader);
    message.entries = entries;
    core.send(message);
    return ACCEPTED;
  }

  /** Hands leadership to `to`, or asks the leader to. False when that cannot be tried. */
  transferLeadership(to: MemberId): boolean {
    const core = this.#core;
    if (core.role === 'leader') {
      const member = core.members.find(to);
      if (member === undefined || member.isLearner) return false;
      transferTo(core, member);
      return true;
    }
    if (core.leader === NO_MEMBER) return false;
    const message = core.draft(MessageType.transferLeader, core.leader);
    // The wire says whom leadership goes to in `from`.
    message.from = to;
    core.send(message);
    return true;
  }

  /** A committed configuration change is applied; node id 0 for one that was refused. Returns what is in force now. */
  applyConfChange(change: ConfChange): ConfState {
    const core = this.#core;
    applyChange(core.members, change, Math.max(core.log.lastIndex, 1));
    if (core.role === 'leader') configurationChanged(core);
    return core.members.confState();
  }

  /** True while members have yet to hear of a commit, which waits for entries to travel with: `noticeCommit` sends it. */
  get holdsNotice(): boolean {
    return this.#core.holdsNotice;
  }

  /** Nothing was proposed for a moment: what is committed is told without entries. */
  noticeCommit(): void {
    if (!this.#core.holdsNotice) return;
    this.#core.isNoticeDue = true;
    this.#core.owesAppends = true;
  }

  /** Messages to `id` are being lost. */
  reportUnreachable(id: MemberId): void {
    handleUnreachable(this.#core, id);
  }

  /** Nobody listens where `id` did: its process has ended, or its host refuses connections. */
  reportGone(id: MemberId): void {
    leaderGone(this.#core, id);
  }

  /** The snapshot sent to `id` was delivered, or not. */
  reportSnapshot(id: MemberId, delivered: boolean): void {
    handleSnapshotStatus(this.#core, id, delivered);
  }

  // ---- the Ready cycle

  /** True when `ready` has something to say. */
  hasReady(): boolean {
    const core = this.#core;
    const log = core.log;
    return (
      core.messages.length > 0 ||
      this.#canReleaseProposals() ||
      log.hasNewEntries ||
      log.hasNewCommitted ||
      core.owesAppends ||
      core.readStates.length > 0 ||
      core.readOnly.needsRound ||
      log.durability.hasWaiting ||
      log.hasNewSnapshot ||
      this.#isHardStateNew() ||
      core.role !== this.#softState.role ||
      core.leader !== this.#softState.leader
    );
  }

  /** Takes everything that became due since the last call. */
  ready(): Ready {
    const core = this.#core;
    const log = core.log;
    if (this.#canReleaseProposals()) {
      for (const message of core.heldProposals.takeAll()) stepMessage(core, message);
    }
    if (core.role === 'leader') {
      flushAppends(core);
      if (core.readOnly.needsRound) broadcastHeartbeat(core);
    }
    const token = ++this.#lastToken;
    const softState = this.#takeSoftState();
    const hardState = this.#isHardStateNew() ? this.#currentHardState() : undefined;
    const snapshot = log.takeSnapshot();
    const entries = log.newEntries();
    const committed = log.takeCommitted();
    const mustSync =
      entries.length > 0 ||
      snapshot !== undefined ||
      core.term !== this.#hardState.term ||
      core.vote !== this.#hardState.vote ||
      // The removed member of two stops soon, and the other one could not ask it again whether it was removed.
      (hardState !== undefined && committed.some(isConfChange));
    const free = log.durability.handOut(token, log.lastIndex, mustSync);
    for (const message of free) this.#release(message);
    this.#reduceUncommitted(committed);
    if (hardState !== undefined) this.#hardState = hardState;
    // What a Ready holds must not change after it was handed out, so the lists raft fills are never shared.
    let messages = NO_MESSAGES;
    if (core.messages.length > 0) {
      messages = core.messages;
      core.messages = [];
    }
    let readStates = NO_READ_STATES;
    if (core.readStates.length > 0) {
      readStates = core.readStates;
      core.readStates = [];
    }
    return {
      token,
      softState,
      hardState,
      entries,
      snapshot,
      messages,
      committed,
      readStates,
      mustSync,
    };
  }

  /** Everything handed out by Readys up to `token` is durable. Readys without mustSync may be left out. */
  persisted(token: number): void {
    assert(
      token >= this.#persistedToken && token <= this.#lastToken,
      `persisted(${token}) after ${this.#persistedToken}, handed out ${this.#lastToken}`,
    );
    this.#persistedToken = token;
    const core = this.#core;
    const freed = core.log.durability.persisted(token);
    for (const message of freed) this.#release(message);
    if (core.role === 'leader') selfPersisted(core, core.log.durability.durableTo);
  }

  /** The state machine has everything up to `index`; for a snapshot: it is installed. */
  applied(index: number): void {
    this.#core.log.appliedTo(index);
  }

  // ---- the log

  /** Forgets entries up to `index`, which must be applied. Members that still need them get a snapshot. */
  compact(index: number): void {
    const log = this.#core.log;
    assert(index <= log.applied, `compact to ${index}, applied ${log.applied}`);
    log.memory.compact(index);
  }

  get firstIndex(): number {
    return this.#core.log.firstIndex;
  }

  /** Memory that the entries of the log take. */
  get logBytes(): number {
    const { dataBytes, firstIndex, lastIndex } = this.#core.log.memory;
    return dataBytes + (lastIndex - firstIndex + 1) * ENTRY_MEMORY_BYTES;
  }

  /** Up to here every member has the log that a leader sends it as a stream of entries; Infinity when this is no leader. */
  get streamedIndex(): number {
    return this.#core.role === 'leader' ? streamedIndex(this.#core) : Number.POSITIVE_INFINITY;
  }

  get lastIndex(): number {
    return this.#core.log.lastIndex;
  }

  /** The term of the entry at `index`, or UNKNOWN_TERM (-1). */
  term(index: number): number {
    return this.#core.log.term(index);
  }

  /** The configuration in force, as of the last applied change. */
  confState(): ConfState {
    return this.#core.members.confState();
  }

  /** Index up to which the log is committed. */
  get committed(): number {
    return this.#core.log.committed;
  }

  /** The term this member is in. */
  get currentTerm(): number {
    return this.#core.term;
  }

  /** The term this member leads in; 0 when it does not lead, or is handing leadership over. */
  get leadingTerm(): number {
    const { role, transferee, term } = this.#core;
    return role === 'leader' && transferee === NO_MEMBER ? term : 0;
  }

  get role(): SoftState['role'] {
    return this.#core.role;
  }

  get leader(): MemberId {
    return this.#core.leader;
  }

  status(): RaftStatus {
    return statusOf(this.#core);
  }

  // ---- inside

  /** A message whose promise is durable: to its receiver, or counted here when it is this member's own vote. */
  #release(message: Message): void {
    const core = this.#core;
    if (message.to !== core.id) {
      core.messages.push(message);
    } else if (core.role === 'candidate' && message.term === core.term) {
      recordVote(core, core.id, true);
    }
  }

  /** Passes a proposal on, in messages of bounded size. */
  #passOnProposal(entries: readonly Entry[]): ProposeResult {
    const core = this.#core;
    if (core.leader === NO_MEMBER) return NO_LEADER;
    const limit = core.config.maxSizePerMessageBytes;
    let from = 0;
    let bytes = 0;
    for (let to = 0; to <= entries.length; to++) {
      const entry = entries[to];
      const size = entry === undefined ? 0 : entry.data.length + ENTRY_OVERHEAD_BYTES;
      if (entry === undefined || (to > from && bytes + size > limit)) {
        const message = core.draft(MessageType.prop, core.leader);
        message.entries = entries.slice(from, to);
        core.send(message);
        from = to;
        bytes = 0;
      }
      bytes += size;
    }
    return ACCEPTED;
  }

  #canReleaseProposals(): boolean {
    return !this.#core.heldProposals.isEmpty && this.#core.canPassProposals;
  }

  #isHardStateNew(): boolean {
    const core = this.#core;
    const last = this.#hardState;
    return core.log.committed !== last.commit || core.term !== last.term || core.vote !== last.vote;
  }

  #currentHardState(): HardState {
    const core = this.#core;
    return { term: core.term, vote: core.vote, commit: core.log.committed };
  }

  #takeSoftState(): SoftState | undefined {
    const core = this.#core;
    const last = this.#softState;
    if (core.role === last.role && core.leader === last.leader) return undefined;
    this.#softState = { leader: core.leader, role: core.role };
    if (core.leader !== last.leader) this.#logLeader(last.leader);
    return this.#softState;
  }

  /** etcd: raft/node.go, the lines people grep for. */
  #logLeader(before: MemberId): void {
    const core = this.#core;
    const self = core.id.toString(16);
    const old = before.toString(16);
    const now = core.leader.toString(16);
    if (core.leader === NO_MEMBER) {
      core.logger.info(`raft.node: ${self} lost leader ${old} at term ${core.term}`);
    } else if (before === NO_MEMBER) {
      core.logger.info(`raft.node: ${self} elected leader ${now} at term ${core.term}`);
    } else {
      core.logger.info(
        `raft.node: ${self} changed leader from ${old} to ${now} at term ${core.term}`,
      );
    }
  }

  /** Commands of this leader's term that go to the state machine make room for new ones. */
  #reduceUncommitted(committed: readonly Entry[]): void {
    const core = this.#core;
    if (core.uncommittedBytes === 0) return;
    let bytes = 0;
    for (const entry of committed) if (entry.term === core.term) bytes += entry.data.length;
    core.uncommittedBytes -= bytes;
  }
}

function isConfChange(entry: Entry): boolean {
  return entry.type === EntryType.confChange;
}
