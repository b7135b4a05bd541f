// Owns what the hashes of several members say: who of them has other data than the rest. Only compares; who asks for the
// hashes and raises the alarm is elsewhere. etcd: server/etcdserver/corrupt.go.
import type { PeerHashKv } from './transport/types.ts';

/** The digest of a member's own keys. */
export interface OwnHash {
  readonly hash: number;
  /** Up to this revision. */
  readonly revision: number;
  /** -1 when nothing was compacted. */
  readonly compactRevision: number;
}

/** What one other member answered at the revision of the own hash; undefined when it did not. */
export interface PeerHash {
  readonly id: bigint;
  readonly answer: PeerHashKv | undefined;
}

/** Before a member serves: the peers with other data at the same state of compaction. */
export function differingPeers(own: OwnHash, peers: readonly PeerHash[]): bigint[] {
  return peers
    .filter(({ answer }) => answer?.compactRevision === own.compactRevision)
    .filter(({ answer }) => answer?.hash !== own.hash)
    .map(({ id }) => id);
}

/** The own hash before and after the peers were asked, and the store's revision at the second one. */
export interface LeaderHashes {
  readonly before: OwnHash;
  readonly after: OwnHash;
  readonly revisionAfter: number;
}

/** The periodic check on the leader: the first member found to be wrong, the leader itself included. */
export function corruptMember(
  leaderId: bigint,
  { before, after, revisionAfter }: LeaderHashes,
  peers: readonly PeerHash[],
): bigint | undefined {
  const isSameState =
    before.revision === after.revision && before.compactRevision === after.compactRevision;
  if (isSameState && before.hash !== after.hash) return leaderId;
  for (const { id, answer } of peers) {
    if (answer === undefined) continue;
    // A follower is never ahead of a leader that has just read linearizably.
    if (answer.revision > revisionAfter) return id;
    if (answer.compactRevision > after.compactRevision) return id;
    if (answer.compactRevision === before.compactRevision && answer.hash !== before.hash) {
      return id;
    }
  }
  return undefined;
}

export type CompactHashVerdict =
  /** Not every member could be compared: an older compaction may tell more. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'equal' }
  /** Members outside of the majority; one id 0n when there is no majority. */
  | { readonly kind: 'corrupt'; readonly ids: readonly bigint[] };

/** The check of one compaction's digest: a majority with the same hash is right. */
export function judgeCompaction(
  leaderId: bigint,
  own: OwnHash,
  peers: readonly PeerHash[],
): CompactHashVerdict {
  const idsByHash = new Map<number, bigint[]>([[own.hash, [leaderId]]]);
  let checked = 0;
  for (const { id, answer } of peers) {
    if (answer === undefined || answer.compactRevision !== own.compactRevision) continue;
    checked++;
    idsByHash.set(answer.hash, [...(idsByHash.get(answer.hash) ?? []), id]);
  }
  if (idsByHash.size === 1) {
    return { kind: checked === peers.length ? 'equal' : 'incomplete' };
  }
  const quorum = Math.floor((peers.length + 1) / 2) + 1;
  const groups = [...idsByHash.values()];
  const majority = groups.find((ids) => ids.length >= quorum);
  if (majority === undefined) return { kind: 'corrupt', ids: [0n] };
  return { kind: 'corrupt', ids: groups.filter((ids) => ids !== majority).flat() };
}
