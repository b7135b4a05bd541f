// Owns the local copy of the objects of one kind, and its index by cluster. Written by the informer with what the server
// says, and by us with the answers to our own writes: a plan made right after a write sees it, although the watch has not
// told of it yet. The newer resource version wins, so an event that comes late does not undo what is known.
import type { ObjectMeta } from '../api/meta.ts';
import { GONE_KNOWN_MAX } from './limits.ts';
import type { Kind, KindMap } from './resource.ts';

interface Stored {
  readonly metadata: ObjectMeta;
}

export type Caches = { readonly [K in Kind]: ObjectCache<KindMap[K]> };

export class ObjectCache<T extends Stored> {
  readonly #objects: Map<string, T>;
  readonly #byOwner: Map<string, Set<string>>;
  readonly #ownerOf: (object: T) => string | undefined;
  /**
   * The versions at which UIDs were seen to go. The answer to a write may arrive after the news that its object is gone; but
   * one that only lost its label is told as gone too, and comes back with a newer version when the label is put back.
   */
  readonly #gone: Map<string, string | undefined>;

  /** `ownerOf` names the cluster of an object. */
  constructor(ownerOf: (object: T) => string | undefined) {
    this.#objects = new Map();
    this.#byOwner = new Map();
    this.#ownerOf = ownerOf;
    this.#gone = new Map();
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  all(): Iterable<T> {
    return this.#objects.values();
  }

  ofCluster(namespace: string, cluster: string): readonly T[] {
    const found: T[] = [];
    for (const key of this.#byOwner.get(keyOf(namespace, cluster)) ?? []) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** The object that was there before; false when what is there is newer, or the object is known to have gone since. */
  put(object: T): { readonly before: T | undefined } | false {
    const { uid = '', resourceVersion } = object.metadata;
    const order = compareVersions(resourceVersion, this.#gone.get(uid));
    if (order !== undefined && order <= 0) return false;
    const key = keyOfObject(object);
    const before = this.#objects.get(key);
    if (isNewer(before?.metadata.resourceVersion, resourceVersion)) return false;
    this.#unindex(key, before);
    this.#objects.set(key, object);
    const owner = this.#ownerKeyOf(object);
    if (owner !== undefined) {
      const keys = this.#byOwner.get(owner) ?? new Set();
      this.#byOwner.set(owner, keys.add(key));
    }
    return { before };
  }

  /**
   * `goneAt` is the version of the deletion, or of a list that no longer had it. Leaves an object of the same name alone when
   * it is another one, or the same one and newer: it has come back.
   */
  remove(object: T, goneAt: string | undefined = object.metadata.resourceVersion): boolean {
    this.#bury(object.metadata.uid ?? '', goneAt);
    const key = keyOfObject(object);
    const before = this.#objects.get(key);
    if (before === undefined || before.metadata.uid !== object.metadata.uid) return false;
    if (isNewer(before.metadata.resourceVersion, goneAt)) return false;
    this.#unindex(key, before);
    this.#objects.delete(key);
    return true;
  }

  /** The name of its cluster. */
  ownerOf(object: T): string | undefined {
    return this.#ownerOf(object);
  }

  #ownerKeyOf(object: T): string | undefined {
    const owner = this.#ownerOf(object);
    return owner === undefined ? undefined : keyOf(object.metadata.namespace ?? '', owner);
  }

  #bury(uid: string, goneAt: string | undefined): void {
    if (isNewer(this.#gone.get(uid), goneAt)) return;
    this.#gone.delete(uid);
    this.#gone.set(uid, goneAt);
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > GONE_KNOWN_MAX && oldest !== undefined) this.#gone.delete(oldest);
  }

  #unindex(key: string, object: T | undefined): void {
    const owner = object === undefined ? undefined : this.#ownerKeyOf(object);
    if (owner === undefined) return;
    const keys = this.#byOwner.get(owner);
    keys?.delete(key);
    if (keys?.size === 0) this.#byOwner.delete(owner);
  }
}

export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function keyOfObject({ metadata }: Stored): string {
  return keyOf(metadata.namespace ?? '', metadata.name);
}

export function isNewer(version: string | undefined, than: string | undefined): boolean {
  return (compareVersions(version, than) ?? 0) > 0;
}

/**
 * Below 0 when `a` is the older one, above when it is the newer. Undefined where one is no number, as those of every API
 * server are: then nothing is known, and the news counts.
 */
function compareVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return undefined;
  return Number(a) - Number(b);
}
