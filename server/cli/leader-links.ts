// Owns what a member asks of the leader beside raft's messages, and how a leader that stops gives leadership away.

import { EtcdError, isEtcdError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Member } from '../cluster/member.ts';
import {
  type Asker,
  fetchVersions,
  leaseTimeToLiveViaPeer,
  type PeerTarget,
  promoteViaPeer,
} from '../cluster/transport/cluster-questions.ts';
import type { LeaseRenewals } from '../cluster/transport/lease-renewals.ts';
import type { LeaderLeases } from '../node/lease-access.ts';
import { PROCESS_SCHEDULER } from '../node/scheduler.ts';
import { HAND_OVER_MS, LEADER_QUESTION_MS } from './limits.ts';
import type { MemberParts } from './member.ts';
import type { PeerNetwork } from './peer-network.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** How often a leader that hands over looks whether it still leads. */
const HAND_OVER_POLL_MS = 10;

/** What is needed to ask the leader something. */
interface LeaderTarget {
  readonly asker: Asker;
  readonly renewals: LeaseRenewals;
  readonly target: PeerTarget;
}

/** The leader and how to reach it; undefined when there is none, or when it is this member. */
function findLeader(
  member: MemberParts | undefined,
  network: PeerNetwork | undefined,
): LeaderTarget | undefined {
  if (member === undefined || network === undefined) return undefined;
  const { node, book } = member;
  const leader = book.member(node.leader);
  if (leader === undefined || leader.id === book.localId) return undefined;
  return {
    asker: network.asker,
    renewals: network.transport.renewals,
    target: { urls: leader.peerUrls, timeoutMs: LEADER_QUESTION_MS },
  };
}

/** Asks the leader to promote a learner: only it knows how far the learner is. */
export function promoteAtLeader(
  member: MemberParts | undefined,
  network: PeerNetwork | undefined,
  request: { readonly id: bigint; readonly authorization: string },
  done: (result: readonly Member[] | EtcdError) => void,
): void {
  const { id, authorization } = request;
  answer(findLeader(member, network), done, ({ asker, target }) =>
    promoteViaPeer(asker, target, {
      id,
      authorization: authorization === '' ? undefined : authorization,
    }),
  );
}

/** Leases as the leader tells them. */
export function leaderLeases(
  member: MemberParts,
  network: () => PeerNetwork | undefined,
): LeaderLeases {
  return {
    renew: (id, done) => {
      const leader = findLeader(member, network());
      if (leader === undefined) done(new EtcdError('notLeader'));
      else leader.renewals.renew(leader.target, id, done);
    },
    timeToLive: (id, withKeys, done) =>
      answer(findLeader(member, network()), done, async ({ asker, target }) => {
        const lease = { id, keys: withKeys };
        const { ttl, grantedTtl, keys } = await leaseTimeToLiveViaPeer(asker, target, lease);
        return { ttlSeconds: ttl, grantedTtlSeconds: grantedTtl, keys };
      }),
  };
}

/** notLeader stands for every way in which there was no answer: the caller asks again while it has time. */
function answer<T>(
  leader: LeaderTarget | undefined,
  done: (result: T | EtcdError) => void,
  ask: (leader: LeaderTarget) => Promise<T>,
): void {
  if (leader === undefined) {
    done(new EtcdError('notLeader'));
    return;
  }
  ask(leader).then(done, (error: unknown) => {
    done(isEtcdError(error) ? error : new EtcdError('notLeader', { cause: error }));
  });
}

/** The lowest major.minor.0 of the other members; see ClusterDutiesDeps.othersVersion. */
export function othersVersion(
  member: MemberParts | undefined,
  network: PeerNetwork | undefined,
  done: (lowest: string | undefined) => void,
): void {
  if (member === undefined || network === undefined) {
    done(undefined);
    return;
  }
  const { book } = member;
  const others = book.members().filter(({ id }) => id !== book.localId);
  if (others.length === 0) {
    done('none');
    return;
  }
  Promise.all(others.map((other) => fetchVersions(network.asker, other, LEADER_QUESTION_MS))).then(
    (answers) => done(lowestVersion(answers.map((versions) => versions?.etcdserver))),
    () => done(undefined),
  );
}

function lowestVersion(versions: readonly (string | undefined)[]): string | undefined {
  let lowest: readonly [major: number, minor: number] | undefined;
  for (const text of versions) {
    const match = /^(\d+)\.(\d+)\./.exec(text ?? '');
    if (match === null) return undefined;
    const version = [Number(match[1]), Number(match[2])] as const;
    const order = lowest === undefined ? -1 : version[0] - lowest[0] || version[1] - lowest[1];
    if (order < 0) lowest = version;
  }
  return lowest === undefined ? undefined : `${lowest[0]}.${lowest[1]}.0`;
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
