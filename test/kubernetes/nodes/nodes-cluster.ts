// Owns a whole Kubernetes on this machine: control plane, nodes, DNS, volumes, put up and taken down together.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openConnection } from '../../../operator/kube/connection.ts';
import { listAt, recordAt } from '../../../operator/kube/decode.ts';
import { Rest } from '../../../operator/kube/rest.ts';
import { Kube } from '../kube.ts';
import { until } from '../until.ts';
import { ClusterDns } from './cluster-dns.ts';
import { prepareImages } from './images.ts';
import { LocalVolumes } from './local-volumes.ts';
import { NodeMachine } from './node-machine.ts';
import { type NodesControlPlane, startNodesControlPlane } from './nodes-control-plane.ts';
import { HOST_ADDRESS, NODES_FOLDER, planNode } from './plan.ts';
import { network, takeDown } from './scripts.ts';

/** What a node runs, beside the control plane's programs. */
const PROGRAMS = [
  ...['kube-apiserver', 'kubectl', 'kube-controller-manager', 'kube-scheduler'],
  ...['kubelet', 'kube-proxy'],
  // Says that the kubelet is the mended one; see build-kubernetes.sh.
  'kubelet.mended',
];
const READY_WITHIN_MS = 120_000;
/** How many nodes one run may have, one after another: they have a digit in their names and addresses. */
const NODES_MAX = 9;

let isClaimed = false;

/** Files of build-kubernetes.sh that nodes need and `assets` lacks. */
export function missingPrograms(assets: string): readonly string[] {
  return PROGRAMS.filter((program) => !existsSync(join(assets, program)));
}

export class NodesCluster {
  readonly kube: Kube;
  readonly plane: NodesControlPlane;
  readonly #machines: NodeMachine[];
  readonly #apart: NodeMachine[];
  #added: number;
  readonly #assets: string;
  readonly #dns: ClusterDns;
  readonly #volumes: LocalVolumes;
  readonly #folder: string;

  /**
   * Fulfilled when all nodes are Ready. `folder` keeps the logs. Throws with what is missing when this machine cannot have
   * nodes, or when another run has them.
   */
  static async start(assets: string, folder: string, count: number): Promise<NodesCluster> {
    claimMachine();
    network('bridge');
    const names = Array.from({ length: NODES_MAX }, (_, index) => planNode(index + 1).name);
    const [plane] = await Promise.all([
      startNodesControlPlane(assets, folder, names),
      prepareImages(),
    ]);
    const cluster = new NodesCluster(plane, assets, folder);
    try {
      await cluster.#dns.start(HOST_ADDRESS);
      await cluster.#volumes.start();
      await Promise.all(Array.from({ length: count }, () => cluster.#add()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  private constructor(plane: NodesControlPlane, assets: string, folder: string) {
    const rest = new Rest(openConnection(plane.kubeconfig));
    this.kube = new Kube(rest);
    this.plane = plane;
    this.#machines = [];
    this.#apart = [];
    this.#added = 0;
    this.#assets = assets;
    this.#dns = new ClusterDns(rest);
    this.#volumes = new LocalVolumes(this.kube);
    this.#folder = folder;
  }

  get machines(): readonly NodeMachine[] {
    return this.#machines;
  }

  /** Another machine, with another name, in place of one that is off for good. Fulfilled when it is Ready. */
  async replace(name: string): Promise<void> {
    const old = this.machine(name);
    old.wipe();
    this.#machines.splice(this.#machines.indexOf(old), 1);
    await this.#add();
  }

  /** A node that only takes Pods which name it, and is none of `machines`. Resolves with its name. */
  async addApart(): Promise<string> {
    await this.#add();
    const machine = this.#machines.pop();
    if (machine === undefined) throw new Error('no machine was added');
    this.#apart.push(machine);
    const { name } = machine.plan;
    const taints = [{ key: 'etcd-ts.test/apart', effect: 'NoSchedule' }];
    await this.kube.patch(`/api/v1/nodes/${name}`, { spec: { taints } });
    return name;
  }

  async #add(): Promise<void> {
    this.#added += 1;
    if (this.#added > NODES_MAX) throw new Error(`more than ${NODES_MAX} nodes in one run`);
    const plan = planNode(this.#added);
    const machine = new NodeMachine(plan, this.#assets, this.plane.accessOf(plan.name));
    this.#machines.push(machine);
    network('node', plan.index, NODES_MAX);
    machine.start();
    await this.nodeReady(plan.name);
  }

  machine(name: string): NodeMachine {
    const found = this.#machines.find(({ plan }) => plan.name === name);
    if (found === undefined) throw new Error(`there is no node ${name}`);
    return found;
  }

  async nodeReady(name: string, isReady: boolean = true): Promise<void> {
    const wanted = isReady ? 'Ready' : 'not Ready';
    await until(
      `${name} is ${wanted}`,
      async () => {
        const status = recordAt(await this.kube.get(`/api/v1/nodes/${name}`), 'status');
        const ready = listAt(status, 'conditions').find(({ type }) => type === 'Ready');
        return (ready?.['status'] === 'True') === isReady || undefined;
      },
      READY_WITHIN_MS,
    );
  }

  async stop(): Promise<void> {
    this.#dns.stop();
    await this.#volumes.stop();
    const all = [...this.#machines, ...this.#apart];
    for (const { plan } of all) {
      const log = join(plan.folder, 'log');
      if (existsSync(log)) cpSync(log, join(this.#folder, plan.name), { recursive: true });
    }
    await Promise.all(all.map((machine) => machine.stop().catch(() => {})));
    await this.plane.stop();
    releaseMachine();
  }
}

/** One run at a time: addresses, cgroups and the folder are the same for all. Takes down what an earlier one left. */
function claimMachine(): void {
  const lacks = network('why').trim();
  if (lacks !== '') {
    throw new Error(`nodes cannot run here, they need:\n  ${lacks.replaceAll('\n', '\n  ')}
on Debian: apt-get install containerd runc containernetworking-plugins iptables conntrack iproute2`);
  }
  const ownerFile = join(NODES_FOLDER, 'owner');
  if (existsSync(ownerFile)) {
    const owner = readFileSync(ownerFile, 'utf8');
    if (owner !== `${process.pid}` && existsSync(`/proc/${owner}`)) {
      throw new Error(`process ${owner} runs nodes on this machine already`);
    }
  }
  takeDown();
  mkdirSync(NODES_FOLDER, { recursive: true });
  writeFileSync(ownerFile, `${process.pid}`);
  isClaimed = true;
}

/** Leaves nothing of this run's nodes on the machine, whatever became of them. */
export function releaseMachine(): void {
  if (isClaimed) takeDown();
  isClaimed = false;
}
