// Owns what a member asks of the leader beside raft's messages, and how a leader that stops gives leadership away.

import { EtcdError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Member } from '../cluster/member.ts';
import type { LeaderLeases } from '../node/lease-access.ts';
import { PROCESS_SCHEDULER } from '../node/scheduler.ts';
import { HAND_OVER_MS } from './limits.ts';
import type { MemberParts } from './member.ts';
import type { PeerNetwork } from './peer-network.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** How often a leader that hands over looks whether it still leads. */
const HAND_OVER_POLL_MS = 10;

/** Asks the leader to promote a learner: only it knows how far the learner is. */
export function promoteAtLeader(
  _member: MemberParts | undefined,
  _network: PeerNetwork | undefined,
  _request: { readonly id: bigint; readonly authorization: string },
  done: (result: readonly Member[] | EtcdError) => void,
): void {
  done(new EtcdError('notLeader'));
}

/** Leases as the leader tells them. */
export function leaderLeases(_network: () => PeerNetwork | undefined): LeaderLeases {
  return {
    renew: (_id, done) => done(new EtcdError('notLeader')),
    timeToLive: (_id, _withKeys, done) => done(new EtcdError('notLeader')),
  };
}

/**
 * A leader with other voters around it makes the one that was connected longest lead, so that writes pause for a moment
 * instead of an election timeout. Resolves when it worked, when there is nobody, or after HAND_OVER_MS.
 */
export async function handOver(
  { node, raft, book }: MemberParts,
  network: PeerNetwork | undefined,
  logger: Logger,
): Promise<void> {
  if (!node.isLeader || network === undefined) return;
  const { transport } = network;
  const target = book
    .voters()
    .filter(({ id }) => id !== book.localId && transport.activeSince(id) !== undefined)
    .sort((a, b) => (transport.activeSince(a.id) ?? 0) - (transport.activeSince(b.id) ?? 0))[0];
  if (target === undefined) return;
  logger.info('leadership transfer starting', {
    'current-leader-member-id': book.localId.toString(16),
    'transferee-member-id': target.id.toString(16),
  });
  raft.transferLeadership(target.id);
  node.wake();
  const deadlineMs = SYSTEM_CLOCK.monotonicMs() + HAND_OVER_MS;
  while (node.leader !== target.id && SYSTEM_CLOCK.monotonicMs() < deadlineMs) {
    await new Promise<void>((resolve) => PROCESS_SCHEDULER.after(HAND_OVER_POLL_MS, resolve));
  }
  logger.info('leadership transfer finished', {
    'new-leader-member-id': node.leader.toString(16),
  });
}
