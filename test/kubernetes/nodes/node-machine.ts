// Owns one node: a machine made of namespaces, with containerd, kubelet and kube-proxy of its own, and a plug to be pulled.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeKubeconfig } from '../control-plane.ts';
import { Process } from '../processes.ts';
import { until } from '../until.ts';
import { containerdConfig, kubeletConfig, networkConfig } from './node-config.ts';
import { API_PORT, HOST_ADDRESS, type NodePlan } from './plan.ts';
import { NODES_SCRIPTS, network } from './scripts.ts';

export interface NodeAccess {
  /** Certificate of the API server. */
  readonly ca: string;
  readonly kubeletToken: string;
  readonly proxyToken: string;
}

const CGROUPS = '/sys/fs/cgroup';
const CONTROLLERS = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'];

export class NodeMachine {
  readonly plan: NodePlan;
  readonly #assets: string;
  readonly #access: NodeAccess;
  #process: Process | undefined;

  /** `assets`: where kubelet and kube-proxy are. */
  constructor(plan: NodePlan, assets: string, access: NodeAccess) {
    this.plan = plan;
    this.#assets = assets;
    this.#access = access;
  }

  get isOn(): boolean {
    return this.#process?.isRunning === true;
  }

  /** Switches the machine on. Its network is there already; its disk is as it was left. */
  start(): void {
    const { folder, name, address } = this.plan;
    mkdirSync(join(folder, 'log'), { recursive: true });
    this.#writeConfiguration();
    this.#makeCgroups();
    this.#process = new Process({
      name,
      command: 'nsenter',
      args: [
        `--net=/run/netns/etcd-ts-${name}`,
        ...['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL'],
        ...['sh', join(NODES_SCRIPTS, 'node.sh'), folder, name, address, this.#assets],
      ],
      logFile: join(folder, 'log', 'machine.log'),
    });
    writeFileSync(join(folder, `../${name}.pid`), `${this.#process.pid}`);
  }

  /** Power off: every process of the node is gone when this is fulfilled. */
  async stop(): Promise<void> {
    await this.#process?.stop('SIGKILL');
    await this.#empty();
  }

  /** Forgets the disk. The machine is off. */
  wipe(): void {
    rmSync(this.plan.folder, { recursive: true, force: true });
  }

  /** Pulls the network cable out, or puts it back. */
  cut(isCut: boolean): void {
    network(isCut ? 'cut' : 'heal', this.plan.index);
  }

  #writeConfiguration(): void {
    const { folder } = this.plan;
    const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
    mkdirSync(join(folder, 'cni'), { recursive: true });
    write('containerd.toml', containerdConfig(this.plan));
    write('cni/10-nodes.conflist', JSON.stringify(networkConfig(this.plan)));
    write('kubelet.json', JSON.stringify(kubeletConfig(this.plan)));
    write('resolv.conf', `nameserver ${HOST_ADDRESS}\n`);
    const server = `https://${HOST_ADDRESS}:${API_PORT}`;
    const { ca, kubeletToken, proxyToken } = this.#access;
    writeKubeconfig(join(folder, 'kubelet-access.json'), { server, ca, token: kubeletToken });
    writeKubeconfig(join(folder, 'proxy-access.json'), { server, ca, token: proxyToken });
  }

  /** Kubelet wants the group it is told to stay in to exist. */
  #makeCgroups(): void {
    const named = existsSync(join(CGROUPS, 'systemd')) ? ['systemd'] : [];
    for (const controller of [...CONTROLLERS, ...named]) {
      const group = join(CGROUPS, controller, this.plan.cgroup);
      if (existsSync(group)) continue;
      mkdirSync(group);
      if (controller !== 'cpuset') continue;
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        writeFileSync(join(group, file), readFileSync(join(CGROUPS, controller, file)));
      }
    }
  }

  /** The kernel ends the processes of a namespace when its first one has ended, a moment later. */
  async #empty(): Promise<void> {
    const group = join(CGROUPS, 'pids', this.plan.cgroup);
    await until(`${this.plan.name} has no processes`, () => {
      const list = execFileSync('find', [
        group,
        '-name',
        'cgroup.procs',
        '-exec',
        'cat',
        '{}',
        '+',
      ]);
      return list.length === 0 || undefined;
    });
  }
}
