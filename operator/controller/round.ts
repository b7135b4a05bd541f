// Owns one round of one cluster: observe, plan, execute, status. It decides nothing; a failure of an act ends the acts, and
// the status is written all the same.
import type { EtcdCluster } from '../api/etcd-cluster.ts';
import { clientUrl } from '../api/names.ts';
import type { Action } from '../reconcile/action.ts';
import type { Observed, StatusResult } from '../reconcile/observed.ts';
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

export type RoundResult =
  | { readonly kind: 'gone' }
  | { readonly kind: 'done'; readonly requeueAfterMs: number; readonly acts: number }
  | {
      readonly kind: 'failed';
      readonly acts: number;
      readonly action: string;
      readonly cause: unknown;
    };

export async function runRound(ports: RoundPorts, key: ClusterKey): Promise<RoundResult> {
  const objects = ports.kube.observe(key);
  if (objects === undefined) return { kind: 'gone' };
  const observed = await observeMembers(ports, objects);
  const result = plan(observed, ports.clock.nowMs());
  const { acts, failure } = await execute(ports, observed, result);
  try {
    await writeStatus(ports, observed.cluster, result);
  } catch (cause) {
    return { kind: 'failed', acts, action: 'writeStatus', cause: failure?.cause ?? cause };
  }
  if (failure !== undefined) return { kind: 'failed', acts, ...failure };
  return { kind: 'done', requeueAfterMs: result.requeueAfterMs, acts };
}

/** Asks all members at once, each under its deadline. */
async function observeMembers(ports: RoundPorts, objects: ObservedObjects): Promise<Observed> {
  const { clock, member } = ports;
  const endpoints = endpointsOf(objects);
  const clusterId = objects.cluster.status?.clusterID;
  const listSignal = clock.deadline(MEMBER_LIST_DEADLINE_MS);
  const [memberList, alarms, ...answers] = await Promise.all([
    endpoints.length > 0
      ? member.memberList(endpoints, clusterId, listSignal).catch(unknownList)
      : unknownList(new Error('no Pod to ask')),
    endpoints.length > 0
      ? member.alarms(endpoints, listSignal).catch(() => undefined)
      : Promise.resolve(undefined),
    ...endpoints.map((endpoint) =>
      member.status(endpoint, clock.deadline(STATUS_DEADLINE_MS)).catch(failedStatus),
    ),
  ]);
  const statuses = new Map(
    endpoints.map(({ name }, index) => [name, answers[index] ?? failedStatus('not asked')]),
  );
  return { ...objects, memberList, statuses, ...(alarms === undefined ? {} : { alarms }) };
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

async function execute(ports: RoundPorts, observed: Observed, result: Plan): Promise<Execution> {
  const endpoints = endpointsOf(observed);
  let acts = 0;
  for (const action of result.actions) {
    try {
      await perform(ports, { cluster: observed.cluster, endpoints, action });
    } catch (cause) {
      return { acts, failure: { action: action.kind, cause } };
    }
    acts += 1;
    ports.kube.recordEvent(observed.cluster, action.event);
  }
  return { acts };
}

interface Request {
  readonly cluster: EtcdCluster;
  readonly endpoints: readonly MemberEndpoint[];
  readonly action: Action;
}

async function perform(ports: RoundPorts, { cluster, endpoints, action }: Request): Promise<void> {
  const signal = ports.clock.deadline(MEMBERSHIP_CHANGE_DEADLINE_MS);
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
  cluster: EtcdCluster,
  result: Plan,
): Promise<void> {
  if (!result.isStatusChanged) return;
  const isReleased = result.actions.some((action) => action.kind === 'removeFinalizer');
  // The object may be gone with its finalizer.
  if (isReleased) return;
  await kube.writeStatus(cluster, result.status, clock.deadline(STATUS_DEADLINE_MS));
}
