// Owns the world of nodes with a kubelet each: members and operators are Pods, faults are done to containers, disks, cables
// and machines.
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Json, recordAt, textAt } from '../../../operator/kube/decode.ts';
import { IMAGE_REPOSITORY } from '../../../scripts/image/image-config.ts';
import { letOperate } from '../install.ts';
import type { Kube } from '../kube.ts';
import { PodDirectory } from '../pod-directory.ts';
import { until } from '../until.ts';
import type { Ability, MemberRef, OperatorHandle, OperatorStart, World } from '../world.ts';
import { signal } from './containers.ts';
import { emptyVolume, volumeDirectory } from './local-volumes.ts';
import type { NodesCluster } from './nodes-cluster.ts';
import { NodesOperator } from './nodes-operator.ts';

export class NodesWorld implements World {
  readonly title = 'nodes';
  readonly abilities: ReadonlySet<Ability> = new Set<Ability>([
    ...(['operator', 'own-operators', 'operator-blinded'] as const),
    ...(['kill-member', 'blank-volume', 'corrupt-data'] as const),
    ...(['lose-node', 'cut-node', 'restart-nodes', 'api-server'] as const),
  ]);
  readonly shared: ReadonlySet<Ability> = new Set<Ability>([
    ...(['lose-node', 'cut-node', 'restart-nodes', 'api-server'] as const),
  ]);
  readonly images: World['images'] = {
    usual: { repository: IMAGE_REPOSITORY },
    // The same files by another name.
    other: { repository: IMAGE_REPOSITORY, tag: 'v0.1.0' },
    missing: { repository: IMAGE_REPOSITORY, tag: 'missing' },
  };
  readonly #cluster: NodesCluster;
  readonly #pods: PodDirectory;
  /** Where operators run, so that no fault of a member's node is one of theirs. */
  readonly #operatorNode: string;

  private constructor(cluster: NodesCluster, operatorNode: string) {
    this.#cluster = cluster;
    this.#operatorNode = operatorNode;
    this.#pods = new PodDirectory(cluster.kube);
  }

  get kube(): Kube {
    return this.#cluster.kube;
  }

  get version(): string {
    return this.#cluster.plane.version;
  }

  /** The operator's definitions and rights are there already, and nobody acts on them. */
  static async start(cluster: NodesCluster): Promise<NodesWorld> {
    const world = new NodesWorld(cluster, await cluster.addApart());
    world.#pods.start();
    return world;
  }

  async stop(): Promise<void> {
    await this.#pods.stop();
  }

  async addNamespace(namespace: string): Promise<void> {
    await letOperate(this.kube, namespace);
  }

  removeNamespace(): Promise<void> {
    return Promise.resolve();
  }

  async startOperator(start: OperatorStart): Promise<OperatorHandle> {
    return await NodesOperator.start(this.kube, start, this.#operatorNode);
  }

  clientUrl({ namespace, name }: MemberRef): string | undefined {
    const status = recordAt(this.#pods.running(namespace, name), 'status');
    const address = textAt(status, 'podIP');
    return address === undefined ? undefined : `http://${address}:2379`;
  }

  noteSilence(): void {}

  async killMember(member: MemberRef): Promise<void> {
    signal(await this.#pod(member), 'SIGKILL');
  }

  crashLoop(): Promise<void> {
    return Promise.reject(new Error('kubelet would wait for minutes afterwards'));
  }

  mend(): Promise<void> {
    return Promise.resolve();
  }

  async blankVolume(member: MemberRef): Promise<void> {
    await this.#whileStill(member, emptyVolume);
  }

  async corruptData(member: MemberRef): Promise<void> {
    await this.#whileStill(member, damageLog);
  }

  plantStranger(): Promise<void> {
    return Promise.reject(new Error('there is no second disk to take it from'));
  }

  async nodeOf(member: MemberRef): Promise<string> {
    const node = textAt(recordAt(await this.#pod(member), 'spec'), 'nodeName');
    if (node === undefined) throw new Error(`${member.name} has no node`);
    return node;
  }

  async loseNode(node: string): Promise<void> {
    await this.#cluster.machine(node).stop();
  }

  /** Another machine comes in its place, so that the next scenario has as many. */
  async removeNode(node: string): Promise<void> {
    await this.kube.delete(`/api/v1/nodes/${node}`);
    await this.#cluster.replace(node);
  }

  async cutNode(node: string): Promise<void> {
    this.#cluster.machine(node).cut(true);
  }

  async healNode(node: string): Promise<void> {
    this.#cluster.machine(node).cut(false);
  }

  holdPods(): Promise<void> {
    return Promise.reject(new Error('the scheduler serves all namespaces'));
  }

  /** Power comes back at once. */
  async restartNodes(): Promise<void> {
    const machines = this.#cluster.machines.filter(({ isOn }) => isOn);
    await Promise.all(machines.map((machine) => machine.stop()));
    for (const machine of machines) machine.start();
  }

  async stopApiServer(): Promise<void> {
    await this.#cluster.plane.stopServer();
  }

  async startApiServer(): Promise<void> {
    await this.#cluster.plane.startServer();
  }

  async #pod({ namespace, name }: MemberRef): Promise<Json> {
    return await this.kube.get(`/api/v1/namespaces/${namespace}/pods/${name}`);
  }

  /** The process writes nothing while `change` is made to its disk, and then dies. */
  async #whileStill(member: MemberRef, change: (directory: string) => void): Promise<void> {
    const pod = await this.#pod(member);
    const path = `/api/v1/namespaces/${member.namespace}/persistentvolumeclaims/data-${member.name}`;
    const uid = textAt(recordAt(await this.kube.get(path), 'metadata'), 'uid') ?? '';
    const directory = volumeDirectory(await this.nodeOf(member), uid);
    signal(pod, 'SIGSTOP');
    change(directory);
    signal(pod, 'SIGKILL');
    await until(`${member.name} is dead`, () => this.#isDead(pod) || undefined);
  }

  #isDead(pod: Json): boolean {
    try {
      signal(pod, 'SIGCONT');
      return false;
    } catch {
      return true;
    }
  }
}

/** Overwrites the beginning of each file of the log. */
function damageLog(directory: string): void {
  const wal = join(directory, 'data/member/wal');
  const files = readdirSync(wal).filter((name) => name.endsWith('.wal'));
  if (files.length === 0) throw new Error(`${wal} has no log to damage`);
  const noise = Buffer.alloc(4096, 0xa5);
  for (const name of files) {
    const file = openSync(join(wal, name), 'r+');
    writeSync(file, noise, 0, noise.length, 64);
    closeSync(file);
  }
}
