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
];
const READY_WITHIN_MS = 120_000;

let isClaimed = false;

/** Programs of Kubernetes that nodes need and `assets` lacks. */
export function missingPrograms(assets: string): readonly string[] {
  return PROGRAMS.filter((program) => !existsSync(join(assets, program)));
}

export class NodesCluster {
  readonly kube: Kube;
  readonly plane: NodesControlPlane;
  readonly machines: readonly NodeMachine[];
  readonly #dns: ClusterDns;
  readonly #volumes: LocalVolumes;
  readonly #folder: string;

  /**
   * Fulfilled when all nodes are Ready. `folder` keeps the logs. Throws with what is missing when this machine cannot have
   * nodes, or when another run has them.
   */
  static async start(assets: string, folder: string, count: number): Promise<NodesCluster> {
    claimMachine();
    await prepareImages();
    network('bridge');
    const plans = Array.from({ length: count }, (_, index) => planNode(index + 1));
    const names = plans.map(({ name }) => name);
    const plane = await startNodesControlPlane(assets, folder, names);
    const machines = plans.map((plan) => new NodeMachine(plan, assets, plane.accessOf(plan.name)));
    const cluster = new NodesCluster(plane, machines, folder);
    await cluster.#dns.start(HOST_ADDRESS);
    await cluster.#volumes.start();
    for (const machine of machines) {
      network('node', machine.plan.index, count);
      machine.start();
    }
    await Promise.all(names.map((name) => cluster.nodeReady(name)));
    return cluster;
  }

  private constructor(plane: NodesControlPlane, machines: readonly NodeMachine[], folder: string) {
    const rest = new Rest(openConnection(plane.kubeconfig));
    this.kube = new Kube(rest);
    this.plane = plane;
    this.machines = machines;
    this.#dns = new ClusterDns(rest);
    this.#volumes = new LocalVolumes(this.kube);
    this.#folder = folder;
  }

  machine(name: string): NodeMachine {
    const found = this.machines.find(({ plan }) => plan.name === name);
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
    for (const { plan } of this.machines) {
      const log = join(plan.folder, 'log');
      if (existsSync(log)) cpSync(log, join(this.#folder, plan.name), { recursive: true });
    }
    await Promise.all(this.machines.map((machine) => machine.stop().catch(() => {})));
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
