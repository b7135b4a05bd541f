// Owns the number of members. One more or one fewer at a time, never both, and only when all voters are well: what is sick
// was dealt with before.
import { memberName } from '../api/names.ts';
import { formatDuration, parseTime } from '../api/time.ts';
import { buildMember } from '../specs/member.ts';
import { normal } from './action.ts';
import { canRemove } from './leaving.ts';
import { JOIN_BACKOFF_MS_MAX, JOIN_BACKOFF_MS_MIN, NAME_ATTEMPTS } from './limits.ts';
import { changePhase, type Step } from './step.ts';
import { membersWanted, needsNewMember } from './surge.ts';
import { type ClusterView, isJoining, type MemberView, stayingVoters } from './view.ts';

export function scale(view: ClusterView): Step | undefined {
  if (view.clusterId === undefined || view.list === undefined) return undefined;
  const { replicas } = view.spec;
  if (replicas === 0) return undefined;
  const staying = stayingVoters(view).length;
  const joining = view.members.filter(isJoining).length;
  if (staying + joining < membersWanted(view)) return scaleOut(view);
  if (staying > replicas && joining === 0) return scaleIn(view);
  return undefined;
}

function scaleOut(view: ClusterView): Step | undefined {
  const { counts, context, nowMs, cluster } = view;
  if (counts.healthy < counts.voters) {
    return hold(
      `a member is added when all voters are healthy (${counts.healthy} of ${counts.voters})`,
    );
  }
  if (view.strangers.some((entry) => entry.isLearner)) {
    return hold('the member list has a learner that is not of this cluster, and etcd allows one');
  }
  const backoffMs = joinBackoffMs(cluster.status?.joinFailures ?? 0);
  const waitMs = (parseTime(cluster.status?.lastJoinFailure) ?? 0) + backoffMs - nowMs;
  if (backoffMs > 0 && waitMs > 0) {
    const message = `the last learner failed; another is tried in ${formatDuration(waitMs)}`;
    return { actions: [], reason: 'JoinDeadlineExceeded', message, isMoving: false };
  }
  const name = unusedName(view);
  if (name === undefined) return hold('no unused name was found');
  const member = buildMember(context, name, { seed: false });
  const event = normal('MemberCreated', `${name} will be added`);
  return {
    actions: [{ kind: 'createMember', member, event }],
    reason: 'ScalingOut',
    message: `adding ${name}`,
  };
}

function joinBackoffMs(failures: number): number {
  if (failures === 0) return 0;
  return Math.min(JOIN_BACKOFF_MS_MIN * 2 ** (failures - 1), JOIN_BACKOFF_MS_MAX);
}

/** Names come from the time, so that one is not made twice even when all that had it is gone. */
function unusedName({ observed, context, nowMs, list = [] }: ClusterView): string | undefined {
  const used = new Set([
    ...observed.members.map(({ metadata }) => metadata.name),
    ...observed.pods.map(({ metadata }) => metadata.name),
    ...observed.claims.map(({ metadata }) => metadata.name.replace('data-', '')),
    ...list.map((entry) => entry.name),
  ]);
  for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
    const name = memberName(context.name, `${context.uid}/${nowMs}/${attempt}`);
    if (!used.has(name)) return name;
  }
  return undefined;
}

function scaleIn(view: ClusterView): Step | undefined {
  const victim = [...stayingVoters(view)].sort((a, b) => compareVictims(view, a, b))[0];
  if (victim === undefined) return undefined;
  if (!canRemove(view, victim)) {
    return hold(`removing ${victim.name} would cost the quorum`);
  }
  const event = normal('PhaseChanged', `${victim.name} will be removed`);
  const change = { phase: 'Leaving', leaveReason: 'ScaleIn' } as const;
  return {
    actions: [changePhase(view, victim, change, event)],
    reason: 'ScalingIn',
    message: `removing ${victim.name}`,
  };
}

/** The sick go first (one that leads is not sick, only out of reach), the leader last, of the others those to be rolled, then the newest: it has the least history. */
function compareVictims(view: ClusterView, a: MemberView, b: MemberView): number {
  const isWell = ({ isHealthy, isLeader }: MemberView): boolean => isHealthy || isLeader;
  const isNew = (member: MemberView): number => Number(!needsNewMember(view, member));
  return (
    Number(isWell(a)) - Number(isWell(b)) ||
    isNew(a) - isNew(b) ||
    Number(a.isLeader) - Number(b.isLeader) ||
    createdAt(b) - createdAt(a) ||
    (a.name < b.name ? 1 : -1)
  );
}

function createdAt({ object }: MemberView): number {
  return parseTime(object.metadata.creationTimestamp) ?? 0;
}

function hold(message: string): Step {
  return { actions: [], reason: 'WaitingForHealth', message, isMoving: false };
}
