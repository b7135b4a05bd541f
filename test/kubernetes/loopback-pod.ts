// Owns the container of one Pod on the loopback: its process, its starts with kubelet's patience between them, its data, and
// what kubelet would say about it.
import { closeSync, existsSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Json, listAt, recordAt, textAt } from '../../operator/kube/decode.ts';
import { ROOT, SERVER_BIN } from '../support/paths.ts';
import { Process } from './processes.ts';
import { patience } from './until.ts';

/** Kubelet begins with 10 s and ends with five minutes; scenarios have less time. */
const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 8_000;
/** A container that ran so long is started again at once. */
const STEADY_MS = 10_000;
/** Readiness is asked for this often, and lost by so many failures in a row. */
const PROBE_MS = 1_000;
const PROBE_FAILURES = 2;
const PROBE_TIMEOUT_MS = 1_000;

export interface PodPlace {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** In cluster DNS. */
  readonly host: string;
  readonly address: string;
  /** The directory that stands for the volume. */
  readonly volume: string;
  readonly hostsFile: string;
  readonly logFile: string;
}

export class LoopbackPod {
  readonly place: PodPlace;
  /** The container ends as soon as it starts. */
  isCrashLooping: boolean;
  /** Nothing is started while its data is being changed. */
  isFrozen: boolean;
  /** It has ended for good. */
  hasFailed: boolean;
  restarts: number;
  /** What was last told to the API server. */
  published: string;
  /** The telling under way, or the last one. */
  publishing: Promise<unknown> | undefined;
  stopping: Promise<unknown> | undefined;
  #process: Process | undefined;
  #startedMs: number;
  #backoffMs: number;
  #dueMs: number;
  #isReady: boolean;
  #probedMs: number;
  #failures: number;

  constructor(place: PodPlace) {
    this.place = place;
    this.isCrashLooping = false;
    this.isFrozen = false;
    this.restarts = -1;
    this.published = '';
    this.publishing = undefined;
    this.hasFailed = false;
    this.stopping = undefined;
    this.#process = undefined;
    this.#startedMs = 0;
    this.#backoffMs = 0;
    this.#dueMs = 0;
    this.#isReady = false;
    this.#probedMs = 0;
    this.#failures = 0;
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true;
  }

  get clientUrl(): string {
    return `http://${this.place.address}:2379`;
  }

