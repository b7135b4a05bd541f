// Owns the carrying out of plans on the model, as the controller would: in order, a chain ended by its first failure, all
// ended by the operator's death. The rules that concern one act are checked here, before it, against the true state of the world.
import type { EtcdCluster } from '../../operator/api/etcd-cluster.ts';
import type { EtcdMember } from '../../operator/api/etcd-member.ts';
import { ANNOTATION_INITIAL_CLUSTER_STATE, LABEL_MEMBER } from '../../operator/api/labels.ts';
import { CLUSTER_FINALIZER, memberOfPeerUrl } from '../../operator/api/names.ts';
import { formatTime } from '../../operator/api/time.ts';
import type { Action } from '../../operator/reconcile/action.ts';
import type { Plan } from '../../operator/reconcile/plan.ts';
import { type Process, Violation } from './etcd-model.ts';
import type { World } from './world.ts';

export interface Interference {
  /** Acts that are done before the operator dies; all, when undefined. */
  readonly diesAfter?: number;
  /** Chance that an act fails. */
  readonly failureChance: number;
}

export interface Execution {
  /** What was done, in one line for each act. */
  readonly trace: readonly string[];
  /** All acts were done, and the operator lived. */
  readonly isWhole: boolean;
}

export function execute(
  world: World,
  { plan, seen }: { readonly plan: Plan; readonly seen: EtcdCluster },
  interference: Interference,
): Execution {
  const trace: string[] = [];
  let isWhole = true;
  const ended = new Set<string>();
  for (const [index, action] of plan.actions.entries()) {
    if (index === interference.diesAfter) return died(trace);
    const { chain, kind, event } = action;
    if (chain !== undefined && ended.has(chain)) continue;
    const problem = attempt(world, action, interference.failureChance);
    trace.push(`${kind}: ${event.message}${problem === undefined ? '' : ` (${problem})`}`);
    if (problem === undefined) continue;
    isWhole = false;
    if (chain === undefined) break;
    ended.add(chain);
  }
  if (interference.diesAfter === plan.actions.length) return died(trace);
  writeStatus(world, plan, seen);
  return { trace, isWhole };
}

function attempt(world: World, action: Action, failureChance: number): string | undefined {
  if (world.prng.chance(failureChance)) return 'failed';
  checkAct(world, action);
  return world.refused.has(action.kind) ? 'forbidden' : perform(world, action);
}

function died(trace: readonly string[]): Execution {
  return { trace: [...trace, 'operator died'], isWhole: false };
}

/** A status is written only over the object it was made from: a stale one must not undo a latch. */
function writeStatus({ api }: World, plan: Plan, seen: EtcdCluster): void {
  if (!plan.isStatusChanged || api.cluster === undefined) return;
  const current = api.cluster.metadata.resourceVersion;
  if (current !== seen.metadata.resourceVersion) return;
  const latched = api.cluster.status?.clusterID;
  if (latched !== undefined && plan.status.clusterID !== latched) {
    throw new Violation(`the cluster ID goes from ${latched} to ${plan.status.clusterID}`);
  }
  api.cluster = api.touch({ ...api.cluster, status: plan.status });
}

