// Owns the story of the operator as people meet it, on nodes: installed from manifests/, told what to do with kubectl, with the
// containers restricted as they are, Services and names of Kubernetes, and the etcd of somebody else. Faults that a scenario
// plays are not repeated here.
import { readFileSync } from 'node:fs';
import { type Json, listAt, recordAt, textAt } from '../../../operator/kube/decode.ts';
import type { Tally } from '../../support/tally.ts';
import type { Kube } from '../kube.ts';
import { ORPHAN_GONE_MS } from '../stage.ts';
import { until } from '../until.ts';
import { processesOf, signal } from './containers.ts';
import { DEBIAN_ETCD } from './images.ts';
import type { Kubectl } from './kubectl.ts';
import type { NodesCluster } from './nodes-cluster.ts';

const CLUSTERS = '/apis/etcd-ts.io/v1alpha1/namespaces/default/etcdclusters';
const CORE = '/api/v1/namespaces/default';
const OPERATOR = '/api/v1/namespaces/etcd-ts-system/pods';
/** What is promised of one member becoming three, where the images are there already. */
const THREE_READY_MS_MAX = 60_000;
const UNHEALTHY_AFTER_MS = 60_000;
const REPLACED_MS_MAX: number = UNHEALTHY_AFTER_MS + 60_000;
const NOBODY = 65_532;

interface Story {
  readonly cluster: NodesCluster;
  readonly kubectl: Kubectl;
  readonly kube: Kube;
}

export async function runStory(
  tally: Tally,
  cluster: NodesCluster,
  kubectl: Kubectl,
): Promise<void> {
  const story = { cluster, kubectl, kube: cluster.kube };
  const run = (name: string, body: (story: Story) => Promise<string>): Promise<boolean> =>
    tally.run(name, () => body(story));
  await run('kubectl apply -f manifests/: the operator is available', () =>
    timed(() => kubectl.installOperator()),
  );
  await run('an EtcdCluster of one is Ready', createOne);
  await run('members are restricted as their Pods say', checkRestricted);
  await run('written through the Service, read by name of the Pod', checkNames);
  await run('kubectl scale 1 -> 3 in less than 60 s', scaleToThree);
  await run('kubectl scale 3 -> 5', () => scale(story, 5));
  await run('kubectl scale 5 -> 3', () => scale(story, 3));
  await run('kubectl drain of each node, one after another', drainAll);
  await run('a node is cut off and returns: nobody is replaced', cutAndHeal);
  await run('the node of the operator is cut off: another operator acts', cutOperatorOff);
  await run('the operator is killed, and its Pod deleted: the next acts', loseOperator);
  await run('all nodes lose power at once: the same members come back', loseAllPower);
  await run('a node is gone for good: its member is replaced', loseNode);
  await run("Debian's etcd 3.5 as the image: made, scaled, rolled", tendDebian);
  await run('a deleted EtcdCluster goes, its volumes stay; or go, when asked', deleteAll);
}

async function createOne({ kube }: Story): Promise<string> {
  return await timed(async () => {
    const replacement = { unhealthyAfter: `${UNHEALTHY_AFTER_MS / 1000}s` };
    await kube.create(CLUSTERS, {
      apiVersion: 'etcd-ts.io/v1alpha1',
      kind: 'EtcdCluster',
      metadata: { name: 'main' },
      spec: { replicas: 1, storage: { size: '1Gi' }, replacement },
    });
    await becomesReady(kube, 'main', 1);
  });
}

/** Asked of the kernel, not of Kubernetes. */
async function checkRestricted({ kube }: Story): Promise<string> {
  const [pod = {}] = await podsOf(kube, 'main');
  const [number] = processesOf(pod);
  const status = readFileSync(`/proc/${String(number)}/status`, 'utf8');
  const field = (name: string): string =>
    new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const found = {
    users: [...new Set(field('Uid').split(/\s+/))],
    capabilities: BigInt(`0x${field('CapEff')}`) | BigInt(`0x${field('CapBnd')}`),
    noNewPrivileges: field('NoNewPrivs'),
    seccomp: field('Seccomp'),
  };
  equal(found.users, [`${NOBODY}`]);
  equal(`${found.capabilities}`, '0');
  equal(found.noNewPrivileges, '1');
  const mounts = readFileSync(`/proc/${String(number)}/mounts`, 'utf8');
  const root = mounts.split('\n').find((line) => line.split(' ')[1] === '/') ?? '';
  equal(root.split(' ')[3]?.split(',').includes('ro'), true);
  return `user ${NOBODY}, no capabilities, read-only root, seccomp mode ${found.seccomp}`;
}