  get #dataDir(): string {
    return join(this.place.volume, 'data');
  }

  /** A file whose being there cuts the process off from all others; see member-hosts.mjs. */
  get cutFile(): string {
    return `${this.place.volume}.cut`;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.#process?.stop(signal);
  }

  /** Starts the container if it does not run and its time has come. `pod` has its arguments. */
  async keep(pod: Json): Promise<void> {
    const nowMs = performance.now();
    if (this.isRunning || this.isFrozen || this.hasFailed) return;
    if (this.#process !== undefined) {
      const wasSteady = nowMs - this.#startedMs > STEADY_MS;
      this.#process = undefined;
      this.#isReady = false;
      this.#backoffMs = wasSteady
        ? 0
        : Math.min(Math.max(this.#backoffMs * 2, BACKOFF_MS_MIN), BACKOFF_MS_MAX);
      this.#dueMs = nowMs + this.#backoffMs;
    }
    if (nowMs < this.#dueMs) return;
    await mkdir(this.#dataDir, { recursive: true, mode: 0o700 });
    if (this.isFrozen || this.hasFailed) return;
    this.restarts += 1;
    this.#startedMs = nowMs;
    this.#process = this.#spawn(pod);
  }

  /** The Pod's status as kubelet would report it. */
  async report(): Promise<Json> {
    await this.#probe();
    const { address } = this.place;
    const isReady = this.#isReady && this.isRunning;
    const ready = isReady ? 'True' : 'False';
    const conditions = ['Initialized', 'PodScheduled', 'ContainersReady', 'Ready'];
    return {
      phase: 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: conditions.map((type) => ({
        type,
        status: type.endsWith('Ready') ? ready : 'True',
      })),
      containerStatuses: [
        {
          name: 'etcd',
          image: 'loopback',
          imageID: '',
          ready: isReady,
          restartCount: Math.max(0, this.restarts),
          state: this.#state(),
          lastState: this.restarts > 0 ? { terminated: { reason: 'Error', exitCode: 1 } } : {},
        },
      ],
    };
  }

  /** Kills the process and empties the volume. */
  async blank(): Promise<void> {
    await this.#whileStopped(async () => {
      rmSync(this.#dataDir, { recursive: true, force: true });
    });
  }

  /** Kills the process and overwrites the beginning of each file of the log. */
  async corrupt(): Promise<void> {
    await this.#whileStopped(async () => {
      const wal = join(this.#dataDir, 'member/wal');
      const files = readdirSync(wal).filter((name) => name.endsWith('.wal'));
      if (files.length === 0) throw new Error(`${this.place.name} has no log to damage`);
      const noise = Buffer.alloc(4096, 0xa5);
      for (const name of files) {
        const file = openSync(join(wal, name), 'r+');
        writeSync(file, noise, 0, noise.length, 64);
        closeSync(file);
      }
    });
  }

  /** Replaces the data by that of a cluster of one with another token, and so with another cluster ID. */
  async plantStranger(pod: Json): Promise<void> {
    await this.#whileStopped(async () => {
      rmSync(this.#dataDir, { recursive: true, force: true });
      await mkdir(this.#dataDir, { recursive: true, mode: 0o700 });
      const { name, host } = this.place;
      const stranger = this.#spawn(pod, {
        args: ['--initial-cluster-token=stranger'],
        environment: {
          ETCD_INITIAL_CLUSTER: `${name}=http://${host}:2380`,
          ETCD_INITIAL_CLUSTER_STATE: 'new',
        },
      });
      try {
        while (!(await isReady(this.place.address))) {
          if (!stranger.isRunning) throw new Error(`the stranger ended:\n${stranger.log}`);
          await new Promise((done) => setTimeout(done, 100));
        }
      } finally {
        await stranger.stop();
      }
    });
  }

  async #whileStopped(change: () => Promise<void>): Promise<void> {
    this.isFrozen = true;
    try {
      await this.stop('SIGKILL');
      await change();
    } finally {
      this.isFrozen = false;
    }
  }

  async #probe(): Promise<void> {
    const nowMs = performance.now();
    if (!this.isRunning || nowMs - this.#probedMs < PROBE_MS) return;
    this.#probedMs = nowMs;
    if (await isReady(this.place.address)) {
      this.#failures = 0;
      this.#isReady = true;
      return;
    }
    this.#failures += 1;
    if (this.#failures >= PROBE_FAILURES) this.#isReady = false;
  }

  #state(): Json {
    if (this.isRunning) return { running: {} };
    return { waiting: { reason: this.restarts < 0 ? 'ContainerCreating' : 'CrashLoopBackOff' } };
  }

  #spawn(
    pod: Json,
    other?: { readonly args: readonly string[]; readonly environment: Record<string, string> },
  ): Process {
    const { name, address, hostsFile, logFile } = this.place;
    const [container = {}] = listAt(recordAt(pod, 'spec'), 'containers');
    const args = Array.isArray(container['args']) ? container['args'].map(String) : [];
    const isBroken = this.isCrashLooping && other === undefined;
    return new Process({
      name,
      command: isBroken ? 'false' : SERVER_BIN,
      args: [...args.map((arg) => this.#localArg(arg, address)), ...(other?.args ?? [])],
      environment: {
        ETCD_TS_NODE_FLAGS: `--import=${join(ROOT, 'test/kubernetes/member-hosts.mjs')}`,
        MEMBER_HOSTS: hostsFile,
        MEMBER_CUT: this.cutFile,
        ...environmentOf(pod, container),
        ...other?.environment,
      },
      logFile,
    });
  }

  #localArg(arg: string, address: string): string {
    if (arg.startsWith('--data-dir=')) return `--data-dir=${this.#dataDir}`;
    return arg.replace('0.0.0.0', address);
  }

  /** True when the volume has something in it. */
  get hasData(): boolean {
    return existsSync(join(this.#dataDir, 'member'));
  }
}

/** Annotations that the container reads into its environment. */
function environmentOf(pod: Json, container: Json): Record<string, string> {
  const annotations = recordAt(pod, 'metadata', 'annotations');
  const environment: Record<string, string> = {};
  for (const variable of listAt(container, 'env')) {
    const field = textAt(recordAt(variable, 'valueFrom', 'fieldRef'), 'fieldPath') ?? '';
    const key = /^metadata\.annotations\['(.+)'\]$/.exec(field)?.[1] ?? '';
    environment[textAt(variable, 'name') ?? ''] = textAt(annotations, key) ?? '';
  }
  return environment;
}

async function isReady(address: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS * patience());
    return (await fetch(`http://${address}:2381/readyz`, { signal })).ok;
  } catch {
    return false;
  }
}
