// Owns the measure of many clusters: a hundred EtcdClusters of one, the controller over a real API server, with members that
// answer by themselves. How long until all are Ready, and what they cost once nothing happens.
import { setTimeout as pause } from 'node:timers/promises';
import { shortSuffix } from '../../operator/api/hash.ts';
import { peerUrl } from '../../operator/api/names.ts';
import { SYSTEM_CLOCK } from '../../operator/cli/system-clock.ts';
import { Controller } from '../../operator/controller/controller.ts';
import type { MemberEndpoint, MemberPort } from '../../operator/controller/ports.ts';
import { ClusterObjects } from '../../operator/kube/cluster-objects.ts';
import { openConnection } from '../../operator/kube/connection.ts';
import { listAt, recordAt, textAt } from '../../operator/kube/decode.ts';
import { EventRecorder } from '../../operator/kube/event-recorder.ts';
import { KubeApi } from '../../operator/kube/kube-api.ts';
import { ObjectStore } from '../../operator/kube/object-store.ts';
import { Rest } from '../../operator/kube/rest.ts';
import type { Tally } from '../support/tally.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Kube } from './kube.ts';
import { until } from './until.ts';

const COUNT = 100;
const NAMESPACE = 'many';
const CLUSTERS = `/apis/etcd-ts.io/v1alpha1/namespaces/${NAMESPACE}/etcdclusters`;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const IDLE_MS = 20_000;

export interface ManyStage {
  readonly tally: Tally;
  readonly kube: Kube;
  readonly plane: ControlPlane;
}

export async function runMany({ tally, kube, plane }: ManyStage): Promise<void> {
  await kube.create('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  const counts = { writes: 0, rounds: 0 };
  const stop = new AbortController();
  const { controller, events } = await startController(
    plane.operatorKubeconfig,
    counts,
    stop.signal,
  );
  const readying = readyPods(kube, stop.signal);
  await tally.run(`${COUNT} clusters of one are Ready`, async () => {
    const sinceMs = performance.now();
    for (let index = 0; index < COUNT; index += 1) {
      const metadata = { name: `c${index}` };
      const spec = { replicas: 1, storage: { size: '1Gi' } };
      const body = { apiVersion: 'etcd-ts.io/v1alpha1', kind: 'EtcdCluster', metadata, spec };
      await kube.create(CLUSTERS, body);
    }
    await until('all are Ready', async () => allReady(kube), 180_000);
    return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s, ${counts.writes} writes`;
  });
  await tally.run('and cost next to nothing then', async () => {
    await pause(5_000);
    // Events are written one after the other, behind everything else.
    await events.flush();
    const before = { ...counts, cpu: process.cpuUsage() };
    await pause(IDLE_MS);
    const { user, system } = process.cpuUsage(before.cpu);
    const percent = (user + system) / (IDLE_MS * 10);
    const writes = counts.writes - before.writes;
    const megabytes = process.memoryUsage.rss() / 1e6;
    if (writes > 0) throw new Error(`${writes} writes`);
    const rounds = counts.rounds - before.rounds;
    return `${percent.toFixed(1)} % of a core, ${rounds} rounds, ${megabytes.toFixed(0)} MB, no writes`;
  });
  stop.abort();
  await readying;
  await controller.stop();
}

async function startController(
  kubeconfig: string,
  counts: { writes: number; rounds: number },
  signal: AbortSignal,
): Promise<{ readonly controller: Controller; readonly events: EventRecorder }> {
  const rest = new Rest(openConnection(kubeconfig), (method) => {
    if (method !== 'GET') counts.writes += 1;
  });
  const api = new KubeApi(rest);
  const log = (): void => {};
  const store = new ObjectStore({
    api,
    namespace: NAMESPACE,
    log,
    onChange: (namespace, name) => controller.enqueue({ namespace, name }),
  });
  const events = new EventRecorder(api, { log, instance: 'many', signal });
  const controller = new Controller({
    kube: new ClusterObjects(store, events),
    member: new WillingMembers(),
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log: { info: log, error: log },
    onRound: () => {
      counts.rounds += 1;
    },
  });
  await store.start(signal);
  return { controller, events };
}

/** Every member is the healthy leader of a cluster of its own. */
class WillingMembers implements MemberPort {
  status({ name }: MemberEndpoint): ReturnType<MemberPort['status']> {
    const memberId = idOf(name);
    return Promise.resolve({
      kind: 'answered',
      memberId,
      clusterId: clusterIdOf(name),
      leaderId: memberId,
      isLearner: false,
      version: '3.7.0',
      dbSizeBytes: 20_480,
      raftTerm: 2,
      raftAppliedIndex: 10,
      hasAlarms: false,
    });
  }

  memberList(endpoints: readonly MemberEndpoint[]): ReturnType<MemberPort['memberList']> {
    const [first] = endpoints;
    if (first === undefined) return Promise.resolve({ kind: 'unknown', message: 'nobody' });
    const { name } = first;
    const place = { cluster: clusterOf(name), namespace: NAMESPACE, member: name };
    const entry = { id: idOf(name), name, peerUrls: [peerUrl(place)], isLearner: false };
    return Promise.resolve({ kind: 'known', clusterId: clusterIdOf(name), entries: [entry] });
  }

  alarms(): ReturnType<MemberPort['alarms']> {
    return Promise.resolve([]);
  }

  perform(): Promise<void> {
    return Promise.reject(new Error('nothing was expected to change'));
  }
}

function clusterOf(member: string): string {
  return member.replace(/-[^-]+$/, '');
}

function idOf(name: string): string {
  return Buffer.from(shortSuffix(name)).toString('hex');
}

function clusterIdOf(member: string): string {
  return idOf(clusterOf(member));
}

async function readyPods(kube: Kube, signal: AbortSignal): Promise<void> {
  const done = new Set<string>();
  while (!signal.aborted) {
    for (const pod of await kube.list(PODS)) {
      const name = textAt(recordAt(pod, 'metadata'), 'name') ?? '';
      if (done.has(name)) continue;
      done.add(name);
      const conditions = [{ type: 'Ready', status: 'True' }];
      await kube.patch(`${PODS}/${name}/status`, { status: { phase: 'Running', conditions } });
    }
    if (done.size === COUNT) return;
    await pause(200);
  }
}

async function allReady(kube: Kube): Promise<true | undefined> {
  const clusters = await kube.list(CLUSTERS);
  const ready = clusters.filter((cluster) =>
    listAt(recordAt(cluster, 'status'), 'conditions').some(
      ({ type, status }) => type === 'Ready' && status === 'True',
    ),
  );
  if (ready.length < COUNT) throw new Error(`${ready.length} of ${COUNT}`);
  return true;
}
