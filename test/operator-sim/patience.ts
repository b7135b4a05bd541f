// Owns the rule about patience: a member is given up as unhealthy only after it was found unwell, without a break, for as long
// as the specification says. Found well means that Kubernetes said its Pod was ready, wherever the operator's own questions
// went; and while there is no quorum nobody is unwell, since nobody can be.
//
// Judged by what the planner was shown, not by what was true: caches may be old. A round that was broken off counts for
// nothing, since what it found out may not have been written.
import { findCondition } from '../../operator/api/conditions.ts';
import type { EtcdMember } from '../../operator/api/etcd-member.ts';
import type { Observed } from '../../operator/reconcile/observed.ts';
import type { Plan } from '../../operator/reconcile/plan.ts';
import { Violation } from './etcd-model.ts';

export interface PatienceTimes {
  readonly nowMs: number;
  readonly unhealthyAfterMs: number;
}

export class Patience {
  /** When each member was last well, by its UID. */
  readonly #wellAtMs: Map<string, number> = new Map();

  /** Before a plan is carried out. Throws Violation. */
  check(members: ReadonlyMap<string, EtcdMember>, { actions }: Plan, time: PatienceTimes): void {
    for (const action of actions) {
      if (action.kind !== 'patchMember') continue;
      const member = members.get(action.name);
      // One that was decided on old knowledge is refused.
      if (member?.metadata.resourceVersion !== action.resourceVersion || isGivenUp(member))
        continue;
      const { phase, leaveReason } = action.status;
      if (phase !== 'Replacing' || leaveReason !== 'Unhealthy') continue;
      const sickMs = time.nowMs - (this.#wellAtMs.get(action.uid) ?? 0);
      // What is recorded is cut to the second.
      if (sickMs + 1_000 >= time.unhealthyAfterMs) continue;
      throw new Violation(`${action.name} is given up after ${sickMs} ms`);
    }
  }

  /** After a plan that was carried out to its end, made from fresh caches. */
  note({ members, pods }: Observed, { status }: Plan, nowMs: number): void {
    const progress = findCondition(status.conditions, 'Progressing');
    // Nothing is recorded then.
    if (progress?.reason === 'Paused' || progress?.reason === 'InvalidSpec') return;
    const available = findCondition(status.conditions, 'Available');
    const isQuorumLost = available?.reason === 'QuorumLost';
    const ready = new Set(pods.filter(isReady).map(({ metadata }) => metadata.name));
    for (const { metadata } of members) {
      if (isQuorumLost || ready.has(metadata.name)) {
        this.#wellAtMs.set(metadata.uid ?? '', nowMs);
      }
    }
  }
}

function isGivenUp({ status }: EtcdMember): boolean {
  return status?.phase === 'Replacing' || status?.phase === 'Leaving';
}

function isReady({ metadata, status }: Observed['pods'][number]): boolean {
  return status?.ready === true && metadata.deletionTimestamp === undefined;
}
