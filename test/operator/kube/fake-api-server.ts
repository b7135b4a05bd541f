// Owns the piece of the Kubernetes API that operator/kube speaks, over real HTTP: objects with UIDs and versions, lists,
// watches, refusals; and what goes wrong when a test says so.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

type Json = Record<string, unknown>;
interface StoredMeta extends Json {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
}
export interface StoredObject extends Json {
  metadata: StoredMeta;
}

interface Watcher {
  readonly collection: string;
  /** A label that what is told of must have, with whatever value. */
  readonly label: string | null;
  readonly response: ServerResponse;
}

export class FakeApiServer {
  /** By path. */
  readonly objects: Map<string, StoredObject>;
  /** "GET /api/v1/...", in order; watches end in "watch". */
  readonly requests: string[];
  /** Statuses of the answers to the next requests, before anything is done. */
  readonly refusals: number[];
  /** The status that a request ("POST /api/v1/...") is refused with, once that is known. */
  holding: (request: string) => Promise<number> | undefined;
  /** Answers nothing while true. */
  isSilent: boolean;
  /** Watches from earlier versions are too old. */
  oldestVersion: number;
  #version: number;
  readonly #watchers: Set<Watcher>;
  readonly #server: Server;

  constructor() {
    this.objects = new Map();
    this.requests = [];
    this.refusals = [];
    this.holding = () => undefined;
    this.isSilent = false;
    this.oldestVersion = 0;
    this.#version = 100;
    this.#watchers = new Set();
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  get version(): number {
    return this.#version;
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('not listening');
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** As somebody else would write it: `path` is the collection's. */
  put(path: string, object: Json & { metadata: Json & { name: string } }): StoredObject {
    const key = `${path}/${object.metadata.name}`;
    const before = this.objects.get(key);
    this.#version += 1;
    const stored: StoredObject = {
      ...object,
      metadata: {
        namespace: /namespaces\/([^/]+)/.exec(path)?.[1] ?? '',
        uid: before?.metadata.uid ?? `uid-${this.#version}`,
        ...object.metadata,
        resourceVersion: String(this.#version),
      },
    };
    this.objects.set(key, stored);
    this.#tell(key, before, stored);
    return stored;
  }

  remove(key: string): void {
    const object = this.objects.get(key);
    if (object === undefined) return;
    this.objects.delete(key);
    this.#version += 1;
    this.#tell(key, object, undefined);
  }

  /** Changes without a word to those who watch, as if the event were lost. */
  inSilence(change: () => void): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    change();
    for (const watcher of watchers) this.#watchers.add(watcher);
  }

  /** Ends all watches, politely or not. */
  cutWatches(how: 'end' | 'destroy'): void {
    for (const { response } of this.#watchers) response[how]();
    this.#watchers.clear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const isWatch = url.searchParams.get('watch') === 'true';
    this.requests.push(`${request.method} ${url.pathname}${isWatch ? ' watch' : ''}`);
    let text = '';
    for await (const part of request) text += String(part);
    if (this.isSilent) return;
    const held = await this.holding(`${request.method} ${url.pathname}`);
    const refusal = held ?? this.refusals.shift();
    if (refusal !== undefined) {
      refuse(response, refusal, 'as the test says');
      return;
    }
    const body: unknown = text === '' ? {} : JSON.parse(text);
    if (isWatch) this.#watch(url, response);
    else this.#handle(request.method ?? '', url, asJson(body), response);
  }

  #watch(url: URL, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (Number(url.searchParams.get('resourceVersion')) < this.oldestVersion) {
      const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    const label = url.searchParams.get('labelSelector');
    const watcher = { collection: url.pathname, label, response };
    this.#watchers.add(watcher);
    response.once('close', () => this.#watchers.delete(watcher));
  }

  #handle(method: string, url: URL, body: Json, response: ServerResponse): void {
    const path = url.pathname;
    const isStatus = path.endsWith('/status');
    const key = isStatus ? path.slice(0, -'/status'.length) : path;
    const current = this.objects.get(key);
    if (method === 'GET' && path === '/apis') {
      send(response, 200, { groups: [{ name: 'policy', versions: [{ version: 'v1' }] }] });
    } else if (method === 'GET' && current === undefined && this.#isCollection(path)) {
      const label = url.searchParams.get('labelSelector');
      const items = [...this.objects]
        .filter(([each, object]) => isIn(each, path) && hasLabel(object, label))
        .map(([, each]) => each);
      send(response, 200, { items, metadata: { resourceVersion: String(this.#version) } });
    } else if (method === 'POST') {
      this.#create(path, body, response);
    } else if (current === undefined) {
      refuse(response, 404, 'not found');
    } else if (method === 'GET') {
      send(response, 200, current);
    } else if (!isCurrent(body, current)) {
      refuse(response, 409, 'the object is another one');
    } else if (method === 'DELETE') {
      this.#delete(key, current, response);
    } else {
      const merged = method === 'PUT' ? body : asJson(merge(current, body));
      const metadata = { ...asJson(merged['metadata']), name: current.metadata.name };
      send(response, 200, this.put(key.replace(/\/[^/]+$/, ''), { ...merged, metadata }));
    }
  }

  /** What has finalizers stays, Terminating. */
  #delete(key: string, current: StoredObject, response: ServerResponse): void {
    const { finalizers, deletionTimestamp = new Date().toISOString() } = current.metadata;
    if (Array.isArray(finalizers) && finalizers.length > 0) {
      const metadata = { ...current.metadata, deletionTimestamp };
      send(response, 200, this.put(key.replace(/\/[^/]+$/, ''), { ...current, metadata }));
      return;
    }
    this.remove(key);
    send(response, 200, { kind: 'Status', status: 'Success' });
  }

  #create(path: string, body: Json, response: ServerResponse): void {
    const metadata = asJson(body['metadata']);
    const name = String(metadata['name']);
    if (this.objects.has(`${path}/${name}`)) refuse(response, 409, 'already exists');
    else send(response, 201, this.put(path, { ...body, metadata: { ...metadata, name } }));
  }

  #isCollection(path: string): boolean {
    return /\/(?:[a-z]+s)$/.test(path) && !/\/leases\/|\/events\//.test(path);
  }

  /** As an API server does: to those who watch for a label, an object that loses it is deleted, as it was, at that version. */
  #tell(key: string, before: StoredObject | undefined, now: StoredObject | undefined): void {
    for (const { collection, label, response } of this.#watchers) {
      if (!isIn(key, collection)) continue;
      const [was, is] = [before, now].map((object) => hasLabel(object, label));
      if (is) tell(response, was ? 'MODIFIED' : 'ADDED', now);
      else if (was && before !== undefined) {
        const metadata = { ...before.metadata, resourceVersion: String(this.#version) };
        tell(response, 'DELETED', { ...before, metadata });
      }
    }
  }
}

function tell(response: ServerResponse, type: string, object: unknown): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

function hasLabel(object: StoredObject | undefined, label: string | null): boolean {
  return object !== undefined && (label === null || label in asJson(object.metadata['labels']));
}

function isIn(key: string, collection: string): boolean {
  return key.replace(/\/[^/]+$/, '') === collection;
}

function isCurrent(body: Json, current: StoredObject): boolean {
  const wanted = asJson(body['preconditions'] ?? body['metadata']);
  const { uid = current.metadata.uid, resourceVersion = current.metadata.resourceVersion } = wanted;
  return uid === current.metadata.uid && resourceVersion === current.metadata.resourceVersion;
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Json = { ...asJson(target) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

function asJson(value: unknown): Json {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {};
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  send(response, status, { kind: 'Status', status: 'Failure', code: status, message });
}
