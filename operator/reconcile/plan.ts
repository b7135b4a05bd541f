// Owns the decision: what was seen, and what time it is, in; what to do, what to say, and when to look again, out. Nothing
// that decides lies outside of this folder.
//
// Order of work, highest first. The first concern that has something to do is the only one that acts:
//
//    paused > deletion > birth > sleep > what was started > corrupt > (no space) > unhealthy > learner > configuration
//    > scale > upgrade
//
// Beside it runs the upkeep that changes no membership and stops nobody: records, Services, missing Pods, removed members.
// What the API server refuses holds up what it was for, and nothing else: only records, which decisions rest on, end a round.
import { findCondition } from '../api/conditions.ts';
import { resolveSpec } from '../api/defaults.ts';
import type { EtcdClusterStatus } from '../api/etcd-cluster.ts';
import { canonicalJson } from '../api/hash.ts';
import { CLUSTER_FINALIZER } from '../api/names.ts';
import { problemsText, validateCluster } from '../api/validation.ts';
import { clusterContext } from '../specs/context.ts';
import { type Action, inChain, normal, warning } from './action.ts';
import { adoptMembers } from './adopt.ts';
import { bootstrapCluster } from './bootstrap.ts';
import { disarmLeftovers, replaceCorrupt } from './corrupt.ts';
import { deleteCluster } from './deletion.ts';
import { growVolumes, noteGrowth } from './growth.ts';
import { hibernate } from './hibernation.ts';
import { bringIn } from './learner.ts';
import { cleanUpRemoved, continueLeaving } from './leaving.ts';
import { REQUEUE_AFTER_ACT_MS, REQUEUE_STEADY_MS, REQUEUE_WAITING_MS } from './limits.ts';
import type { Observed } from './observed.ts';
import { keepPods, startMembers } from './pods.ts';
import { recordMembers } from './records.ts';
import { renewBrokenPod, replaceUnhealthy } from './replacement.ts';
import { rollConfiguration, upgrade } from './roll.ts';
import { scale } from './scale.ts';
import { keepServices } from './services.ts';
import { buildStatus } from './status.ts';
import type { Concern, Step } from './step.ts';
import { targetVersion } from './target-version.ts';
import { buildView, type ClusterView, isLeaving } from './view.ts';

export interface Plan {
  /** To be done in this order; what a failure ends, `chain` of an action says. */
  readonly actions: readonly Action[];
  /** To be written after the actions, also when one failed. */
  readonly status: EtcdClusterStatus;
  /** False when it is what the cluster has: then nothing is written. */
  readonly isStatusChanged: boolean;
  readonly requeueAfterMs: number;
}

const CONCERNS: readonly Concern[] = [
  renewBrokenPod,
  bootstrapCluster,
  hibernate,
  continueLeaving,
  replaceCorrupt,
  replaceUnhealthy,
  bringIn,
  rollConfiguration,
  scale,
  upgrade,
];

export function plan(observed: Observed, nowMs: number): Plan {
  const { cluster } = observed;
  const target = targetVersion(cluster, observed);
  const context = clusterContext(cluster, resolveSpec(cluster.spec), target.version);
  const view = buildView(observed, context, nowMs);
  const { upkeep, step, last } = decide(view, target.problem);
  const status = buildStatus(view, step);
  const decided = inChain('step', step.actions);
  const actions = [...upkeep, ...decided, ...last, ...noteTransitions(view, status)];
  return {
    actions: withoutRepeats(actions),
    status,
    isStatusChanged: canonicalJson(status) !== canonicalJson(cluster.status ?? {}),
    requeueAfterMs: requeueAfterMs(view, actions, step),
  };
}

interface Decision {
  readonly upkeep: readonly Action[];
  readonly step: Step;
  /** What the API server may refuse for long: volumes and Pods to be made, volumes to grow. */
  readonly last: readonly Action[];
}

function decide(view: ClusterView, versionProblem: string | undefined): Decision {
  const { cluster, spec } = view;
  if (spec.paused) return alone(still('Paused', 'spec.paused is set'));
  const deletion = deleteCluster(view);
  if (deletion !== undefined) return alone(deletion);
  const problems = validateCluster(cluster);
  if (problems.length > 0) return alone(still('InvalidSpec', problemsText(problems)));
  if (cluster.metadata.finalizers?.includes(CLUSTER_FINALIZER) !== true) return alone(takeCare());
  const records = recordMembers(view);
  const upkeep = [
    ...records,
    ...keepServices(view),
    ...adoptMembers(view),
    ...keepPods(view),
    ...cleanUpRemoved(view),
    ...disarmLeftovers(view),
  ];
  const wanted = firstStep(view) ?? rest(view, versionProblem);
  // Decisions are made on records that are written: a round that writes some decides nothing else.
  const step = records.length > 0 ? withoutActs(wanted) : wanted;
  const recorded = new Set(records.map(({ name }) => name));
  const starts = startMembers(view, { recorded, moved: membersMoved(view, step) });
  // What ends the round would end it before volumes grow, and the status would say that they had been asked to.
  const mayGrow = upkeep.every(({ chain }) => chain !== undefined);
  const growth = mayGrow ? growVolumes(view) : [];
  if (growth.length === 0) return { upkeep, step, last: starts };
  const latches = { ...step.latches, ...noteGrowth(view) };
  return { upkeep, step: { ...step, latches }, last: [...starts, ...growth] };
}

