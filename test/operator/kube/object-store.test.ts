// Goal: the operator's picture of its objects is right, whatever happens to its connection, and its own writes are refused
// when they are about something newer. Method: real HTTP to a small API server that fails as told; waiting is for events, not
// for time. A failure means an operator that looks at a world that stands still, or undoes what others did.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EtcdCluster } from '../../../operator/api/etcd-cluster.ts';
import type { KubePort } from '../../../operator/controller/ports.ts';
import { ClusterObjects } from '../../../operator/kube/cluster-objects.ts';
import { plainConnection } from '../../../operator/kube/connection.ts';
import { EventRecorder } from '../../../operator/kube/event-recorder.ts';
import { KubeApi } from '../../../operator/kube/kube-api.ts';
import { ObjectStore } from '../../../operator/kube/object-store.ts';
import { Rest } from '../../../operator/kube/rest.ts';
import { FakeApiServer } from './fake-api-server.ts';

const CLUSTERS = '/apis/etcd-ts.io/v1alpha1/namespaces/db/etcdclusters';
const MEMBERS = '/apis/etcd-ts.io/v1alpha1/namespaces/db/etcdmembers';
const PODS = '/api/v1/namespaces/db/pods';
const EVENTS = '/api/v1/namespaces/db/events';
const SERVICES = '/api/v1/namespaces/db/services';
const LABELS = { 'etcd-ts.io/cluster': 'main' };
const OWNER = {
  apiVersion: 'etcd-ts.io/v1alpha1',
  kind: 'EtcdCluster',
  name: 'main',
  controller: true,
  blockOwnerDeletion: true,
};

let server: FakeApiServer;
let api: KubeApi;
let store: ObjectStore;
let objects: ClusterObjects;
let events: EventRecorder;
let stop: AbortController;
let close: () => void;
let changes: string[];

beforeEach(async () => {
  server = new FakeApiServer();
  const connection = plainConnection(await server.start());
  close = connection.close;
  api = new KubeApi(new Rest(connection));
  changes = [];
  const log = (): void => {};
  store = new ObjectStore({
    api,
    namespace: 'db',
    log,
    onChange: (namespace, name) => changes.push(`${namespace}/${name}`),
  });
  stop = new AbortController();
  events = new EventRecorder(api, { log, instance: 'test', signal: stop.signal });
  objects = new ClusterObjects(store, events);
});

afterEach(async () => {
  stop.abort();
  close();
  await server.stop();
});

function putCluster(spec: Record<string, unknown> = {}): void {
  server.put(CLUSTERS, { kind: 'EtcdCluster', metadata: { name: 'main' }, spec });
}

function putPod(name: string): void {
  const { uid } = server.objects.get(`${CLUSTERS}/main`)?.metadata ?? {};
  const ownerReferences = [{ kind: 'EtcdCluster', name: 'main', uid, controller: true }];
  server.put(PODS, { metadata: { name, labels: LABELS, ownerReferences }, spec: {} });
}

function seen(): EtcdCluster {
  const found = objects.observe({ namespace: 'db', name: 'main' });
  if (found === undefined) throw new Error('the cluster is not seen');
  return found.cluster;
}

function podNames(): readonly string[] {
  const found = objects.observe({ namespace: 'db', name: 'main' });
  return (found?.pods ?? []).map(({ metadata }) => metadata.name).sort();
}

async function startWithCluster(): Promise<void> {
  putCluster();
  await store.start(stop.signal);
  // Watches begin after the lists.
  await vi.waitFor(() => expect(server.watcherCount).toBe(6), 5_000);
}

