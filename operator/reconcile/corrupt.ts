// Owns the CORRUPT alarm: the member named is removed and another takes its place with an empty volume, ahead of all other
// work. More of them than the rest can bear, or one that is not named, and nothing is touched: a person has to find out who
// is right. Alarms of members that are gone are disarmed: a CORRUPT alarm refuses all writes, whoever it is of.
import type { Action } from './action.ts';
import { normal, warning } from './action.ts';
import { canRemove } from './leaving.ts';
import { mayReplace, noteReplacement } from './replacement-budget.ts';
import { changePhase, type Step } from './step.ts';
import { type ClusterView, isLeaving } from './view.ts';

/** The ID in alarms that name nobody. */
const NOBODY = '0';

export function disarmLeftovers({ observed, list }: ClusterView): readonly Action[] {
  if (list === undefined || observed.alarms === undefined) return [];
  const ids = new Set(list.map((entry) => entry.id));
  return observed.alarms
    .filter(({ memberId }) => memberId !== NOBODY && !ids.has(memberId))
    .map((alarm) => ({
      kind: 'disarmAlarm',
      alarm,
      chain: `alarm of ${alarm.memberId}`,
      event: normal(
        'AlarmDisarmed',
        `${alarm.type} of ${alarm.memberId}, which is no longer a member`,
      ),
    }));
}

export function replaceCorrupt(view: ClusterView): Step | undefined {
  const corrupt = view.members.filter(({ alarms }) => alarms.includes('CORRUPT'));
  const [first, second] = corrupt.filter((member) => !isLeaving(member));
  if (isNamelessCorruption(view))
    return stop('a member is corrupt, but the alarm does not say which');
  if (first === undefined) return undefined;
  if (first.listed === undefined || !canRemove(view, first)) {
    return stop(`${corrupt.map(({ name }) => name).join(', ')}: the rest would lose the quorum`);
  }
  if (second !== undefined && view.counts.voters - corrupt.length < corrupt.length + 1) {
    return stop(`${corrupt.length} members are corrupt: it is not clear who is right`);
  }
  if (!mayReplace(view)) return stop(`${first.name} waits for replacement.maxPerHour`);
  const event = warning('PhaseChanged', `${first.name} is corrupt and will be replaced`);
  const change = { phase: 'Replacing', leaveReason: 'Corrupt' } as const;
  return {
    actions: [changePhase(view, first, change, event)],
    reason: 'Replacing',
    message: `replacing ${first.name}, which is corrupt`,
    latches: noteReplacement(view),
  };
}

export function isNamelessCorruption({ observed }: ClusterView): boolean {
  return (observed.alarms ?? []).some(
    ({ memberId, type }) => memberId === NOBODY && type === 'CORRUPT',
  );
}

function stop(message: string): Step {
  return { actions: [], reason: 'CorruptMembers', message, isMoving: false };
}
