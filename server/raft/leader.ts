// Owns what a leader does with messages of its term, one handler per message, and with its own proposals.

import { EMPTY_BYTES } from '../base/bytes.ts';
import type { RaftCore } from './core.ts';
import type { Progress } from './progress.ts';
import { answerConfirmedReads, releaseEarlyReads, takeRead } from './reads.ts';
import { appendOwn, maybeCommit, maybeSendAppend, sendTimeoutNow } from './replication.ts';
import { ignored, type StepResult, TAKEN } from './step-result.ts';
import {
  type Entry,
  EntryType,
  type MemberId,
  type Message,
  MessageType,
  NO_MEMBER,
  type ProposeResult,
} from './types.ts';

const ACCEPTED: ProposeResult = { kind: 'accepted' };

export function stepLeader(core: RaftCore, message: Message): StepResult {
  if (message.type === MessageType.prop) return handleProposal(core, message);
  if (message.type === MessageType.readIndex) {
    return takeRead(core, message) ? TAKEN : ignored('dropped');
  }
  const member = core.members.find(message.from);
  if (member === undefined) return ignored('unknownMember');
  switch (message.type) {
    case MessageType.appResp:
      return handleAppendResp(core, member, message);
    case MessageType.heartbeatResp:
      handleHeartbeatResp(core, member, message);
      return TAKEN;
    case MessageType.transferLeader:
      transferTo(core, member);
      return TAKEN;
    default:
      return ignored('notForThisRole');
  }
}

/** A proposal that another member passed on. */
function handleProposal(core: RaftCore, message: Message): StepResult {
  const result = proposeEntries(core, message.entries);
  if (result.kind === 'accepted') {
    core.members.find(message.from)?.awaitsCommit(core.log.lastIndex);
    return TAKEN;
  }
  const isHeld = result.reason === 'transferring' && core.holdProposal(message);
  return isHeld ? TAKEN : ignored('dropped');
}

/** Undefined when proposals are taken now. */
function refusal(core: RaftCore, sizeBytes: number): ProposeResult | undefined {
  if (core.members.find(core.id) === undefined) return { kind: 'dropped', reason: 'noLeader' };
  if (core.transferee !== NO_MEMBER) return { kind: 'dropped', reason: 'transferring' };
  if (
    sizeBytes > 0 &&
    core.uncommittedBytes > 0 &&
    core.uncommittedBytes + sizeBytes > core.config.maxUncommittedBytes
  ) {
    // With nothing uncommitted any size passes, or a large proposal could never get in.
    return { kind: 'dropped', reason: 'uncommittedFull' };
  }
  return undefined;
}

/** Appends a batch of commands: all of them or none. */
export function proposeCommands(core: RaftCore, batch: readonly Uint8Array[]): ProposeResult {
  let sizeBytes = 0;
  for (const data of batch) sizeBytes += data.length;
  const refused = refusal(core, sizeBytes);
  if (refused !== undefined) return refused;
  for (const data of batch) appendOwn(core, EntryType.normal, data);
  return ACCEPTED;
}

/** Appends entries that may hold a configuration change: all of them or none. */
export function proposeEntries(core: RaftCore, entries: readonly Entry[]): ProposeResult {
  let sizeBytes = 0;
  for (const entry of entries) sizeBytes += entry.data.length;
  const refused = refusal(core, sizeBytes);
  if (refused !== undefined) return refused;
  for (const entry of entries) {
    if (entry.type === EntryType.normal) {
      appendOwn(core, EntryType.normal, entry.data);
    } else if (core.pendingConfIndex > core.log.applied) {
      // One change at a time. etcd: the refused one still takes its index, as an empty entry.
      appendOwn(core, EntryType.normal, EMPTY_BYTES);
    } else {
      appendOwn(core, EntryType.confChange, entry.data);
      core.pendingConfIndex = core.log.lastIndex;
      core.urgentTo = core.log.lastIndex;
    }
  }
  return ACCEPTED;
}

