// Owns writing single objects, and what the caches learn from the answers: the next round must see what this one did. One
// is made for each act, and ends with its signal.
import { isJson } from './decode.ts';
import type { KubeApi, ObjectRef } from './kube-api.ts';
import { KubeError } from './kube-error.ts';
import type { Caches } from './object-cache.ts';
import { type Kind, type KindMap, type KubeObject, type Place, RESOURCES } from './resource.ts';

export class ObjectWriter {
  readonly caches: Caches;
  readonly #api: KubeApi;
  readonly #signal: AbortSignal;

  constructor(api: KubeApi, caches: Caches, signal: AbortSignal) {
    this.#api = api;
    this.caches = caches;
    this.#signal = signal;
  }

  async create(object: KubeObject): Promise<void> {
    const { metadata } = object;
    const answer = await this.#api.create(
      placeOf(object.kind, metadata.namespace),
      object,
      this.#signal,
    );
    this.#remember(object.kind, answer);
  }

  async apply(object: KubeObject): Promise<void> {
    const { kind, metadata } = object;
    const place = { ...placeOf(kind, metadata.namespace), name: metadata.name };
    this.#remember(kind, await this.#api.apply(place, object, this.#signal));
  }

  /** Over exactly this version of the object. */
  async replaceStatus(object: KindMap['EtcdCluster'] | KindMap['EtcdMember']): Promise<void> {
    const { kind, metadata } = object;
    const place = { ...placeOf(kind, metadata.namespace), name: metadata.name };
    const answer = await this.#api.replace(
      { ...place, subresource: 'status' },
      object,
      this.#signal,
    );
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
    this.#remember(kind, await this.#api.patch(place, body, this.#signal));
  }

  /** Nothing happens to an object that is gone. */
  async delete(kind: Kind, ref: ObjectRef): Promise<void> {
    try {
      const place = { ...placeOf(kind, ref.namespace), name: ref.name };
      this.#remember(kind, await this.#api.delete(place, ref.uid, this.#signal));
    } catch (error) {
      if (!(error instanceof KubeError && error.isNotFound)) throw error;
    }
  }

  /** As the server has it now; undefined when there is none with this UID. */
  async read<K extends Kind>(kind: K, ref: ObjectRef): Promise<KindMap[K] | undefined> {
    try {
      const place = { ...placeOf(kind, ref.namespace), name: ref.name };
      const object = RESOURCES[kind].decode(await this.#api.get(place, this.#signal));
      return object.metadata.uid === ref.uid ? object : undefined;
    } catch (error) {
      if (error instanceof KubeError && error.isNotFound) return undefined;
      throw error;
    }
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
