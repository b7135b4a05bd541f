// Owns the story of one cluster: made, filled, scaled, hurt, left alone, scaled back, handed from one operator to the next,
// deleted. Each check says how long it took.
import { setTimeout as pause } from 'node:timers/promises';
import { EtcdClient } from '../../client/client.ts';
import { type Json, listAt, recordAt, textAt } from '../../operator/kube/decode.ts';
import type { Tally } from '../support/tally.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Kube } from './kube.ts';
import type { LoopbackKubelet } from './loopback-kubelet.ts';
import { OperatorProcess } from './operator-process.ts';
import { until } from './until.ts';

export interface Stage {
  readonly tally: Tally;
  readonly kube: Kube;
  readonly kubelet: LoopbackKubelet;
  readonly plane: ControlPlane;
  readonly folder: string;
}

const CLUSTERS = '/apis/etcd-ts.io/v1alpha1/namespaces/default/etcdclusters';
const MEMBERS = '/apis/etcd-ts.io/v1alpha1/namespaces/default/etcdmembers';
const CORE = '/api/v1/namespaces/default';
const OURS = 'labelSelector=etcd-ts.io%2Fcluster%3Dmain';
/** How long a converged cluster is watched for writes: longer than the operator's steady look. */
const QUIET_MS = 25_000;

export async function runLifecycle(stage: Stage): Promise<void> {
  const { tally, kube } = stage;
  const first = startOperator(stage, 'operator-a');
  await tally.run('the operator lists everything and is ready', () => timed(() => first.ready()));
  await tally.run('an EtcdCluster of one is Ready', async () => {
    await kube.create(CLUSTERS, {
      apiVersion: 'etcd-ts.io/v1alpha1',
      kind: 'EtcdCluster',
      metadata: { name: 'main' },
      spec: { replicas: 1, storage: { size: '1Gi' } },
    });
    return await timed(() => becomesReady(kube, 1));
  });
  await tally.run('its objects are there', () => checkObjects(stage));
  await tally.run('a key is written', () => writeKey(stage));
  await tally.run('kubectl scale to three: learners join and vote', () => scale(stage, 3));
  await tally.run('converged, nothing is written to the API server', () => checkQuiet(first));
  await tally.run('a deleted Pod comes back with its data', () => loseAPod(stage));
  await tally.run('a crashed member comes back', () => crashAMember(stage));
  const second = startOperator(stage, 'operator-b');
  await tally.run('another operator takes over when the first is told to stop', () =>
    handOver(stage, first, second),
  );
  let acting = second;
  await tally.run(
    'the API server dies and returns: members serve, the operator sees again',
    async () => {
      await loseTheApiServer(stage);
      const isLost = !acting.process.isRunning;
      if (isLost) acting = await startAgain(stage, acting);
      const note = await loseAPod(stage);
      return isLost ? `the Lease was lost; ${note}` : note;
    },
  );
  await tally.run('kubectl scale to one: one voter is left, with the data', async () => {
    const note = await scale(stage, 1);
    await readKey(stage);
    return note;
  });
  await tally.run('removed members left nothing behind', () => checkRest(stage));
  await tally.run('each act has its event', () => checkEvents(stage));
  await tally.run('figures have controller-runtime names', () => checkFigures(acting));
  await tally.run('a deleted EtcdCluster goes, its volume stays', () =>
    deleteCluster(stage, acting),
  );
  await tally.run('SIGTERM ends the operator with 0', async () => {
    const code = await acting.process.stop();
    if (code !== 0) throw new Error(`exit code ${code}`);
    return '';
  });
}

function startOperator(stage: Stage, name: string): OperatorProcess {
  const address = stage.kubelet.newAddress();
  return new OperatorProcess({
    kubeconfig: stage.plane.operatorKubeconfig,
    hostsFile: stage.kubelet.hostsFile,
    folder: stage.folder,
    name,
    probes: `${address}:8081`,
    metrics: `${address}:8080`,
  });
}

