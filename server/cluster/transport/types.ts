// Owns the ports between the peer transport and the rest of the member: what the transport asks of raft, of the snapshot
// store and of the node, and what it is built from. Types only.

import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { EtcdError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { MetricRegistry } from '../../base/metrics.ts';
import type { MemberId, Message } from '../../raft/types.ts';
import type { Member } from '../member.ts';

/** What became of a message from a peer. Ignored messages count as taken: raft ignores many, and the peer need not know. */
export type StepOutcome =
  | { readonly kind: 'taken' }
  /** The member is stopping or broken; the peer is told to come back later. */
  | { readonly kind: 'failed'; readonly reason: string };

/** The consensus core as the transport sees it. Nothing here may block or throw. */
export interface RaftPort {
  /** Messages are addressed to this member, from nobody that was removed, and of a type that travels. */
  step(message: Message): StepOutcome;
  reportUnreachable(id: MemberId): void;
  /** No address of this peer takes connections any more: its process has ended. */
  reportGone(id: MemberId): void;
  reportSnapshot(id: MemberId, ok: boolean): void;
  isRemoved(id: MemberId): boolean;
  /** True while no quorum needs this member: it may take its time. */
  isDispensable(): boolean;
}

/** A database on its way to a peer. */
export interface OutgoingSnapshot {
  /** The message of raft with the metadata and the data that belong to the database. */
  readonly message: Message;
  /** Bytes of the database, for the log; undefined when it is made while it is sent. */
  readonly totalBytes: number | undefined;
  /** The database; read at the peer's speed. A chunk may be overwritten once the next is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Called once in the end, also when `chunks` was never read. */
  close(): void;
}

/** Where databases come from and go to. */
export interface SnapshotPort {
  /** `cancel` is aborted when the peer is not sent to any more: then it may reject. */
  openForSend(message: Message, cancel: AbortSignal): Promise<OutgoingSnapshot>;
  /** Saves the database and then steps the message. Rejects when it could not be saved; `body` may end with an error. */
  receive(message: Message, body: AsyncIterable<Uint8Array>): Promise<StepOutcome>;
}

/** How connections to https peers are made; asked anew for each, so that renewed certificates count. */
export type PeerTls = () => ConnectionOptions;

/** Times of the protocol; tests shorten them. etcd: rafthttp/peer.go, probing_status.go. */
export interface PeerTiming {
  /** Without any byte for so long a stream counts as dead, in either direction. */
  readonly streamSilenceMs: number;
  readonly linkHeartbeatMs: number;
  readonly redialMs: number;
  /** Age of a dial that is made anew, if it is still unanswered, once the peer was heard. */
  readonly patienceMs: number;
  /** Until the connection stands. */
  readonly dialTimeoutMs: number;
  /** For the answer to a message, and for the rest of the answer to a snapshot once it has begun. */
  readonly responseTimeoutMs: number;
  /** A snapshot whose receiver takes nothing for so long is given up. */
  readonly snapshotStallMs: number;
  /** Until the answer to a snapshot begins: the receiver first puts all of it on its disk. */
  readonly snapshotSaveMs: number;
  readonly probeIntervalMs: number;
  readonly unhealthyLogMs: number;
  readonly healthyLogMs: number;
}

export interface PeerTransportOptions {
  readonly localId: MemberId;
  readonly clusterId: bigint;
  /** Advertised peer URLs. */
  readonly localPeerUrls: readonly string[];
  /** Full semver, e.g. 3.7.1. */
  readonly serverVersion: string;
  readonly minClusterVersion: string;
  readonly tls?: PeerTls;
  readonly logger: Logger;
  readonly metrics: MetricRegistry;
  readonly clock: Clock;
  readonly raft: RaftPort;
  readonly snapshots: SnapshotPort;
  /** A peer says that this member was removed. Called once; the member has to stop for good. */
  readonly onPermanentlyRemoved: () => void;
  readonly timing?: Partial<PeerTiming>;
}

/** Receives the outcome of a question; called exactly once, at once or later. */
export type Done<T> = (outcome: T | EtcdError) => void;

/** What /version says. */
export interface ServerVersions {
  readonly etcdserver: string;
  /** "not_decided" before the first decision. */
  readonly etcdcluster: string;
  /** Absent from etcd 3.5. */
  readonly storage?: string;
}

/** The hash of one member's keys, for the corruption check. */
export interface PeerHashKv {
  /** Current revision of the store. */
  readonly revision: number;
  readonly hash: number;
  /** -1 when nothing was compacted yet. */
  readonly compactRevision: number;
  readonly hashRevision: number;
}

export interface LeaseRenewal {
  readonly id: bigint;
  readonly ttl: number;
}

export interface LeaseTimes extends LeaseRenewal {
  readonly grantedTtl: number;
  readonly keys: readonly Uint8Array[];
}

/** What peers ask of the member beside raft. */
export interface PeerNodePort {
  /** All members known here, in any order. */
  members(): readonly Member[];
  versions(): ServerVersions;
  /** Answers with all members. `authorization`: the token the client gave to the asking member. */
  promote(id: MemberId, authorization: string | undefined, done: Done<readonly Member[]>): void;
  /** Revision 0: the current one. Expected errors: compacted, futureRev. */
  hashKv(revision: number, done: Done<PeerHashKv>): void;
  /**
   * Only the leader knows times of leases. It first lets what is applied catch up with what is committed, for at most
   * a second (else the error timeout). Other errors: leaseNotFound, notLeader.
   */
  renewLease(id: bigint, done: Done<LeaseRenewal>): void;
  leaseTimeToLive(id: bigint, wantsKeys: boolean, done: Done<LeaseTimes>): void;
  /** After a linearizable read. */
  downgradeEnabled(done: Done<boolean>): void;
}
