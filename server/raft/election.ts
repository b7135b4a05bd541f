// Owns campaigning and voting (paper 5.2 and 5.4.1, thesis 9.6 for the pre-vote). Every role votes by the same rules.

import { utf8Bytes } from '../base/bytes.ts';
import type { RaftCore } from './core.ts';
import { newDraft } from './messages.ts';
import { startLeading } from './replication.ts';
import { type MemberId, type Message, MessageType, NO_MEMBER } from './types.ts';

/** `transfer`: the leader asked for it, so no pre-vote, and voters need not believe that the leader is gone. */
export type CampaignKind = 'preElection' | 'election' | 'transfer';

/** Context of vote requests that a leadership transfer caused. etcd: campaignTransfer. */
export const TRANSFER_CONTEXT: Uint8Array = utf8Bytes('CampaignTransfer');

/** Campaigns if this member may. */
export function maybeCampaign(core: RaftCore, kind: CampaignKind): void {
  if (core.role === 'leader') return;
  if (!core.isPromotable) {
    core.logger.warn(`${core.id.toString(16)} is unpromotable and can not campaign`);
    return;
  }
  if (core.log.hasUnappliedConfChange) {
    // With an old configuration this member could win against a majority of the new one.
    core.logger.warn(
      `${core.id.toString(16)} cannot campaign at term ${core.term} since there are still pending configuration changes to apply`,
    );
    return;
  }
  core.logger.info(`${core.id.toString(16)} is starting a new election at term ${core.term}`);
  campaign(core, kind);
}

/**
 * Nobody listens where member `id` did. A follower of it takes its time as over, so that it votes for others, and campaigns
 * itself after the random part of its timeout alone, which keeps candidates apart. Nothing is decided by this: a leader
 * that is there after all keeps its quorum, because voters that hear from it do not answer pre-votes.
 */
export function leaderGone(core: RaftCore, id: MemberId): void {
  if (core.role !== 'follower' || core.leader !== id || !core.config.preVote) return;
  core.isLeaderGone = true;
  core.electionElapsed = Math.max(core.electionElapsed, core.config.electionTicks);
}

function campaign(core: RaftCore, kind: CampaignKind): void {
  if (kind === 'preElection') {
    core.becomePreCandidate();
    // Its own pre-vote promises nothing, so it need not be durable.
    recordVote(core, core.id, true);
    if (core.role !== 'preCandidate') return;
    requestVotes(core, kind);
    return;
  }
  core.becomeCandidate();
  const own = core.draft(MessageType.voteResp, core.id);
  core.send(own);
  requestVotes(core, kind);
}

function requestVotes(core: RaftCore, kind: CampaignKind): void {
  const isPreVote = kind === 'preElection';
  for (const member of core.members.all) {
    if (member.id === core.id || member.isLearner) continue;
    const request = core.draft(isPreVote ? MessageType.preVote : MessageType.vote, member.id);
    // A pre-vote names the term the election would have; this member's own stays as it is.
    if (isPreVote) request.term = core.term + 1;
    request.index = core.log.lastIndex;
    request.logTerm = core.log.lastTerm;
    if (kind === 'transfer') request.context = TRANSFER_CONTEXT;
    core.send(request);
  }
}

/** Counts the answer of `from`, and acts once the campaign is decided. The first answer of a member stands. */
export function recordVote(core: RaftCore, from: MemberId, granted: boolean): void {
  const member = core.members.find(from);
  if (member === undefined) return;
  if (member.vote === 'none') member.vote = granted ? 'granted' : 'rejected';
  const result = core.members.tally();
  if (result === 'won') {
    if (core.role === 'preCandidate') campaign(core, 'election');
    else startLeading(core);
  } else if (result === 'lost') {
    core.becomeFollower(core.term, NO_MEMBER);
  }
}

/** Answers a vote or pre-vote request whose term has been dealt with. Learners vote too: see README. */
export function answerVoteRequest(core: RaftCore, message: Message): void {
  const isPreVote = message.type === MessageType.preVote;
  const mayVote =
    core.vote === message.from ||
    (core.vote === NO_MEMBER && core.leader === NO_MEMBER) ||
    (isPreVote && message.term > core.term);
  const granted = mayVote && core.log.isUpToDate(message.logTerm, message.index);
  sendVoteAnswer(core, message, granted);
  if (granted && !isPreVote) {
    core.electionElapsed = 0;
    core.vote = message.from;
  }
}

/** A grant carries the term asked for, a refusal this member's own, from which the candidate may learn. */
export function sendVoteAnswer(core: RaftCore, request: Message, granted: boolean): void {
  const type =
    request.type === MessageType.preVote ? MessageType.preVoteResp : MessageType.voteResp;
  const term = granted ? request.term : core.term;
  const answer = newDraft(type, { to: request.from, from: core.id, term });
  answer.reject = !granted;
  core.send(answer);
}
