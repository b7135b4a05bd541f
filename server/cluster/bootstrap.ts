// Owns what the members of a new cluster agree on without talking: their ids, the cluster's id, and the first entries of
// the log, which add every member. etcd: server/etcdserver/bootstrap.go, membership/cluster.go.
import { ConfChangeType, EntryType, encodeConfChange } from '../proto/gen/raft.ts';
import type { ConfState, Entry, HardState } from '../raft/types.ts';
import { compareMembers, formatId, type Member, memberContext } from './member.ts';
import { clusterIdOf, memberIdOf } from './member-id.ts';

/** One pair of --initial-cluster; the URLs are those of one member, in etcd's printed form. */
export interface InitialMember {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

/** Initial members that cannot form a cluster; the message is etcd's. */
export class BootstrapError extends Error {
  override readonly name: string = 'BootstrapError';
}

export interface InitialCluster {
  readonly clusterId: bigint;
  /** Ascending by id. */
  readonly members: readonly Member[];
}

/** Names, URLs and token to ids. Throws BootstrapError. */
export function initialCluster(members: readonly InitialMember[], token: string): InitialCluster {
  const byId = new Map<bigint, Member>();
  for (const { name, peerUrls } of members) {
    const sorted = [...peerUrls].sort();
    const id = memberIdOf(sorted, token);
    const member: Member = { id, name, peerUrls: sorted, isLearner: false, clientUrls: [] };
    if (byId.has(id)) {
      const text = `{${formatId(id)} {[${sorted.join(' ')}] false} {${name} []}}`;
      throw new BootstrapError(`member exists with identical ID &${text}`);
    }
    if (id === 0n) throw new BootstrapError('cannot use 0 as member id');
    byId.set(id, member);
  }
  const sorted = [...byId.values()].sort(compareMembers);
  return { clusterId: clusterIdOf([...byId.keys()]), members: sorted };
}

/** A raft log that already holds the whole initial membership, all of it committed. */
export interface BootstrapLog {
  readonly entries: readonly Entry[];
  readonly hardState: HardState;
  readonly confState: ConfState;
}

/** The first entries of a new cluster: identical bytes on every member that starts it. */
export function bootstrapLog(members: readonly Member[]): BootstrapLog {
  const sorted = [...members].sort(compareMembers);
  const entries = sorted.map((member, i) => ({
    type: EntryType.confChange,
    term: 1,
    index: i + 1,
    data: encodeConfChange({
      id: 0n,
      type: ConfChangeType.addNode,
      nodeId: member.id,
      context: memberContext(member),
    }),
  }));
  return {
    entries,
    hardState: { term: 1, vote: 0n, commit: entries.length },
    confState: {
      voters: sorted.map((member) => member.id),
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    },
  };
}
