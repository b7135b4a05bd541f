// Owns the joining of what was seen into one picture: each member with its object, Pod, claim, line of the member list and
// own answer. Members are matched by peer URL, never by a stored ID or by position.
import type { EtcdCluster, ResolvedSpec } from '../api/etcd-cluster.ts';
import type { EtcdMember, MemberPhase } from '../api/etcd-member.ts';
import type { PersistentVolumeClaim, Pod } from '../api/kube-objects.ts';
import { LABEL_CLUSTER_UID } from '../api/labels.ts';
import { claimName, type MemberPlace, memberOfPeerUrl } from '../api/names.ts';
import { type ClusterContext, imageOf } from '../specs/context.ts';
import { configHash } from '../specs/pod.ts';
import { CAUGHT_UP_ENTRIES } from './limits.ts';
import type { Alarm, ListedMember, MemberAnswer, Observed } from './observed.ts';
import { quorumOf, type VoterCounts } from './quorum.ts';

export interface MemberView {
  readonly name: string;
  readonly place: MemberPlace;
  readonly object: EtcdMember;
  readonly phase: MemberPhase;
  readonly isBooted: boolean;
  readonly pod?: Pod;
  readonly claim?: PersistentVolumeClaim;
  readonly listed?: ListedMember;
  readonly answer?: MemberAnswer;
  readonly alarms: readonly Alarm['type'][];
  readonly isVolumeLost: boolean;
  /** Answers with a cluster ID other than the latched one. */
  readonly isForeign: boolean;
  /** Answers, is of this cluster, knows a leader, and is not corrupt. */
  readonly isHealthy: boolean;
  readonly isPodReady: boolean;
  readonly isLeader: boolean;
  readonly isCaughtUp: boolean;
  readonly raftIndexLag: number;
}

export interface ClusterView {
  readonly cluster: EtcdCluster;
  readonly spec: ResolvedSpec;
  readonly context: ClusterContext;
  readonly observed: Observed;
  readonly nowMs: number;
  /** In the order of names. */
  readonly members: readonly MemberView[];
  /** The live member list; undefined when it could not be read or is another cluster's. */
  readonly list?: readonly ListedMember[];
  readonly listClusterId?: string;
  /** Why there is no list. */
  readonly listProblem: string;
  /** Of this cluster by their URL, but without an object. */
  readonly orphans: readonly (ListedMember & { readonly member: string })[];
  /** Not of this cluster by their URL. */
  readonly strangers: readonly ListedMember[];
  readonly clusterId?: string;
  readonly leader?: MemberView;
  readonly counts: VoterCounts;
  /** Fewer Pods are ready than a quorum, and no member list can be read. */
  readonly isQuorumLost: boolean;
  /** What Pods are to be built from; made once, since it costs more than all comparisons. */
  readonly wantedConfig: string;
  readonly wantedImage: string;
}

export function buildView(observed: Observed, context: ClusterContext, nowMs: number): ClusterView {
  const { cluster, memberList } = observed;
  const clusterId = cluster.status?.clusterID;
  const isOurs =
    memberList.kind === 'known' && (clusterId === undefined || memberList.clusterId === clusterId);
  const list = isOurs ? memberList.entries : undefined;
  const leaderId = findLeader(observed, clusterId);
  const join = memberJoiner({ observed, context, clusterId, list, leaderId });
  const members = [...observed.members]
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map(join);
  const known = new Set(members.map((member) => member.name));
  const owned = (list ?? []).map((entry) => ({ ...entry, member: ownerOf(context, entry) ?? '' }));
  const counts = countVoters(members, list);
  return {
    cluster,
    spec: context.spec,
    context,
    observed,
    nowMs,
    members,
    ...(list === undefined ? {} : { list }),
    ...(isOurs ? { listClusterId: memberList.clusterId } : {}),
    listProblem: listProblemOf(observed, isOurs),
    orphans: owned.filter(({ member }) => member !== '' && !known.has(member)),
    strangers: owned.filter(({ member }) => member === ''),
    ...(clusterId === undefined ? {} : { clusterId }),
    ...leaderOf(members),
    counts,
    wantedConfig: configHash(context),
    wantedImage: imageOf(context),
    isQuorumLost: isQuorumLost(members, { isLatched: clusterId !== undefined, list }),
  };
}

interface Sources {
  readonly observed: Observed;
  readonly context: ClusterContext;
  readonly clusterId: string | undefined;
  readonly list: readonly ListedMember[] | undefined;
  readonly leaderId: string | undefined;
}

