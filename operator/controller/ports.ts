// Owns what the controller asks of the world: Kubernetes (operator/kube), members (operator/member), time, and a log.
// Implementations refuse what is not current: see "What the controller owes" in reconcile/README.md.
import type { EtcdCluster, EtcdClusterStatus } from '../api/etcd-cluster.ts';
import type { Action, EventText } from '../reconcile/action.ts';
import type { Alarm, MemberListResult, Observed, StatusResult } from '../reconcile/observed.ts';

/** Namespace and name of a cluster. */
export interface ClusterKey {
  readonly namespace: string;
  readonly name: string;
}

/** The part of what is seen that comes from the API server, out of informers' caches. */
export type ObservedObjects = Omit<Observed, 'memberList' | 'statuses' | 'alarms'>;

/** Actions on Kubernetes' objects; the others are on members. */
export type KubeAction = Exclude<Action, { readonly kind: MemberActionKind }>;
export type MemberActionKind =
  | 'memberAdd'
  | 'memberPromote'
  | 'memberRemove'
  | 'moveLeader'
  | 'disarmAlarm';
export type MemberAction = Extract<Action, { readonly kind: MemberActionKind }>;

export interface KubePort {
  /** Undefined when there is no such cluster. */
  observe(key: ClusterKey): ObservedObjects | undefined;
  /** Does the act; an object that is gone is no failure of a delete. Throws when it fails; `isConflict` of the error: seen too late. */
  perform(cluster: EtcdCluster, action: KubeAction, signal: AbortSignal): Promise<void>;
  /** Writes the status over `cluster` as it was seen, and nothing if it is not that any more. */
  writeStatus(cluster: EtcdCluster, status: EtcdClusterStatus, signal: AbortSignal): Promise<void>;
  /** Never fails the round: an event that cannot be written is logged. */
  recordEvent(cluster: EtcdCluster, event: EventText): void;
}

/** Where a member is reached. */
export interface MemberEndpoint {
  readonly name: string;
  readonly url: string;
}

export interface MemberPort {
  status(endpoint: MemberEndpoint, signal: AbortSignal): Promise<StatusResult>;
  /** Linearizable, from whichever of the endpoints answers; of `clusterId` if that is known. */
  memberList(
    endpoints: readonly MemberEndpoint[],
    clusterId: string | undefined,
    signal: AbortSignal,
  ): Promise<MemberListResult>;
  /** Undefined when they cannot be read. Costs the cluster a write: asked when a status has alarms. */
  alarms(
    endpoints: readonly MemberEndpoint[],
    signal: AbortSignal,
  ): Promise<readonly Alarm[] | undefined>;
  /** "Not ready" of a promotion is no failure: it is asked again. Nor is "not found" of a removal. */
  perform(
    endpoints: readonly MemberEndpoint[],
    action: MemberAction,
    signal: AbortSignal,
  ): Promise<void>;
}

/** Time, so that tests can step it. */
export interface ControllerClock {
  nowMs(): number;
  /** Calls back once; the result cancels. */
  after(delayMs: number, call: () => void): () => void;
  /** Aborts after the delay. */
  deadline(delayMs: number): AbortSignal;
}

export interface ControllerLog {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}
