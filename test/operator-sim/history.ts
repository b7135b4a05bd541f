// Owns one history: from a seed to a trace. The same seed gives the same trace, act by act. Rules about plans and about the
// state of the world are checked at each step; those about single acts in executor.ts.
import { findCondition } from '../../operator/api/conditions.ts';
import { resolveSpec } from '../../operator/api/defaults.ts';
import type { EtcdClusterSpec } from '../../operator/api/etcd-cluster.ts';
import { LABEL_ROLE } from '../../operator/api/labels.ts';
import { memberOfPeerUrl } from '../../operator/api/names.ts';
import { type Action, MEMBERSHIP_ACTIONS } from '../../operator/reconcile/action.ts';
import type { Observed } from '../../operator/reconcile/observed.ts';
import { type Plan, plan } from '../../operator/reconcile/plan.ts';
import { sealedCluster } from '../../operator/specs/initial-cluster.ts';
import { Prng } from '../../server/base/prng.ts';
import { Violation } from './etcd-model.ts';
import { execute, type Interference } from './executor.ts';
import { deleteSeed, heal, strike } from './faults.ts';
import { mislead } from './misleading.ts';
import { refuse } from './refusing.ts';
import { World } from './world.ts';

const STORM_ROUNDS = 120;
/** Half a minute each: a replacement takes unhealthyAfter, a failed learner its deadline and its backoff. */
const CALM_ROUNDS = 900;
const QUIET_ROUNDS = 5;
/** Tells the generators of a history apart. */
const ROUTES = 1_000_000_007;
const REFUSALS = 2_000_000_011;
const BIRTHS = 3_000_000_019;

export interface HistoryResult {
  readonly world: World;
  readonly trace: readonly string[];
  readonly calmRounds: number;
}

/** Runs the history of a seed. Throws Violation with the trace in its message. */
export function runHistory(seed: number): HistoryResult {
  const prng = new Prng(seed);
  const isMemory = prng.chance(0.15);
  const spec: EtcdClusterSpec = {
    replicas: prng.between(1, 5),
    version: '3.7.0',
    ...(isMemory ? { storage: { medium: 'Memory' } } : {}),
    replacement: { unhealthyAfter: '2m', maxPerHour: 30 },
  };
  const world = new World(spec, prng);
  const trace: string[] = [];
  const calmness = prng.unit();
  // From a generator of their own, and in half of the histories: the others stay what they were.
  const routes = new Prng(seed + ROUTES);
  const isMisled = routes.chance(0.5);
  world.hasSlowKubelets = isMisled;
  const refusals = new Prng(seed + REFUSALS);
  const isRefused = refusals.chance(0.5);
  const births = new Prng(seed + BIRTHS);
  const isHardBorn = births.chance(0.5);
  try {
    for (let round = 0; round < STORM_ROUNDS; round++) {
      if (prng.chance(0.15 + calmness * 0.3)) note(trace, world, strike(world));
      if (isMisled && routes.chance(0.15)) note(trace, world, mislead(world, routes));
      if (isRefused && refusals.chance(0.1)) note(trace, world, refuse(world, refusals));
      if (isHardBorn && births.chance(0.3)) note(trace, world, deleteSeed(world));
      world.pass(prng.chance(0.05) ? 300_000 : prng.between(1_000, 20_000));
      if (prng.chance(0.05)) continue;
      reconcile(world, trace, {
        interference: {
          failureChance: prng.chance(0.1) ? 0.3 : 0,
          ...(prng.chance(0.15) ? { diesAfter: prng.below(4) } : {}),
        },
        ageRounds: prng.chance(0.15) ? prng.between(1, 3) : 0,
      });
    }
    heal(world);
    note(trace, world, 'calm');
    return { world, trace, calmRounds: settle(world, trace) };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const tail = trace.slice(-60).join('\n');
    throw new Violation(`seed ${seed}: ${error.message}\n${tail}`, { cause: error });
  }
}

