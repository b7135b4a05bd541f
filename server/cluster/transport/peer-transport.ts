// Owns the set of peers and the one way out for raft's messages. Never blocks: what cannot leave is dropped, and raft is
// told. etcd: rafthttp/transport.go.

import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { isEtcdError } from '../../base/errors.ts';
import { MessageType } from '../../proto/gen/raft.ts';
import type { MemberId, Message } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import { parsePeerUrls } from '../peer-urls.ts';
import { EntryBlocks } from './entry-blocks.ts';
import { Inbox } from './inbox.ts';
import { LeaseRenewals } from './lease-renewals.ts';
import { DEFAULT_TIMING, REMOTES_MAX } from './limits.ts';
import { NO_MEMBER } from './message-codec.ts';
import { messageName } from './message-name.ts';
import { Peer } from './peer.ts';
import { PeerConnector } from './peer-connector.ts';
import type { PeerContext, TransportContext } from './peer-context.ts';
import { PeerStatus } from './peer-status.ts';
import { Pipeline } from './pipeline.ts';
import { SnapshotSender } from './snapshot-sender.ts';
import type { StreamKind } from './stream-kind.ts';
import { type PeerMetrics, TransportMetrics } from './transport-metrics.ts';
import type { PeerTransportOptions, SnapshotPort } from './types.ts';
import { UrlPicker } from './url-picker.ts';

/** A sender that is no member yet: it gets answers by POST. */
interface Remote {
  readonly pipeline: Pipeline;
  readonly abort: AbortController;
}

export class PeerTransport {
  /** For the handlers of requests from peers. */
  readonly context: TransportContext;
  readonly snapshots: SnapshotPort;
  /** Renewals of leases, to the leader. */
  readonly renewals: LeaseRenewals;
  readonly #metrics: TransportMetrics;
  readonly #sender: SnapshotSender;
  readonly #peers: Map<MemberId, Peer> = new Map();
  readonly #remotes: Map<MemberId, Remote> = new Map();
  /** Peers with messages that are to leave now. */
  readonly #waiting: Set<Peer> = new Set();
  #isStarted = false;
  #isRemovedHere = false;
  #isStopped = false;