/** The function that makes the view of one member, with everything found by name in advance. */
function memberJoiner(sources: Sources): (object: EtcdMember) => MemberView {
  const { observed, context, clusterId, list, leaderId } = sources;
  const pods = new Map(observed.pods.map((pod) => [pod.metadata.name, pod]));
  const claims = new Map(
    observed.claims
      .filter((claim) => claim.metadata.labels?.[LABEL_CLUSTER_UID] === context.uid)
      .map((claim) => [claim.metadata.name, claim]),
  );
  const listed = new Map((list ?? []).map((entry) => [ownerOf(context, entry), entry]));
  const newest = Math.max(0, ...answers(observed).map((answer) => answer.raftAppliedIndex));
  return (object) => {
    const { name } = object.metadata;
    const pod = pods.get(name);
    const claim = claims.get(claimName(name));
    const entry = listed.get(name);
    const result = observed.statuses.get(name);
    const answer = result?.kind === 'answered' ? result : undefined;
    const id = entry?.id ?? object.status?.memberID;
    const alarms = (observed.alarms ?? [])
      .filter(({ memberId }) => id !== undefined && memberId === id)
      .map(({ type }) => type);
    const isForeign =
      answer !== undefined && clusterId !== undefined && answer.clusterId !== clusterId;
    const raftIndexLag = answer === undefined ? 0 : newest - answer.raftAppliedIndex;
    return {
      name,
      place: { cluster: context.name, namespace: context.namespace, member: name },
      object,
      phase: object.status?.phase ?? (object.spec.adopted === true ? 'Voter' : 'Pending'),
      isBooted: object.status?.booted === true || object.spec.adopted === true,
      ...(pod === undefined ? {} : { pod }),
      ...(claim === undefined ? {} : { claim }),
      ...(entry === undefined ? {} : { listed: entry }),
      ...(answer === undefined ? {} : { answer }),
      alarms,
      isVolumeLost: isVolumeLost(object, context, { pod, claim }),
      isForeign,
      isHealthy:
        answer?.leaderId !== undefined &&
        !isForeign &&
        !alarms.includes('CORRUPT') &&
        (entry === undefined || entry.id === answer.memberId),
      isPodReady: pod?.status?.ready === true && pod.metadata.deletionTimestamp === undefined,
      isLeader: isLeader(entry?.id ?? answer?.memberId, leaderId) && !isForeign,
      isCaughtUp: answer !== undefined && raftIndexLag <= CAUGHT_UP_ENTRIES,
      raftIndexLag,
    };
  };
}

/** By what others say: a leader that the operator cannot reach leads all the same. */
function isLeader(id: string | undefined, leaderId: string | undefined): boolean {
  return id !== undefined && id === leaderId;
}

/**
 * A volume is lost when it is not the one recorded: a claim made anew is an empty one. A member that has booted and has
 * no claim has lost it even if none was recorded.
 */
function isVolumeLost(
  { spec, status }: EtcdMember,
  context: ClusterContext,
  {
    pod,
    claim,
  }: { readonly pod: Pod | undefined; readonly claim: PersistentVolumeClaim | undefined },
): boolean {
  const recorded = status?.volumeUID;
  const holder = context.spec.storage.medium === 'Memory' ? pod : claim;
  if (recorded !== undefined) return holder?.metadata.uid !== recorded;
  return (status?.booted === true || spec.adopted === true) && holder === undefined;
}

function ownerOf(context: ClusterContext, entry: ListedMember): string | undefined {
  for (const url of entry.peerUrls) {
    const member = memberOfPeerUrl(context.name, context.namespace, url);
    if (member !== undefined) return member;
  }
  return undefined;
}

function answers(observed: Observed): readonly MemberAnswer[] {
  const found: MemberAnswer[] = [];
  for (const result of observed.statuses.values())
    if (result.kind === 'answered') found.push(result);
  return found;
}

/** Whom the answer of the highest term names; a deposed leader may still name itself. */
function findLeader(observed: Observed, clusterId: string | undefined): string | undefined {
  let best: MemberAnswer | undefined;
  for (const answer of answers(observed)) {
    if (answer.leaderId === undefined) continue;
    if (clusterId !== undefined && answer.clusterId !== clusterId) continue;
    if (best === undefined || answer.raftTerm > best.raftTerm) best = answer;
  }
  return best?.leaderId;
}

function leaderOf(members: readonly MemberView[]): { readonly leader?: MemberView } {
  const leader = members.find((member) => member.isLeader);
  return leader === undefined ? {} : { leader };
}

/** Voters of the list, strangers and orphans included: etcd counts them whether we know them or not. */
function countVoters(
  members: readonly MemberView[],
  list: readonly ListedMember[] | undefined,
): VoterCounts {
  if (list === undefined) return { voters: 0, healthy: 0 };
  const healthy = members.filter(
    ({ listed, isHealthy }) => isHealthy && listed?.isLearner === false,
  );
  return { voters: list.filter((entry) => !entry.isLearner).length, healthy: healthy.length };
}

function listProblemOf({ memberList }: Observed, isOurs: boolean): string {
  if (memberList.kind === 'unknown') return memberList.message;
  return isOurs ? '' : `the member list is of cluster ${memberList.clusterId}`;
}

function isQuorumLost(
  members: readonly MemberView[],
  { isLatched, list }: { isLatched: boolean; list: readonly ListedMember[] | undefined },
): boolean {
  if (!isLatched || list !== undefined) return false;
  const voters = members.filter(
    ({ phase, object }) =>
      object.status?.removed !== true && ['Voter', 'Leaving', 'Replacing'].includes(phase),
  );
  const ready = voters.filter((member) => member.isPodReady && !member.isForeign);
  return voters.length > 0 && ready.length < quorumOf(voters.length);
}

/** Members that are to be voters: in the list as such, and not on their way out. */
export function stayingVoters(view: ClusterView): readonly MemberView[] {
  return view.members.filter((member) => member.listed?.isLearner === false && !isLeaving(member));
}

export function isLeaving({ phase, object }: MemberView): boolean {
  return (
    phase === 'Leaving' || phase === 'Replacing' || object.metadata.deletionTimestamp !== undefined
  );
}

export function isJoining({ phase }: MemberView): boolean {
  return phase === 'Pending' || phase === 'Joining' || phase === 'Syncing';
}
