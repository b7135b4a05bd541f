// Owns changes of the membership that a client asks for: the checks that keep a cluster from losing its quorum, then the
// log. etcd: server/etcdserver/server.go AddMember and its neighbours, adapters in cluster_util.go.

import { EMPTY_BYTES } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { type Member, memberContext, newMember, promoteContext } from '../cluster/member.ts';
import { memberIdOf } from '../cluster/member-id.ts';
import type { MembershipBook } from '../cluster/membership-book.ts';
import { parsePeerUrls } from '../cluster/peer-urls.ts';
import { isReadyToAddVoter, isReadyToPromote, isReadyToRemoveVoter } from '../cluster/readiness.ts';
import type { Node } from '../node/node.ts';
import type { RawNode } from '../raft/raw-node.ts';
import { type ConfChange, ConfChangeType } from '../raft/types.ts';
import type { ClusterPort } from '../rpc/cluster-service.ts';

/** etcd: HealthInterval. A connection younger than this says nothing about the peer's health. */
const HEALTH_INTERVAL_MS = 5000;

/** etcd: readyPercentThreshold. The share of the leader's log a learner must have before it may vote. */
const READY_SHARE = 0.9;

export interface ClusterPortDeps {
  readonly node: Node;
  readonly raft: RawNode;
  readonly book: MembershipBook;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly strictReconfigCheck: boolean;
  /** Since when a peer answers, on the clock's monotonic scale; undefined while it does not. */
  readonly activeSinceMs: (id: bigint) => number | undefined;
  /** Asks the leader to promote; the answer is its member list. */
  readonly promoteAtLeader: (
    id: bigint,
    authorization: string,
    done: (result: readonly Member[] | EtcdError) => void,
  ) => void;
}

/** Answers may come at once. Bad URLs are thrown, as EtcdError. */
type Done = (result: readonly Member[] | EtcdError) => void;

export class ClusterChanges implements ClusterPort {
  readonly #deps: ClusterPortDeps;

  constructor(deps: ClusterPortDeps) {
    this.#deps = deps;
  }

  members(): readonly Member[] {
    return this.#deps.book.members();
  }

  add(
    peerUrls: readonly string[],
    isLearner: boolean,
    done: Parameters<ClusterPort['add']>[2],
  ): void {
    const urls = parsePeerUrls(peerUrls);
    const seconds = Math.floor(this.#deps.clock.wallMs() / 1000);
    const member = newMember(memberIdOf(urls, '', seconds), urls, isLearner);
    const refusal = this.#addRefusal(isLearner);
    if (refusal !== undefined) {
      this.#deps.logger.warn('rejecting member add request', { error: refusal.message });
      done(refusal);
      return;
    }
    const type = isLearner ? ConfChangeType.addLearnerNode : ConfChangeType.addNode;
    this.#propose({ type, nodeId: member.id, context: memberContext(member) }, (result) => {
      done(isEtcdError(result) ? result : { member, members: result });
    });
  }

  remove(id: bigint, done: Done): void {
    const refusal = this.#removeRefusal(id);
    if (refusal === undefined) {
      this.#propose({ type: ConfChangeType.removeNode, nodeId: id, context: EMPTY_BYTES }, done);
      return;
    }
    this.#deps.logger.warn('rejecting member remove request', {
      'requested-member-remove-id': id.toString(16),
      error: refusal.message,
    });
    done(refusal);
  }

  update(id: bigint, peerUrls: readonly string[], done: Done): void {
    const urls = parsePeerUrls(peerUrls);
    const context = memberContext(newMember(id, urls, false));
    this.#propose({ type: ConfChangeType.updateNode, nodeId: id, context }, done);
  }

  promote(id: bigint, authorization: string, done: Done): void {
    if (this.#deps.node.isLeader) this.promoteHere(id, done);
    else this.#deps.promoteAtLeader(id, authorization, done);
  }

  /** The leader's part of a promotion: only it knows how far a learner is. */
  promoteHere(id: bigint, done: Done): void {
    const refusal = this.#promoteRefusal(id);
    if (refusal === undefined) {
      const context = promoteContext(id);
      this.#propose({ type: ConfChangeType.addNode, nodeId: id, context }, done);
    } else {
      done(refusal);
    }
  }

  #propose(change: Omit<ConfChange, 'id'>, done: Done): void {
    this.#deps.node.proposeConfChange(change, (error) => done(error ?? this.members()));
  }

  #addRefusal(isLearner: boolean): EtcdError | undefined {
    const { book, strictReconfigCheck } = this.#deps;
    if (!strictReconfigCheck) return undefined;
    if (!isLearner && !isReadyToAddVoter(book.members())) {
      return new EtcdError('memberNotEnoughStarted');
    }
    const voters = book.voters().length;
    const quorumAfter = Math.floor((voters + 1) / 2) + 1;
    // A cluster of one must be able to grow.
    if (voters > 1 && this.#connectedVoters() < quorumAfter) return new EtcdError('unhealthy');
    return undefined;
  }

  #removeRefusal(id: bigint): EtcdError | undefined {
    const { book, strictReconfigCheck } = this.#deps;
    if (!strictReconfigCheck || book.member(id)?.isLearner === true) return undefined;
    if (!isReadyToRemoveVoter(book.members(), id)) return new EtcdError('memberNotEnoughStarted');
    // A member that is down is no part of the active quorum: it can only help to remove it.
    if (id !== book.localId && this.#deps.activeSinceMs(id) === undefined) return undefined;
    const quorumAfter = 1 + Math.floor((book.voters().length - 1) / 2);
    return this.#connectedVoters() - 1 < quorumAfter ? new EtcdError('unhealthy') : undefined;
  }

  #promoteRefusal(id: bigint): EtcdError | undefined {
    const { raft, book, strictReconfigCheck, logger } = this.#deps;
    const { members } = raft.status();
    const learner = members.find((member) => member.id === id);
    const leader = members.find((member) => member.id === book.localId);
    if (members.length === 0 || leader === undefined) return new EtcdError('notLeader');
    if (learner === undefined) return new EtcdError('memberNotFound');
    if (learner.match < READY_SHARE * leader.match) {
      logger.error('rejecting promote learner: learner is not ready', {
        'learner-ready-percent': learner.match / leader.match,
        'ready-percent-threshold': READY_SHARE,
      });
      return new EtcdError('learnerNotReady');
    }
    if (strictReconfigCheck && !isReadyToPromote(book.members())) {
      return new EtcdError('memberNotEnoughStarted');
    }
    return undefined;
  }

  /** Voters this member has been connected to for long enough, itself included. */
  #connectedVoters(): number {
    const { book, clock, activeSinceMs } = this.#deps;
    const sinceMs = clock.monotonicMs() - HEALTH_INTERVAL_MS;
    let count = 0;
    for (const { id } of book.voters()) {
      const activeMs = id === book.localId ? 0 : activeSinceMs(id);
      if (activeMs !== undefined && activeMs <= sinceMs) count++;
    }
    return count;
  }
}
