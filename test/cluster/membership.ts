// Owns changes of the membership: adding voters and learners, promoting, moving, updating, removing, and the text of
// every refusal. The texts are etcd's, so the same steps run against etcd too where its release has the same rules.

import { isEtcdError } from '../../server/base/errors.ts';
import { lastLines, withTimeout } from '../support/member-process.ts';
import type { Tally } from '../support/tally.ts';
import { SteadyLoad } from './steady-load.ts';
import { delay, expect, type Kind, retried, TestCluster, type TestMember } from './test-cluster.ts';

/** etcd: HealthInterval. */
const HEALTH_WAIT_MS = 5200;
const END_TIMEOUT_MS = 20_000;
const UNKNOWN_ID = 0x1234n;
const UNUSED_URL = 'http://127.0.0.1:1';

export async function runMembership(tally: Tally): Promise<void> {
  for (const kind of ['ours', 'etcd'] as const) {
    await tally.run(`refusals of ${kind}`, () =>
      TestCluster.run([], (cluster) => refusals(cluster, kind)),
    );
  }
  await tally.run('grow from one to five and shrink to one, under load', () =>
    TestCluster.run([], growAndShrink),
  );
  await tally.run('a member on new addresses is found again', () =>
    TestCluster.run([], changeAddress),
  );
  await tally.run('a removed member stops and cannot come back', () =>
    TestCluster.run([], removedStops),
  );
  await tally.run('an empty disk under a known name is refused', () =>
    TestCluster.run([], emptyDisk),
  );
}

/** The call must fail with exactly this text. */
async function refused(text: string, call: () => Promise<unknown>): Promise<void> {
  let told = 'nothing was refused';
  try {
    await call();
  } catch (error) {
    told = error instanceof Error ? error.message : String(error);
    if (!isEtcdError(error)) told = `${told} (no known error)`;
  }
  expect(told === `etcdserver: ${text}`, `expected "etcdserver: ${text}", got "${told}"`);
}

async function refusals(cluster: TestCluster, kind: Kind): Promise<string> {
  const alone = await cluster.create({ name: 'alone', kind });
  await cluster.foundWith([alone]);
  const { cluster: members, maintenance, kv } = alone.client;
  const aloneId = await idOf(alone);
  await refused('given member URLs are invalid', () => members.memberAdd(['no-url']));
  await refused('Peer URLs already exists', () => members.memberAdd([alone.peerUrl]));
  await refused('member not found', () => members.memberRemove(UNKNOWN_ID));
  await refused('member not found', () => members.memberUpdate(UNKNOWN_ID, [UNUSED_URL]));
  await refused('member not found', () => members.memberPromote(UNKNOWN_ID));
  await refused('re-configuration failed due to not enough started members', () =>
    members.memberRemove(aloneId),
  );
  await refused('can only promote a learner member', () => members.memberPromote(aloneId));
  await refused('bad leader transferee', () => maintenance.moveLeader(UNKNOWN_ID));
  const learner = await cluster.create({ name: 'learner', kind });
  const added = await members.memberAdd([learner.peerUrl], { isLearner: true });
  const learnerId = added.member?.id ?? 0n;
  await refused('too many learner members in cluster', () =>
    members.memberAdd([UNUSED_URL], { isLearner: true }),
  );
  // The same address alone gives the same id within a second, which is another refusal.
  await refused('Peer URLs already exists', () => members.memberAdd([learner.peerUrl, UNUSED_URL]));
  await refused('can only promote a learner member which is in sync with leader', () =>
    members.memberPromote(learnerId),
  );
  await refused('bad leader transferee', () => maintenance.moveLeader(learnerId));
  await cluster.launchJoined(learner, [alone]);
  await kv.put('a', '1');
  await refused('rpc not supported for learner', () => learner.client.kv.put('a', '2'));
  await refused('rpc not supported for learner', () => learner.client.kv.get('a'));
  await retried('a serializable read', async () => {
    const { kvs } = await learner.client.kv.get('a', { serializable: true });
    expect(kvs.length === 1, 'the learner has nothing yet');
  });
  await refused('rpc not supported for learner', () => learner.client.cluster.memberList());
  await cluster.promote(learnerId);
  await refused('can only promote a learner member', () => members.memberPromote(learnerId));
  await refused('not leader', async () => {
    const [follower] = await cluster.followers();
    await follower?.client.maintenance.moveLeader(aloneId);
  });
  await refused('Peer URLs already exists', () => members.memberUpdate(learnerId, [alone.peerUrl]));
  await delay(HEALTH_WAIT_MS);
  await refusalsOfThree(cluster, kind);
  return '18 texts';
}

async function refusalsOfThree(cluster: TestCluster, kind: Kind): Promise<void> {
  const third = await cluster.create({ name: 'third', kind });
  await cluster.join(third, false);
  await retried('a leader', () => cluster.leader());
  // The third is connected, but not for long enough.
  await refused('unhealthy cluster', () => cluster.anyClient().cluster.memberAdd([UNUSED_URL]));
  await delay(HEALTH_WAIT_MS);
  const leader = await cluster.leader();
  const [down, up] = await cluster.followers();
  if (down === undefined || up === undefined) throw new Error('no followers');
  const [upId, downId] = [await idOf(up), await idOf(down)];
  await down.kill();
  // Asked a moment too early, the leader would remove the member and have nobody left to agree with.
  await retried('the loss is noticed', () => seesNoMore(leader, downId));
  await refused('unhealthy cluster', () => leader.client.cluster.memberRemove(upId));
}