describe('what is seen', () => {
  it('has the shape the controller asks for', () => {
    const port: KubePort = objects;
    expect(port).toBe(objects);
  });

  it('is what is there, and follows it', async () => {
    putCluster({ replicas: 3 });
    putPod('main-a');
    await store.start(stop.signal);
    expect(store.isSynced).toBe(true);
    expect(store.hasPolicyApi).toBe(true);
    expect(seen().spec).toEqual({ replicas: 3 });
    expect(podNames()).toEqual(['main-a']);
    await vi.waitFor(() => expect(server.watcherCount).toBe(6));
    putPod('main-b');
    await vi.waitFor(() => expect(podNames()).toEqual(['main-a', 'main-b']));
    server.remove(`${PODS}/main-a`);
    await vi.waitFor(() => expect(podNames()).toEqual(['main-b']));
    expect(new Set(changes)).toEqual(new Set(['db/main']));
  });

  it('leaves out Pods of an earlier cluster of the same name', async () => {
    putCluster();
    const ownerReferences = [{ kind: 'EtcdCluster', name: 'main', uid: 'old', controller: true }];
    server.put(PODS, { metadata: { name: 'main-old', labels: LABELS, ownerReferences }, spec: {} });
    await store.start(stop.signal);
    expect(podNames()).toEqual([]);
  });

  it('leaves out members of an earlier cluster of the same name, and lets go those that wait', async () => {
    const putMember = (name: string, uid: string, metadata: Record<string, unknown>): void => {
      const ownerReferences = [{ ...OWNER, uid }];
      const finalizers = ['example.com/other', 'etcd-ts.io/member'];
      server.put(MEMBERS, {
        metadata: { name, ownerReferences, finalizers, ...metadata },
        spec: { clusterName: 'main' },
      });
    };
    const finalizersOf = (name: string): unknown =>
      server.objects.get(`${MEMBERS}/${name}`)?.metadata['finalizers'];
    await startWithCluster();
    const isLeaving = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const { uid = '' } = seen().metadata;
    putMember('main-old', 'old', isLeaving);
    putMember('main-kept', 'old', {});
    putMember('main-new', uid, isLeaving);
    await vi.waitFor(() => expect(store.caches.EtcdMember.size).toBe(3));
    const { members } = objects.observe({ namespace: 'db', name: 'main' }) ?? {};
    expect(members?.map(({ metadata }) => metadata.name)).toEqual(['main-new']);
    await vi.waitFor(() => expect(finalizersOf('main-old')).toEqual(['example.com/other']));
    expect(finalizersOf('main-kept')).toHaveLength(2);
    expect(finalizersOf('main-new')).toHaveLength(2);
  });

  it('touches no member by a cluster that is known to be another one by now', async () => {
    await startWithCluster();
    const metadata = {
      name: 'main-a',
      ownerReferences: [{ ...OWNER, uid: 'new' }],
      finalizers: ['etcd-ts.io/member'],
      deletionTimestamp: '2026-01-01T00:00:00Z',
    };
    server.put(MEMBERS, { metadata, spec: { clusterName: 'main' } });
    await vi.waitFor(() => expect(store.caches.EtcdMember.size).toBe(1));
    server.inSilence(() => {
      server.put(CLUSTERS, {
        kind: 'EtcdCluster',
        metadata: { name: 'main', uid: 'new' },
        spec: {},
      });
    });
    const before = server.requests.length;
    expect(objects.observe({ namespace: 'db', name: 'main' })?.members).toEqual([]);
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(before));
    // What would follow comes right after that answer, and so before this one.
    await api.getPath('/apis', stop.signal);
    expect(server.requests.slice(before)).toEqual([`GET ${CLUSTERS}/main`, 'GET /apis']);
  });

  it('goes on after watches were ended or cut, without listing again', async () => {
    await startWithCluster();
    server.cutWatches('end');
    await vi.waitFor(() => expect(server.watcherCount).toBe(6), 5_000);
    server.cutWatches('destroy');
    await vi.waitFor(() => expect(server.watcherCount).toBe(6), 5_000);
    putPod('main-a');
    await vi.waitFor(() => expect(podNames()).toEqual(['main-a']));
    const lists = server.requests.filter((request) => request === `GET ${PODS}`);
    expect(lists).toHaveLength(1);
  });

  it('is listed anew when the watch is too old, and loses what went meanwhile', async () => {
    putCluster();
    putPod('main-a');
    await store.start(stop.signal);
    await vi.waitFor(() => expect(server.watcherCount).toBe(6));
    server.inSilence(() => {
      server.remove(`${PODS}/main-a`);
      putPod('main-b');
    });
    server.oldestVersion = server.version;
    server.cutWatches('end');
    await vi.waitFor(() => expect(podNames()).toEqual(['main-b']), 5_000);
  });

  it('has an object again whose label was removed and put back', async () => {
    await startWithCluster();
    putPod('main-a');
    await vi.waitFor(() => expect(podNames()).toEqual(['main-a']));
    const pod = server.objects.get(`${PODS}/main-a`);
    if (pod === undefined) throw new Error('the Pod is not there');
    server.put(PODS, { ...pod, metadata: { ...pod.metadata, labels: {} } });
    await vi.waitFor(() => expect(podNames()).toEqual([]));
    putPod('main-a');
    await vi.waitFor(() => expect(podNames()).toEqual(['main-a']));
  });

  it('has the Service again whose label our own apply has put back', async () => {
    await startWithCluster();
    const { uid = '' } = server.objects.get(`${CLUSTERS}/main`)?.metadata ?? {};
    const metadata = {
      name: 'main-client',
      namespace: 'db',
      labels: LABELS,
      ownerReferences: [{ ...OWNER, uid }],
    };
    const stored = server.put(SERVICES, { kind: 'Service', metadata, spec: {} });
    const spec = { type: 'ClusterIP', ports: [], selector: {} };
    const service = { apiVersion: 'v1', kind: 'Service', metadata, spec } as const;
    const client = () => objects.observe({ namespace: 'db', name: 'main' })?.clientService;
    await vi.waitFor(() => expect(client()).toBeDefined());
    server.put(SERVICES, { ...stored, metadata: { ...stored.metadata, labels: {} } });
    await vi.waitFor(() => expect(client()).toBeUndefined());
    server.inSilence(() => {});
    await objects.perform(seen(), { kind: 'applyService', service }, stop.signal);
    expect(client()).toBeDefined();
  });

  it('comes in the end although the API server refuses at first', async () => {
    putCluster();
    server.refusals.push(500, 503, 429);
    await store.start(stop.signal);
    expect(seen().metadata.name).toBe('main');
  });
});

