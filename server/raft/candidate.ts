// Owns what a candidate or pre-candidate does with messages of its term.

import type { RaftCore } from './core.ts';
import { recordVote } from './election.ts';
import { handleAppend, handleHeartbeat, handleSnapshot } from './follower.ts';
import { ignored, type StepResult, TAKEN } from './step-result.ts';
import { type Message, MessageType } from './types.ts';

export function stepCandidate(core: RaftCore, message: Message): StepResult {
  switch (message.type) {
    // Somebody leads this term already.
    case MessageType.app:
      core.becomeFollower(message.term, message.from);
      return handleAppend(core, message);
    case MessageType.heartbeat:
      core.becomeFollower(message.term, message.from);
      return handleHeartbeat(core, message);
    case MessageType.snap:
      core.becomeFollower(message.term, message.from);
      return handleSnapshot(core, message);
    case MessageType.preVoteResp:
      return handlePreVoteResp(core, message);
    case MessageType.voteResp:
      if (core.role !== 'candidate') return ignored('notForThisRole');
      recordVote(core, message.from, !message.reject);
      return TAKEN;
    case MessageType.prop:
      return core.holdProposal(message) ? TAKEN : ignored('dropped');
    case MessageType.readIndex:
    case MessageType.transferLeader:
      return ignored('dropped');
    default:
      return ignored('notForThisRole');
  }
}

function handlePreVoteResp(core: RaftCore, message: Message): StepResult {
  if (core.role !== 'preCandidate') return ignored('notForThisRole');
  // A grant names the term asked for; one of an earlier round of this member says nothing about this one.
  if (!message.reject && message.term !== core.term + 1) return ignored('oldTerm');
  recordVote(core, message.from, !message.reject);
  return TAKEN;
}
