// Owns the passing of time: election timeouts, heartbeats, quorum checks and giving up a transfer.

import type { RaftCore } from './core.ts';
import { maybeCampaign } from './election.ts';
import { GONE_RETRY_TICKS } from './limits.ts';
import { broadcastHeartbeat } from './replication.ts';
import { NO_MEMBER } from './types.ts';

/** One tick has passed. */
export function tickCore(core: RaftCore): void {
  core.heldProposals.tick();
  if (core.role === 'leader') tickLeader(core);
  else tickElection(core);
}

function tickElection(core: RaftCore): void {
  core.electionElapsed++;
  // Voters that still wait for a leader that is gone (Go members do) ignore pre-votes: they are asked again.
  const isAskingAgain = core.isLeaderGone && core.role === 'preCandidate';
  const timeout = isAskingAgain ? GONE_RETRY_TICKS : core.electionTimeout;
  if (core.electionElapsed < timeout || !core.isPromotable) return;
  core.electionElapsed = 0;
  maybeCampaign(core, core.config.preVote ? 'preElection' : 'election');
}

function tickLeader(core: RaftCore): void {
  core.heartbeatElapsed++;
  core.electionElapsed++;
  const isRemoved = !core.members.isVoter(core.id);
  // Until now they may have answered what was sent before the removal was committed.
  if (isRemoved && core.electionElapsed === core.config.electionTicks >> 1) {
    core.members.clearActive(core.id);
  }
  if (core.electionElapsed >= core.config.electionTicks) {
    core.electionElapsed = 0;
    if (isRemoved) {
      if (hasHandedOver(core)) return;
    } else if (core.config.checkQuorum && !checkQuorum(core)) return;
    // Clients have waited long enough: the successor did not take over, proposals are taken again.
    core.transferee = NO_MEMBER;
  }
  if (core.heartbeatElapsed >= core.config.heartbeatTicks) {
    core.heartbeatElapsed = 0;
    broadcastHeartbeat(core);
  }
}

/**
 * A leader that was removed steps down when a quorum of those who stay answered of late: they know by its heartbeats, and elect.
 * While they do not answer it goes on: if it gave up, the last of two members would wait for its vote for ever, which it must
 * not give to a shorter log.
 */
function hasHandedOver(core: RaftCore): boolean {
  if (!core.members.isQuorumActive()) return false;
  core.becomeFollower(core.term, NO_MEMBER);
  return true;
}

/** A leader that a quorum has not answered for an election timeout steps down; somebody else may lead already. */
function checkQuorum(core: RaftCore): boolean {
  const isActive = core.members.isQuorumActive();
  if (!isActive) {
    core.logger.warn(`${core.id.toString(16)} stepped down to follower since quorum is not active`);
    core.becomeFollower(core.term, NO_MEMBER);
    return false;
  }
  core.members.clearActive(core.id);
  return true;
}
