// Owns a kubelet for machines without nodes: it runs the etcd of each Pod as a process on a loopback address of its own, with
// the Pod's own arguments and environment, keeps its data in a directory per claim, restarts what ends, and tells the API
// server how Pods are. Schedules too: every Pod goes to the one node there is.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Json, listAt, recordAt, textAt } from '../../operator/kube/decode.ts';
import { ROOT, SERVER_BIN } from '../support/paths.ts';
import type { Kube } from './kube.ts';
import { Process } from './processes.ts';

const POLL_MS = 250;
const SELECTOR = 'labelSelector=etcd-ts.io%2Fcluster';

interface Running {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly host: string;
  readonly address: string;
  process: Process;
  restarts: number;
  stopping: Promise<unknown> | undefined;
  published: string;
}

export class LoopbackKubelet {
  readonly hostsFile: string;
  readonly #kube: Kube;
  readonly #folder: string;
  readonly #pods: Map<string, Running>;
  readonly #subnet: string;
  #addresses: number;
  #isStopped: boolean;
  #loop: Promise<void>;

  constructor(kube: Kube, folder: string) {
    this.#kube = kube;
    this.#folder = folder;
    this.#pods = new Map();
    // Another suite may run on this machine.
    this.#subnet = `127.${10 + (process.pid % 200)}.${(process.pid >> 8) % 250}`;
    this.#addresses = 0;
    this.#isStopped = false;
    this.hostsFile = join(folder, 'hosts.json');
    this.#writeHosts();
    this.#loop = Promise.resolve();
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
  }

  /** The client URL of a Pod's etcd. */
  urlOf(pod: string): string | undefined {
    const found = [...this.#pods.values()].find(({ name }) => name === pod);
    return found === undefined ? undefined : `http://${found.address}:2379`;
  }

  /** Kills the process of a Pod, as running out of memory would. */
  async crash(pod: string): Promise<void> {
    await [...this.#pods.values()].find(({ name }) => name === pod)?.process.stop('SIGKILL');
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        const pods = await this.#kube.list(`/api/v1/pods?${SELECTOR}`);
        for (const pod of pods) await this.#tend(pod).catch(() => {});
        await this.#endOthers(new Set(pods.map((pod) => uidOf(pod))));
      } catch {
        // The API server may be away; processes go on.
      }
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  async #tend(pod: Json): Promise<void> {
    const metadata = recordAt(pod, 'metadata');
    const path = pathOf(pod);
    if (textAt(recordAt(pod, 'spec'), 'nodeName') === undefined) {
      await this.#kube.create(`${path}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: metadata['name'] },
        target: { kind: 'Node', name: 'loopback' },
      });
      return;
    }
    const known = this.#pods.get(uidOf(pod));
    if (textAt(metadata, 'deletionTimestamp') !== undefined) {
      await this.#end(pod, known);
      return;
    }
    const running = known ?? (await this.#begin(pod));
    if (running === undefined) return;
    if (!running.process.isRunning) {
      running.restarts += 1;
      running.process = this.#spawn(pod, running);
    }
    await this.#publish(path, running);
  }

