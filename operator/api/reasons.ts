// Owns the reasons of conditions and events: one table, of which docs/operator/conditions.md is made. A reason that is not
// here cannot be used. Reasons are API: people select and alert on them, so they are added, never renamed.

export const CONDITION_TYPES = [
  'Ready',
  'Available',
  'Progressing',
  'Degraded',
  'Protected',
] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

export const CONDITION_MEANINGS: Readonly<Record<ConditionType, string>> = {
  Ready: 'The cluster is what spec asks for: quorum, every member healthy, nothing left to do.',
  Available:
    'A quorum of the voters answers a linearizable request. Unknown when the operator cannot tell.',
  Progressing:
    'The operator is working towards spec. False with a reason when it is done or held up.',
  Degraded: 'Something is wrong with a member although the cluster may serve.',
  Protected: 'A PodDisruptionBudget keeps drains from taking the quorum.',
};

/** Reasons of conditions: what each means, and what a person does about it. */
export const CONDITION_REASONS = {
  // Available, Ready
  QuorumHealthy: 'A quorum of the voters is healthy. Nothing to do.',
  QuorumLost:
    'Fewer voters than a quorum are alive. The operator makes missing Pods again and otherwise touches nothing. Bring Pods and nodes back; where volumes are lost for good, restore.',
  NoContact:
    'No member answers the operator, while Kubernetes says that Pods are ready. Look for network policies, DNS or certificates between operator and members. Members are left alone.',
  Bootstrapping:
    'The first member has not reported yet. Wait; look at its Pod when this lasts minutes.',
  ScaledToZero: 'spec.replicas is 0: no Pods, volumes kept. Raise spec.replicas to serve again.',
  ClusterIdMismatch:
    'A member reports another cluster ID than status.clusterID. It is taken out of the client Service and otherwise left alone; find out what its volume holds before deleting it.',
  // Ready
  AllMembersReady: 'Every member is healthy and as spec says. Nothing to do.',
  MembersNotReady: 'Some members are not healthy or not there yet. See Degraded and Progressing.',
  // Progressing
  Converged: 'The cluster is as spec says.',
  Creating: 'The first member is being started.',
  ScalingOut: 'A member is being added: as a learner first, as a voter once it has caught up.',
  ScalingIn: 'A member is being removed.',
  Hibernating: 'Pods are being stopped, volumes stay.',
  Waking: 'Dormant members are being started.',
  Replacing: 'A member is being removed so that a new one can take its place.',
  RollingConfiguration: 'Pods are being replaced one at a time, the leader last.',
  Upgrading: 'Pods are being replaced by ones of another version one at a time, the leader last.',
  Repairing: 'A Pod is being made again.',
  Deleting: 'The cluster is being deleted.',
  Paused: 'spec.paused is set: the operator only looks.',
  InvalidSpec:
    'The specification breaks a rule, named in the message. What runs is left alone and nothing is done about it, Pods that go missing included, until the specification is corrected.',
  VersionSkew:
    'spec.version is not a step etcd allows from what is running: at most one minor up, none down. Change spec.version.',
  WaitingForHealth:
    'The next step would cost the quorum or needs every voter healthy; it is taken when they are.',
  JoinDeadlineExceeded:
    'A learner did not catch up in time and was removed. Another is tried after a while; look at its Pod (image, scheduling, volume).',
  ReplacementsExhausted:
    'As many members as replacement.maxPerHour allows were replaced; the next waits. Find out why members fail.',
  ImageUnavailable:
    'The image cannot be pulled. Correct spec.image or spec.version; a new member would not help.',
  // Degraded
  AllHealthy: 'No member is in trouble.',
  MemberUnhealthy:
    'A member does not answer or is not ready; it is replaced after replacement.unhealthyAfter.',
  MemberUnreachable:
    'A member is ready for Kubernetes but does not answer the operator. It is not replaced: unreachable is not dead.',
  VolumeLost:
    'The volume of a member is gone. Its Pod is not started again; the member is replaced.',
  CorruptMember:
    'A member has the CORRUPT alarm. It is removed, and another joins with an empty volume.',
  CorruptMembers:
    'So many members have the CORRUPT alarm that removing them would cost the quorum, or it is not known which. Nothing is touched; compare hashes (etcdctl endpoint hashkv) and restore.',
  DatabaseQuotaExceeded:
    'NOSPACE alarm: writes are refused. Compact, defragment, raise options.quotaBackendBytes, then disarm.',
  OutOfMemory:
    'A member is killed for its memory limit. Raise resources.limits.memory; replacing would not help.',
  VolumeNotGrown:
    'A volume is smaller than storage.size and was not grown when that was asked for: its storage class may not allow it (allowVolumeExpansion), see the events. It is asked again every five minutes; nothing waits for it.',
  UnknownMember:
    'The member list has a member whose peer URL is not one of this cluster. Remove it by hand if it is not wanted.',
  // Protected
  BudgetApplied: 'The budget is in place.',
  BudgetDisabled: 'disruption.podDisruptionBudget is Disabled.',
  PolicyApiMissing: 'The API server does not have policy/v1: drains are not held back.',
} as const;
export type ConditionReason = keyof typeof CONDITION_REASONS;

/** Reasons of events: one for each act. */
export const EVENT_REASONS = {
  MemberCreated: 'A member was recorded; it will be started and added.',
  MemberAdopted: 'A member whose object was missing was recorded again.',
  MemberAdded: 'A member was added to the member list as a learner.',
  MemberPromoted: 'A learner became a voter.',
  MemberRemoved: 'A member was removed from the member list.',
  MemberDeleted: 'Everything of a removed member is gone, or kept as retention says.',
  PhaseChanged: 'What is known about a member was recorded.',
  LeaderMoved: 'Leadership was handed over before a planned act.',
  PodCreated: 'A Pod was created.',
  PodNotCreated:
    'The API server refuses to make a Pod (a quota, a policy, a webhook). Tried again.',
  PodDeleted: 'A Pod was deleted; the message says why.',
  PodUpdated: 'Labels or annotations of a running Pod were changed.',
  VolumeCreated: 'A PersistentVolumeClaim was created.',
  VolumeNotCreated: 'The API server refuses to make a volume. Tried again.',
  VolumeReleased: "The volume of a removed member is kept, and marked as nobody's.",
  VolumeGrown: 'More space was asked for.',
  VolumeNotGrown: 'The API server refuses to grow a volume; the message says why. Tried again.',
  VolumeDeleted: 'The PersistentVolumeClaim of a removed member was deleted.',
  ServiceApplied: 'A Service was created or changed.',
  BudgetApplied: 'The PodDisruptionBudget was created or changed.',
  BudgetDeleted: 'The PodDisruptionBudget was deleted.',
  AlarmDisarmed: 'An alarm of a removed member was disarmed.',
  FinalizerAdded: 'The cluster is under the care of the operator.',
  FinalizerRemoved: 'The operator has let the object go.',
  QuorumLost: 'Fewer voters than a quorum are alive.',
  QuorumRestored: 'The quorum is back.',
  MemberUnhealthy: 'A member stopped answering.',
  InvalidSpec: 'The specification was refused.',
} as const;
export type EventReason = keyof typeof EVENT_REASONS;