async function checkNames({ kube, kubectl }: Story): Promise<string> {
  const [pod = {}] = await podsOf(kube, 'main');
  const name = nameOf(pod);
  const etcdctl = (endpoint: string, ...args: readonly string[]): Promise<string> =>
    kubectl.run('exec', name, '--', 'etcdctl', `--endpoints=http://${endpoint}:2379`, ...args);
  equal((await etcdctl('main-client', 'put', 'kept', 'value')).trim(), 'OK');
  const host = `${name}.main-peers.default.svc.cluster.local`;
  equal((await etcdctl(host, 'get', 'kept', '--print-value-only')).trim(), 'value');
  return host;
}

async function scale({ kube, kubectl }: Story, replicas: number, name = 'main'): Promise<string> {
  return await timed(async () => {
    await kubectl.run('scale', `etcdcluster/${name}`, `--replicas=${replicas}`);
    await becomesReady(kube, name, replicas);
  });
}

async function scaleToThree(story: Story): Promise<string> {
  const sinceMs = performance.now();
  const note = await scale(story, 3);
  if (performance.now() - sinceMs > THREE_READY_MS_MAX) throw new Error(`it took ${note}`);
  const nodes = (await podsOf(story.kube, 'main')).map(nodeOf);
  equal(new Set(nodes).size, 3);
  return note;
}

async function drainAll({ cluster, kube, kubectl }: Story): Promise<string> {
  const before = await memberIds(kube, 'main');
  const notes: string[] = [];
  for (const { plan } of cluster.machines) {
    const note = await timed(async () => {
      // No budget protects anybody: 1.20 has no policy/v1, and so the operator makes none.
      await kubectl.run('drain', plan.name, '--force', '--ignore-daemonsets', '--timeout=90s');
      equal((await podsOf(kube, 'main')).filter(isReady).length >= 2, true);
      // Volumes are on the disks of their nodes: its member waits for the node.
      await kubectl.run('uncordon', plan.name);
      await becomesReady(kube, 'main', 3);
    });
    notes.push(`${plan.name} ${note}`);
  }
  equal(await memberIds(kube, 'main'), before);
  return notes.join(', ');
}

/** For less time than a sick member is given, and longer than Kubernetes takes to find out. */
async function cutAndHeal({ cluster, kube }: Story): Promise<string> {
  return await cutOff(cluster, await awayFromOperator(kube));
}

/** The operator on it does nothing any more, and cannot be told that another is started. */
async function cutOperatorOff({ cluster, kube }: Story): Promise<string> {
  const operator = await runningOperator(kube);
  const pod = (await podsOf(kube, 'main')).find((each) => nodeOf(each) === nodeOf(operator));
  if (pod === undefined) throw new Error('there is no member beside the operator');
  return await cutOff(cluster, pod);
}

/** Resolves with how long it took until the operator says that the Pod's member is away, and that it is back. */
async function cutOff(cluster: NodesCluster, pod: Json): Promise<string> {
  const { kube } = cluster;
  const before = await memberIds(kube, 'main');
  const machine = cluster.machine(nodeOf(pod));
  machine.cut(true);
  let told = '';
  try {
    told = await timed(async () => {
      await until(
        'two are ready, and one of them leads',
        async () => {
          const status = recordAt(await kube.get(`${CLUSTERS}/main`), 'status');
          const isSo = status['readyReplicas'] === 2 && status['leader'] !== nameOf(pod);
          return isSo || undefined;
        },
        120_000,
      );
    });
    await cluster.nodeReady(nodeOf(pod), false);
  } finally {
    machine.cut(false);
  }
  const healed = await timed(() => becomesReady(kube, 'main', 3));
  equal(await memberIds(kube, 'main'), before);
  return `the status says so after ${told}, Ready ${healed} after it is healed`;
}

