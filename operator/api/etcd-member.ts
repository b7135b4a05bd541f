// Owns the type of EtcdMember (etcd-ts.io/v1alpha1): the durable record of one member, made by the operator only. Its name
// is the member's identity and is never used twice.
//
//    Pending --> Joining --> Syncing --> Voter <--> Dormant
//       |           |           |          |
//       +-----------+-----------+----------+--> Leaving --> (gone)
//
// A phase is written before the act it announces, so that an operator that dies in between is followed by one that knows.
import type { API_VERSION } from './etcd-cluster.ts';
import type { ObjectMeta } from './meta.ts';

export const MEMBER_PHASES = [
  'Pending',
  'Joining',
  'Syncing',
  'Voter',
  'Leaving',
  'Replacing',
  'Dormant',
] as const;

/**
 * Pending: recorded, not in the member list, nothing runs. Joining: being added as a learner. Syncing: runs as a learner.
 * Voter: votes. Leaving: to be removed, is not needed any more. Replacing: the same, but another will take its place.
 * Dormant: kept with its volume, does not run (spec.replicas is 0).
 */
export type MemberPhase = (typeof MEMBER_PHASES)[number];

/** Why a member leaves; decides the fate of its volume. */
export const LEAVE_REASONS = ['ScaleIn', 'Unhealthy', 'Corrupt', 'JoinFailed', 'Removed'] as const;
export type LeaveReason = (typeof LEAVE_REASONS)[number];

export interface EtcdMemberSpec {
  readonly clusterName: string;
  /** The first member of a new cluster, which alone may be started with initial-cluster-state=new. */
  readonly seed: boolean;
  /** Made again for a member that was already there: its object was deleted, its volume was not. */
  readonly adopted?: boolean;
}

export interface EtcdMemberStatus {
  readonly phase?: MemberPhase;
  /** Hexadecimal, as etcdctl prints it. Set once the member list shows it. */
  readonly memberID?: string;
  /** The volume that holds the data; another one in its place is a lost volume. For medium Memory the Pod's UID. */
  readonly volumeUID?: string;
  /** True from the first status call that was answered: the volume holds data from then on. */
  readonly booted?: boolean;
  readonly phaseSince?: string;
  readonly unhealthySince?: string;
  readonly leaveReason?: LeaveReason;
  /** The member list was seen without it after it had been removed: its ID never returns. */
  readonly removed?: boolean;
}

export interface EtcdMember {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'EtcdMember';
  readonly metadata: ObjectMeta;
  readonly spec: EtcdMemberSpec;
  readonly status?: EtcdMemberStatus;
}
