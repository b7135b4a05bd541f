// Owns the way of a message into the state: checks, then the term rules that are the same for every role (paper 5.1),
// then the role's step.

import { equalBytes } from '../base/bytes.ts';
import { stepCandidate } from './candidate.ts';
import type { RaftCore } from './core.ts';
import { answerVoteRequest, sendVoteAnswer, TRANSFER_CONTEXT } from './election.ts';
import { stepFollower } from './follower.ts';
import { stepLeader } from './leader.ts';
import { ignored, type StepResult, TAKEN } from './step-result.ts';
import { type Message, MessageType, NO_MEMBER } from './types.ts';
import { messageProblem } from './validate.ts';

/** Takes a message from the network. */
export function stepMessage(core: RaftCore, message: Message): StepResult {
  const problem = messageProblem(core, message);
  if (problem !== undefined) return ignored(problem);
  // Term 0: a request on its way to the leader, of no term.
  if (message.term !== 0) {
    if (message.term > core.term) {
      if (isHeldOff(core, message)) return ignored('leaderAlive');
      adoptTerm(core, message);
    } else if (message.term < core.term) {
      return answerOldTerm(core, message);
    }
  }
  return stepRole(core, message);
}

function stepRole(core: RaftCore, message: Message): StepResult {
  if (message.type === MessageType.vote || message.type === MessageType.preVote) {
    answerVoteRequest(core, message);
    return TAKEN;
  }
  switch (core.role) {
    case 'follower':
      return stepFollower(core, message);
    case 'preCandidate':
    case 'candidate':
      return stepCandidate(core, message);
    case 'leader':
      return stepLeader(core, message);
  }
}

/** A member that hears from its leader does not listen to candidates, unless that leader sent them (thesis 4.2.3). */
function isHeldOff(core: RaftCore, message: Message): boolean {
  if (message.type !== MessageType.vote && message.type !== MessageType.preVote) return false;
  if (equalBytes(message.context, TRANSFER_CONTEXT)) return false;
  return (
    core.config.checkQuorum &&
    core.leader !== NO_MEMBER &&
    core.electionElapsed < core.config.electionTicks
  );
}

/** A higher term makes a follower of anyone, except that pre-votes are only questions about a future term. */
function adoptTerm(core: RaftCore, message: Message): void {
  if (message.type === MessageType.preVote) return;
  if (message.type === MessageType.preVoteResp && !message.reject) return;
  const isFromLeader =
    message.type === MessageType.app ||
    message.type === MessageType.heartbeat ||
    message.type === MessageType.snap;
  core.becomeFollower(message.term, isFromLeader ? message.from : NO_MEMBER);
}

function answerOldTerm(core: RaftCore, message: Message): StepResult {
  const { checkQuorum, preVote } = core.config;
  if (
    (checkQuorum || preVote) &&
    (message.type === MessageType.heartbeat || message.type === MessageType.app)
  ) {
    // This member may be stuck at a higher term that nobody would hear of, because its candidacies are held off.
    // An empty answer tells the old leader, and a new election takes this member back in.
    core.send(core.draft(MessageType.appResp, message.from));
    return TAKEN;
  }
  if (message.type === MessageType.preVote) {
    // Silence could deadlock members of which one raised its term before pre-votes were switched on.
    sendVoteAnswer(core, message, false);
    return TAKEN;
  }
  return ignored('oldTerm');
}