export function perform(world: World, action: Action): string | undefined {
  const { api, etcd, nowMs } = world;
  switch (action.kind) {
    case 'addFinalizer':
      return setFinalizers(world, [CLUSTER_FINALIZER]);
    case 'removeFinalizer':
      return setFinalizers(world, []);
    case 'createMember':
      return api.create(api.members, action.member, nowMs) ? undefined : 'conflict';
    case 'patchMember':
      return patchMember(world, action);
    case 'releaseMember':
      return withUid(api.members, action, () => api.members.delete(action.name));
    case 'createClaim':
      return api.create(api.claims, action.claim, nowMs) ? undefined : 'conflict';
    case 'growClaim':
      return withUid(api.claims, action, (claim) => {
        if (claim.status?.phase !== 'Bound') return 'only bound claims grow';
        const resources = { requests: { storage: action.size } };
        api.update(api.claims, { ...claim, spec: { ...claim.spec, resources } });
        return undefined;
      });
    case 'labelClaim':
      return withUid(api.claims, action, (claim) => {
        const labels = { ...claim.metadata.labels, ...action.labels };
        api.update(api.claims, { ...claim, metadata: { ...claim.metadata, labels } });
      });
    case 'deleteClaim':
      return withUid(api.claims, action, (claim) => {
        api.claims.delete(action.name);
        etcd.volumes.delete(claim.metadata.uid ?? '');
      });
    case 'createPod': {
      const status = { phase: 'Pending', ready: false } as const;
      return api.create(api.pods, { ...action.pod, status }, nowMs) ? undefined : 'conflict';
    }
    case 'patchPod':
      return withUid(api.pods, action, (pod) => {
        const labels = { ...pod.metadata.labels, ...action.labels };
        const annotations = { ...pod.metadata.annotations, ...action.annotations };
        api.update(api.pods, { ...pod, metadata: { ...pod.metadata, labels, annotations } });
      });
    case 'deletePod':
      return withUid(api.pods, action, (pod) => {
        const deletionTimestamp = pod.metadata.deletionTimestamp ?? formatTime(nowMs);
        api.update(api.pods, { ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
        if (world.isNodeAlive(pod)) world.stopProcess(action.name);
      });
    default:
      return performOther(world, action);
  }
}

function performOther(world: World, action: Action): string | undefined {
  const { api, etcd } = world;
  switch (action.kind) {
    case 'applyService':
      api.update(api.services, action.service);
      return undefined;
    case 'applyBudget':
      api.budget = api.touch(action.budget);
      return undefined;
    case 'deleteBudget':
      api.budget = undefined;
      return undefined;
    case 'memberAdd':
      return etcd.memberAdd(action.peerUrl);
    case 'memberPromote':
      return etcd.memberPromote(action.memberId);
    case 'memberRemove':
      return etcd.memberRemove(action.memberId);
    case 'moveLeader':
      // Asked of the leader alone.
      return etcd.connected().some(isLeader(world, action.leaderId))
        ? etcd.moveLeader(action.leaderId, action.targetId)
        : 'no contact';
    case 'disarmAlarm':
      etcd.alarms.delete(action.alarm.memberId);
      return undefined;
    default:
      return undefined;
  }
}

function isLeader(world: World, leaderId: string): (process: Process) => boolean {
  return ({ name, data }) => data.memberId === leaderId && world.isReached(name);
}

function setFinalizers({ api }: World, finalizers: readonly string[]): undefined {
  if (api.cluster === undefined) return;
  const { metadata } = api.cluster;
  const isGone = metadata.deletionTimestamp !== undefined && finalizers.length === 0;
  api.cluster = isGone
    ? undefined
    : api.touch({ ...api.cluster, metadata: { ...metadata, finalizers } });
}

function patchMember(
  { api }: World,
  action: Action & { readonly kind: 'patchMember' },
): string | undefined {
  return withUid(api.members, action, (member: EtcdMember) => {
    if (member.metadata.resourceVersion !== action.resourceVersion) return 'conflict';
    api.update(api.members, { ...member, status: action.status });
    return undefined;
  });
}

/** Acts on the object with this UID; one that is gone is no failure, one with another UID is left alone. */
function withUid<T extends { readonly metadata: { readonly uid?: string } }>(
  map: ReadonlyMap<string, T>,
  { name, uid }: { readonly name: string; readonly uid: string },
  act: (object: T) => unknown,
): string | undefined {
  const object = map.get(name);
  if (object === undefined) return undefined;
  if (object.metadata.uid !== uid) return 'conflict';
  const problem = act(object);
  return typeof problem === 'string' ? problem : undefined;
}

function checkAct(world: World, action: Action): void {
  const { api, etcd } = world;
  const listedNames = new Set(
    etcd.list.flatMap(({ peerUrls }) => peerUrls.map((url) => memberOfPeerUrl('main', 'db', url))),
  );
  const isDeleting = api.cluster?.metadata.deletionTimestamp !== undefined;
  if (action.event.message === '') throw new Violation(`${action.kind} without an event`);
  if (action.kind === 'deleteClaim' && !isDeleting) {
    const member = api.claims.get(action.name)?.metadata.labels?.[LABEL_MEMBER] ?? '';
    const isSame = api.claims.get(action.name)?.metadata.uid === action.uid;
    if (isSame && listedNames.has(member))
      throw new Violation(`volume of ${member}, a live member`);
    if (isSame && api.pods.has(member)) throw new Violation(`volume of ${member} before its Pod`);
  }
  if (action.kind === 'createPod') checkCreate(world, action);
  if (action.kind === 'createClaim' && action.claim.metadata.ownerReferences !== undefined) {
    throw new Violation('a claim has an owner');
  }
  if (action.kind === 'memberRemove' && action.memberId === etcd.leaderId) {
    throw new Violation('the leader is removed while it leads');
  }
  if (action.kind === 'deletePod' && !isDeleting) checkStop(world, action);
  if (action.kind === 'memberRemove') {
    const entry = etcd.list.find(({ id }) => id === action.memberId);
    const staying = etcd.healthyVoters().filter(({ data }) => data.memberId !== action.memberId);
    const votersAfter = etcd.voters().length - (entry?.isLearner === false ? 1 : 0);
    if (entry !== undefined && staying.length < Math.floor(votersAfter / 2) + 1) {
      throw new Violation(`removing ${action.memberId} leaves ${staying.length} of ${votersAfter}`);
    }
  }
}

function checkCreate({ api }: World, action: Action & { readonly kind: 'createPod' }): void {
  const state = action.pod.metadata.annotations?.[ANNOTATION_INITIAL_CLUSTER_STATE];
  const isLatched = api.cluster?.status?.clusterID !== undefined;
  const isSeed = api.members.get(action.pod.metadata.name)?.spec.seed === true;
  if (state === 'new' && (!isSeed || isLatched)) {
    throw new Violation(`${action.pod.metadata.name} is started as a new cluster`);
  }
}

/** Rule 2: never below the quorum by our hand. One or two voters cannot be rolled otherwise; sleep is asked for. */
function checkStop({ api, etcd }: World, action: Action & { readonly kind: 'deletePod' }): void {
  const process = etcd.processes.get(action.name);
  if (process === undefined || api.pods.get(action.name)?.metadata.uid !== action.uid) return;
  if ([...api.members.values()].some(({ status }) => status?.phase === 'Dormant')) return;
  const healthy = etcd.healthyVoters();
  const isVoter = healthy.includes(process);
  const voters = etcd.voters().length;
  if (isVoter && etcd.hasQuorum() && voters > 2 && healthy.length - 1 < etcd.quorum()) {
    throw new Violation(`stopping ${action.name} leaves ${healthy.length - 1} of ${voters}`);
  }
}
