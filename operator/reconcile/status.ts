// Owns the status of the cluster. It is made anew from the picture each time; only what cannot be seen (latches, and lists
// while the member list cannot be read) is carried over. Figures that always move are published in steps.
import { mergeConditions } from '../api/conditions.ts';
import type { EtcdClusterStatus, MemberStatusEntry } from '../api/etcd-cluster.ts';
import { podSelector, selectorText } from '../api/labels.ts';
import { clientUrl } from '../api/names.ts';
import { keptGrowth } from './growth.ts';
import { judge } from './judgement.ts';
import { DB_SIZE_STEP_BYTES, LAG_STEP_ENTRIES, STEADY_RATIO } from './limits.ts';
import type { Latches, Step } from './step.ts';
import { lowestVersion } from './target-version.ts';
import { type ClusterView, isLeaving, type MemberView } from './view.ts';

export function buildStatus(view: ClusterView, step: Step): EtcdClusterStatus {
  const { cluster, list, context, nowMs } = view;
  const before = cluster.status ?? {};
  const latches = keptLatches(view, step);
  const version = lowestVersion(view.observed) ?? before.version;
  const generation = cluster.metadata.generation ?? 0;
  const conditions = judge(view, step, latches.clusterID);
  return {
    observedGeneration: generation,
    replicas: list?.length ?? before.replicas ?? 0,
    readyReplicas: readyReplicas(view),
    selector: selectorText(podSelector(context.name)),
    ...latches,
    ...(view.leader === undefined ? {} : { leader: view.leader.name }),
    ...(version === undefined ? {} : { version }),
    targetVersion: context.targetVersion,
    endpoints: endpointsOf(view),
    members: view.members.map((member) => memberEntry(view, member)),
    conditions: mergeConditions(before.conditions, conditions, { generation, nowMs }),
  };
}

function keptLatches(view: ClusterView, step: Step): Latches {
  const { cluster, members, counts, spec } = view;
  const { clusterID, recentReplacements, joinFailures, lastJoinFailure, seedsLost } =
    cluster.status ?? {};
  const failed = {
    ...(joinFailures === undefined ? {} : { joinFailures }),
    ...(lastJoinFailure === undefined ? {} : { lastJoinFailure }),
  };
  // All wanted members vote: what failed before is over.
  const isOver = counts.voters === spec.replicas && members.every(({ phase }) => phase === 'Voter');
  return {
    ...(clusterID === undefined ? {} : { clusterID }),
    ...(recentReplacements === undefined ? {} : { recentReplacements }),
    ...(seedsLost === undefined ? {} : { seedsLost }),
    ...(isOver ? {} : failed),
    ...keptGrowth(view),
    ...step.latches,
  };
}

/** Healthy voters, as far as the operator can see; none that it cannot reach. */
function readyReplicas({ members, list }: ClusterView): number {
  if (list === undefined) return 0;
  return members.filter(({ isHealthy, listed }) => isHealthy && listed?.isLearner === false).length;
}

/** One URL for each voter. Clients do better with these than with the Service: they notice a dead member by themselves. */
function endpointsOf({ members, list, cluster, clusterId }: ClusterView): readonly string[] {
  if (list === undefined || clusterId === undefined) return cluster.status?.endpoints ?? [];
  return members
    .filter(
      (member) => member.listed?.isLearner === false && !isLeaving(member) && !member.isForeign,
    )
    .map(({ place }) => clientUrl(place));
}

function memberEntry({ cluster }: ClusterView, member: MemberView): MemberStatusEntry {
  const { name, answer, listed, object, alarms } = member;
  const before = cluster.status?.members?.find((entry) => entry.name === name);
  const id = listed?.id ?? object.status?.memberID;
  return {
    name,
    ...(id === undefined ? {} : { id }),
    role: roleOf(member),
    phase: member.phase,
    healthy: member.isHealthy,
    ...(answer === undefined ? {} : figures(member, answer.version, before)),
    ...(alarms.length === 0 ? {} : { alarms }),
  };
}

function figures(
  { answer, raftIndexLag }: MemberView,
  version: string,
  before: MemberStatusEntry | undefined,
): Partial<MemberStatusEntry> {
  return {
    version,
    dbSizeBytes: steady(before?.dbSizeBytes, answer?.dbSizeBytes ?? 0, DB_SIZE_STEP_BYTES),
    raftIndexLag: steady(before?.raftIndexLag, raftIndexLag, LAG_STEP_ENTRIES),
  };
}

function roleOf({ listed, isLeader }: MemberView): MemberStatusEntry['role'] {
  if (listed === undefined) return 'None';
  if (listed.isLearner) return 'Learner';
  return isLeader ? 'Leader' : 'Voter';
}

/**
 * The value published before, unless the real one has moved away from it by a quarter and a step; then the real one in
 * whole steps. A figure that hovers does not move what is published.
 */
export function steady(published: number | undefined, real: number, step: number): number {
  const near = Math.max(step, (published ?? 0) * STEADY_RATIO);
  if (published !== undefined && Math.abs(real - published) <= near) return published;
  return Math.floor(real / step) * step;
}
