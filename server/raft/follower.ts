// Owns what a follower or learner does with messages of its term, one handler per message. Candidates use the handlers
// for a leader's messages after stepping back to follower.

import { confStateHas } from './conf-change.ts';
import type { RaftCore } from './core.ts';
import { maybeCampaign } from './election.ts';
import { ignored, type StepResult, TAKEN } from './step-result.ts';
import { type Message, MessageType, NO_MEMBER, type Snapshot } from './types.ts';

export function stepFollower(core: RaftCore, message: Message): StepResult {
  switch (message.type) {
    case MessageType.app:
      followLeader(core, message);
      return handleAppend(core, message);
    case MessageType.heartbeat:
      followLeader(core, message);
      return handleHeartbeat(core, message);
    case MessageType.snap:
      followLeader(core, message);
      return handleSnapshot(core, message);
    case MessageType.prop:
      if (core.leader === NO_MEMBER) return core.holdProposal(message) ? TAKEN : ignored('dropped');
      passOn(core, message);
      return TAKEN;
    case MessageType.readIndex:
    case MessageType.transferLeader:
      // The leader itself asks: what it wants to know is not what this member believes.
      if (core.leader === NO_MEMBER || core.leader === message.from) return ignored('dropped');
      passOn(core, message);
      return TAKEN;
    case MessageType.readIndexResp:
      return handleReadIndexResp(core, message);
    case MessageType.timeoutNow:
      maybeCampaign(core, 'transfer');
      return TAKEN;
    default:
      return ignored('notForThisRole');
  }
}

function followLeader(core: RaftCore, message: Message): void {
  core.electionElapsed = 0;
  core.isLeaderGone = false;
  core.leader = message.from;
}

export function handleAppend(core: RaftCore, message: Message): StepResult {
  const log = core.log;
  const answer = core.draft(MessageType.appResp, message.from);
  if (message.index < log.committed) {
    // Late or repeated: the commit index is the most this member can vouch for without comparing.
    answer.index = log.committed;
    core.send(answer);
    return TAKEN;
  }
  const last = log.appendAfter(message.index, message.logTerm, message.entries);
  if (last === undefined) {
    const hint = log.findConflictByTerm(Math.min(message.index, log.lastIndex), message.logTerm);
    answer.index = message.index;
    answer.reject = true;
    answer.rejectHint = hint;
    answer.logTerm = Math.max(log.term(hint), 0);
  } else {
    const before = log.committed;
    // Entries after those of this message are not known to be the leader's.
    log.commitTo(Math.min(message.commit, last));
    if (isKnownNews(core, message, before)) return TAKEN;
    answer.index = last;
    core.acknowledgedTo = last;
  }
  core.send(answer);
  return TAKEN;
}

/**
 * An append that brought a commit and nothing else, after entries this leader was told of before: there is nothing to
 * acknowledge. Should that answer be lost, the leader asks again, and the commit is no news then.
 */
function isKnownNews(core: RaftCore, message: Message, committedBefore: number): boolean {
  return (
    core.config.savesMessages &&
    message.entries.length === 0 &&
    core.log.committed > committedBefore &&
    message.index <= core.acknowledgedTo
  );
}

export function handleHeartbeat(core: RaftCore, message: Message): StepResult {
  // etcd panics here; the node decides what to do about lost state.
  if (message.commit > core.log.lastIndex) return ignored('beyondLog');
  core.log.commitTo(message.commit);
  const answer = core.draft(MessageType.heartbeatResp, message.from);
  answer.context = message.context;
  core.send(answer);
  return TAKEN;
}

export function handleSnapshot(core: RaftCore, message: Message): StepResult {
  const answer = core.draft(MessageType.appResp, message.from);
  const restored = message.snapshot !== undefined && restore(core, message.snapshot);
  answer.index = restored ? core.log.lastIndex : core.log.committed;
  core.send(answer);
  return restored ? TAKEN : ignored('unusableSnapshot');
}

/** Replaces log and configuration by the snapshot's, unless it brings nothing. */
function restore(core: RaftCore, snapshot: Snapshot): boolean {
  const { index, term, confState } = snapshot.metadata;
  const log = core.log;
  if (index <= log.committed) return false;
  if (!confStateHas(confState, core.id)) return false;
  if (log.matches(index, term)) {
    // The entries are all here; only the news of their commitment is missing.
    log.commitTo(index);
    return false;
  }
  log.restore(snapshot);
  core.members.restore(confState, log.lastIndex + 1);
  return true;
}

/**
 * Proposals, reads and transfers are the leader's business. `from` stays: answers go to where the request began. A
 * proposal may go back to where it came from: its sender passed it on and was elected meanwhile.
 */
function passOn(core: RaftCore, message: Message): void {
  const forwarded = core.draft(message.type, core.leader);
  forwarded.from = message.from;
  forwarded.entries = message.entries;
  core.send(forwarded);
}

function handleReadIndexResp(core: RaftCore, message: Message): StepResult {
  const entry = message.entries[0];
  if (entry === undefined) return ignored('malformed');
  core.readStates.push({ index: message.index, context: entry.data });
  return TAKEN;
}
