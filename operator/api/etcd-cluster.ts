// Owns the type of EtcdCluster (etcd-ts.io/v1alpha1): what a user writes, what the operator makes of it with defaults,
// and the status. The CustomResourceDefinition in crd-cluster.ts describes the same fields to the API server.

import type { MemberPhase } from './etcd-member.ts';
import type { PassedOn } from './kube-objects.ts';
import type { Condition, ObjectMeta, StringMap } from './meta.ts';

export const GROUP = 'etcd-ts.io';
export const VERSION = 'v1alpha1';
export const API_VERSION = 'etcd-ts.io/v1alpha1';

export type Retention = 'Retain' | 'Delete';
export type StorageMedium = 'Disk' | 'Memory';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface ImageSpec {
  readonly repository?: string;
  /** Defaults to v and the version. */
  readonly tag?: string;
  readonly pullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly pullSecrets?: readonly { readonly name: string }[];
}

export interface StorageSpec {
  readonly size?: string;
  readonly storageClassName?: string;
  readonly medium?: StorageMedium;
  readonly retention?: { readonly whenScaled?: Retention; readonly whenDeleted?: Retention };
}

export interface EtcdOptions {
  readonly quotaBackendBytes?: string;
  readonly autoCompactionMode?: 'periodic' | 'revision';
  readonly autoCompactionRetention?: string;
  readonly snapshotCount?: number;
  readonly heartbeatInterval?: string;
  readonly electionTimeout?: string;
  readonly maxRequestBytes?: number;
  readonly logLevel?: LogLevel;
  readonly extraArgs?: readonly string[];
}

export interface PodTemplate {
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly affinity?: PassedOn;
  readonly tolerations?: readonly PassedOn[];
  readonly nodeSelector?: StringMap;
  readonly topologySpreadConstraints?: readonly PassedOn[];
  readonly priorityClassName?: string;
  readonly securityContext?: PassedOn;
}

export interface TlsSurface {
  readonly auto?: boolean;
  readonly secretRef?: { readonly name: string };
  readonly certManager?: { readonly issuerRef: PassedOn };
}

export interface EtcdClusterSpec {
  readonly replicas?: number;
  readonly version?: string;
  readonly image?: ImageSpec;
  readonly storage?: StorageSpec;
  readonly options?: EtcdOptions;
  readonly resources?: PassedOn;
  readonly pod?: PodTemplate;
  readonly tls?: { readonly client?: TlsSurface; readonly peer?: TlsSurface };
  readonly auth?: {
    readonly enabled?: boolean;
    readonly rootSecretRef?: { readonly name: string };
  };
  readonly service?: { readonly type?: ServiceType; readonly annotations?: StringMap };
  readonly disruption?: {
    readonly podDisruptionBudget?: 'Enabled' | 'Disabled';
    readonly singleMember?: 'Evictable' | 'Protected';
  };
  readonly replacement?: { readonly unhealthyAfter?: string; readonly maxPerHour?: number };
  readonly maintenance?: { readonly defrag?: PassedOn; readonly noSpaceRemedy?: boolean };
  readonly bootstrap?: { readonly restore?: PassedOn };
  readonly monitoring?: { readonly podMonitor?: boolean };
  readonly paused?: boolean;
}

export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer';

/** The specification with every default in place; durations in milliseconds. Made by defaults.ts. */
export interface ResolvedSpec {
  readonly replicas: number;
  readonly version: string;
  readonly image: {
    readonly repository: string;
    readonly tag?: string;
    readonly pullPolicy: string;
    readonly pullSecrets: readonly { readonly name: string }[];
  };
  readonly storage: {
    readonly size: string;
    readonly storageClassName?: string;
    readonly medium: StorageMedium;
    readonly whenScaled: Retention;
    readonly whenDeleted: Retention;
  };
  readonly options: EtcdOptions;
  readonly resources?: PassedOn;
  readonly pod: PodTemplate;
  readonly service: { readonly type: ServiceType; readonly annotations: StringMap };
  readonly budgetEnabled: boolean;
  readonly singleMemberEvictable: boolean;
  readonly unhealthyAfterMs: number;
  readonly replacementsPerHour: number;
  readonly paused: boolean;
}

export interface MemberStatusEntry {
  readonly name: string;
  readonly id?: string;
  readonly role: 'Leader' | 'Voter' | 'Learner' | 'None';
  readonly phase: MemberPhase;
  readonly healthy: boolean;
  readonly version?: string;
  readonly dbSizeBytes?: number;
  readonly raftIndexLag?: number;
  readonly alarms?: readonly string[];
}

export interface EtcdClusterStatus {
  readonly observedGeneration?: number;
  /** Members of the member list, learners included. */
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly selector?: string;
  /** Latched when the first member reports it; from then on nothing is ever bootstrapped. */
  readonly clusterID?: string;
  readonly leader?: string;
  /** The lowest version a member runs. */
  readonly version?: string;
  /** The version being rolled out: spec.version, once it was found to be a step etcd allows. */
  readonly targetVersion?: string;
  readonly endpoints?: readonly string[];
  readonly members?: readonly MemberStatusEntry[];
  readonly conditions?: readonly Condition[];
  /** When the last members were replaced, oldest first: what maxPerHour counts. */
  readonly recentReplacements?: readonly string[];
  /** Learners given up in a row, and when the last was: the next waits longer. */
  readonly joinFailures?: number;
  readonly lastJoinFailure?: string;
  /** Seeds lost before the cluster ID was known; part of the next seed's name. */
  readonly seedsLost?: number;
  /** The size that volumes smaller than it were last asked to grow to, and when; gone when none is smaller. */
  readonly growthSize?: string;
  readonly lastGrowth?: string;
}

export interface EtcdCluster {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'EtcdCluster';
  readonly metadata: ObjectMeta;
  readonly spec: EtcdClusterSpec;
  readonly status?: EtcdClusterStatus;
}
