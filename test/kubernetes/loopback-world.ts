// Owns the world of one machine without nodes: a real API server, members and operators as processes, and a kubelet that is
// ours. It has everything a namespace needs for itself, so that all faults but those of the API server hit one scenario.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openConnection } from '../../operator/kube/connection.ts';
import { Rest } from '../../operator/kube/rest.ts';
import { ROOT } from '../support/paths.ts';
import type { ControlPlane } from './control-plane.ts';
import { letOperate } from './install.ts';
import { Kube } from './kube.ts';
import { LoopbackKubelet, MISSING_IMAGE } from './loopback-kubelet.ts';
import { OperatorProcess } from './operator-process.ts';
import type { OperatorStart, World } from './world.ts';
import { ABILITIES, type Ability, type MemberRef, type OperatorHandle } from './world.ts';

/** One more than the most members a scenario asks for, so that a drained one has where to go. */
const NODES_PER_NAMESPACE = 6;

export class LoopbackWorld implements World {
  readonly title = 'loopback';
  readonly abilities: ReadonlySet<Ability>;
  readonly shared: ReadonlySet<Ability>;
  readonly kube: Kube;
  readonly version: string;
  readonly images: World['images'];
  readonly #plane: ControlPlane;
  readonly #kubelet: LoopbackKubelet;
  readonly #folder: string;

  /** The operator's definitions and rights are there already. */
  constructor(plane: ControlPlane, folder: string) {
    this.abilities = new Set(ABILITIES);
    this.shared = new Set<Ability>(['api-server']);
    this.kube = new Kube(new Rest(openConnection(plane.kubeconfig)));
    this.version = plane.version;
    this.images = {
      usual: { repository: 'loopback' },
      other: { repository: 'loopback', tag: 'other' },
      missing: { repository: 'loopback', tag: MISSING_IMAGE },
    };
    this.#plane = plane;
    this.#folder = folder;
    this.#kubelet = new LoopbackKubelet(this.kube, folder);
  }

  start(): void {
    this.#kubelet.start();
  }

  async stop(): Promise<void> {
    await this.#kubelet.stop();
  }

  async addNamespace(namespace: string): Promise<void> {
    await letOperate(this.kube, namespace);
    await this.#kubelet.nodes.add(namespace, NODES_PER_NAMESPACE);
  }

  /** Nobody here removes what is in one. */
  removeNamespace(): Promise<void> {
    return Promise.resolve();
  }

  startOperator(start: OperatorStart): Promise<OperatorHandle> {
    const address = this.#kubelet.newAddress();
    const cutFile = join(this.#folder, `${start.namespace}.${start.name}.cut`);
    const lastActFile = join(this.#folder, `${start.namespace}.${start.name}.act`);
    rmSync(lastActFile, { force: true });
    const process = new OperatorProcess({
      kubeconfig: this.#plane.operatorKubeconfig,
      hostsFile: this.#kubelet.hostsFile,
      folder: this.#folder,
      name: `${start.namespace}.${start.name}`,
      namespace: start.namespace,
      probes: `${address}:8081`,
      metrics: `${address}:8080`,
      cutFile,
      flags: [
        `--watch-namespace=${start.namespace}`,
        `--leader-elect=${String(start.leaderElect ?? true)}`,
      ],
      ...rigOf(start, lastActFile),
    });
    return Promise.resolve(new LoopbackOperator(start.name, process, { cutFile, lastActFile }));
  }

  clientUrl({ namespace, name }: MemberRef): string | undefined {
    return this.#kubelet.urlOf(name, namespace);
  }

  noteSilence(): void {}

  async killMember({ namespace, name }: MemberRef): Promise<void> {
    await this.#kubelet.pod(namespace, name).stop('SIGKILL');
  }

  async crashLoop({ namespace, name }: MemberRef): Promise<void> {
    const pod = this.#kubelet.pod(namespace, name);
    pod.isCrashLooping = true;
    await pod.stop('SIGKILL');
  }

  mend({ namespace, name }: MemberRef): Promise<void> {
    this.#kubelet.pod(namespace, name).isCrashLooping = false;
    return Promise.resolve();
  }

  async blankVolume({ namespace, name }: MemberRef): Promise<void> {
    await this.#kubelet.pod(namespace, name).blank();
  }

  async corruptData({ namespace, name }: MemberRef): Promise<void> {
    await this.#kubelet.pod(namespace, name).corrupt();
  }

  async plantStranger({ namespace, name }: MemberRef): Promise<void> {
    const pod = await this.kube.get(`/api/v1/namespaces/${namespace}/pods/${name}`);
    await this.#kubelet.pod(namespace, name).plantStranger(pod);
  }

  nodeOf({ namespace, name }: MemberRef): Promise<string> {
    return Promise.resolve(this.#kubelet.pod(namespace, name).place.node);
  }

  async loseNode(node: string): Promise<void> {
    await this.#kubelet.loseNode(node);
  }

  async removeNode(node: string): Promise<void> {
    await this.#kubelet.removeNode(node);
  }

  async cutNode(node: string): Promise<void> {
    await this.#kubelet.cutNode(node);
  }

  async healNode(node: string): Promise<void> {
    await this.#kubelet.healNode(node);
  }

  holdPods(namespace: string, isHeld: boolean): Promise<void> {
    this.#kubelet.hold(namespace, isHeld);
    return Promise.resolve();
  }

  async restartNodes(namespace: string): Promise<void> {
    await this.#kubelet.failPods(namespace);
  }

  async stopApiServer(): Promise<void> {
    await this.#plane.stopServer();
  }

  async startApiServer(): Promise<void> {
    await this.#plane.startServer();
  }
}

function rigOf(
  { crashAfter, clockAheadMs }: OperatorStart,
  lastActFile: string,
): { readonly rig?: { readonly module: string; readonly environment: Record<string, string> } } {
  if (crashAfter === undefined && clockAheadMs === undefined) return {};
  return {
    rig: {
      module: join(ROOT, 'dist/test/kubernetes/operator-rig.js'),
      environment: {
        RIG_LAST_ACT: lastActFile,
        RIG_CRASH_AFTER: String(crashAfter ?? ''),
        RIG_AHEAD_MS: String(clockAheadMs ?? 0),
      },
    },
  };
}

class LoopbackOperator implements OperatorHandle {
  readonly name: string;
  readonly ended: Promise<string | undefined>;
  readonly #operator: OperatorProcess;
  readonly #cutFile: string;

  constructor(
    name: string,
    operator: OperatorProcess,
    files: { readonly cutFile: string; readonly lastActFile: string },
  ) {
    this.name = name;
    this.#operator = operator;
    this.#cutFile = files.cutFile;
    this.ended = operator.process.exited.then(() =>
      existsSync(files.lastActFile) ? readFileSync(files.lastActFile, 'utf8') : undefined,
    );
  }

  get isRunning(): boolean {
    return this.#operator.process.isRunning;
  }

  async ready(): Promise<void> {
    await this.#operator.ready();
  }

  async kill(): Promise<void> {
    await this.#operator.process.stop('SIGKILL');
  }

  async stop(): Promise<number> {
    return await this.#operator.process.stop();
  }

  pause(): void {
    this.#operator.process.signal('SIGSTOP');
  }

  resume(): void {
    this.#operator.process.signal('SIGCONT');
  }

  blind(): Promise<void> {
    writeFileSync(this.#cutFile, '');
    return Promise.resolve();
  }

  see(): Promise<void> {
    rmSync(this.#cutFile, { force: true });
    return Promise.resolve();
  }

  async metrics(): Promise<string> {
    return await this.#operator.metrics();
  }
}