/** Members that the step writes about, or takes out of the list. */
function membersMoved({ members }: ClusterView, { actions }: Step): ReadonlySet<string> {
  const moved = new Set<string>();
  for (const action of actions) {
    if (action.kind === 'patchMember') moved.add(action.name);
    if (action.kind !== 'memberRemove') continue;
    for (const { name, listed } of members) if (listed?.id === action.memberId) moved.add(name);
  }
  return moved;
}

function firstStep(view: ClusterView): Step | undefined {
  for (const concern of CONCERNS) {
    const step = concern(view);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** Nothing to do, or nothing that can be done. */
function rest(view: ClusterView, versionProblem: string | undefined): Step {
  if (versionProblem !== undefined) return still('VersionSkew', versionProblem);
  if (view.list === undefined && view.clusterId !== undefined && view.spec.replicas > 0) {
    const reason = view.isQuorumLost ? 'QuorumLost' : 'NoContact';
    return still(reason, view.listProblem);
  }
  const leaving = view.members.filter((member) => isLeaving(member) && member.listed !== undefined);
  if (leaving.length > 0) {
    const names = leaving.map(({ name }) => name).join(', ');
    return still(
      'WaitingForHealth',
      `${names} cannot be removed: the quorum would be at risk, or it leads out of reach`,
    );
  }
  return still('Converged', 'as spec says');
}

function takeCare(): Step {
  const event = normal('FinalizerAdded', 'the operator takes care of the cluster');
  return { actions: [{ kind: 'addFinalizer', event }], reason: 'Creating', message: 'starting' };
}

function withoutActs({ latches, ...step }: Step): Step {
  // The cluster ID is an observation, not an act: it is latched as soon as it is seen.
  const clusterID = latches?.clusterID;
  return { ...step, actions: [], ...(clusterID === undefined ? {} : { latches: { clusterID } }) };
}

function alone(step: Step): Decision {
  return { upkeep: [], step, last: [] };
}

function still(reason: Step['reason'], message: string): Step {
  return { actions: [], reason, message, isMoving: false };
}

/** Events for what happened to the cluster without an act of ours. */
function noteTransitions({ cluster }: ClusterView, status: EtcdClusterStatus): readonly Action[] {
  const [was, is] = [cluster.status?.conditions, status.conditions];
  const before = findCondition(was, 'Available');
  const after = findCondition(is, 'Available');
  const notes: Action[] = [];
  // Going to sleep, waking and being deleted are no accidents.
  const wasServing = before?.status === 'True' && cluster.metadata.deletionTimestamp === undefined;
  if (after?.reason === 'QuorumLost' && wasServing) {
    notes.push({ kind: 'recordEvent', event: warning('QuorumLost', after.message) });
  }
  if (after?.status === 'True' && before?.reason === 'QuorumLost') {
    notes.push({ kind: 'recordEvent', event: normal('QuorumRestored', after.message) });
  }
  const progress = findCondition(is, 'Progressing');
  const refused = progress?.reason === 'InvalidSpec' || progress?.reason === 'VersionSkew';
  if (refused && findCondition(was, 'Progressing')?.message !== progress.message) {
    notes.push({ kind: 'recordEvent', event: warning('InvalidSpec', progress.message) });
  }
  return notes;
}

/** Two concerns may each have a reason to delete the same Pod. */
function withoutRepeats(actions: readonly Action[]): readonly Action[] {
  const deleted = new Set<string>();
  return actions.filter((action) => {
    if (action.kind !== 'deletePod') return true;
    if (deleted.has(action.uid)) return false;
    deleted.add(action.uid);
    return true;
  });
}

function requeueAfterMs(view: ClusterView, actions: readonly Action[], step: Step): number {
  if (actions.length > 0) return REQUEUE_AFTER_ACT_MS;
  if (step.reason === 'Converged' || step.reason === 'Paused') return REQUEUE_STEADY_MS;
  return view.clusterId === undefined || step.isMoving !== false
    ? REQUEUE_WAITING_MS
    : REQUEUE_STEADY_MS;
}