/** Rounds without faults until nothing is left to do; a Violation if that does not come. */
export function settle(world: World, trace: string[]): number {
  let quiet = 0;
  for (let round = 0; round < CALM_ROUNDS; round++) {
    world.pass(30_000);
    const result = reconcile(world, trace, { interference: { failureChance: 0 }, ageRounds: 0 });
    const isQuiet = result !== undefined && result.actions.length === 0 && !result.isStatusChanged;
    quiet = isQuiet ? quiet + 1 : 0;
    // Waiting for a deadline is quiet too.
    if (quiet >= QUIET_ROUNDS && whyUnfinished(world) === undefined) return round;
  }
  throw new Violation(whyUnfinished(world) ?? 'does not come to rest');
}

export function reconcile(
  world: World,
  trace: string[],
  options: { readonly interference: Interference; readonly ageRounds: number },
): Plan | undefined {
  const observed = world.observe(options.ageRounds);
  if (observed === undefined) return undefined;
  const result = plan(observed, world.nowMs);
  checkPlan(world, observed, result);
  const { unhealthyAfterMs } = resolveSpec(observed.cluster.spec);
  world.patience.check(world.api.members, result, { nowMs: world.nowMs, unhealthyAfterMs });
  const done = execute(world, { plan: result, seen: observed.cluster }, options.interference);
  for (const line of done.trace) note(trace, world, line);
  checkWorld(world);
  if (done.isWhole && options.ageRounds === 0) {
    world.patience.note(observed, result, world.nowMs);
    checkLabels(world, observed, result);
  }
  return result;
}

function note(trace: string[], world: World, line: string | undefined): void {
  if (line === undefined) return;
  trace.push(`${((world.nowMs - 1_800_000_000_000) / 1000).toFixed(0)}s ${line}`);
}

function checkPlan({ api }: World, observed: Observed, result: Plan): void {
  const changes = result.actions.filter((action) => MEMBERSHIP_ACTIONS.has(action.kind));
  if (changes.length > 1) throw new Violation('two membership changes in one plan');
  if (changes.length > 0 && observed.memberList.kind === 'unknown') {
    throw new Violation('membership is changed without a member list');
  }
  const latched = api.cluster?.status?.clusterID;
  const isOurs =
    observed.memberList.kind === 'known' &&
    (latched === undefined || observed.memberList.clusterId === latched);
  if (changes.length > 0 && !isOurs) {
    throw new Violation("membership is changed by another cluster's list");
  }
  if (observed.cluster.spec.paused === true && result.actions.length > 0) {
    const acts = result.actions.filter((action) => action.kind !== 'recordEvent');
    if (acts.length > 0) throw new Violation('acts while paused');
  }
  for (const change of changes) checkPromotion(observed, change);
  // One with another UID is an older Pod than the one that runs.
  const stops = result.actions.filter(
    (action) =>
      action.kind === 'deletePod' && api.pods.get(action.name)?.metadata.uid === action.uid,
  );
  const isAllowed = (stop: Action): boolean =>
    changes.some((change) => isOwnRemoval(observed, result.actions, { change, stop }));
  if (
    changes.length > 0 &&
    stops.some((stop) => 'name' in stop && isServing(observed, stop.name) && !isAllowed(stop))
  ) {
    throw new Violation('a serving Pod is stopped in the round of a membership change');
  }
  const ready = findCondition(result.status.conditions, 'Ready');
  if (ready?.status === 'True' && !isOurs) {
    throw new Violation('Ready without a quorum');
  }
  if (result.requeueAfterMs > 30_000) throw new Violation('looks again too late');
  for (const condition of result.status.conditions ?? []) {
    if (condition.reason === '') throw new Violation(`${condition.type} without a reason`);
  }
}

/** The Pod of the member that is removed may go, after the removal. */
function isOwnRemoval(
  { memberList }: Observed,
  actions: readonly Action[],
  { change, stop }: { readonly change: Action; readonly stop: Action },
): boolean {
  if (change.kind !== 'memberRemove' || stop.kind !== 'deletePod') return false;
  if (memberList.kind === 'unknown' || actions.indexOf(stop) < actions.indexOf(change))
    return false;
  const entry = memberList.entries.find(({ id }) => id === change.memberId);
  return memberOfPeerUrl('main', 'db', entry?.peerUrls[0] ?? '') === stop.name;
}