  async #begin(pod: Json): Promise<Running | undefined> {
    const { name, namespace } = nameOf(pod);
    this.#addresses += 1;
    const spec = recordAt(pod, 'spec');
    const host = `${textAt(spec, 'hostname')}.${textAt(spec, 'subdomain')}.${namespace}.svc`;
    const address = `${this.#subnet}.${this.#addresses}`;
    const place = { uid: uidOf(pod), name, namespace, host, address };
    await this.#bindClaim(pod);
    const process = this.#spawn(pod, place);
    const running = { ...place, process, restarts: 0, stopping: undefined, published: '' };
    this.#pods.set(place.uid, running);
    this.#writeHosts();
    return running;
  }

  async #bindClaim(pod: Json): Promise<void> {
    const claim = claimOf(pod);
    if (claim === undefined) return;
    const path = `/api/v1/namespaces/${nameOf(pod).namespace}/persistentvolumeclaims/${claim}`;
    await this.#kube.patch(`${path}/status`, { status: { phase: 'Bound' } });
  }

  #spawn(pod: Json, place: { readonly address: string; readonly name: string }): Process {
    const [container = {}] = listAt(recordAt(pod, 'spec'), 'containers');
    const data = join(this.#folder, 'volumes', claimOf(pod) ?? uidOf(pod), 'data');
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const args = Array.isArray(container['args']) ? container['args'].map(String) : [];
    const annotations = recordAt(pod, 'metadata', 'annotations');
    const environment: Record<string, string> = {
      MEMBER_HOSTS: this.hostsFile,
      ETCD_TS_NODE_FLAGS: `--import=${join(ROOT, 'test/kubernetes/member-hosts.mjs')}`,
    };
    for (const variable of listAt(container, 'env')) {
      const field = textAt(recordAt(variable, 'valueFrom', 'fieldRef'), 'fieldPath') ?? '';
      const key = /^metadata\.annotations\['(.+)'\]$/.exec(field)?.[1] ?? '';
      environment[textAt(variable, 'name') ?? ''] = textAt(annotations, key) ?? '';
    }
    return new Process({
      name: place.name,
      command: SERVER_BIN,
      args: args.map((arg) =>
        arg.startsWith('--data-dir=')
          ? `--data-dir=${data}`
          : arg.replace('0.0.0.0', place.address),
      ),
      environment,
      logFile: join(this.#folder, `${place.name}.log`),
    });
  }

  async #publish(path: string, running: Running): Promise<void> {
    const ready = running.process.isRunning && (await isReady(running.address));
    const text = JSON.stringify([ready, running.restarts]);
    if (text === running.published) return;
    const status = ready ? 'True' : 'False';
    await this.#kube.patch(`${path}/status`, {
      status: {
        phase: 'Running',
        podIP: running.address,
        podIPs: [{ ip: running.address }],
        conditions: ['Initialized', 'PodScheduled', 'ContainersReady', 'Ready'].map((type) => ({
          type,
          status: type.endsWith('Ready') ? status : 'True',
        })),
        containerStatuses: [
          {
            name: 'etcd',
            image: 'loopback',
            imageID: '',
            ready,
            restartCount: running.restarts,
            state: { running: {} },
          },
        ],
      },
    });
    running.published = text;
  }

  async #end(pod: Json, running: Running | undefined): Promise<void> {
    if (running !== undefined) {
      running.stopping ??= running.process.stop();
      if (running.process.isRunning) return;
      this.#pods.delete(running.uid);
      this.#writeHosts();
    }
    await this.#kube.delete(pathOf(pod), {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      preconditions: { uid: uidOf(pod) },
    });
  }

  /** Pods that were deleted without grace. */
  async #endOthers(uids: ReadonlySet<string>): Promise<void> {
    for (const [uid, running] of this.#pods) {
      if (uids.has(uid)) continue;
      await running.process.stop('SIGKILL');
      this.#pods.delete(uid);
      this.#writeHosts();
    }
  }

  #writeHosts(): void {
    const hosts = [...this.#pods.values()].map(({ host, address }) => [host, address]);
    // In one piece: readers open it at any time.
    const temporary = `${this.hostsFile}.new`;
    writeFileSync(temporary, JSON.stringify(Object.fromEntries(hosts)));
    renameSync(temporary, this.hostsFile);
  }
}

async function isReady(address: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(1000);
    return (await fetch(`http://${address}:2381/readyz`, { signal })).ok;
  } catch {
    return false;
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

function pathOf(pod: Json): string {
  const { namespace, name } = nameOf(pod);
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

function claimOf(pod: Json): string | undefined {
  for (const volume of listAt(recordAt(pod, 'spec'), 'volumes')) {
    const claim = textAt(recordAt(volume, 'persistentVolumeClaim'), 'claimName');
    if (claim !== undefined) return claim;
  }
  return undefined;
}
