// Owns the verbs on objects: list, watch, create, apply, patch, replace the status, delete. Nothing here is repeated; who
// calls decides. All writes are made under one field manager. Each request ends with its signal, and has a deadline of its own.
import { FIELD_MANAGER } from '../api/names.ts';
import { isJson, type Json, listAt, recordAt, textAt } from './decode.ts';
import { errorOfAnswer, KubeError } from './kube-error.ts';
import {
  LIST_PAGE_ITEMS,
  LIST_TIMEOUT_MS,
  WATCH_GRACE_MS,
  WATCH_SECONDS_MIN,
  WATCH_SECONDS_SPREAD,
} from './limits.ts';
import { type Place, pathOfPlace, type Resource } from './resource.ts';
import type { Rest } from './rest.ts';

export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
}

export interface WatchStart {
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
  /** The server has taken the watch. There may be no event for long. */
  readonly onOpened?: () => void;
}

export interface Listing<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export type WatchEvent<T> =
  | { readonly kind: 'changed' | 'deleted'; readonly object: T; readonly resourceVersion: string }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string };

export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export class KubeApi {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** Read from the server's storage, page by page: what it says is not older than anything we wrote. */
  async list<T>(
    resource: Resource<T>,
    selection: Selection,
    signal: AbortSignal,
  ): Promise<Listing<T>> {
    const items: T[] = [];
    let pageToken: string | undefined;
    for (;;) {
      const page = await this.#rest.request({
        method: 'GET',
        path: pathOfPlace({ ...resource, namespace: selection.namespace }),
        query: {
          labelSelector: selection.labelSelector,
          limit: LIST_PAGE_ITEMS,
          continue: pageToken,
        },
        timeoutMs: LIST_TIMEOUT_MS,
        signal,
      });
      for (const item of listAt(isJson(page) ? page : {}, 'items')) {
        items.push(resource.decode(item));
      }
      const metadata = recordAt(page, 'metadata');
      pageToken = textAt(metadata, 'continue');
      if (pageToken === undefined || pageToken === '') {
        return { items, resourceVersion: textAt(metadata, 'resourceVersion') ?? '' };
      }
    }
  }

  /** Ends when the server ends it. Throws KubeError; isExpired when `resourceVersion` is too old. */
  async *watch<T>(
    resource: Resource<T>,
    selection: Selection & WatchStart,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const seconds = WATCH_SECONDS_MIN + Math.floor(Math.random() * WATCH_SECONDS_SPREAD);
    const lines = this.#rest.lines(
      {
        method: 'GET',
        path: pathOfPlace({ ...resource, namespace: selection.namespace }),
        query: {
          watch: true,
          allowWatchBookmarks: true,
          timeoutSeconds: seconds,
          resourceVersion: selection.resourceVersion,
          labelSelector: selection.labelSelector,
        },
        timeoutMs: seconds * 1000 + WATCH_GRACE_MS,
      },
      selection.signal,
      selection.onOpened,
    );
    for await (const line of lines) {
      const event = decodeEvent(resource, line);
      if (event !== undefined) yield event;
    }
  }

  get(place: Place, signal: AbortSignal): Promise<unknown> {
    return this.#rest.request({ method: 'GET', path: pathOfPlace(place), signal });
  }

  /** What the server has at a path that is no object: /apis, /version. */
  getPath(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#rest.request({ method: 'GET', path, signal });
  }

  create(place: Place, body: unknown, signal: AbortSignal): Promise<unknown> {
    const query = { fieldManager: FIELD_MANAGER };
    return this.#rest.request({ method: 'POST', path: pathOfPlace(place), query, body, signal });
  }

  /** Server-side apply: what is in `body` is ours, what others set beside it stays. */
  apply(place: Place, body: unknown, signal: AbortSignal): Promise<unknown> {
    return this.#rest.request({
      method: 'PATCH',
      path: pathOfPlace(place),
      query: { fieldManager: FIELD_MANAGER, force: true },
      contentType: 'application/apply-patch+yaml',
      body,
      signal,
    });
  }

  /** Replaces the object or its status; refused unless UID and resource version in `body` are the current ones. */
  replace(place: Place, body: unknown, signal: AbortSignal): Promise<unknown> {
    const query = { fieldManager: FIELD_MANAGER };
    return this.#rest.request({ method: 'PUT', path: pathOfPlace(place), query, body, signal });
  }

  /** JSON merge patch. A UID or resource version in `body` is a condition. */
  patch(place: Place, body: unknown, signal: AbortSignal): Promise<unknown> {
    return this.#rest.request({
      method: 'PATCH',
      path: pathOfPlace(place),
      query: { fieldManager: FIELD_MANAGER },
      contentType: 'application/merge-patch+json',
      body,
      signal,
    });
  }

  /** Only the object with this UID. The answer is the object while finalizers or a grace period hold it. */
  delete(place: Place, uid: string, signal: AbortSignal): Promise<unknown> {
    return this.#rest.request({
      method: 'DELETE',
      path: pathOfPlace(place),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid },
        propagationPolicy: 'Background',
      },
      signal,
    });
  }
}

function decodeEvent<T>(resource: Resource<T>, line: string): WatchEvent<T> | undefined {
  if (line === '') return undefined;
  const raw: unknown = JSON.parse(line);
  const event: Json = isJson(raw) ? raw : {};
  const object = recordAt(event, 'object');
  const resourceVersion = textAt(recordAt(object, 'metadata'), 'resourceVersion') ?? '';
  switch (event['type']) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'changed', object: resource.decode(object), resourceVersion };
    case 'DELETED':
      return { kind: 'deleted', object: resource.decode(object), resourceVersion };
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion };
    case 'ERROR': {
      const code = object['code'];
      const status = typeof code === 'number' ? code : 500;
      throw errorOfAnswer(status, JSON.stringify(object), `watch of ${resource.plural}`);
    }
    default:
      throw new KubeError(`watch of ${resource.plural}: unknown event ${String(event['type'])}`);
  }
}
