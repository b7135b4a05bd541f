// Owns the picture of a member's state that others may look at: health, metrics, status requests, tests.

import type { RaftCore } from './core.ts';
import type { ProgressState } from './progress.ts';
import type { MemberId, RaftRole } from './types.ts';

/** What a leader knows of one member. */
export interface MemberStatus {
  readonly id: MemberId;
  readonly match: number;
  readonly next: number;
  readonly state: ProgressState;
  readonly recentActive: boolean;
  readonly isLearner: boolean;
  readonly isPaused: boolean;
  readonly pendingSnapshot: number;
  readonly inflightCount: number;
}

export interface RaftStatus {
  readonly id: MemberId;
  readonly role: RaftRole;
  readonly term: number;
  readonly vote: MemberId;
  readonly leader: MemberId;
  readonly committed: number;
  readonly applied: number;
  /** The log is on disk up to here. */
  readonly durable: number;
  readonly lastIndex: number;
  readonly transferee: MemberId;
  readonly isLearner: boolean;
  /** Ascending by id; empty unless this member leads. */
  readonly members: readonly MemberStatus[];
}

export function statusOf(core: RaftCore): RaftStatus {
  const self = core.members.find(core.id);
  const members: MemberStatus[] = [];
  if (core.role === 'leader') {
    for (const member of core.members.all) {
      members.push({
        id: member.id,
        match: member.match,
        next: member.next,
        state: member.state,
        recentActive: member.recentActive,
        isLearner: member.isLearner,
        isPaused: member.isPaused,
        pendingSnapshot: member.pendingSnapshot,
        inflightCount: member.inflightCount,
      });
    }
  }
  return {
    id: core.id,
    role: core.role,
    term: core.term,
    vote: core.vote,
    leader: core.leader,
    committed: core.log.committed,
    applied: core.log.applied,
    durable: core.log.durability.durableTo,
    lastIndex: core.log.lastIndex,
    transferee: core.transferee,
    isLearner: self?.isLearner ?? false,
    members,
  };
}
