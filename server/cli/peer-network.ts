// Owns a member's side of the peer network: the transport to the others, what they may ask of this member, snapshots in
// both directions. etcd: server/etcdserver/api/rafthttp and server/etcdserver/api/etcdhttp/peer.go.

import type { Server } from 'node:http';
import { must } from '../base/assert.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import { MIN_CLUSTER_VERSION, SERVER_VERSION } from '../base/version.ts';
import type { ConfChangeOutcome, MembershipBook } from '../cluster/membership-book.ts';
import type { Asker } from '../cluster/transport/cluster-questions.ts';
import { maybeServeRenewals } from '../cluster/transport/lease-port.ts';
import { createPeerServer } from '../cluster/transport/peer-handler.ts';
import { PeerTransport } from '../cluster/transport/peer-transport.ts';
import type {
  Done,
  OutgoingSnapshot,
  PeerNodePort,
  PeerTiming,
  PeerTls,
  RaftPort,
  SnapshotPort,
  StepOutcome,
} from '../cluster/transport/types.ts';
import { v2StoreJson } from '../cluster/v2-store.ts';
import type { FirstLook } from '../listen/types.ts';
import type { LeaseAccess } from '../node/lease-access.ts';
import { PROCESS_SCHEDULER } from '../node/scheduler.ts';
import type { Message, Snapshot } from '../raft/types.ts';
import { receiveDatabase } from '../storage/snapshot-receive.ts';
import type { Logging } from './logging.ts';
import type { MemberParts } from './member.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

export interface PeerNetwork {
  readonly transport: PeerTransport;
  /** For questions to other members. */
  readonly asker: Asker;
  /** Answers the peer port. */
  readonly server: Server;
  /** Is asked first about a connection: one with renewals of leases is answered here. */
  readonly serveRenewals: FirstLook;
  /** A change of the membership took effect. */
  onChanged(outcome: ConfChangeOutcome): void;
  /** The members may all be others: a snapshot was installed. */
  onRestored(): void;
}

export interface PeerNetworkHooks {
  readonly tls: PeerTls | undefined;
  /** This member is no part of the cluster any more. `isTold`: those who stay know, one of them says so. */
  readonly onRemoved: (isTold: boolean) => void;
}

export function createPeerNetwork(
  member: MemberParts,
  leases: LeaseAccess,
  logging: Logging,
  hooks: PeerNetworkHooks,
): PeerNetwork {
  const { config, storage, book, registry } = member;
  const { nodeId, clusterId } = storage.metadata;
  const transport = new PeerTransport({
    localId: nodeId,
    clusterId,
    localPeerUrls: config.initialAdvertisePeerUrls.map((url) => url.text),
    serverVersion: SERVER_VERSION,
    minClusterVersion: MIN_CLUSTER_VERSION,
    ...(hooks.tls === undefined ? {} : { tls: hooks.tls }),
    logger: logging.logger('cluster/transport/peer-transport.ts'),
    metrics: registry,
    clock: SYSTEM_CLOCK,
    raft: createRaftPort(member),
    snapshots: createSnapshotPort(member, logging),
    onPermanentlyRemoved: () => hooks.onRemoved(true),
    timing: peerTiming(config.raftReadTimeoutMs),
  });
  const addAll = (): void => {
    for (const { id, peerUrls } of book.members()) transport.addPeer(id, peerUrls);
  };
  addAll();
  for (const { id, peerUrls } of storage.others) transport.addPeer(id, peerUrls);
  const port = createNodePort(member, leases);
  return {
    transport,
    asker: {
      connector: transport.connector,
      logger: logging.logger('cluster/transport/cluster-questions.ts'),
    },
    server: createPeerServer({ transport, node: port }),
    serveRenewals: (socket, first, giveBack) => maybeServeRenewals(port, socket, first, giveBack),
    onChanged: (outcome) => changePeers(transport, outcome, nodeId, () => hooks.onRemoved(false)),
    onRestored: () => {
      for (const id of book.removedIds()) if (transport.hasPeer(id)) transport.removePeer(id);
      for (const { id, peerUrls } of book.members()) transport.updatePeer(id, peerUrls);
      addAll();
    },
  };
}

/** etcd: rafthttp/peer.go ConnReadTimeout, of which a link's heartbeat is a third. */
function peerTiming(readTimeoutMs: number): Partial<PeerTiming> {
  return { streamSilenceMs: readTimeoutMs, linkHeartbeatMs: readTimeoutMs / 3 };
}

function changePeers(
  transport: PeerTransport,
  outcome: ConfChangeOutcome,
  localId: bigint,
  onRemoved: () => void,
): void {
  switch (outcome.kind) {
    case 'added':
      if (outcome.member.id !== localId) {
        transport.addPeer(outcome.member.id, outcome.member.peerUrls);
      }
      return;
    case 'updated':
      if (outcome.member.id !== localId) {
        transport.updatePeer(outcome.member.id, outcome.member.peerUrls);
      }
      return;
    case 'removed':
      if (outcome.id === localId) onRemoved();
      else transport.removePeer(outcome.id);
      return;
    case 'promoted':
    case 'refused':
      return;
  }
}