describe('writes', () => {
  it('are seen before the watch tells', async () => {
    await startWithCluster();
    server.inSilence(() => {});
    const cluster = seen();
    await objects.perform(cluster, { kind: 'addFinalizer' }, stop.signal);
    expect(seen().metadata.finalizers).toEqual(['etcd-ts.io/cluster']);
    expect(seen().metadata.resourceVersion).not.toBe(cluster.metadata.resourceVersion);
  });

  it('end with their signal', async () => {
    await startWithCluster();
    const stopped = AbortSignal.abort();
    await expect(objects.perform(seen(), { kind: 'addFinalizer' }, stopped)).rejects.toThrow(
      'abort',
    );
    expect(server.objects.get(`${CLUSTERS}/main`)?.metadata).not.toHaveProperty('finalizers');
  });

  it('of a status are refused over what is newer, in silence', async () => {
    await startWithCluster();
    const old = seen();
    server.inSilence(() => putCluster({ replicas: 5 }));
    await objects.writeStatus(old, { replicas: 1 }, stop.signal);
    expect(server.objects.get(`${CLUSTERS}/main`)).not.toHaveProperty('status');
  });

  it('of a member are refused when it is not the version that was seen', async () => {
    await startWithCluster();
    server.put(MEMBERS, { metadata: { name: 'main-a' }, spec: { clusterName: 'main' } });
    await vi.waitFor(() => expect(store.caches.EtcdMember.size).toBe(1));
    const { uid = '', resourceVersion = '' } =
      store.caches.EtcdMember.get('db', 'main-a')?.metadata ?? {};
    const change = {
      kind: 'patchMember',
      name: 'main-a',
      uid,
      status: { phase: 'Voter' },
    } as const;
    await objects.perform(seen(), { ...change, resourceVersion }, stop.signal);
    expect(server.objects.get(`${MEMBERS}/main-a`)?.['status']).toEqual({ phase: 'Voter' });
    await expect(
      objects.perform(seen(), { ...change, resourceVersion }, stop.signal),
    ).rejects.toMatchObject({
      status: 409,
    });
  });

  it('delete the object that was meant, or nothing', async () => {
    await startWithCluster();
    putPod('main-a');
    const { uid = '' } = server.objects.get(`${PODS}/main-a`)?.metadata ?? {};
    const other = { kind: 'deletePod', name: 'main-a', uid: 'other' } as const;
    await expect(objects.perform(seen(), other, stop.signal)).rejects.toMatchObject({
      status: 409,
    });
    await objects.perform(seen(), { ...other, uid }, stop.signal);
    await objects.perform(seen(), { ...other, uid }, stop.signal);
    expect(server.objects.has(`${PODS}/main-a`)).toBe(false);
  });

  it('do not bring back what is gone', async () => {
    await startWithCluster();
    putPod('main-a');
    await vi.waitFor(() => expect(podNames()).toEqual(['main-a']));
    const pod = store.caches.Pod.get('db', 'main-a');
    server.remove(`${PODS}/main-a`);
    await vi.waitFor(() => expect(podNames()).toEqual([]));
    if (pod !== undefined) store.caches.Pod.put(pod);
    expect(podNames()).toEqual([]);
  });
});

describe('events', () => {
  it('are written once and counted after', async () => {
    await startWithCluster();
    const note = { type: 'Normal', reason: 'PodCreated', message: 'started main-a' } as const;
    for (let count = 0; count < 3; count += 1) objects.recordEvent(seen(), note);
    objects.recordEvent(seen(), { ...note, message: 'started main-b' });
    await events.flush();
    const written = [...server.objects].filter(([key]) => key.startsWith(EVENTS));
    expect(written.map(([, event]) => [event['message'], event['count']])).toEqual([
      ['started main-a', 3],
      ['started main-b', 1],
    ]);
  });

  it('that cannot be written hold up nothing', async () => {
    await startWithCluster();
    server.refusals.push(403);
    const note = { type: 'Warning', reason: 'QuorumLost', message: 'two are gone' } as const;
    objects.recordEvent(seen(), note);
    objects.recordEvent(seen(), { ...note, reason: 'MemberUnhealthy' });
    await events.flush();
    const written = [...server.objects.keys()].filter((key) => key.startsWith(EVENTS));
    expect(written).toHaveLength(1);
  });
});
