// Goal: never two leaders, and soon another one. Method: elections with short times over real HTTP. A failure means two
// operators that change the same cluster, or none.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainConnection } from '../../../operator/kube/connection.ts';
import { KubeApi } from '../../../operator/kube/kube-api.ts';
import { LeaderElection } from '../../../operator/kube/leader-election.ts';
import { Rest } from '../../../operator/kube/rest.ts';
import { FakeApiServer } from './fake-api-server.ts';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/ops/leases/etcd-ts-operator';

let server: FakeApiServer;
let url: string;
let closers: (() => void)[];

beforeEach(async () => {
  server = new FakeApiServer();
  url = await server.start();
  closers = [];
});

afterEach(async () => {
  for (const close of closers) close();
  await server.stop();
});

function candidate(identity: string): LeaderElection {
  const connection = plainConnection(url);
  closers.push(connection.close);
  return new LeaderElection({
    api: new KubeApi(new Rest(connection)),
    namespace: 'ops',
    name: 'etcd-ts-operator',
    identity,
    log: () => {},
    timing: { durationMs: 1_000, deadlineMs: 400, retryMs: 50 },
  });
}

function holder(): unknown {
  const spec = server.objects.get(LEASE)?.['spec'];
  return typeof spec === 'object' && spec !== null && 'holderIdentity' in spec
    ? spec.holderIdentity
    : undefined;
}

describe('the Lease', () => {
  it('has one holder, and the next when it is released', async () => {
    const stop = new AbortController();
    const [a, b] = [candidate('a'), candidate('b')];
    await a.acquire(stop.signal);
    expect([a.isLeader, holder()]).toEqual([true, 'a']);
    const waiting = b.acquire(stop.signal);
    const renewing = new AbortController();
    const held = a.hold(renewing.signal);
    renewing.abort();
    expect(await held).toBe(false);
    expect(b.isLeader).toBe(false);
    await a.release();
    await waiting;
    expect([a.isLeader, b.isLeader, holder()]).toEqual([false, true, 'b']);
  });

  it('is lost by one that cannot renew, before another may take it', async () => {
    const stop = new AbortController();
    const [a, b] = [candidate('a'), candidate('b')];
    await a.acquire(stop.signal);
    const sinceMs = performance.now();
    const held = a.hold(stop.signal);
    server.isSilent = true;
    expect(await held).toBe(true);
    expect(a.isLeader).toBe(false);
    expect(performance.now() - sinceMs).toBeLessThan(1_000);
    server.isSilent = false;
    await b.acquire(stop.signal);
    expect(holder()).toBe('b');
    // Measured with its own clock, from when it first saw the Lease.
    expect(performance.now() - sinceMs).toBeGreaterThan(1_000);
  });

  it('survives refusals that do not last', async () => {
    const stop = new AbortController();
    const a = candidate('a');
    await a.acquire(stop.signal);
    server.refusals.push(500, 409, 503);
    const held = a.hold(stop.signal);
    const before = server.requests.length;
    while (server.requests.length < before + 12) await new Promise((done) => setImmediate(done));
    expect(a.isLeader).toBe(true);
    stop.abort();
    expect(await held).toBe(false);
  });

  it('is lost at once to one that holds it', async () => {
    const stop = new AbortController();
    const a = candidate('a');
    await a.acquire(stop.signal);
    const held = a.hold(stop.signal);
    const path = LEASE.replace(/\/[^/]+$/, '');
    const spec = { holderIdentity: 'somebody', leaseDurationSeconds: 15 };
    server.put(path, { metadata: { name: 'etcd-ts-operator' }, spec });
    expect(await held).toBe(true);
  });
});