async function timed(act: () => Promise<unknown>): Promise<string> {
  const sinceMs = performance.now();
  await act();
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

async function becomesReady(kube: Kube, replicas: number): Promise<Json> {
  return await until(
    `Ready with ${replicas}`,
    async () => {
      const cluster = await kube.get(`${CLUSTERS}/main`);
      const status = recordAt(cluster, 'status');
      const ready = listAt(status, 'conditions').find(({ type }) => type === 'Ready');
      const generation = recordAt(cluster, 'metadata')['generation'];
      const isSo =
        ready?.['status'] === 'True' &&
        status['observedGeneration'] === generation &&
        status['readyReplicas'] === replicas &&
        status['replicas'] === replicas;
      if (!isSo) throw new Error(JSON.stringify(status['conditions']));
      return cluster;
    },
    120_000,
  );
}

async function checkObjects({ kube }: Stage): Promise<string> {
  const counts: Record<string, number> = {};
  for (const plural of ['pods', 'services', 'persistentvolumeclaims']) {
    counts[plural] = (await kube.list(`${CORE}/${plural}?${OURS}`)).length;
  }
  counts['etcdmembers'] = (await kube.list(MEMBERS)).length;
  const wanted = { pods: 1, services: 2, persistentvolumeclaims: 1, etcdmembers: 1 };
  equal(counts, wanted);
  const hasPolicy = (await groups(kube)).includes('policy/v1');
  const cluster = await kube.get(`${CLUSTERS}/main`);
  const condition = listAt(recordAt(cluster, 'status'), 'conditions').find(
    ({ type }) => type === 'Protected',
  );
  equal(condition?.['reason'], hasPolicy ? 'BudgetApplied' : 'PolicyApiMissing');
  if (hasPolicy) {
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    equal((await kube.list(`${budgets}?${OURS}`)).length, 1);
  }
  return `Protected: ${condition?.['reason']}`;
}

async function groups(kube: Kube): Promise<readonly (string | undefined)[]> {
  return listAt(await kube.get('/apis'), 'groups')
    .flatMap((group) => listAt(group, 'versions'))
    .map((version) => textAt(version, 'groupVersion'));
}

async function memberUrls({ kube, kubelet }: Stage): Promise<readonly string[]> {
  const pods = await kube.list(`${CORE}/pods?${OURS}`);
  return pods.flatMap((pod) => {
    const url = kubelet.urlOf(textAt(recordAt(pod, 'metadata'), 'name') ?? '');
    return url === undefined ? [] : [url];
  });
}

async function withClient<T>(stage: Stage, act: (client: EtcdClient) => Promise<T>): Promise<T> {
  const client = new EtcdClient({ endpoints: await memberUrls(stage) });
  try {
    return await act(client);
  } finally {
    client.close();
  }
}

function writeKey(stage: Stage): Promise<string> {
  return withClient(stage, async (client) => {
    await client.kv.put('kept', 'value');
    return '';
  });
}

async function readKey(stage: Stage): Promise<void> {
  const kvs = await withClient(stage, async (client) => (await client.kv.get('kept')).kvs);
  equal(
    kvs.map(({ value }) => Buffer.from(value).toString()),
    ['value'],
  );
}

async function scale(stage: Stage, replicas: number): Promise<string> {
  const { kube } = stage;
  const before = await kube.get(`${CLUSTERS}/main`);
  await kube.patch(`${CLUSTERS}/main/scale`, { spec: { replicas } });
  const note = await timed(() => becomesReady(kube, replicas));
  const after = await kube.get(`${CLUSTERS}/main`);
  equal(recordAt(after, 'status')['clusterID'], recordAt(before, 'status')['clusterID']);
  const list = await withClient(stage, (client) => client.cluster.memberList());
  equal(list.members.filter(({ isLearner }) => !isLearner).length, replicas);
  equal(list.members.length, replicas);
  return note;
}

/** Leases are renewed, and that is all. */
async function checkQuiet(operator: OperatorProcess): Promise<string> {
  const writes = async (): Promise<number> => {
    const verbs = ['POST', 'PATCH', 'DELETE'];
    let sum = 0;
    for (const verb of verbs) {
      sum += await operator.figure('rest_client_requests_total', `method="${verb}"`);
    }
    return sum;
  };
  // Events of what was last done may still be on their way.
  await pause(3_000);
  const before = await writes();
  const statuses = await operator.figure('rest_client_requests_total', 'method="PUT"');
  await pause(QUIET_MS);
  const after = await writes();
  const puts = (await operator.figure('rest_client_requests_total', 'method="PUT"')) - statuses;
  equal(after - before, 0);
  // One renewal of the Lease every two seconds.
  if (puts > QUIET_MS / 2_000 + 1) throw new Error(`${puts} PUTs in ${QUIET_MS / 1000} s`);
  return `${puts} renewals of the Lease in ${QUIET_MS / 1000} s`;
}

async function podNames(kube: Kube): Promise<readonly string[]> {
  const pods = await kube.list(`${CORE}/pods?${OURS}`);
  return pods.map((pod) => textAt(recordAt(pod, 'metadata'), 'name') ?? '').sort();
}

async function loseAPod(stage: Stage): Promise<string> {
  const { kube } = stage;
  const names = await podNames(kube);
  const [name = ''] = names;
  const uid = textAt(recordAt(await kube.get(`${CORE}/pods/${name}`), 'metadata'), 'uid');
  const note = await timed(async () => {
    await kube.delete(`${CORE}/pods/${name}`);
    await until(`${name} is another Pod`, async () => {
      const pod = await kube.get(`${CORE}/pods/${name}`);
      return textAt(recordAt(pod, 'metadata'), 'uid') !== uid || undefined;
    });
    await becomesReady(kube, 3);
  });
  equal(await podNames(kube), names);
  await readKey(stage);
  return note;
}

async function crashAMember(stage: Stage): Promise<string> {
  const { kube, kubelet } = stage;
  const names = await podNames(kube);
  const [name = ''] = names;
  return await timed(async () => {
    await kubelet.crash(name);
    await until(`${name} was restarted`, async () => {
      const status = recordAt(await kube.get(`${CORE}/pods/${name}`), 'status');
      const [container = {}] = listAt(status, 'containerStatuses');
      return container['restartCount'] === 1 && container['ready'] === true ? true : undefined;
    });
    await becomesReady(kube, 3);
    equal(await podNames(kube), names);
  });
}

async function handOver(
  { kube }: Stage,
  first: OperatorProcess,
  second: OperatorProcess,
): Promise<string> {
  await second.ready();
  equal(await second.figure('leader_election_master_status'), 0);
  equal(await first.figure('leader_election_master_status'), 1);
  const sinceMs = performance.now();
  equal(await first.process.stop(), 0);
  await until('the second leads', async () => {
    return (await second.figure('leader_election_master_status')) === 1 || undefined;
  });
  const note = `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
  await becomesReady(kube, 3);
  return note;
}

async function loseTheApiServer(stage: Stage): Promise<void> {
  const urls = await memberUrls(stage);
  await stage.plane.stopServer();
  const client = new EtcdClient({ endpoints: urls });
  try {
    await client.kv.put('without-api-server', 'value');
  } finally {
    client.close();
  }
  await stage.plane.startServer();
}

/** As kubelet would: an operator that could not renew its Lease in time has ended, with 1. */
async function startAgain(stage: Stage, ended: OperatorProcess): Promise<OperatorProcess> {
  equal(await ended.process.exited, 1);
  const operator = startOperator(stage, 'operator-c');
  await operator.ready();
  return operator;
}

async function checkRest({ kube }: Stage): Promise<string> {
  await until('one of each is left', async () => {
    const counts = [
      (await kube.list(`${CORE}/pods?${OURS}`)).length,
      (await kube.list(`${CORE}/persistentvolumeclaims?${OURS}`)).length,
      (await kube.list(MEMBERS)).length,
    ];
    equal(counts, [1, 1, 1]);
    return true;
  });
  return '';
}

async function checkEvents({ kube }: Stage): Promise<string> {
  const events = await kube.list(`${CORE}/events`);
  const reasons = new Set(events.map((event) => textAt(event, 'reason')));
  const wanted = [
    ...['FinalizerAdded', 'MemberCreated', 'VolumeCreated', 'PodCreated', 'ServiceApplied'],
    ...['MemberAdded', 'MemberPromoted', 'MemberRemoved', 'MemberDeleted', 'PodDeleted'],
  ];
  const missing = wanted.filter((reason) => !reasons.has(reason));
  equal(missing, []);
  return `${events.length} events`;
}

async function checkFigures(operator: OperatorProcess): Promise<string> {
  const text = await operator.metrics();
  const names = [
    'controller_runtime_reconcile_total{controller="etcdcluster",result="requeue_after"}',
    'controller_runtime_reconcile_errors_total',
    'controller_runtime_reconcile_time_seconds_bucket',
    'workqueue_depth',
    'workqueue_adds_total',
    'workqueue_queue_duration_seconds_bucket',
    'workqueue_retries_total',
    'leader_election_master_status{name="etcd-ts-operator"} 1',
    'etcd_ts_cluster_ready_replicas{namespace="default",name="main"} 1',
  ];
  equal(
    names.filter((name) => !text.includes(name)),
    [],
  );
  const bytes = await operator.figure('process_resident_memory_bytes');
  const rounds = await operator.figure('controller_runtime_reconcile_total');
  return `${rounds} rounds, ${Math.round(bytes / 1e6)} MB`;
}

async function deleteCluster({ kube }: Stage, operator: OperatorProcess): Promise<string> {
  const note = await timed(async () => {
    await kube.delete(`${CLUSTERS}/main`);
    await until('everything is gone', async () => {
      const left = [
        (await kube.list(CLUSTERS)).length,
        (await kube.list(MEMBERS)).length,
        (await kube.list(`${CORE}/pods?${OURS}`)).length,
      ];
      equal(left, [0, 0, 0]);
      return true;
    });
  });
  equal((await kube.list(`${CORE}/persistentvolumeclaims?${OURS}`)).length, 1);
  await until('its figures are gone', async () => {
    return (await operator.metrics()).includes('name="main"') ? undefined : true;
  });
  return note;
}

function equal(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} where ${b} was expected`);
}
