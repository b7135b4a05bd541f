// Owns looking at one cluster ten times a second, and handing what was seen to the oracle: objects by watches of its own, members
// by asking them.
import { setTimeout as pause } from 'node:timers/promises';
import type { EtcdCluster } from '../../operator/api/etcd-cluster.ts';
import { LABEL_MEMBER } from '../../operator/api/labels.ts';
import { KubeApi } from '../../operator/kube/kube-api.ts';
import { ObjectStore } from '../../operator/kube/object-store.ts';
import { MemberProbes } from './member-probes.ts';
import type { Oracle } from './oracle.ts';
import { unrestBetween, type Version, type Versions } from './quiet.ts';
import type { ListedSample, Sample, StatusSample } from './sample.ts';
import { patience } from './until.ts';
import type { World } from './world.ts';

const SAMPLE_MS = 100;

export interface Observation {
  readonly world: World;
  readonly namespace: string;
  readonly cluster: string;
  readonly oracle: Oracle;
  /** Members that the fault itself has taken. */
  readonly faulty: ReadonlySet<string>;
  readonly isOperated: () => boolean;
}

export class Observer {
  readonly probes: MemberProbes;
  readonly #what: Observation;
  readonly #store: ObjectStore;
  readonly #end: AbortController;
  #sample: Sample | undefined;
  #list: readonly ListedSample[];
  #count: number;
  #unrestAtMs: number;
  #loop: Promise<void>;

  constructor(what: Observation) {
    this.#what = what;
    this.probes = new MemberProbes(what.world, what.namespace);
    this.#store = new ObjectStore({
      api: new KubeApi(what.world.kube.rest),
      namespace: what.namespace,
      log: () => {},
      onChange: () => {},
    });
    this.#end = new AbortController();
    this.#sample = undefined;
    this.#list = [];
    this.#count = 0;
    this.#unrestAtMs = 0;
    this.#loop = Promise.resolve();
  }

  get sampleCount(): number {
    return this.#count;
  }

  /** When a leader changed or a member was slow to answer, the last time. */
  get unrestAtMs(): number {
    return this.#unrestAtMs;
  }

  /** The last sample; throws before the first. */
  get now(): Sample {
    if (this.#sample === undefined) throw new Error('nothing was observed yet');
    return this.#sample;
  }

  /** The last list there was. */
  get list(): readonly ListedSample[] {
    return this.#list;
  }

  async start(): Promise<void> {
    await this.#store.start(this.#end.signal);
    this.#sample = await this.#look();
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
    this.probes.close();
  }

  /** Objects of the namespace with their versions, as they are now. */
  versions(): Versions {
    const found = new Map<string, Version>();
    for (const cache of Object.values(this.#store.caches)) {
      for (const content of cache.all()) {
        const { resourceVersion = '', name } = content.metadata;
        found.set(`${content.kind} ${name}`, { resourceVersion, content });
      }
    }
    return found;
  }

  cluster(): EtcdCluster | undefined {
    return this.#store.caches.EtcdCluster.get(this.#what.namespace, this.#what.cluster);
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const dueMs = Date.now() + SAMPLE_MS;
      const [before, now] = [this.#sample, await this.#look()];
      const unrest = before === undefined ? undefined : unrestBetween(before, now);
      if (unrest !== undefined) this.#unrestAtMs = now.atMs;
      this.#sample = now;
      this.#count += 1;
      this.#what.oracle.observe(now);
      await pause(Math.max(0, dueMs - Date.now()));
    }
  }

  async #look(): Promise<Sample> {
    const { caches } = this.#store;
    const pods = [...caches.Pod.all()];
    this.probes.ask(pods.map(({ metadata }) => ({ name: metadata.name, uid: metadata.uid ?? '' })));
    // A member of another cluster has another list.
    const list = await this.probes.list(this.#what.faulty);
    this.#list = list ?? this.#list;
    const cluster = this.cluster();
    return {
      atMs: Date.now(),
      patience: patience(),
      status: cluster === undefined ? undefined : statusOf(cluster),
      pods: [...caches.Pod.all()].map(({ metadata, status }) => ({
        name: metadata.name,
        uid: metadata.uid ?? '',
        isTerminating: metadata.deletionTimestamp !== undefined,
        isReady: status?.ready === true,
        restarts: status?.container?.restartCount ?? 0,
      })),
      answers: this.probes.answers(),
      list,
      claims: [...caches.PersistentVolumeClaim.all()].map(({ metadata }) => ({
        uid: metadata.uid ?? '',
        member: metadata.labels?.[LABEL_MEMBER] ?? '',
        isTerminating: metadata.deletionTimestamp !== undefined,
      })),
      members: [...caches.EtcdMember.all()].map(({ metadata }) => metadata.name),
      isOperated: this.#what.isOperated(),
      faulty: new Set(this.#what.faulty),
    };
  }
}

function statusOf({ metadata, status = {} }: EtcdCluster): StatusSample {
  return {
    generation: metadata.generation ?? 0,
    observedGeneration: status.observedGeneration ?? 0,
    clusterId: status.clusterID,
    leader: status.leader,
    readyReplicas: status.readyReplicas ?? 0,
    conditions: Object.fromEntries(
      (status.conditions ?? []).map((condition) => [condition.type, condition.status]),
    ),
  };
}
