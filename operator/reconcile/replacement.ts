// Owns what is done about a sick voter, before any scaling: first its Pod is made again if it is built from an older
// specification than there is now; then, when it has been sick for replacement.unhealthyAfter, another member takes its
// place. At three members removal comes before addition: four with one dead bear no more than three with one dead.
import { formatDuration, parseTime } from '../api/time.ts';
import { normal, warning } from './action.ts';
import { withoutMarks } from './hibernation.ts';
import { canRemove } from './leaving.ts';
import { deletePod } from './pods.ts';
import { mayReplace, noteReplacement } from './replacement-budget.ts';
import { changePhase, type Step } from './step.ts';
import { hasImageTrouble, hasOldConfig, hasOldImage, isOutOfMemory, isWaiting } from './trouble.ts';
import { type ClusterView, isLeaving, type MemberView, stayingVoters } from './view.ts';

/** A Pod that serves nobody and could be built better is built again, with or without a quorum. */
export function renewBrokenPod(view: ClusterView): Step | undefined {
  const broken = view.members.find(
    (member) =>
      member.pod !== undefined &&
      member.pod.metadata.deletionTimestamp === undefined &&
      member.object.status?.removed !== true &&
      !member.isVolumeLost &&
      (view.spec.storage.medium === 'Disk' || !member.isBooted) &&
      !member.isPodReady &&
      member.answer === undefined &&
      (isWaiting(member) ||
        (view.list !== undefined && member.object.status?.unhealthySince !== undefined)) &&
      (hasOldConfig(view, member) || hasOldImage(view, member)),
  );
  if (broken?.pod === undefined) return undefined;
  const fresh = withoutMarks(broken);
  const event = normal('PhaseChanged', `${broken.name} gets its full time again`);
  return {
    actions: [
      // What it suffered from may be mended: the clock of its replacement starts over.
      ...(broken.object.status?.unhealthySince === undefined || isLeaving(broken)
        ? []
        : [changePhase(view, fresh, { phase: broken.phase }, event)]),
      deletePod(broken.pod, 'it does not run, and spec has changed since it was made'),
    ],
    reason: 'Repairing',
    message: `making the Pod of ${broken.name} again`,
  };
}

export function replaceUnhealthy(view: ClusterView): Step | undefined {
  // Whether the others have a quorum is known from a live member list only.
  if (view.list === undefined || view.clusterId === undefined) return undefined;
  const candidates = stayingVoters(view).filter((member) => isReplaceable(view, member));
  const [victim] = candidates.sort((a, b) => rank(a) - rank(b));
  if (victim === undefined) return waitForSick(view);
  if (!canRemove(view, victim)) {
    const message = `${victim.name} would be replaced, but the rest would lose the quorum`;
    return { actions: [], reason: 'WaitingForHealth', message, isMoving: false };
  }
  if (!mayReplace(view)) {
    const message = `${victim.name} waits: ${view.spec.replacementsPerHour} were replaced in an hour`;
    return { actions: [], reason: 'ReplacementsExhausted', message, isMoving: false };
  }
  const event = warning('PhaseChanged', `${victim.name} is given up: ${why(view, victim)}`);
  const change = { phase: 'Replacing', leaveReason: 'Unhealthy' } as const;
  return {
    actions: [changePhase(view, victim, change, event)],
    reason: 'Replacing',
    message: `replacing ${victim.name}: ${why(view, victim)}`,
    latches: noteReplacement(view),
  };
}

function isReplaceable(view: ClusterView, member: MemberView): boolean {
  const since = parseTime(member.object.status?.unhealthySince);
  if (since === undefined || view.nowMs - since < view.spec.unhealthyAfterMs) return false;
  if (member.isHealthy || member.isPodReady || member.isForeign) return false;
  return member.isVolumeLost || (!hasImageTrouble(member) && !isOutOfMemory(member));
}

/** The one without a volume first, which cannot come back; then the one that has been sick the longest. */
function rank({ isVolumeLost, object }: MemberView): number {
  return isVolumeLost ? 0 : (parseTime(object.status?.unhealthySince) ?? 0);
}

function why({ nowMs }: ClusterView, { isVolumeLost, object }: MemberView): string {
  const since = parseTime(object.status?.unhealthySince) ?? nowMs;
  const forText = `not healthy for ${formatDuration(nowMs - since)}`;
  return isVolumeLost ? `its volume is lost, ${forText}` : forText;
}

/** A sick voter that is not given up yet holds up everything below: learners, rolls, scaling. */
function waitForSick(view: ClusterView): Step | undefined {
  const sick = stayingVoters(view).filter((member) => !member.isHealthy);
  const [first] = sick;
  if (first === undefined) return undefined;
  // A learner that is nearly there may be promoted meanwhile, and a sick member may be the one that is to go.
  if (view.members.some(({ listed }) => listed?.isLearner === true)) return undefined;
  if (stayingVoters(view).length > view.spec.replicas) return undefined;
  const names = sick.map(({ name }) => name).join(', ');
  if (hasImageTrouble(first)) {
    const message = `${names}: the image cannot be had`;
    return { actions: [], reason: 'ImageUnavailable', message, isMoving: false };
  }
  return {
    actions: [],
    reason: 'WaitingForHealth',
    message: `waiting for ${names}`,
    isMoving: false,
  };
}
