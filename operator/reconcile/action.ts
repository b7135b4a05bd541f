// Owns what a plan may ask for. Each action carries the text of its event, so that no act goes without one. Deletes and
// patches name the UID they mean: an object of the same name that is newer than what was seen is left alone.
import type { EtcdMember, EtcdMemberStatus } from '../api/etcd-member.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Service,
} from '../api/kube-objects.ts';
import type { StringMap } from '../api/meta.ts';
import type { EventReason } from '../api/reasons.ts';
import type { Alarm } from './observed.ts';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason;
  readonly message: string;
}

interface Named {
  readonly name: string;
  readonly uid: string;
}

type Act =
  | { readonly kind: 'addFinalizer' | 'removeFinalizer' }
  | { readonly kind: 'createMember'; readonly member: EtcdMember }
  | ({
      readonly kind: 'patchMember';
      readonly resourceVersion: string;
      /** The whole status: a field that is not in it is to go. */
      readonly status: EtcdMemberStatus;
      /** Changes nothing: it fails when what was seen is old. Its event is that of the start it guards. */
      readonly isFence?: true;
    } & Named)
  /** Deletes the object and lets its finalizer go. */
  | ({ readonly kind: 'releaseMember' } & Named)
  | { readonly kind: 'createClaim'; readonly claim: PersistentVolumeClaim }
  | ({ readonly kind: 'growClaim'; readonly size: string } & Named)
  | ({ readonly kind: 'labelClaim'; readonly labels: StringMap } & Named)
  | ({ readonly kind: 'deleteClaim' } & Named)
  | { readonly kind: 'createPod'; readonly pod: Pod }
  | ({
      readonly kind: 'patchPod';
      readonly labels: StringMap;
      readonly annotations: StringMap;
    } & Named)
  | ({ readonly kind: 'deletePod' } & Named)
  | { readonly kind: 'applyService'; readonly service: Service }
  | { readonly kind: 'applyBudget'; readonly budget: PodDisruptionBudget }
  | ({ readonly kind: 'deleteBudget' } & Named)
  | { readonly kind: 'memberAdd'; readonly peerUrl: string }
  | { readonly kind: 'memberPromote' | 'memberRemove'; readonly memberId: string }
  /** Asked of the leader. */
  | { readonly kind: 'moveLeader'; readonly leaderId: string; readonly targetId: string }
  | { readonly kind: 'disarmAlarm'; readonly alarm: Alarm }
  | { readonly kind: 'recordEvent' };

export type Action = Act & {
  readonly event: EventText;
  /** Told when the API server refuses the act; the reason it gives is put behind the message. */
  readonly refusal?: EventText;
  /**
   * Acts of one chain stand or fall together: the first that fails ends its chain and nothing else. One without a chain
   * ends the round: what comes after it was decided on what it writes.
   */
  readonly chain?: string;
};
export type ActionKind = Action['kind'];

/** Actions that change who is a member. A plan has at most one. */
export const MEMBERSHIP_ACTIONS: ReadonlySet<ActionKind> = new Set([
  'memberAdd',
  'memberPromote',
  'memberRemove',
]);

export function inChain(chain: string, actions: readonly Action[]): readonly Action[] {
  return actions.map((action) => ({ ...action, chain }));
}

export function normal(reason: EventReason, message: string): EventText {
  return { type: 'Normal', reason, message };
}

export function warning(reason: EventReason, message: string): EventText {
  return { type: 'Warning', reason, message };
}