/** Throws while `member` has connections to the peer. */
async function seesNoMore(member: TestMember, peerId: bigint): Promise<void> {
  const metrics = await (await fetch(`http://${member.endpoint}/metrics`)).text();
  const remote = peerId.toString(16);
  const line = metrics
    .split('\n')
    .find((each) => each.startsWith('etcd_network_active_peers{') && each.includes(remote));
  if (line?.endsWith(' 0') !== true) throw new Error(`there are connections: ${line}`);
}

async function growAndShrink(cluster: TestCluster): Promise<string> {
  const first = await cluster.create({ name: 'm1', kind: 'ours' });
  await cluster.foundWith([first]);
  const load = await SteadyLoad.start({
    endpoints: cluster.endpoints,
    putsPerSecond: 200,
    watcherCount: 3,
  });
  try {
    for (const number of [2, 3, 4, 5]) {
      const member = await cluster.create({ name: `m${number}`, kind: 'ours' });
      const isLearner = number % 2 === 0;
      const id = await cluster.join(member, isLearner);
      if (isLearner) await cluster.promote(id);
      load.setEndpoints(cluster.endpoints);
      await cluster.compareHashes();
    }
    await delay(HEALTH_WAIT_MS);
    for (const name of ['m1', 'm3', 'm5', 'm2']) {
      await removeMember(cluster, cluster.member(name), load);
      await cluster.compareHashes();
    }
    const wrong = await load.finish();
    expect(wrong.length === 0, wrong.join('\n'));
    const names = (await cluster.list()).map((member) => member.name);
    expect(names.join() === 'm4', `left are ${names.join()}`);
    return `${load.acknowledged} puts acknowledged, ${load.failures} unanswered`;
  } finally {
    load.close();
  }
}

async function removeMember(
  cluster: TestCluster,
  member: TestMember,
  load: SteadyLoad,
): Promise<void> {
  const others = cluster.running.filter((other) => other !== member);
  load.setEndpoints(others.map(({ endpoint }) => endpoint));
  const id = await idOf(member);
  const { exited } = member.process;
  const [asked] = others;
  await retried('member remove', async () => asked?.client.cluster.memberRemove(id));
  const exit = await withTimeout(exited, END_TIMEOUT_MS);
  expect(exit !== undefined, `${member.name} goes on after its removal`);
  await cluster.remove(member);
}

/** A member is told its new peer URL, and comes back on it. */
async function changeAddress(cluster: TestCluster): Promise<string> {
  await cluster.found('ours', ['a', 'b', 'c']);
  const [moved] = await cluster.followers();
  if (moved === undefined) throw new Error('no followers');
  const id = await idOf(moved);
  const others = cluster.running.filter((member) => member !== moved);
  await moved.stop();
  moved.movePeerPort();
  await others[0]?.client.cluster.memberUpdate(id, [moved.peerUrl]);
  for (let count = 0; count < 200; count++) await others[0]?.client.kv.put(`k${count}`, 'v');
  await cluster.restart(moved);
  await retried('the moved member follows', async () => {
    const { kvs } = await moved.client.kv.get('k199');
    expect(kvs.length === 1, 'it is behind');
  });
  await cluster.compareHashes();
  // Others find it too when they lead.
  await cluster.moveLeader(moved);
  await moved.client.kv.put('moved', 'leads');
  await cluster.compareHashes();
  return '';
}

async function removedStops(cluster: TestCluster): Promise<string> {
  await cluster.found('ours', ['a', 'b', 'c', 'd']);
  await delay(HEALTH_WAIT_MS);
  const leader = await cluster.leader();
  const [asleep, awake] = await cluster.followers();
  if (asleep === undefined || awake === undefined) throw new Error('no followers');
  // One hears of its removal as it happens.
  const { process } = awake;
  await leader.client.cluster.memberRemove(await idOf(awake));
  const exit = await withTimeout(process.exited, END_TIMEOUT_MS);
  expect(exit?.code === 0, `the removed member ended with ${exit?.code}`);
  expect(/permanently removed from the cluster/.test(process.log), lastLines(process.log));
  // It does not come back,
  await expectRefusedStart(cluster, awake);
  // and one that slept finds out when it wakes.
  const asleepId = await idOf(asleep);
  await asleep.kill();
  await retried('member remove', () => leader.client.cluster.memberRemove(asleepId));
  await expectRefusedStart(cluster, asleep);
  await leader.client.kv.put('after', 'both');
  return '';
}

async function expectRefusedStart(cluster: TestCluster, member: TestMember): Promise<void> {
  const started = cluster.restart(member).catch(() => undefined);
  await retried(
    `${member.name} ends`,
    async () => {
      await started;
      expect(!member.isRunning, 'it goes on');
    },
    END_TIMEOUT_MS,
  );
  expect(/permanently removed|has been removed/.test(member.log), lastLines(member.log));
}

async function emptyDisk(cluster: TestCluster): Promise<string> {
  await cluster.found('ours', ['a', 'b', 'c']);
  const [victim] = await cluster.followers();
  if (victim === undefined) throw new Error('no followers');
  const id = await idOf(victim);
  await victim.kill();
  victim.wipe();
  const message = await cluster.restart(victim).then(
    () => 'it started',
    (error: Error) => error.message,
  );
  const expected = `member ${id.toString(16)} has already been bootstrapped`;
  expect(message.includes(expected), `no refusal: ${message}`);
  return expected;
}

async function idOf(member: TestMember): Promise<bigint> {
  return (await member.status()).header?.memberId ?? 0n;
}
