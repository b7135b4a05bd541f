// Owns the operator's view of its objects and its writes to them: a cache with an informer for each kind, and verbs whose
// answers go into the cache at once.
import { LABEL_CLUSTER } from '../api/labels.ts';
import { isJson } from './decode.ts';
import { Discovery } from './discovery.ts';
import { Informer } from './informer.ts';
import type { KubeApi, ObjectRef } from './kube-api.ts';
import { KubeError } from './kube-error.ts';
import { DISCOVERY_AGE_MS, RETRY_MS_MIN } from './limits.ts';
import { errorText, type Log } from './log.ts';
import { ObjectCache } from './object-cache.ts';
import { pause } from './pause.ts';
import { type Kind, type KindMap, type KubeObject, type Place, RESOURCES } from './resource.ts';

type Caches = { readonly [K in Kind]: ObjectCache<KindMap[K]> };

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
  readonly #informers: {
    readonly run: (signal: AbortSignal) => Promise<void>;
    isSynced: boolean;
  }[];

  constructor(options: ObjectStoreOptions) {
    this.#options = options;
    this.#discovery = new Discovery(options.api);
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

  async create(object: KubeObject): Promise<void> {
    const { metadata } = object;
    const answer = await this.#options.api.create(placeOf(object.kind, metadata.namespace), object);
    this.#remember(object.kind, answer);
  }

  async apply(object: KubeObject): Promise<void> {
    const { kind, metadata } = object;
    const place = { ...placeOf(kind, metadata.namespace), name: metadata.name };
    this.#remember(kind, await this.#options.api.apply(place, object));
  }

  /** Over exactly this version of the object. */
  async replaceStatus(object: KindMap['EtcdCluster'] | KindMap['EtcdMember']): Promise<void> {
    const { kind, metadata } = object;
    const place = { ...placeOf(kind, metadata.namespace), name: metadata.name };
    const answer = await this.#options.api.replace({ ...place, subresource: 'status' }, object);
    this.#remember(kind, answer);
  }

  /** Merges `change` into the object that has this UID. */
  async patch(
    kind: Kind,
    ref: ObjectRef,
    change: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const metadata = isJson(change['metadata']) ? change['metadata'] : {};
    const body = { ...change, metadata: { ...metadata, uid: ref.uid } };
    const place = { ...placeOf(kind, ref.namespace), name: ref.name };
    this.#remember(kind, await this.#options.api.patch(place, body));
  }

  /** Nothing happens to an object that is gone. */
  async delete(kind: Kind, ref: ObjectRef): Promise<void> {
    try {
      const place = { ...placeOf(kind, ref.namespace), name: ref.name };
      this.#remember(kind, await this.#options.api.delete(place, ref.uid));
    } catch (error) {
      if (!(error instanceof KubeError && error.isNotFound)) throw error;
    }
  }

  /** As the server has it now; undefined when there is none with this UID. */
  async read<K extends Kind>(kind: K, ref: ObjectRef): Promise<KindMap[K] | undefined> {
    try {
      const place = { ...placeOf(kind, ref.namespace), name: ref.name };
      const object = RESOURCES[kind].decode(await this.#options.api.get(place));
      return object.metadata.uid === ref.uid ? object : undefined;
    } catch (error) {
      if (error instanceof KubeError && error.isNotFound) return undefined;
      throw error;
    }
  }

  /** The server may be upgraded while we run: budgets are followed from then on. */
  async #discover(signal: AbortSignal, hasBudgets: boolean): Promise<void> {
    let isFollowing = hasBudgets;
    for (;;) {
      await pause(DISCOVERY_AGE_MS, signal);
      if (signal.aborted) return;
      try {
        await this.#discovery.refresh();
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
        await this.#discovery.refresh();
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
      onChange: (object) => {
        const cluster = cache.ownerOf(object);
        if (cluster !== undefined) onChange(object.metadata.namespace ?? 'default', cluster);
      },
    });
    this.#informers.push(informer);
    void informer.run(signal);
    return informer.synced;
  }

  /** Deletes answer with a Status when the object is gone at once: the watch tells of that. */
  #remember<K extends Kind>(kind: K, answer: unknown): void {
    if (!isJson(answer) || answer['kind'] !== kind) return;
    this.caches[kind].put(RESOURCES[kind].decode(answer));
  }
}

function placeOf(kind: Kind, namespace: string | undefined): Place {
  const { apiVersion, plural } = RESOURCES[kind];
  return { apiVersion, plural, namespace: namespace ?? 'default' };
}
