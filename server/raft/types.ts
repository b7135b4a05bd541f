// Owns the words of the consensus core: entries, hard state, messages, configuration and the `Ready` value that
// tells the node what to persist, send and apply. Shapes and numbers are etcd-io/raft's raftpb, so that
// server/proto can carry them to disk and to peers without a mapping in between.

/** A member's id; uses all 64 bits. 0n means "nobody". */
export type MemberId = bigint;

export const NO_MEMBER: MemberId = 0n;

/** raftpb.EntryType. ConfChangeV2 (2) is never written: every Go etcd stops on it. */
export const EntryType = { normal: 0, confChange: 1, confChangeV2: 2 } as const;

/** One slot of the replicated log. */
export interface Entry {
  readonly type: number;
  /** Term of the leader that made it. */
  readonly term: number;
  /** Position in the log, from 1. */
  readonly index: number;
  /** The encoded command; empty for the first entry of a leader's term. */
  readonly data: Uint8Array;
}

/** What a member must never forget: persisted before any message that depends on it is sent. */
export interface HardState {
  readonly term: number;
  /** Who got this member's vote in `term`. */
  readonly vote: MemberId;
  readonly commit: number;
}

export interface ConfState {
  /** Ascending. */
  readonly voters: readonly MemberId[];
  /** Ascending. */
  readonly learners: readonly MemberId[];
  readonly votersOutgoing: readonly MemberId[];
  readonly learnersNext: readonly MemberId[];
  readonly autoLeave: boolean;
}

export interface SnapshotMetadata {
  readonly confState: ConfState;
  readonly index: number;
  readonly term: number;
}

/** State up to `metadata.index`; `data` means nothing to raft. */
export interface Snapshot {
  readonly data: Uint8Array;
  readonly metadata: SnapshotMetadata;
}

/** raftpb.MessageType; the numbers are the wire's. */
export const MessageType = {
  hup: 0,
  beat: 1,
  prop: 2,
  app: 3,
  appResp: 4,
  vote: 5,
  voteResp: 6,
  snap: 7,
  heartbeat: 8,
  heartbeatResp: 9,
  unreachable: 10,
  snapStatus: 11,
  checkQuorum: 12,
  transferLeader: 13,
  timeoutNow: 14,
  readIndex: 15,
  readIndexResp: 16,
  preVote: 17,
  preVoteResp: 18,
} as const;

/** raftpb.Message. Fields a type does not use are 0, empty or undefined. */
export interface Message {
  readonly type: number;
  readonly to: MemberId;
  readonly from: MemberId;
  readonly term: number;
  readonly logTerm: number;
  readonly index: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
  readonly snapshot: Snapshot | undefined;
  readonly reject: boolean;
  readonly rejectHint: number;
  readonly context: Uint8Array;
}

/** raftpb.ConfChangeType. */
export const ConfChangeType = {
  addNode: 0,
  removeNode: 1,
  updateNode: 2,
  addLearnerNode: 3,
} as const;

/** raftpb.ConfChange (the V1 form, the only one an etcd log may hold). */
export interface ConfChange {
  readonly id: bigint;
  readonly type: number;
  /** 0n: a change refused at apply time; it changes nothing but still ends the pending change. */
  readonly nodeId: MemberId;
  readonly context: Uint8Array;
}

export type RaftRole = 'follower' | 'preCandidate' | 'candidate' | 'leader';

/** The part of the state that needs no persistence. */
export interface SoftState {
  readonly leader: MemberId;
  readonly role: RaftRole;
}

/** The answer to a read-index request: reads that carry `context` may be served once `index` is applied. */
export interface ReadState {
  readonly index: number;
  readonly context: Uint8Array;
}

/** Whether a read-index request was taken. */
export type ReadIndexResult =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'dropped'; readonly reason: 'noLeader' | 'tooManyReads' };

/**
 * Everything raft wants done since the last Ready. The node may take the next Ready before this one is durable:
 *
 *   ready() -> append entries + hardState (+ snapshot) to the WAL, one fdatasync may cover several Readys
 *           -> `messages` go out at once (a leader sends before it persists)
 *           -> `committed` is applied at once: all of it is already durable here
 *           -> when durable: persisted(ready.token), which lets the messages that had to wait out in a later Ready
 *           -> applied(index) after the apply
 */
export interface Ready {
  /** Hand back to `persisted`, in order. */
  readonly token: number;
  /** Present when it changed. */
  readonly softState: SoftState | undefined;
  /** Present when it changed; to be persisted after `entries`. */
  readonly hardState: HardState | undefined;
  /** To be appended to the log, in order; may overwrite a tail handed out before. */
  readonly entries: readonly Entry[];
  /** To be persisted before `entries`, then installed before `committed` is applied. */
  readonly snapshot: Snapshot | undefined;
  /** To be sent at once. Order per receiver matters. */
  readonly messages: readonly Message[];
  /** To be applied, ascending and without gaps. */
  readonly committed: readonly Entry[];
  readonly readStates: readonly ReadState[];
  /**
   * True when an fdatasync is needed: there are entries or a snapshot, term or vote changed, or a configuration change is
   * committed.
   */
  readonly mustSync: boolean;
}

/** Why a proposal was not taken. */
export type ProposeResult =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'dropped'; readonly reason: 'noLeader' | 'transferring' | 'uncommittedFull' };
