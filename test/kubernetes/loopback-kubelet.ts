// Owns a kubelet for machines without nodes: it runs the etcd of each Pod as a process on a loopback address of its own, with
// the Pod's own arguments and environment, keeps its data in a directory per claim, restarts what ends, and tells the API
// server how Pods are. Schedules too, and plays the faults of nodes.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Json, listAt, recordAt, textAt } from '../../operator/kube/decode.ts';
import type { Kube } from './kube.ts';
import { isLocal, LoopbackNodes } from './loopback-nodes.ts';
import { LoopbackPod } from './loopback-pod.ts';

const POLL_MS = 250;
const PODS = '/api/v1/pods?labelSelector=etcd-ts.io%2Fcluster';
/** Images that cannot be had have this in their name. */
export const MISSING_IMAGE = 'missing';

/** What is known of a claim that was used. */
interface Volume {
  readonly uid: string;
  /** Where it stays, if it is local. */
  readonly node: string | undefined;
}

export class LoopbackKubelet {
  readonly hostsFile: string;
  readonly nodes: LoopbackNodes;
  readonly #kube: Kube;
  readonly #folder: string;
  /** By UID. */
  readonly #pods: Map<string, LoopbackPod>;
  /** By namespace and name of the claim. */
  readonly #volumes: Map<string, Volume>;
  /** Namespaces whose new Pods stay Pending. */
  readonly #held: Set<string>;
  readonly #subnet: string;
  #addresses: number;
  #isStopped: boolean;
  #loop: Promise<void>;

