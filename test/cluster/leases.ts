// Owns leases while leaders change: kept alive through followers they live on, and left alone they end, not before their
// time, by whoever leads then.

import type { Tally } from '../support/tally.ts';
import { delay, expect, retried, TestCluster, type TestMember } from './test-cluster.ts';

const TTL_SECONDS = 4;
const EXPIRY_TIMEOUT_MS = 20_000;
/** Members measure with their own clocks, from when they heard of the lease. */
const CLOCK_MS = 100;
/** etcd: HealthInterval. A change of the membership is refused while a connection is younger. */
const HEALTH_WAIT_MS = 5200;

/** More than one connection between two members carries at a time. */
const LEASE_COUNT = 600;

export async function runLeases(tally: Tally): Promise<void> {
  await tally.run('keep-alives pass between members of ours and of etcd', () =>
    TestCluster.run([], betweenKinds),
  );
  await tally.run('leases kept alive through followers outlive their leaders', () =>
    TestCluster.run([], keptAlive),
  );
  for (const end of ['killed', 'stopped', 'moved'] as const) {
    await tally.run(`a lease ends in its time, its leader ${end}`, () =>
      TestCluster.run([], (cluster) => leftAlone(cluster, end)),
    );
  }
}

async function keptAlive(cluster: TestCluster): Promise<string> {
  await cluster.found('ours', ['a', 'b', 'c']);
  const [follower] = await cluster.followers();
  if (follower === undefined) throw new Error('no followers');
  const { id } = await follower.client.leases.grant(TTL_SECONDS);
  await follower.client.kv.put('kept', 'alive', { lease: id });
  const keeper = follower.client.leases.keepAlive(id);
  let lost = false;
  keeper.on('lost', () => {
    lost = true;
  });
  for (const end of ['kill', 'stop', 'kill'] as const) {
    const leader = await cluster.leader();
    // The keeper talks to one member; that one stays.
    if (leader === follower) await moveAway(cluster, follower);
    const now = await cluster.leader();
    await now[end]();
    await delay(1.5 * TTL_SECONDS * 1000);
    await cluster.restart(now);
  }
  const { kvs } = await follower.client.kv.get('kept');
  expect(kvs.length === 1, 'the key is gone although its lease was kept alive');
  const { ttl, grantedTtl } = await follower.client.leases.timeToLive(id);
  expect(ttl > 0 && grantedTtl === TTL_SECONDS, `${ttl} of ${grantedTtl} s are left`);
  keeper.stop();
  expect(!lost, 'a renewal was told that the lease is gone');
  return '';
}

/** Every member leads once; many leases are renewed through every other one, and one that is gone. */
async function betweenKinds(cluster: TestCluster): Promise<string> {
  await cluster.found('etcd', ['a', 'b']);
  await delay(HEALTH_WAIT_MS);
  const ours = await cluster.create({ name: 'c', kind: 'ours' });
  await cluster.promote(await cluster.join(ours, true));
  const { leases } = ours.client;
  const grants = Array.from({ length: LEASE_COUNT }, () => leases.grant(600));
  const ids = (await Promise.all(grants)).map(({ id }) => id);
  const ways: string[] = [];
  for (const leader of cluster.members) {
    if ((await cluster.leader()) !== leader) await cluster.moveLeader(leader);
    for (const member of cluster.members) {
      const renewed = await Promise.all(
        ids.map((id) => retried('a renewal', () => member.client.leases.keepAliveOnce(id))),
      );
      expect(
        renewed.every(({ ttl }) => ttl === 600),
        `${member.name} renewed to ${[...new Set(renewed.map(({ ttl }) => ttl))].join()}`,
      );
      const gone = await member.client.leases.keepAliveOnce(1n).then(
        () => 'kept alive',
        (error: unknown) => String(error),
      );
      expect(gone.includes('requested lease not found'), `a lease that never was: ${gone}`);
      if (member !== leader) ways.push(`${member.kind} to ${leader.kind}`);
    }
  }
  return ways.join(', ');
}

async function moveAway(cluster: TestCluster, from: TestMember): Promise<void> {
  const other = cluster.running.find((member) => member !== from);
  if (other !== undefined) await cluster.moveLeader(other);
}

async function leftAlone(
  cluster: TestCluster,
  end: 'killed' | 'stopped' | 'moved',
): Promise<string> {
  await cluster.found('ours', ['a', 'b', 'c']);
  const [asked, other] = await cluster.followers();
  if (asked === undefined || other === undefined) throw new Error('no followers');
  const { id } = await asked.client.leases.grant(TTL_SECONDS);
  await asked.client.kv.put('leased', 'key', { lease: id });
  await delay(1000);
  const renewedMs = performance.now();
  await asked.client.leases.keepAliveOnce(id);
  const leader = await cluster.leader();
  const changedMs = performance.now();
  if (end === 'killed') await leader.kill();
  else if (end === 'stopped') await leader.stop();
  else await cluster.moveLeader(other);
  const led = await retried('a new leader', async () => {
    const now = await cluster.leader();
    expect(now !== leader, 'still the same');
    return performance.now();
  });
  await retried(
    'the key goes',
    async () => {
      const { kvs } = await asked.client.kv.get('leased');
      expect(kvs.length === 0, 'it is there');
    },
    EXPIRY_TIMEOUT_MS,
  );
  const goneMs = performance.now();
  const livedMs = goneMs - renewedMs;
  expect(livedMs > TTL_SECONDS * 1000 - CLOCK_MS, `the lease lived for ${livedMs.toFixed()} ms`);
  // A new leader starts the time anew, so that nobody loses a lease to an election.
  expect(goneMs - changedMs > TTL_SECONDS * 1000 - CLOCK_MS, 'the new leader gave no extension');
  expect(goneMs - led < (TTL_SECONDS + 3) * 1000, `it took ${goneMs - led} ms to end`);
  const { ttl } = await asked.client.leases.timeToLive(id);
  expect(ttl === -1, `the lease has ${ttl} s left`);
  await cluster.compareHashes();
  return `${(livedMs / 1000).toFixed(1)} s after its last renewal`;
}
