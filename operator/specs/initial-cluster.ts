// Owns the values of initial-cluster and initial-cluster-state, and with them the answer to the question which member may
// start on an empty volume. etcd reads them only when its data directory is empty:
//
//   seed, before the cluster ID is known    new       itself           makes a new cluster
//   learner, before it has booted           existing  the member list  asks the others and joins
//   any member that has booted (sealed)     existing  itself           finds nobody to ask and stops
//
// The third line is what keeps a blank volume from voting: etcd started under the ID of a voter that has lost its log would
// vote twice in a term and forget what it acknowledged. With data in the volume all three are ignored.
//
// The values are annotations of the Pod, which the container reads into its environment at each start, so that a Pod is
// sealed once it has booted, and a learner that has not booted gets the current list, without making the Pod again.
// etcd: server/etcdserver/bootstrap.go (bootstrapExistingClusterNoWALs asks every URL but its own).
import { ANNOTATION_INITIAL_CLUSTER, ANNOTATION_INITIAL_CLUSTER_STATE } from '../api/labels.ts';
import type { StringMap } from '../api/meta.ts';
import { type MemberPlace, peerUrl } from '../api/names.ts';

export interface Peer {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

export function seedCluster(place: MemberPlace): StringMap {
  return annotations('new', [selfOf(place)]);
}

export function sealedCluster(place: MemberPlace): StringMap {
  return annotations('existing', [selfOf(place)]);
}

/** `peers` is the live member list, where the member itself has no name yet. */
export function joiningCluster(place: MemberPlace, peers: readonly Peer[]): StringMap {
  const others = peers.filter(({ peerUrls }) => !peerUrls.includes(peerUrl(place)));
  return annotations('existing', [...others, selfOf(place)]);
}

function selfOf(place: MemberPlace): Peer {
  return { name: place.member, peerUrls: [peerUrl(place)] };
}

/** In the order of names, so that equal lists are equal text. */
function annotations(state: 'new' | 'existing', peers: readonly Peer[]): StringMap {
  const pairs = peers.flatMap(({ name, peerUrls }) => peerUrls.map((url) => `${name}=${url}`));
  return {
    [ANNOTATION_INITIAL_CLUSTER]: pairs.sort().join(','),
    [ANNOTATION_INITIAL_CLUSTER_STATE]: state,
  };
}