async function runningOperator(kube: Kube): Promise<Json> {
  return await until('an operator runs', async () => {
    return (await kube.list(OPERATOR)).find(isReady);
  });
}

async function loseOperator({ kube }: Story): Promise<string> {
  const notes: string[] = [];
  const acts = async (): Promise<string> => {
    const [pod = {}] = await podsOf(kube, 'main');
    const { uid } = recordAt(pod, 'metadata');
    return await timed(async () => {
      await kube.delete(`${CORE}/pods/${nameOf(pod)}`);
      await until('the member has another Pod', async () => {
        const now = await kube.get(`${CORE}/pods/${nameOf(pod)}`);
        return recordAt(now, 'metadata')['uid'] !== uid || undefined;
      });
      await becomesReady(kube, 'main', 3);
    });
  };
  const operator = await runningOperator(kube);
  signal(operator, 'SIGKILL');
  notes.push(`killed: ${await acts()}`);
  await kube.delete(`${OPERATOR}/${nameOf(operator)}`);
  notes.push(`deleted: ${await acts()}`);
  return notes.join(', ');
}

async function loseAllPower({ cluster, kube }: Story): Promise<string> {
  const [before, counts] = [await memberIds(kube, 'main'), await restarts(kube)];
  await Promise.all(cluster.machines.map((machine) => machine.stop()));
  const note = await timed(async () => {
    for (const machine of cluster.machines) machine.start();
    // Everything looks well until Kubernetes has seen that it is not.
    const isRestarted = async (): Promise<true | undefined> => {
      const now = await restarts(kube);
      return [...counts].every(([name, count]) => Number(now.get(name)) > count) || undefined;
    };
    await until('all were started again', isRestarted, 120_000);
    await becomesReady(kube, 'main', 3);
  });
  equal(await memberIds(kube, 'main'), before);
  return note;
}

/** How often each Pod's container was started again, by name. */
async function restarts(kube: Kube): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const pod of await podsOf(kube, 'main')) {
    const [status = {}] = listAt(recordAt(pod, 'status'), 'containerStatuses');
    counts.set(nameOf(pod), Number(status['restartCount']));
  }
  return counts;
}

/** A member's Pod on a node that has no operator. */
async function awayFromOperator(kube: Kube): Promise<Json> {
  const taken = new Set((await kube.list(OPERATOR)).map(nodeOf));
  const found = (await podsOf(kube, 'main')).find((pod) => !taken.has(nodeOf(pod)));
  if (found === undefined) throw new Error('every member is beside an operator');
  return found;
}

async function loseNode({ cluster, kube, kubectl }: Story): Promise<string> {
  const pod = await awayFromOperator(kube);
  const [name, node] = [nameOf(pod), nodeOf(pod)];
  const sinceMs = performance.now();
  await cluster.machine(node).stop();
  await until(
    `${name} is no longer a member`,
    async () => !(await memberIds(kube, 'main')).some((id) => id.startsWith(name)) || undefined,
    REPLACED_MS_MAX,
  );
  const limitMs = REPLACED_MS_MAX - (performance.now() - sinceMs);
  await becomesReady(kube, 'main', 3, { limitMs, without: node });
  const took = ((performance.now() - sinceMs) / 1000).toFixed(1);
  await kubectl.run('delete', 'node', node);
  await cluster.replace(node);
  const isAlone = async (): Promise<true | undefined> => {
    const claims = await kube.list(`${CORE}/persistentvolumeclaims?${OF_MAIN}`);
    return claims.length === 3 || undefined;
  };
  await until('nothing is left of it', isAlone, ORPHAN_GONE_MS);
  return `${took} s, of which ${UNHEALTHY_AFTER_MS / 1000} s are patience`;
}

