// Owns the loss of members: leaders killed and stopped under load, one member, a minority, all of them restarted. Kills
// are measured against etcd's own in the same run.

import { EtcdClient } from '../../client/client.ts';
import type { Tally } from '../support/tally.ts';
import { SteadyLoad } from './steady-load.ts';
import { delay, expect, type Kind, retried, TestCluster } from './test-cluster.ts';

const KILLS = 20;
const STOPS = 10;
const STOP_PAUSE_MS_MAX = 500;
const PROBE_EVERY_MS = 10;
const PROBE_TIMEOUT_MS = 10_000;
const SETTLE_MS = 600;

export async function runFailover(tally: Tally): Promise<void> {
  for (const kind of ['ours', 'etcd'] as const) {
    await tally.run(`${KILLS} killed leaders of three: ${kind}`, () =>
      TestCluster.run([], (cluster) => killLeaders(cluster, kind)),
    );
  }
  await tally.run(`${STOPS} stopped leaders of three: writes pause for a moment`, () =>
    TestCluster.run([], stopLeaders),
  );
  await tally.run('five: one, two and all of them restarted', () =>
    TestCluster.run(['--snapshot-count=500', '--snapshot-catchup-entries=100'], restarts),
  );
}

async function killLeaders(cluster: TestCluster, kind: Kind): Promise<string> {
  await cluster.found(kind, ['a', 'b', 'c']);
  const load = await startLoad(cluster, 50);
  const times: number[] = [];
  try {
    for (let round = 0; round < KILLS; round++) {
      await delay(SETTLE_MS);
      const leader = await cluster.leader();
      const others = cluster.running.filter((member) => member !== leader);
      load.setEndpoints(others.map(({ endpoint }) => endpoint));
      const probe = new EtcdClient({ endpoints: others.map(({ endpoint }) => endpoint) });
      await probe.kv.put('probe', 'before');
      const startMs = performance.now();
      await leader.kill();
      times.push((await firstAccepted(probe)) - startMs);
      probe.close();
      await cluster.restart(leader);
      load.setEndpoints(cluster.endpoints);
    }
    const note = await endLoad(cluster, load);
    return `first write after ${percentile(times, 0.5)} ms (median), ${percentile(times, 1)} ms (most); ${note}`;
  } finally {
    load.close();
  }
}

/** When the first of many writes was accepted: one every few milliseconds, because an early one may be lost. */
function firstAccepted(client: EtcdClient): Promise<number> {
  return new Promise((resolve, reject) => {
    const endMs = performance.now() + PROBE_TIMEOUT_MS;
    const timer = setInterval(() => {
      client.kv.put('probe', 'after', { timeoutMs: PROBE_TIMEOUT_MS }).then(
        () => {
          clearInterval(timer);
          resolve(performance.now());
        },
        () => {
          if (performance.now() < endMs) return;
          clearInterval(timer);
          reject(new Error('no write was accepted'));
        },
      );
    }, PROBE_EVERY_MS);
  });
}

async function stopLeaders(cluster: TestCluster): Promise<string> {
  await cluster.found('ours', ['a', 'b', 'c']);
  const load = await startLoad(cluster, 200);
  const pauses: number[] = [];
  try {
    for (let round = 0; round < STOPS; round++) {
      const leader = await cluster.leader();
      // A transfer goes to a member that has been connected for a while.
      await delay(SETTLE_MS);
      load.takeLongestPauseMs();
      const exit = await leader.stop();
      await delay(SETTLE_MS);
      pauses.push(load.takeLongestPauseMs());
      expect(exit.code === 0 || exit.signal === 'SIGTERM', `${leader.name} did not end well`);
      await cluster.restart(leader);
    }
    const note = await endLoad(cluster, load);
    const most = percentile(pauses, 1);
    const all = pauses.map((pause) => pause.toFixed(0)).join(', ');
    expect(most <= STOP_PAUSE_MS_MAX, `writes paused for ${all} ms`);
    return `pauses of ${percentile(pauses, 0.5)} ms (median), ${most} ms (most); ${note}`;
  } finally {
    load.close();
  }
}

async function restarts(cluster: TestCluster): Promise<string> {
  const names = ['a', 'b', 'c', 'd', 'e'];
  await cluster.found('ours', names);
  const load = await startLoad(cluster, 100);
  try {
    const [first, second] = await cluster.followers();
    if (first === undefined || second === undefined) throw new Error('no followers');
    await first.kill();
    await load.fill(1500);
    await cluster.restart(first);
    await cluster.compareHashes();
    const leader = await cluster.leader();
    await Promise.all([leader.kill(), second.kill()]);
    await load.fill(1500);
    await Promise.all([cluster.restart(leader), cluster.restart(second)]);
    await cluster.compareHashes();
    for (const end of ['kill', 'stop'] as const) {
      await Promise.all(cluster.members.map((member) => member[end]()));
      await Promise.all(cluster.members.map((member) => cluster.restart(member)));
      await retried('writes go on', () => cluster.anyClient().kv.put('again', end));
    }
    return await endLoad(cluster, load);
  } finally {
    load.close();
  }
}

function startLoad(cluster: TestCluster, putsPerSecond: number): Promise<SteadyLoad> {
  return SteadyLoad.start({ endpoints: cluster.endpoints, putsPerSecond, watcherCount: 3 });
}

async function endLoad(cluster: TestCluster, load: SteadyLoad): Promise<string> {
  const wrong = await load.finish();
  expect(wrong.length === 0, wrong.join('\n'));
  await cluster.compareHashes();
  return `${load.acknowledged} puts acknowledged, ${load.failures} unanswered (${load.reasons})`;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
}
