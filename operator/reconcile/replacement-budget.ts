// Owns replacement.maxPerHour: a fault that every new member runs into must not eat members without end.
import { formatTime, parseTime } from '../api/time.ts';
import { HOUR_MS, REPLACEMENTS_KEPT } from './limits.ts';
import type { Latches } from './step.ts';
import type { ClusterView } from './view.ts';

export function mayReplace(view: ClusterView): boolean {
  return recentReplacements(view).length < view.spec.replacementsPerHour;
}

export function noteReplacement(view: ClusterView): Latches {
  const times = [...recentReplacements(view), formatTime(view.nowMs)];
  return { recentReplacements: times.slice(-REPLACEMENTS_KEPT) };
}

function recentReplacements({ cluster, nowMs }: ClusterView): readonly string[] {
  return (cluster.status?.recentReplacements ?? []).filter(
    (time) => (parseTime(time) ?? 0) > nowMs - HOUR_MS,
  );
}
