// Owns what one committed configuration change does to the configuration, and whether a configuration from disk or
// from a peer can be used. One change at a time is safe without joint consensus: majorities of two configurations
// that differ by one voter overlap (thesis 4.1).

import { MAX_MEMBERS } from './limits.ts';
import type { Members } from './members.ts';
import {
  type ConfChange,
  ConfChangeType,
  type ConfState,
  type MemberId,
  NO_MEMBER,
} from './types.ts';

/**
 * Applies `change`; `next` is where a new member's progress starts. Changes nothing for node id 0 (refused when it was
 * applied), for an update, and for the removal or demotion of the last voter, after which nobody could ever decide.
 */
export function applyChange(members: Members, change: ConfChange, next: number): void {
  const id = change.nodeId;
  if (id === NO_MEMBER) return;
  switch (change.type) {
    case ConfChangeType.addNode:
      members.put(id, false, next);
      return;
    case ConfChangeType.addLearnerNode:
      if (!members.isOnlyVoter(id)) members.put(id, true, next);
      return;
    case ConfChangeType.removeNode:
      if (!members.isOnlyVoter(id)) members.remove(id);
      return;
    default:
      return;
  }
}

/** Why `confState` cannot be used, or undefined. Joint configurations are never made by etcd and are refused. */
export function confStateProblem(confState: ConfState): string | undefined {
  if (
    confState.votersOutgoing.length > 0 ||
    confState.learnersNext.length > 0 ||
    confState.autoLeave
  ) {
    return 'joint configuration';
  }
  if (confState.voters.length + confState.learners.length > MAX_MEMBERS) return 'too many members';
  const seen = new Set<MemberId>();
  for (const id of [...confState.voters, ...confState.learners]) {
    if (id === NO_MEMBER) return 'member id 0';
    if (seen.has(id)) return `member ${id.toString(16)} twice`;
    seen.add(id);
  }
  if (confState.voters.length === 0 && confState.learners.length > 0) return 'no voters';
  return undefined;
}

/** True when `id` is part of `confState`. */
export function confStateHas(confState: ConfState, id: MemberId): boolean {
  return confState.voters.includes(id) || confState.learners.includes(id);
}