  constructor(options: PeerTransportOptions) {
    const { localId, raft, logger, clock, onPermanentlyRemoved } = options;
    this.context = {
      identity: {
        localId,
        clusterId: options.clusterId,
        localPeerUrls: options.localPeerUrls,
        serverVersion: options.serverVersion,
        minClusterVersion: options.minClusterVersion,
      },
      connector: new PeerConnector(options.tls),
      raft,
      inbox: new Inbox(localId, raft, logger),
      logger,
      clock,
      timing: { ...DEFAULT_TIMING, ...options.timing },
      blocks: new EntryBlocks(),
      onRemovedHere: () => {
        if (this.#isRemovedHere || this.#isStopped) return;
        this.#isRemovedHere = true;
        onPermanentlyRemoved();
      },
    };
    this.snapshots = options.snapshots;
    this.renewals = new LeaseRenewals(this.context.connector, clock);
    this.#metrics = new TransportMetrics(options.metrics, localId);
    this.#sender = new SnapshotSender(options.snapshots);
  }

  /** Connections for questions between members. */
  get connector(): PeerConnector {
    return this.context.connector;
  }

  /** Databases on their way to peers: while there are any, and for a while after, the log must reach back. */
  get snapshotsInFlight(): number {
    return this.#sender.inFlightCount;
  }

  /** Calls the peers there are, and from now on each that is added. To be called once this member listens: of two members
   *  that start together, one at least then finds the other listening. */
  start(): void {
    this.#isStarted = true;
    for (const peer of this.#peers.values()) peer.start();
  }

  /** Does nothing when the peer is known. Throws memberBadUrls. */
  addPeer(id: MemberId, urls: readonly string[]): void {
    if (this.#isStopped || this.#peers.has(id) || id === this.context.identity.localId) return;
    const abort = newAbort();
    const peer = new Peer(this.#contextOf(id, urls, abort.signal), this.#sender, abort);
    this.#peers.set(id, peer);
    if (this.#isStarted) peer.start();
    this.#removeRemote(id);
    this.context.logger.info('added remote peer', {
      'local-member-id': formatId(this.context.identity.localId),
      'remote-peer-id': formatId(id),
      'remote-peer-urls': urls,
    });
  }

  /** Remembers how to answer a sender that is no member here (yet). Throws memberBadUrls. */
  addRemote(id: MemberId, urls: readonly string[]): void {
    const { identity, logger, raft } = this.context;
    if (this.#isStopped || this.#peers.has(id) || this.#remotes.has(id)) return;
    if (id === NO_MEMBER || id === identity.localId || raft.isRemoved(id)) return;
    if (this.#remotes.size >= REMOTES_MAX) return;
    const abort = newAbort();
    const pipeline = new Pipeline(this.#contextOf(id, urls, abort.signal));
    this.#remotes.set(id, { pipeline, abort });
    logger.info('added new remote peer', {
      'local-member-id': formatId(identity.localId),
      'remote-peer-id': formatId(id),
      'remote-peer-urls': urls,
    });
  }

  /** addRemote with URLs of a header, which may be anything. */
  addRemoteFromHeader(id: MemberId, urls: readonly string[]): void {
    try {
      this.addRemote(id, urls);
    } catch (error) {
      if (!isEtcdError(error)) throw error;
      // etcd: the whole process panics here.
      this.context.logger.warn('ignored invalid peer URLs of a request', {
        'remote-peer-id': formatId(id),
        'remote-peer-urls': urls,
      });
    }
  }

  removePeer(id: MemberId): void {
    const fields = {
      'local-member-id': formatId(this.context.identity.localId),
      'removed-remote-peer-id': formatId(id),
    };
    this.#removeRemote(id);
    const peer = this.#peers.get(id);
    if (peer === undefined) {
      this.context.logger.warn('skipped removing already removed peer', fields);
      return;
    }
    this.#peers.delete(id);
    this.#waiting.delete(peer);
    peer.stop();
    this.context.logger.info('removed remote peer', fields);
  }

  /** Throws memberBadUrls. */
  updatePeer(id: MemberId, urls: readonly string[]): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.update(parsePeerUrls(urls));
    this.context.logger.info('updated remote peer', {
      'local-member-id': formatId(this.context.identity.localId),
      'updated-remote-peer-id': formatId(id),
      'updated-remote-peer-urls': urls,
    });
  }

  /** Sends messages that raft wants sent: those to one peer leave in one write, before this returns. */
  send(messages: readonly Message[]): void {
    if (this.#isStopped) return;
    const lastAppResp = lastIndexOfType(messages, MessageType.appResp);
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i];
      if (message === undefined || message.to === NO_MEMBER) continue;
      // etcd: etcdserver/raft.go processMessages: the last answer says all that those before it say.
      if (message.type === MessageType.appResp && i !== lastAppResp) continue;
      if (this.context.raft.isRemoved(message.to)) continue;
      this.#sendOne(message);
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#waiting.size > 0) {
      for (const peer of this.#waiting) peer.flush();
      this.#waiting.clear();
    }
    this.context.blocks.clear();
  }

  /** On the monotonic clock; undefined for a peer that is not connected, or none. */
  activeSince(id: MemberId): number | undefined {
    return this.#peers.get(id)?.activeSinceMs;
  }

  /** How many peers are connected. */
  activePeers(): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (peer.activeSinceMs !== undefined) count++;
    return count;
  }

  hasPeer(id: MemberId): boolean {
    return this.#peers.has(id);
  }

  /** False when `id` is no peer. */
  attach(id: MemberId, kind: StreamKind, response: ServerResponse): boolean {
    const peer = this.#peers.get(id);
    if (peer === undefined) return false;
    peer.attach(kind, response);
    return true;
  }

  /** Whether a peer has asked for a stream of this kind. */
  isAttached(id: MemberId, kind: StreamKind): boolean {
    return this.#peers.get(id)?.isAttached(kind) ?? false;
  }

  metricsOf(id: MemberId): PeerMetrics {
    return this.#metrics.of(id);
  }

  /** Counts bytes of a POST. Senders nobody knows get no metric of their own: there is no end of them. */
  countReceived(id: MemberId, sizeBytes: number): void {
    if (this.#peers.has(id) || this.#remotes.has(id)) {
      this.#metrics.of(id).receivedBytes.add(sizeBytes);
    }
  }

  /** For tests: nothing goes to or comes from this peer over streams until `resume`. */
  pause(id: MemberId): void {
    this.#peers.get(id)?.pause();
  }

  resume(id: MemberId): void {
    this.#peers.get(id)?.resume();
  }

  /** Sends what waits, ends all streams in good order and lets all connections go. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const peer of this.#peers.values()) peer.stop();
    for (const id of [...this.#remotes.keys()]) this.#removeRemote(id);
    this.#peers.clear();
    this.renewals.stop();
    this.context.connector.close();
  }

  #contextOf(id: MemberId, urls: readonly string[], cancel: AbortSignal): PeerContext {
    const metrics = this.#metrics.of(id);
    return {
      ...this.context,
      id,
      picker: new UrlPicker(parsePeerUrls(urls)),
      status: new PeerStatus(id, metrics, this.context),
      metrics,
      cancel,
    };
  }

  #sendOne(message: Message): void {
    const peer = this.#peers.get(message.to);
    if (peer !== undefined) {
      peer.send(message);
      this.#waiting.add(peer);
      return;
    }
    const remote = this.#remotes.get(message.to);
    if (remote === undefined) {
      this.context.logger.debug('ignored message send request; unknown remote peer target', {
        type: messageName(message.type),
        'unknown-target-peer-id': formatId(message.to),
      });
    } else if (!remote.pipeline.send(message)) {
      this.#metrics.of(message.to).sentFailures.inc();
    }
  }

  #removeRemote(id: MemberId): void {
    const remote = this.#remotes.get(id);
    if (remote === undefined) return;
    this.#remotes.delete(id);
    remote.pipeline.stop();
    remote.abort.abort();
  }
}

function newAbort(): AbortController {
  const abort = new AbortController();
  // Every request of a peer listens to it; how many there are is bounded elsewhere.
  setMaxListeners(0, abort.signal);
  return abort;
}

function lastIndexOfType(messages: readonly Message[], type: number): number {
  for (let i = messages.length - 1; i >= 0; i--) {
    if (messages[i]?.type === type) return i;
  }
  return -1;
}
