// Owns the operator's view of its objects: a cache with an informer for each kind. Writes go through object-writer.ts.
import { LABEL_CLUSTER } from '../api/labels.ts';
import { Discovery } from './discovery.ts';
import { Informer } from './informer.ts';
import type { KubeApi } from './kube-api.ts';
import { DISCOVERY_AGE_MS, RETRY_MS_MIN } from './limits.ts';
import { errorText, type Log } from './log.ts';
import { type Caches, ObjectCache } from './object-cache.ts';
import { ObjectWriter } from './object-writer.ts';
import { Outage } from './outage.ts';
import { pause } from './pause.ts';
import { type Kind, type KindMap, type KubeObject, RESOURCES } from './resource.ts';

export interface ObjectStoreOptions {
  readonly api: KubeApi;
  /** All namespaces when undefined. */
  readonly namespace?: string | undefined;
  readonly log: Log;
  /** Told of each change that is not our own: whose cluster it is. */
  readonly onChange: (namespace: string, cluster: string) => void;
}

export class ObjectStore {
  readonly caches: Caches;
  readonly #options: ObjectStoreOptions;
  readonly #discovery: Discovery;
  readonly #outage: Outage;
  readonly #informers: {
    readonly run: (signal: AbortSignal) => Promise<void>;
    isSynced: boolean;
  }[];

  constructor(options: ObjectStoreOptions) {
    this.#options = options;
    this.#discovery = new Discovery(options.api);
    this.#outage = new Outage();
    this.#informers = [];
    const byLabel = (object: KubeObject): string | undefined =>
      object.metadata.labels?.[LABEL_CLUSTER];
    this.caches = {
      EtcdCluster: new ObjectCache(({ metadata }) => metadata.name),
      EtcdMember: new ObjectCache(({ spec }) => spec.clusterName),
      Pod: new ObjectCache<KindMap['Pod']>(byLabel),
      PersistentVolumeClaim: new ObjectCache<KindMap['PersistentVolumeClaim']>(byLabel),
      Service: new ObjectCache<KindMap['Service']>(byLabel),
      PodDisruptionBudget: new ObjectCache<KindMap['PodDisruptionBudget']>(byLabel),
    };
  }

  get log(): Log {
    return this.#options.log;
  }

  get hasPolicyApi(): boolean {
    return this.#discovery.hasPolicyApi;
  }

  get isSynced(): boolean {
    return this.#informers.length > 0 && this.#informers.every(({ isSynced }) => isSynced);
  }

  /** Fulfilled once every kind was listed. The informers run until `signal` is aborted. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#ask(signal);
    const started = [
      this.#follow('EtcdCluster', signal),
      this.#follow('EtcdMember', signal),
      this.#follow('Pod', signal, LABEL_CLUSTER),
      this.#follow('PersistentVolumeClaim', signal, LABEL_CLUSTER),
      this.#follow('Service', signal, LABEL_CLUSTER),
    ];
    const hasBudgets = this.hasPolicyApi;
    if (hasBudgets) started.push(this.#follow('PodDisruptionBudget', signal, LABEL_CLUSTER));
    await Promise.all(started);
    void this.#discover(signal, hasBudgets);
  }

  /** What writes until `signal` is aborted. */
  writer(signal: AbortSignal): ObjectWriter {
    return new ObjectWriter(this.#options.api, this.caches, signal);
  }

  /** The server may be upgraded while we run: budgets are followed from then on. */
  async #discover(signal: AbortSignal, hasBudgets: boolean): Promise<void> {
    let isFollowing = hasBudgets;
    for (;;) {
      await pause(DISCOVERY_AGE_MS, signal);
      if (signal.aborted) return;
      try {
        await this.#discovery.refresh(signal);
      } catch (error) {
        this.#options.log('warn', 'the server was not asked', { error: errorText(error) });
      }
      if (isFollowing || !this.hasPolicyApi) continue;
      isFollowing = true;
      await this.#follow('PodDisruptionBudget', signal, LABEL_CLUSTER);
    }
  }

  /** Until the server answers: one that is away when we start is nothing to die of. */
  async #ask(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#discovery.refresh(signal);
        return;
      } catch (error) {
        this.#options.log('warn', 'the server does not answer', { error: errorText(error) });
        await pause(RETRY_MS_MIN, signal);
      }
    }
  }

  #follow<K extends Kind>(kind: K, signal: AbortSignal, labelSelector?: string): Promise<void> {
    const { api, namespace, log, onChange } = this.#options;
    const cache = this.caches[kind];
    const informer = new Informer<KindMap[K]>({
      api,
      resource: RESOURCES[kind],
      selection: { namespace, labelSelector },
      cache,
      log,
      outage: this.#outage,
      onChange: (object) => {
        const cluster = cache.ownerOf(object);
        if (cluster !== undefined) onChange(object.metadata.namespace ?? 'default', cluster);
      },
    });
    this.#informers.push(informer);
    void informer.run(signal);
    return informer.synced;
  }
}
