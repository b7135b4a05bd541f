// Owns how conditions are built and compared: lastTransitionTime moves with the status only, reasons come from the table.
import { MESSAGE_LENGTH_MAX } from './limits.ts';
import type { Condition } from './meta.ts';
import type { ConditionReason, ConditionType } from './reasons.ts';
import { formatTime } from './time.ts';

export interface ConditionDraft {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: ConditionReason;
  readonly message: string;
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: ConditionType,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The drafts as conditions, in their order; times are kept where the status did not change. */
export function mergeConditions(
  previous: readonly Condition[] | undefined,
  drafts: readonly ConditionDraft[],
  at: { readonly generation: number; readonly nowMs: number },
): readonly Condition[] {
  return drafts.map((draft) => {
    const before = findCondition(previous, draft.type);
    const kept = before?.status === draft.status ? before.lastTransitionTime : undefined;
    return {
      type: draft.type,
      status: draft.status,
      observedGeneration: at.generation,
      lastTransitionTime: kept ?? formatTime(at.nowMs),
      reason: draft.reason,
      message: draft.message.slice(0, MESSAGE_LENGTH_MAX),
    };
  });
}