function handleAppendResp(core: RaftCore, member: Progress, message: Message): StepResult {
  if (message.index > core.log.lastIndex) return ignored('beyondLog');
  member.recentActive = true;
  if (message.reject) {
    handleRejection(core, member, message);
    return TAKEN;
  }
  const isNews = member.acknowledged(message.index);
  if (!isNews && !(member.state === 'probe' && member.match === message.index)) return TAKEN;
  if (member.state === 'probe') {
    member.becomeReplicate();
  } else if (member.state === 'replicate') {
    member.freeInflights(message.index);
  } else if (member.match + 1 >= core.log.firstIndex) {
    // Whatever snapshot it installed, the log reaches from there.
    member.becomeProbe();
    member.becomeReplicate();
  }
  advanceCommit(core);
  core.owesAppends = true;
  if (core.transferee === member.id && member.match === core.log.lastIndex) {
    sendTimeoutNow(core, member.id);
  }
  return TAKEN;
}

/**
 * Finds the next place to try. The member names an index and its term there (`rejectHint`, `logTerm`); every entry of
 * ours above that term after which it could agree is ruled out at once, so a fork costs a round trip per term.
 *
 *   index   1 2 3 4 5 6 7 8 9
 *   ours    1 3 3 3 5 5 5 5 5      refused at 9, hint (6, term 2): nothing of terms 3 and 5 can match,
 *   theirs  1 1 1 1 2 2            the next try is after index 1
 */
function handleRejection(core: RaftCore, member: Progress, message: Message): void {
  let hint = message.rejectHint;
  if (message.logTerm > 0) hint = core.log.findConflictByTerm(hint, message.logTerm);
  const wasReplicating = member.state === 'replicate';
  if (!member.rejected(message.index, hint)) return;
  if (wasReplicating) member.becomeProbe();
  maybeSendAppend(core, member, true);
}

function handleHeartbeatResp(core: RaftCore, member: Progress, message: Message): void {
  member.recentActive = true;
  member.resume();
  // Appends may have been lost. An empty one is enough to hear where the member stands.
  if (member.match < core.log.lastIndex || member.state === 'probe') {
    maybeSendAppend(core, member, true);
  }
  const round = core.readOnly.parseContext(message.context);
  if (round > member.readAck) {
    member.readAck = round;
    answerConfirmedReads(core);
  }
}

/** Starts handing leadership to `member`; given up after an election timeout (thesis 3.10). */
export function transferTo(core: RaftCore, member: Progress): void {
  if (member.isLearner || core.transferee === member.id) return;
  core.transferee = NO_MEMBER;
  if (member.id === core.id) return;
  core.electionElapsed = 0;
  core.transferee = member.id;
  if (member.match === core.log.lastIndex) sendTimeoutNow(core, member.id);
  else maybeSendAppend(core, member, true);
}

/** The leader's own log is durable up to `index`. */
export function selfPersisted(core: RaftCore, index: number): void {
  const self = core.members.find(core.id);
  if (self?.acknowledged(index)) advanceCommit(core);
}

/** Commits what can be, which may set reads free. */
export function advanceCommit(core: RaftCore): void {
  if (maybeCommit(core)) releaseEarlyReads(core);
}

/** The configuration changed under a leader. */
export function configurationChanged(core: RaftCore): void {
  if (!core.members.isVoter(core.id)) {
    // Removed: nothing is proposed here any more, and the others elect when the heartbeats stop. That is not now but after
    // an election timeout in which they answered (tick.ts), because they have yet to learn that the removal is committed:
    // were the one message that says so lost, the last of two members would wait for the vote of the removed one for ever.
    core.electionElapsed = 0;
  }
  advanceCommit(core);
  answerConfirmedReads(core);
  core.owesAppends = true;
  if (core.transferee !== NO_MEMBER && !core.members.isVoter(core.transferee)) {
    core.transferee = NO_MEMBER;
  }
}

/** Messages to `id` are being lost. */
export function handleUnreachable(core: RaftCore, id: MemberId): void {
  const member = core.members.find(id);
  if (core.role === 'leader' && member?.state === 'replicate') member.becomeProbe();
}

/** A snapshot was delivered to `id`, or failed. */
export function handleSnapshotStatus(core: RaftCore, id: MemberId, delivered: boolean): void {
  const member = core.members.find(id);
  if (core.role === 'leader' && member?.state === 'snapshot') member.snapshotReported(delivered);
}
