// Goal: the process starts, waits and ends as kubelet expects, also when it cannot reach anything. Method: the real
// composition over real HTTP, with nobody or a small API server at the other end. A failure means a Pod that is killed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseFlags } from '../../../operator/cli/flags.ts';
import { runOperator } from '../../../operator/cli/run-operator.ts';
import { FakeApiServer } from '../kube/fake-api-server.ts';

const NAME = 'etcd-ts-operator';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/ops/leases';
const LEASE = `${LEASES}/${NAME}`;
const CLUSTERS = '/apis/etcd-ts.io/v1alpha1/namespaces/db/etcdclusters';
const EVENTS = '/api/v1/namespaces/db/events';

let folder: string;
let stop: AbortController;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'operator-'));
  stop = new AbortController();
  lines = [];
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function run(server: string, ...flags: readonly string[]): Promise<number> {
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'ops' } }],
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: {} }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const ports = ['--health-probe-bind-address=0', '--metrics-bind-address=0'];
  const outcome = parseFlags([`--kubeconfig=${kubeconfig}`, ...ports, ...flags], {});
  if (outcome.kind === 'exit') throw new Error(outcome.text);
  return runOperator(outcome.config, (_level, message) => lines.push(message), stop.signal);
}

describe('the operator', () => {
  it('ends with 0 when it is told to while nobody answers', async () => {
    const ended = run('http://127.0.0.1:1');
    await vi.waitFor(() => expect(lines).toContain('the server does not answer'));
    stop.abort();
    expect(await ended).toBe(0);
  });

  it('takes the Lease, acts, and gives it back', async () => {
    const server = new FakeApiServer();
    const ended = run(await server.start());
    await vi.waitFor(() => expect(lines).toContain('acting'), 5_000);
    expect(server.objects.get(LEASE)?.['spec']).toMatchObject({
      holderIdentity: expect.stringContaining('_'),
    });
    stop.abort();
    expect(await ended).toBe(0);
    expect(lines).toContain('stopped');
    expect(server.objects.get(LEASE)?.['spec']).toMatchObject({ holderIdentity: '' });
    await server.stop();
  });

  it('tells what it has still to tell when its Lease is lost, and ends with 1', async () => {
    const server = new FakeApiServer();
    const told = (): readonly string[] =>
      [...server.objects.keys()].filter((key) => key.startsWith(EVENTS));
    let fail = (_status: number): void => {};
    server.holding = (request) =>
      request === `POST ${EVENTS}` && !lines.includes('the lease was lost')
        ? new Promise((resolve) => {
            fail = resolve;
          })
        : undefined;
    server.put(CLUSTERS, {
      kind: 'EtcdCluster',
      metadata: { name: 'main' },
      spec: { replicas: -1 },
    });
    const ended = run(await server.start(), '--watch-namespace=db');
    await vi.waitFor(() => expect(server.requests).toContain(`POST ${EVENTS}`), 5_000);
    const lease = server.objects.get(LEASE);
    const spec = { holderIdentity: 'another one', leaseDurationSeconds: 15 };
    server.put(LEASES, { ...lease, metadata: { name: NAME }, spec });
    await vi.waitFor(() => expect(lines).toContain('the lease was lost'), 5_000);
    expect(told()).toEqual([]);
    fail(503);
    expect(await ended).toBe(1);
    expect(told()).toHaveLength(1);
    await server.stop();
  });
});