  constructor(kube: Kube, folder: string) {
    this.nodes = new LoopbackNodes(kube);
    this.#kube = kube;
    this.#folder = folder;
    this.#pods = new Map();
    this.#volumes = new Map();
    this.#held = new Set();
    // Another suite may run on this machine.
    this.#subnet = `127.${10 + (process.pid % 200)}`;
    this.#addresses = 255;
    this.#isStopped = false;
    this.hostsFile = join(folder, 'hosts.json');
    this.#writeHosts();
    this.#loop = Promise.resolve();
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Ends every process it runs, too: the next kubelet gives out the same addresses. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
    await Promise.all([...this.#pods.values()].map((pod) => pod.stop('SIGKILL')));
  }

  /** An address that nobody else has. */
  newAddress(): string {
    this.#addresses += 1;
    return `${this.#subnet}.${this.#addresses >> 8}.${this.#addresses & 255}`;
  }

  /** The client URL of a Pod's etcd. */
  urlOf(name: string, namespace = 'default'): string | undefined {
    return this.#find(namespace, name)?.clientUrl;
  }

  /** Kills the process of a Pod, as running out of memory would. */
  async crash(name: string, namespace = 'default'): Promise<void> {
    await this.#find(namespace, name)?.stop('SIGKILL');
  }

  /** The running Pod; throws when there is none. */
  pod(namespace: string, name: string): LoopbackPod {
    const found = this.#find(namespace, name);
    if (found === undefined) throw new Error(`the Pod ${namespace}/${name} does not run`);
    return found;
  }

  hold(namespace: string, isHeld: boolean): void {
    if (isHeld) this.#held.add(namespace);
    else this.#held.delete(namespace);
  }

  async loseNode(node: string): Promise<void> {
    await this.nodes.break(node, 'lost');
    for (const pod of this.#on(node)) {
      await pod.stop('SIGKILL');
      rmSync(pod.place.volume, { recursive: true, force: true });
      await this.#reportUnready(pod);
    }
    this.#writeHosts();
  }

  /** The node object goes, and with it, as the garbage collector would see to, its Pods. */
  async removeNode(node: string): Promise<void> {
    for (const pod of this.#on(node)) {
      this.#pods.delete(pod.place.uid);
      await this.#forceDelete(pod.place).catch(() => {});
    }
    await this.nodes.remove(node);
  }

  async cutNode(node: string): Promise<void> {
    for (const pod of this.#on(node)) writeFileSync(pod.cutFile, '');
    await this.nodes.break(node, 'cut');
    for (const pod of this.#on(node)) await this.#reportUnready(pod);
  }

  async healNode(node: string): Promise<void> {
    for (const pod of this.#on(node)) {
      rmSync(pod.cutFile, { force: true });
      pod.published = '';
    }
    await this.nodes.heal(node);
  }

  /** Every process of the namespace ends at once, and its Pods with them. */
  async failPods(namespace: string): Promise<void> {
    const pods = [...this.#pods.values()].filter(({ place }) => place.namespace === namespace);
    for (const pod of pods) pod.hasFailed = true;
    await Promise.all(pods.map((pod) => pod.stop('SIGKILL')));
    // What is on its way would say that they run.
    await Promise.allSettled(pods.map((pod) => pod.publishing));
    for (const { place } of pods) {
      const status = { phase: 'Failed', reason: 'Terminated', message: 'the node was shut down' };
      await this.#kube.patch(`${pathOf(place)}/status`, { status: { ...status, conditions: [] } });
    }
  }

  #find(namespace: string, name: string): LoopbackPod | undefined {
    return [...this.#pods.values()].find(
      ({ place }) => place.name === name && place.namespace === namespace,
    );
  }

  #on(node: string): readonly LoopbackPod[] {
    return [...this.#pods.values()].filter(({ place }) => place.node === node);
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        const pods = await this.#kube.list(PODS);
        await this.nodes.refresh();
        // One after the other: two in one breath would go to the same node.
        for (const pod of pods) await this.#schedule(pod, pods).catch(() => {});
        await Promise.all(pods.map((pod) => this.#tend(pod).catch(() => {})));
        await this.#endOthers(new Set(pods.map((pod) => uidOf(pod))));
      } catch {
        // The API server may be away; processes go on.
      }
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  async #schedule(pod: Json, all: readonly Json[]): Promise<void> {
    const { namespace, name } = nameOf(pod);
    if (nodeOf(pod) !== undefined || isDeleted(pod)) return;
    const cluster = recordAt(pod, 'metadata', 'labels')['etcd-ts.io/cluster'];
    const taken = all
      .filter((other) => nameOf(other).namespace === namespace)
      .filter((other) => recordAt(other, 'metadata', 'labels')['etcd-ts.io/cluster'] === cluster)
      .flatMap((other) => nodeOf(other) ?? []);
    const pinned = this.#volumes.get(`${namespace}/${claimOf(pod)}`)?.node;
    const isHeld = this.#held.has(namespace);
    const node = isHeld ? undefined : this.nodes.place(namespace, { taken, pinned });
    if (node === undefined) {
      await this.#reportUnschedulable(pod);
      return;
    }
    await this.#kube.create(`${pathOf({ namespace, name })}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { kind: 'Node', name: node },
    });
  }

  async #tend(pod: Json): Promise<void> {
    const node = nodeOf(pod);
    if (node === undefined) {
      if (isDeleted(pod)) await this.#forceDelete({ ...nameOf(pod), uid: uidOf(pod) });
      return;
    }
    if (!this.nodes.isWell(node)) return;
    const known = this.#pods.get(uidOf(pod));
    if (isDeleted(pod)) return await this.#end(pod, known);
    const phase = recordAt(pod, 'status')['phase'];
    if (phase === 'Failed' || phase === 'Succeeded') return;
    if (imageOf(pod).includes(MISSING_IMAGE)) return await this.#reportMissingImage(pod);
    const running = known ?? (await this.#begin(pod, node));
    await running.keep(pod);
    await this.#publish(running);
  }

  async #begin(pod: Json, node: string): Promise<LoopbackPod> {
    const { name, namespace } = nameOf(pod);
    const spec = recordAt(pod, 'spec');
    const volume = await this.#bindClaim(pod, node);
    const place = {
      uid: uidOf(pod),
      name,
      namespace,
      node,
      host: `${textAt(spec, 'hostname')}.${textAt(spec, 'subdomain')}.${namespace}.svc`,
      address: this.newAddress(),
      volume: join(this.#folder, 'volumes', volume?.uid ?? uidOf(pod)),
      hostsFile: this.hostsFile,
      logFile: join(this.#folder, `${namespace}.${name}.log`),
    };
    mkdirSync(join(this.#folder, 'volumes'), { recursive: true });
    const running = new LoopbackPod(place);
    this.#pods.set(place.uid, running);
    this.#writeHosts();
    return running;
  }

  async #bindClaim(pod: Json, node: string): Promise<Volume | undefined> {
    const name = claimOf(pod);
    if (name === undefined) return undefined;
    const { namespace } = nameOf(pod);
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
    const claim = await this.#kube.patch(`${path}/status`, { status: { phase: 'Bound' } });
    const volume = { uid: uidOf(claim), node: isLocal(claim) ? node : undefined };
    this.#volumes.set(`${namespace}/${name}`, volume);
    return volume;
  }

  async #publish(running: LoopbackPod): Promise<void> {
    const status = await running.report();
    const text = JSON.stringify(status);
    if (text === running.published || running.hasFailed) return;
    running.publishing = this.#kube.patch(`${pathOf(running.place)}/status`, { status });
    await running.publishing;
    running.published = text;
  }

  /** What the node controller says of Pods whose node is silent. */
  async #reportUnready({ place }: LoopbackPod): Promise<void> {
    const conditions = [{ type: 'Ready', status: 'False', reason: 'NodeNotReady' }];
    await this.#kube.patch(`${pathOf(place)}/status`, { status: { conditions } });
  }

  async #reportUnschedulable(pod: Json): Promise<void> {
    const [known] = listAt(recordAt(pod, 'status'), 'conditions');
    if (known?.['reason'] === 'Unschedulable') return;
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
    await this.#kube.patch(`${pathOf(nameOf(pod))}/status`, { status: { conditions } });
  }

  async #reportMissingImage(pod: Json): Promise<void> {
    if (listAt(recordAt(pod, 'status'), 'containerStatuses').length > 0) return;
    const state = { waiting: { reason: 'ImagePullBackOff' } };
    const container = { name: 'etcd', image: '', imageID: '', ready: false, restartCount: 0 };
    const status = { phase: 'Pending', containerStatuses: [{ ...container, state }] };
    await this.#kube.patch(`${pathOf(nameOf(pod))}/status`, { status });
  }

  async #end(pod: Json, running: LoopbackPod | undefined): Promise<void> {
    if (running !== undefined) {
      running.stopping ??= running.stop();
      if (running.isRunning) return;
      this.#pods.delete(running.place.uid);
      this.#writeHosts();
    }
    await this.#forceDelete({ ...nameOf(pod), uid: uidOf(pod) });
  }