/**
 * A voter whose Pod is open to joining would vote on whatever volume it is started with next. To ask for the seal and for
 * the vote in one round is not enough: the kubelet may start the container once more by what it knew before.
 */
function checkPromotion({ memberList, pods }: Observed, change: Action): void {
  if (change.kind !== 'memberPromote' || memberList.kind === 'unknown') return;
  const entry = memberList.entries.find(({ id }) => id === change.memberId);
  const pod = pods.find(({ metadata }) => metadata.name === entry?.name);
  const sealed = sealedCluster({ cluster: 'main', namespace: 'db', member: entry?.name ?? '' });
  for (const [name, value] of Object.entries(sealed)) {
    if (pod?.metadata.annotations?.[name] === value) continue;
    throw new Violation(`${entry?.name} is promoted before its Pod is known to be sealed`);
  }
}

/** A Pod that answers for another cluster would give clients that cluster's data. */
function checkLabels(
  { api, etcd }: World,
  { statuses, members }: Observed,
  { status }: Plan,
): void {
  const progress = findCondition(status.conditions, 'Progressing')?.reason;
  if (progress === 'Paused' || progress === 'InvalidSpec') return;
  for (const { metadata } of members) {
    const { name } = metadata;
    const isSeen = statuses.get(name)?.kind === 'answered' && etcd.foreign.has(name);
    const pod = api.pods.get(name);
    if (!isSeen || pod === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    if (pod.metadata.labels?.[LABEL_ROLE] !== 'voter') continue;
    throw new Violation(`clients are led to ${name}, which is of another cluster`);
  }
}

function isServing({ statuses, pods, memberList }: Observed, name: string): boolean {
  const pod = pods.find((candidate) => candidate.metadata.name === name);
  const status = statuses.get(name);
  return (
    pod?.metadata.labels?.[LABEL_ROLE] === 'voter' &&
    status?.kind === 'answered' &&
    memberList.kind === 'known' &&
    memberList.entries.some((entry) => entry.id === status.memberId)
  );
}

function checkWorld({ etcd, api }: World): void {
  if (etcd.list.filter((entry) => entry.isLearner).length > 1) throw new Violation('two learners');
  const latched = api.cluster?.status?.clusterID;
  if (latched !== undefined && latched !== etcd.clusterId) {
    throw new Violation(`the cluster ID was ${latched} and is ${etcd.clusterId}`);
  }
}

/** What is missing before the history has ended well. */
function whyUnfinished({ api, etcd }: World): string | undefined {
  const replicas = api.cluster?.spec.replicas ?? 3;
  const conditions = api.cluster?.status?.conditions;
  const said = conditions
    ?.map(({ type, status, reason, message }) => `${type}=${status} ${reason} ${message}`)
    .join('\n');
  const progress = findCondition(conditions, 'Progressing');
  if (replicas === 0) return api.pods.size > 0 ? `Pods at replicas 0: ${said}` : undefined;
  // A version that etcd does not allow, asked for in the storm, is a rest as well.
  if (progress?.reason === 'VersionSkew') return undefined;
  const isWhole =
    etcd.voters().length === replicas &&
    etcd.list.length === replicas &&
    etcd.healthyVoters().length === replicas &&
    api.members.size === replicas &&
    api.pods.size === replicas;
  const isGrown = findCondition(conditions, 'Degraded')?.reason !== 'VolumeNotGrown';
  if (isWhole && isGrown && findCondition(conditions, 'Ready')?.status === 'True') return undefined;
  const members = [...api.members.values()].map(
    ({ metadata, status }) => `${metadata.name} ${status?.phase} ${status?.leaveReason ?? ''}`,
  );
  const voters = `${etcd.healthyVoters().length} of ${etcd.voters().length} voters healthy`;
  return `${replicas} wanted, ${voters}, ${members.join('; ')}:\n${said}`;
}
