// Owns what goes wrong in a history, and what people change meanwhile. Faults that destroy data leave a quorum of the
// voters with theirs: a history in which data is gone for good cannot converge, and has a test of its own.
import type { EtcdClusterSpec } from '../../operator/api/etcd-cluster.ts';
import type { Pod } from '../../operator/api/kube-objects.ts';
import { formatTime } from '../../operator/api/time.ts';
import { leadRight } from './misleading.ts';
import { permit } from './refusing.ts';
import { BAD_TAG, type World } from './world.ts';

type Fault = (world: World) => string | undefined;

export const FAULTS: readonly (readonly [weight: number, fault: Fault])[] = [
  [10, deletePod],
  [6, crashContainer],
  [3, endPod],
  [4, killNode],
  [6, reviveNode],
  [3, isolateNode],
  [6, joinNodes],
  [3, destroyVolume],
  [2, wipeDisk],
  [3, blind],
  [6, unblind],
  [1, restartEverything],
  [2, corrupt],
  [1, deleteMemberObject],
  [1, dropMemberObject],
  [8, changeReplicas],
  [3, changeOptions],
  [2, changeVersion],
  [2, breakImage],
  [4, mendImage],
  [1, pause],
  [4, unpause],
];

export function strike(world: World): string | undefined {
  const total = FAULTS.reduce((sum, [weight]) => sum + weight, 0);
  let ticket = world.prng.below(total);
  for (const [weight, fault] of FAULTS) {
    ticket -= weight;
    if (ticket < 0) return fault(world);
  }
  return undefined;
}

/** Ends all that faults began, so that the cluster can be expected to converge. */
export function heal(world: World): void {
  for (const name of world.nodes.keys()) world.nodes.set(name, { isAlive: true, lostAtMs: 0 });
  world.etcd.isolated.clear();
  world.isBlind = false;
  leadRight(world);
  permit(world);
  mendImage(world);
  unpause(world);
}

function anyPod(world: World): Pod | undefined {
  const pods = [...world.api.pods.values()];
  return pods[world.prng.below(Math.max(1, pods.length))];
}

function anyNode({ nodes, prng }: World): string {
  return [...nodes.keys()][prng.below(nodes.size)] ?? '';
}

