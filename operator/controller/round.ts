// Owns one round of one cluster: observe, plan, execute, status. It decides nothing; a failure of an act ends the acts of
// its chain, or all when it has none, and the status is written all the same.
import type { EtcdCluster } from '../api/etcd-cluster.ts';
import { clientUrl } from '../api/names.ts';
import type { Action } from '../reconcile/action.ts';
import type { Alarm, Observed, StatusResult } from '../reconcile/observed.ts';
import { type Plan, plan } from '../reconcile/plan.ts';
import {
  MEMBER_LIST_DEADLINE_MS,
  MEMBERSHIP_CHANGE_DEADLINE_MS,
  STATUS_DEADLINE_MS,
} from './limits.ts';
import type {
  ClusterKey,
  ControllerClock,
  KubePort,
  MemberAction,
  MemberEndpoint,
  MemberPort,
  ObservedObjects,
} from './ports.ts';

export interface RoundPorts {
  readonly kube: KubePort;
  readonly member: MemberPort;
  readonly clock: ControllerClock;
}

/** Until when a round may go on. */
export interface RoundSignals {
  /** The controller is to stop: nothing new is asked or begun. */
  readonly stopping: AbortSignal;
  /** Nothing is waited for any more. */
  readonly ending: AbortSignal;
}

export type RoundResult =
  | { readonly kind: 'gone' }
  /** Broken off because the controller stops; the next operator goes on. */
  | { readonly kind: 'stopped'; readonly acts: number }
  | { readonly kind: 'done'; readonly requeueAfterMs: number; readonly acts: number }
  | {
      readonly kind: 'failed';
      readonly acts: number;
      readonly action: string;
      readonly cause: unknown;
    };

export async function runRound(
  ports: RoundPorts,
  key: ClusterKey,
  signals: RoundSignals,
): Promise<RoundResult> {
  const objects = ports.kube.observe(key);
  if (objects === undefined) return { kind: 'gone' };
  const observed = await observeMembers(ports, objects, signals.stopping);
  // What was not answered for this reason must not count as silence.
  if (signals.stopping.aborted) return { kind: 'stopped', acts: 0 };
  const result = plan(observed, ports.clock.nowMs());
  const { acts, failure } = await execute(ports, { observed, result, signals });
  if (signals.stopping.aborted) return { kind: 'stopped', acts };
  try {
    await writeStatus(ports, { cluster: observed.cluster, result, ending: signals.ending });
  } catch (cause) {
    return { kind: 'failed', acts, action: 'writeStatus', cause: failure?.cause ?? cause };
  }
  if (failure !== undefined) return { kind: 'failed', acts, ...failure };
  return { kind: 'done', requeueAfterMs: result.requeueAfterMs, acts };
}

/** Asks all members at once, each under its deadline. */
async function observeMembers(
  ports: RoundPorts,
  objects: ObservedObjects,
  stopping: AbortSignal,
): Promise<Observed> {
  const { clock, member } = ports;
  const within = (delayMs: number): AbortSignal =>
    AbortSignal.any([stopping, clock.deadline(delayMs)]);
  const endpoints = endpointsOf(objects);
  const clusterId = objects.cluster.status?.clusterID;
  const [memberList, ...answers] = await Promise.all([
    endpoints.length > 0
      ? member.memberList(endpoints, clusterId, within(MEMBER_LIST_DEADLINE_MS)).catch(unknownList)
      : unknownList(new Error('no Pod to ask')),
    ...endpoints.map((endpoint) =>
      member.status(endpoint, within(STATUS_DEADLINE_MS)).catch(failedStatus),
    ),
  ]);
  const statuses = new Map(
    endpoints.map(({ name }, index) => [name, answers[index] ?? failedStatus('not asked')]),
  );
  const alarms = await observeAlarms(endpoints, { clusterId, statuses }, (asked) =>
    member.alarms(asked, within(MEMBER_LIST_DEADLINE_MS)),
  );
  return { ...objects, memberList, statuses, ...(alarms === undefined ? {} : { alarms }) };
}

/**
 * Asking for the alarms costs an entry of the log, as much as a write does. A member's status says for free whether it knows
 * of any; only then, and of such members alone, is it asked which.
 */