async function tendDebian(story: Story): Promise<string> {
  const { kube } = story;
  const made = await timed(async () => {
    await kube.create(CLUSTERS, {
      apiVersion: 'etcd-ts.io/v1alpha1',
      kind: 'EtcdCluster',
      metadata: { name: 'debian' },
      spec: {
        replicas: 1,
        version: DEBIAN_ETCD.version,
        image: { repository: DEBIAN_ETCD.repository },
        storage: { size: '1Gi', retention: { whenDeleted: 'Delete' } },
      },
    });
    await becomesReady(kube, 'debian', 1);
  });
  const scaled = await scale(story, 3, 'debian');
  const rolled = await timed(async () => {
    await kube.patch(`${CLUSTERS}/debian`, { spec: { options: { snapshotCount: 5000 } } });
    await becomesReady(kube, 'debian', 3, { limitMs: 180_000 });
  });
  const status = recordAt(await kube.get(`${CLUSTERS}/debian`), 'status');
  equal(status['version'], DEBIAN_ETCD.version);
  const shrunk = await scale(story, 1, 'debian');
  return `one in ${made}, 1 -> 3 in ${scaled}, rolled in ${rolled}, 3 -> 1 in ${shrunk}`;
}

async function deleteAll({ kube }: Story): Promise<string> {
  const note = await timed(async () => {
    for (const name of ['main', 'debian']) await kube.delete(`${CLUSTERS}/${name}`);
    await until('no Pod is left', async () => {
      const left = [...(await podsOf(kube, 'main')), ...(await podsOf(kube, 'debian'))];
      return (left.length === 0 && (await kube.list(CLUSTERS)).length === 0) || undefined;
    });
  });
  await until('volumes went, or stayed', async () => {
    const claims = await kube.list(`${CORE}/persistentvolumeclaims`);
    const owners = claims.map(
      (claim) => recordAt(claim, 'metadata', 'labels')['etcd-ts.io/cluster'],
    );
    equal(owners, ['main', 'main', 'main']);
    return true;
  });
  return note;
}

const OF_MAIN = ofCluster('main');

function ofCluster(name: string): string {
  return `labelSelector=etcd-ts.io%2Fcluster%3D${name}`;
}

async function podsOf(kube: Kube, cluster: string): Promise<readonly Json[]> {
  return await kube.list(`${CORE}/pods?${ofCluster(cluster)}`);
}

/** "main-x7x2p 8e9e05c52164694d" of each member, by name. */
async function memberIds(kube: Kube, name: string): Promise<readonly string[]> {
  const status = recordAt(await kube.get(`${CLUSTERS}/${name}`), 'status');
  const members = listAt(status, 'members').filter(({ role }) => role !== 'None');
  return members.map((member) => `${textAt(member, 'name')} ${textAt(member, 'id')}`);
}

/**
 * As the operator says, and as Kubernetes shows: what the operator says may be from before it looked. Nobody ends the Pods of
 * a node that is gone, `without`.
 */
async function becomesReady(
  kube: Kube,
  name: string,
  replicas: number,
  { limitMs = 120_000, without }: { readonly limitMs?: number; readonly without?: string } = {},
): Promise<void> {
  await until(
    `${name} is Ready with ${replicas}`,
    async () => {
      const { metadata, status } = await kube.get(`${CLUSTERS}/${name}`);
      const conditions = listAt(recordAt(status), 'conditions');
      const ready = conditions.find(({ type }) => type === 'Ready');
      const found = recordAt(status);
      const isSo =
        ready?.['status'] === 'True' &&
        found['observedGeneration'] === recordAt(metadata)['generation'] &&
        found['readyReplicas'] === replicas &&
        found['replicas'] === replicas;
      if (!isSo) throw new Error(JSON.stringify(conditions));
      const pods = (await podsOf(kube, name)).filter((pod) => nodeOf(pod) !== without);
      return (pods.length === replicas && pods.every(isReady)) || undefined;
    },
    limitMs,
  );
}

function isReady(pod: Json): boolean {
  if (recordAt(pod, 'metadata')['deletionTimestamp'] !== undefined) return false;
  const conditions = listAt(recordAt(pod, 'status'), 'conditions');
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function nameOf(object: Json): string {
  return textAt(recordAt(object, 'metadata'), 'name') ?? '';
}

function nodeOf(pod: Json): string {
  return textAt(recordAt(pod, 'spec'), 'nodeName') ?? '';
}

async function timed(act: () => Promise<unknown>): Promise<string> {
  const sinceMs = performance.now();
  await act();
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

function equal(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} where ${b} was expected`);
}