function deletePod(world: World): string | undefined {
  const pod = anyPod(world);
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
  if (isMemoryPodNeeded(world, pod)) return undefined;
  const deletionTimestamp = formatTime(world.nowMs);
  world.api.update(world.api.pods, { ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
  if (world.isNodeAlive(pod)) world.stopProcess(pod.metadata.name);
  return `pod ${pod.metadata.name} deleted`;
}

function crashContainer(world: World): string | undefined {
  const pod = anyPod(world);
  if (pod === undefined) return undefined;
  world.stopProcess(pod.metadata.name);
  return `container of ${pod.metadata.name} crashed`;
}

function endPod(world: World): string | undefined {
  const pod = anyPod(world);
  if (pod === undefined || isMemoryPodNeeded(world, pod)) return undefined;
  world.stopProcess(pod.metadata.name);
  const phase = world.prng.chance(0.5) ? 'Failed' : 'Succeeded';
  world.api.update(world.api.pods, { ...pod, status: { phase, ready: false } });
  return `pod ${pod.metadata.name} ended as ${phase}`;
}

function killNode(world: World): string {
  const node = anyNode(world);
  if (world.nodes.get(node)?.isAlive === true) {
    world.nodes.set(node, { isAlive: false, lostAtMs: world.nowMs });
  }
  for (const [name, process] of world.etcd.processes) {
    if (process.node === node) world.stopProcess(name);
  }
  return `${node} died`;
}

function reviveNode(world: World): string {
  const node = anyNode(world);
  world.nodes.set(node, { isAlive: true, lostAtMs: 0 });
  return `${node} is back`;
}

function isolateNode(world: World): string {
  const node = anyNode(world);
  world.etcd.isolated.add(node);
  return `${node} is cut off`;
}

function joinNodes(world: World): string {
  world.etcd.isolated.clear();
  return 'the network is whole';
}

/** Whether a quorum of the voters keeps its data without this volume. */
function canSpare(world: World, volume: string): boolean {
  const { etcd, api } = world;
  const data = etcd.volumes.get(volume);
  if (data === undefined) return api.cluster?.status?.clusterID !== undefined;
  if (!etcd.voters().some((entry) => entry.id === data.memberId)) return true;
  const isComplete = [...etcd.volumes].filter(
    ([uid, other]) =>
      uid !== volume &&
      etcd.voters().some((entry) => entry.id === other.memberId) &&
      !etcd.alarms.has(other.memberId),
  );
  return isComplete.length >= etcd.quorum() && etcd.hasQuorum() && !isAnyoneBehind(world, volume);
}

/** A majority has each write; destroying one of exactly that majority would lose it. */
function isAnyoneBehind({ etcd }: World, volume: string): boolean {
  const ids = new Set(etcd.voters().map((entry) => entry.id));
  const holders = [...etcd.volumes].filter(
    ([uid, data]) => uid !== volume && ids.has(data.memberId) && data.index >= etcd.acknowledged,
  );
  return holders.length < etcd.quorum();
}

function isMemoryPodNeeded(world: World, pod: Pod): boolean {
  const uid = pod.metadata.uid ?? '';
  return world.volumeOf(pod) === uid && !canSpare(world, uid);
}

function destroyVolume(world: World): string | undefined {
  const pod = anyPod(world);
  const volume = pod === undefined ? undefined : world.volumeOf(pod);
  if (pod === undefined || volume === undefined || !canSpare(world, volume)) return undefined;
  world.finishPod(pod);
  world.etcd.volumes.delete(volume);
  world.api.claims.delete(`data-${pod.metadata.name}`);
  return `volume of ${pod.metadata.name} destroyed`;
}

/** The claim stays, what is on the disk is gone: a machine that was installed anew. */
function wipeDisk(world: World): string | undefined {
  const pod = anyPod(world);
  const volume = pod === undefined ? undefined : world.volumeOf(pod);
  if (pod === undefined || volume === undefined || !canSpare(world, volume)) return undefined;
  world.stopProcess(pod.metadata.name);
  world.etcd.volumes.delete(volume);
  return `disk of ${pod.metadata.name} wiped`;
}

function blind(world: World): string {
  world.isBlind = true;
  return 'the operator sees no member';
}

function unblind(world: World): string {
  world.isBlind = false;
  return 'the operator sees members again';
}

function restartEverything(world: World): string | undefined {
  if (world.api.cluster?.spec.storage?.medium === 'Memory') return undefined;
  for (const pod of [...world.api.pods.values()]) world.finishPod(pod);
  return 'everything restarts';
}

function corrupt(world: World): string | undefined {
  const { etcd, prng } = world;
  if (etcd.alarms.size > 0) return undefined;
  const voters = etcd.voters();
  const victim = voters[prng.below(Math.max(1, voters.length))];
  const volume = [...etcd.volumes].find(([, data]) => data.memberId === victim?.id)?.[0];
  if (victim === undefined || volume === undefined || !canSpare(world, volume)) return undefined;
  etcd.alarms.add(victim.id);
  return `${victim.name} is corrupt`;
}

function deleteMemberObject(world: World): string | undefined {
  const members = [...world.api.members.values()];
  const member = members[world.prng.below(Math.max(1, members.length))];
  if (member === undefined || members.length < 3) return undefined;
  const deletionTimestamp = formatTime(world.nowMs);
  const { metadata } = member;
  world.api.update(world.api.members, { ...member, metadata: { ...metadata, deletionTimestamp } });
  return `EtcdMember ${metadata.name} deleted`;
}

/** Before the cluster is born, which a fault that waits for three members never is. */
export function deleteSeed(world: World): string | undefined {
  const [seed] = world.api.members.values();
  if (seed === undefined || world.api.cluster?.status?.clusterID !== undefined) return undefined;
  const { metadata } = seed;
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const deletionTimestamp = formatTime(world.nowMs);
  world.api.update(world.api.members, { ...seed, metadata: { ...metadata, deletionTimestamp } });
  return `EtcdMember ${metadata.name} deleted before the cluster is born`;
}

function dropMemberObject(world: World): string | undefined {
  if (world.api.cluster?.status?.clusterID === undefined) return undefined;
  const names = [...world.api.members.keys()];
  const name = names[world.prng.below(Math.max(1, names.length))];
  if (name === undefined) return undefined;
  world.api.members.delete(name);
  return `EtcdMember ${name} lost`;
}

function edit(world: World, change: Partial<EtcdClusterSpec>): void {
  world.api.editSpec((spec) => ({ ...spec, ...change }));
}

function changeReplicas(world: World): string {
  const isMemory = world.api.cluster?.spec.storage?.medium === 'Memory';
  const replicas = world.prng.between(isMemory ? 1 : 0, 5);
  edit(world, { replicas });
  return `replicas: ${replicas}`;
}

function changeOptions(world: World): string {
  const snapshotCount = world.prng.between(1, 3) * 1000;
  edit(world, { options: { snapshotCount } });
  return `snapshotCount: ${snapshotCount}`;
}

function changeVersion(world: World): string {
  const version = `3.${world.prng.between(6, 8)}.${world.prng.between(0, 2)}`;
  edit(world, { version });
  return `version: ${version}`;
}

function breakImage(world: World): string {
  edit(world, { image: { tag: BAD_TAG } });
  return 'image: bad';
}

function mendImage(world: World): string {
  edit(world, { image: {} });
  return 'image: good';
}

function pause(world: World): string {
  edit(world, { paused: true });
  return 'paused';
}

function unpause(world: World): string {
  edit(world, { paused: false });
  return 'not paused';
}