function createRaftPort({ node, raft, book }: MemberParts): RaftPort {
  return {
    step: (message): StepOutcome => {
      node.step(message);
      return { kind: 'taken' };
    },
    reportUnreachable: (id) => {
      raft.reportUnreachable(id);
      node.wake();
    },
    reportGone: (id) => raft.reportGone(id),
    reportSnapshot: (id, ok) => {
      raft.reportSnapshot(id, ok);
      node.wake();
    },
    isRemoved: (id) => book.isRemoved(id),
    isDispensable: () => isDispensable(book),
  };
}

/** A member that finds itself nowhere yet may be a voter: then the others must have a quorum without it. */
function isDispensable(book: MembershipBook): boolean {
  const self = book.member(book.localId);
  return self === undefined ? book.voters().length >= 2 : self.isLearner;
}

function createSnapshotPort(member: MemberParts, logging: Logging): SnapshotPort {
  const logger = logging.logger('cli/peer-network.ts');
  return {
    openForSend: (message, cancel) => openForSend(member, message, cancel),
    receive: async (message, body): Promise<StepOutcome> => {
      const index = message.snapshot?.metadata.index ?? 0;
      const path = member.storage.snapshots.databasePath(index);
      const sizeBytes = await receiveDatabase(body, path, () => isDispensable(member.book));
      logger.info('received and saved database snapshot', {
        'remote-member-id': message.from.toString(16),
        'incoming-leader-snapshot-index': index,
        'incoming-snapshot-size-bytes': sizeBytes,
      });
      member.node.step(message);
      return { kind: 'taken' };
    },
  };
}

/** The message as raft made it, with what belongs to the database as it is now. */
async function openForSend(
  member: MemberParts,
  message: Message,
  cancel: AbortSignal,
): Promise<OutgoingSnapshot> {
  const { node, raft, book, snapshots } = member;
  snapshots.hold();
  let isHeld = true;
  const release = (): void => {
    if (isHeld) PROCESS_SCHEDULER.after(SNAPSHOT_CATCH_UP_MS, () => snapshots.release());
    isHeld = false;
  };
  try {
    let sent: Snapshot | undefined;
    const opening = member.exports.open('peer', () => {
      const { appliedIndex: index, appliedTerm: term } = node;
      const data = v2StoreJson(book.v2View(), index);
      sent = { data, metadata: { index, term, confState: raft.confState() } };
    });
    cancel.addEventListener('abort', opening.abandon);
    if (cancel.aborted) opening.abandon();
    const exported = await opening.opened.finally(() =>
      cancel.removeEventListener('abort', opening.abandon),
    );
    return {
      message: { ...message, snapshot: must(sent, 'the state a snapshot was taken of') },
      totalBytes: exported.totalBytes,
      chunks: exported.chunks(),
      close: () => {
        release();
        void exported.close();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** etcd: releaseDelayAfterSnapshot. What a member needs after its snapshot stays in the log for so long. */
const SNAPSHOT_CATCH_UP_MS = 30_000;

function createNodePort(member: MemberParts, leases: LeaseAccess): PeerNodePort {
  const { node, book, changes, store } = member;
  return {
    members: () => book.members(),
    versions: () => ({
      etcdserver: SERVER_VERSION,
      etcdcluster: book.clusterVersion ?? 'not_decided',
      storage: book.clusterVersion ?? 'unknown',
    }),
    promote: (id, _authorization, done) => changes.promoteHere(id, done),
    hashKv: (revision, done) => {
      try {
        node.background.hashKv(revision, (result) => {
          if (isEtcdError(result)) {
            done(result);
            return;
          }
          const { hash, compactRevision, revision: hashRevision } = result;
          done({ revision: store.revision, hash, compactRevision, hashRevision });
        });
      } catch (error) {
        if (!isEtcdError(error)) throw error;
        done(error);
      }
    },
    renewLease: (id, done) =>
      afterApply(member, done, () =>
        leases.renewHere(id, (ttl) => done(isEtcdError(ttl) ? ttl : { id, ttl })),
      ),
    leaseTimeToLive: (id, wantsKeys, done) =>
      afterApply(member, done, () =>
        leases.timeToLiveHere(id, wantsKeys, (times) => {
          if (isEtcdError(times)) done(times);
          else {
            const { ttlSeconds: ttl, grantedTtlSeconds: grantedTtl, keys } = times;
            done({ id, ttl, grantedTtl, keys });
          }
        }),
      ),
    downgradeEnabled: (done) =>
      node.readIndex({ onReadable: (error) => done(error ?? book.downgrade.enabled) }),
  };
}

/** Lets what is applied catch up with what is committed. etcd: leasehttp waits for one second. */
function afterApply<T>({ node, raft }: MemberParts, done: Done<T>, act: () => void): void {
  const deadlineMs = SYSTEM_CLOCK.monotonicMs() + APPLY_WAIT_MS;
  const attempt = (): void => {
    if (node.appliedIndex >= raft.committed) act();
    else if (SYSTEM_CLOCK.monotonicMs() >= deadlineMs) done(new EtcdError('timeout'));
    else PROCESS_SCHEDULER.after(APPLY_POLL_MS, attempt);
  };
  attempt();
}

const APPLY_WAIT_MS = 1000;
const APPLY_POLL_MS = 10;
