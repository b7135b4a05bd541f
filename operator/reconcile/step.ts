// Owns the shape of what one concern answers: undefined (nothing to do here, ask the next), or a step, which ends the
// search. A step without actions waits, and says for what.
import type { EtcdClusterStatus } from '../api/etcd-cluster.ts';
import type { EtcdMemberStatus } from '../api/etcd-member.ts';
import type { ConditionReason } from '../api/reasons.ts';
import { formatTime } from '../api/time.ts';
import { type Action, type EventText, normal } from './action.ts';
import type { ClusterView, MemberView } from './view.ts';

/** Parts of the status that only the planner's own acts change. */
export type Latches = Pick<
  EtcdClusterStatus,
  | 'clusterID'
  | 'recentReplacements'
  | 'joinFailures'
  | 'lastJoinFailure'
  | 'seedsLost'
  | 'growthSize'
  | 'lastGrowth'
>;

export interface Step {
  readonly actions: readonly Action[];
  readonly reason: ConditionReason;
  readonly message: string;
  /** False when the step cannot go on by itself: Progressing is False then, with the same reason. */
  readonly isMoving?: boolean;
  readonly latches?: Latches;
}

export type Concern = (view: ClusterView) => Step | undefined;

/** The write that moves a member on to another phase, with its event. */
export function changePhase(
  view: ClusterView,
  member: MemberView,
  change: EtcdMemberStatus,
  event?: EventText,
): Action & { readonly kind: 'patchMember' } {
  const { name, uid = '', resourceVersion = '' } = member.object.metadata;
  const isSame = change.phase === member.object.status?.phase;
  const phaseSince = isSame ? member.object.status?.phaseSince : formatTime(view.nowMs);
  return {
    kind: 'patchMember',
    name,
    uid,
    resourceVersion,
    status: {
      ...member.object.status,
      ...(phaseSince === undefined ? {} : { phaseSince }),
      ...change,
    },
    event: event ?? normal('PhaseChanged', `${name}: ${member.phase} -> ${change.phase}`),
  };
}