  async #forceDelete(pod: {
    readonly namespace: string;
    name: string;
    uid: string;
  }): Promise<void> {
    await this.#kube.delete(pathOf(pod), {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      preconditions: { uid: pod.uid },
    });
  }

  /** Pods that were deleted without grace. */
  async #endOthers(uids: ReadonlySet<string>): Promise<void> {
    for (const [uid, pod] of this.#pods) {
      if (uids.has(uid) || !this.nodes.isWell(pod.place.node)) continue;
      await pod.stop('SIGKILL');
      this.#pods.delete(uid);
      this.#writeHosts();
    }
  }

  #writeHosts(): void {
    const hosts = [...this.#pods.values()].map(({ place }) => [place.host, place.address]);
    // In one piece: readers open it at any time.
    const temporary = `${this.hostsFile}.new`;
    writeFileSync(temporary, JSON.stringify(Object.fromEntries(hosts)));
    renameSync(temporary, this.hostsFile);
  }
}

function nameOf(object: Json): { readonly namespace: string; readonly name: string } {
  const metadata = recordAt(object, 'metadata');
  return {
    namespace: textAt(metadata, 'namespace') ?? 'default',
    name: textAt(metadata, 'name') ?? '',
  };
}

function uidOf(object: Json): string {
  return textAt(recordAt(object, 'metadata'), 'uid') ?? '';
}

function nodeOf(pod: Json): string | undefined {
  return textAt(recordAt(pod, 'spec'), 'nodeName');
}

function isDeleted(object: Json): boolean {
  return textAt(recordAt(object, 'metadata'), 'deletionTimestamp') !== undefined;
}

function imageOf(pod: Json): string {
  return textAt(listAt(recordAt(pod, 'spec'), 'containers')[0] ?? {}, 'image') ?? '';
}

function pathOf({ namespace, name }: { readonly namespace: string; name: string }): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

function claimOf(pod: Json): string | undefined {
  for (const volume of listAt(recordAt(pod, 'spec'), 'volumes')) {
    const claim = textAt(recordAt(volume, 'persistentVolumeClaim'), 'claimName');
    if (claim !== undefined) return claim;
  }
  return undefined;
}