async function observeAlarms(
  endpoints: readonly MemberEndpoint[],
  seen: { readonly clusterId: string | undefined; readonly statuses: Observed['statuses'] },
  ask: (endpoints: readonly MemberEndpoint[]) => Promise<readonly Alarm[] | undefined>,
): Promise<readonly Alarm[] | undefined> {
  const { clusterId, statuses } = seen;
  const known = endpoints.flatMap((endpoint) => {
    const status = statuses.get(endpoint.name);
    if (status?.kind !== 'answered' || status.leaderId === undefined) return [];
    const isOurs = clusterId === undefined || status.clusterId === clusterId;
    return isOurs ? [{ endpoint, hasAlarms: status.hasAlarms }] : [];
  });
  if (known.length === 0) return undefined;
  if (!known.some(({ hasAlarms }) => hasAlarms)) return [];
  return await ask(known.map(({ endpoint }) => endpoint)).catch(() => undefined);
}

/** Members that have a Pod; the others cannot answer. */
function endpointsOf({ cluster, members, pods }: ObservedObjects): readonly MemberEndpoint[] {
  const names = new Set(pods.map((pod) => pod.metadata.name));
  const { name: clusterName, namespace = 'default' } = cluster.metadata;
  return members
    .map(({ metadata }) => metadata.name)
    .filter((name) => names.has(name))
    .map((name) => ({ name, url: clientUrl({ cluster: clusterName, namespace, member: name }) }));
}

function unknownList(cause: unknown): Observed['memberList'] {
  return { kind: 'unknown', message: messageOf(cause) };
}

function failedStatus(cause: unknown): StatusResult {
  return { kind: 'failed', message: messageOf(cause) };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

interface Execution {
  readonly acts: number;
  readonly failure?: { readonly action: string; readonly cause: unknown };
}

interface Work {
  readonly observed: Observed;
  readonly result: Plan;
  readonly signals: RoundSignals;
}

async function execute(ports: RoundPorts, { observed, result, signals }: Work): Promise<Execution> {
  const { cluster } = observed;
  const endpoints = endpointsOf(observed);
  const ended = new Set<string>();
  let acts = 0;
  let failure: Execution['failure'];
  for (const action of result.actions) {
    if (signals.stopping.aborted) break;
    const { chain } = action;
    if (chain !== undefined && ended.has(chain)) continue;
    try {
      await perform(ports, { cluster, endpoints, action, ending: signals.ending });
    } catch (cause) {
      failure ??= { action: action.kind, cause };
      if (signals.stopping.aborted) break;
      tellRefusal(ports, { cluster, action, cause });
      if (chain === undefined) break;
      ended.add(chain);
      continue;
    }
    acts += 1;
    if (!isFence(action)) ports.kube.recordEvent(cluster, action.event);
  }
  return failure === undefined ? { acts } : { acts, failure };
}

function isFence(action: Action): boolean {
  return action.kind === 'patchMember' && action.isFence === true;
}

function tellRefusal(
  { kube }: RoundPorts,
  {
    cluster,
    action: { refusal },
    cause,
  }: { readonly cluster: EtcdCluster; readonly action: Action; readonly cause: unknown },
): void {
  // A conflict is no refusal: what was seen is old, and the next round sees better.
  if (refusal === undefined || isConflict(cause)) return;
  kube.recordEvent(cluster, { ...refusal, message: `${refusal.message}: ${messageOf(cause)}` });
}

function isConflict(cause: unknown): boolean {
  return cause instanceof Error && 'isConflict' in cause && cause.isConflict === true;
}

interface Request {
  readonly cluster: EtcdCluster;
  readonly endpoints: readonly MemberEndpoint[];
  readonly action: Action;
  readonly ending: AbortSignal;
}

async function perform(ports: RoundPorts, request: Request): Promise<void> {
  const { cluster, endpoints, action, ending } = request;
  const deadline = ports.clock.deadline(MEMBERSHIP_CHANGE_DEADLINE_MS);
  const signal = AbortSignal.any([ending, deadline]);
  if (isMemberAction(action)) return await ports.member.perform(endpoints, action, signal);
  if (action.kind === 'recordEvent') return;
  return await ports.kube.perform(cluster, action, signal);
}

function isMemberAction(action: Action): action is MemberAction {
  const kinds: readonly Action['kind'][] = [
    'memberAdd',
    'memberPromote',
    'memberRemove',
    'moveLeader',
    'disarmAlarm',
  ];
  return kinds.includes(action.kind);
}

async function writeStatus(
  { kube, clock }: RoundPorts,
  {
    cluster,
    result,
    ending,
  }: { readonly cluster: EtcdCluster; readonly result: Plan; readonly ending: AbortSignal },
): Promise<void> {
  if (!result.isStatusChanged) return;
  const isReleased = result.actions.some((action) => action.kind === 'removeFinalizer');
  // The object may be gone with its finalizer.
  if (isReleased) return;
  const signal = AbortSignal.any([ending, clock.deadline(STATUS_DEADLINE_MS)]);
  await kube.writeStatus(cluster, result.status, signal);
}
