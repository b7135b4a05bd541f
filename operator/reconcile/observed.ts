// Owns the type of what the controller saw. Every part says whether it could be seen: the planner never takes silence for
// an answer. Objects are those of this very cluster: Pods, Services and the budget controlled by its UID, all EtcdMembers
// that name it, and claims with its label (the planner looks at their UID label itself). Objects may be as old as an informer's cache; the member list is read live, from the leader (linearizable), or
// is unknown.
import type { EtcdCluster } from '../api/etcd-cluster.ts';
import type { EtcdMember } from '../api/etcd-member.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Service,
} from '../api/kube-objects.ts';

/** A line of the member list. IDs are hexadecimal, as etcdctl prints them. */
export interface ListedMember {
  readonly id: string;
  /** Empty until the member has started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
}

export type MemberListResult =
  | {
      readonly kind: 'known';
      readonly clusterId: string;
      readonly entries: readonly ListedMember[];
    }
  | { readonly kind: 'unknown'; readonly message: string };

/** What a member says about itself. */
export interface MemberAnswer {
  readonly kind: 'answered';
  readonly memberId: string;
  readonly clusterId: string;
  /** Undefined while it knows of no leader. */
  readonly leaderId?: string;
  readonly isLearner: boolean;
  readonly version: string;
  readonly dbSizeBytes: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  /** Whether it knows of alarms; which they are, the cluster is asked. */
  readonly hasAlarms: boolean;
}

export type StatusResult = MemberAnswer | { readonly kind: 'failed'; readonly message: string };

export interface Alarm {
  readonly memberId: string;
  readonly type: 'NOSPACE' | 'CORRUPT';
}

export interface Observed {
  readonly cluster: EtcdCluster;
  readonly members: readonly EtcdMember[];
  readonly pods: readonly Pod[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly headlessService?: Service;
  readonly clientService?: Service;
  readonly budget?: PodDisruptionBudget;
  /** Whether the API server has policy/v1. */
  readonly hasPolicyApi: boolean;
  readonly memberList: MemberListResult;
  /** By member name; a member that was not asked is not in it. */
  readonly statuses: ReadonlyMap<string, StatusResult>;
  /** Undefined when the alarms could not be read. */
  readonly alarms?: readonly Alarm[];
}
