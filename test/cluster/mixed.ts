// Owns the proof that our members and those of etcd 3.5 form one cluster: one kind takes the place of the other member by
// member, in both directions, while puts and watches go on. Snapshots travel in both directions too.

import type { Tally } from '../support/tally.ts';
import { SteadyLoad } from './steady-load.ts';
import { delay, expect, type Kind, retried, TestCluster, type TestMember } from './test-cluster.ts';

/** More entries than etcd 3.5 keeps for members that lag, which is 5000: such a member needs a snapshot. */
const SNAPSHOT_FILL = 7000;
/** etcd: HealthInterval. A change of the membership is refused while a connection is younger. */
const HEALTH_WAIT_MS = 5200;

const ARGS = [
  '--snapshot-count=100',
  '--snapshot-catchup-entries=100',
  '--corrupt-check-time=3s',
  '--feature-gates=InitialCorruptCheck=true',
];

export async function runMixed(tally: Tally): Promise<void> {
  await tally.run('three of etcd 3.5 become three of ours', () =>
    TestCluster.run(ARGS, (cluster) => replaceAll(cluster, 'etcd', 'ours')),
  );
  await tally.run('three of ours become three of etcd 3.5', () =>
    TestCluster.run([...ARGS, '--cluster-version-max=3.5'], (cluster) =>
      replaceAll(cluster, 'ours', 'etcd'),
    ),
  );
  await tally.run('three data directories of etcd 3.5 are taken over in place', () =>
    TestCluster.run(ARGS, takeOver),
  );
}

/** Members keep their directories, names and addresses, and get another program. */
async function takeOver(cluster: TestCluster): Promise<string> {
  await cluster.found('etcd', ['a', 'b']);
  await delay(HEALTH_WAIT_MS);
  // A member of 3.5 does not write into its database that a learner was promoted.
  const third = await cluster.create({ name: 'c', kind: 'etcd' });
  await cluster.promote(await cluster.join(third, true));
  const load = await SteadyLoad.start({
    endpoints: cluster.endpoints,
    putsPerSecond: 200,
    watcherCount: 3,
  });
  try {
    await load.fill(1000);
    for (const member of cluster.members) {
      load.setEndpoints(except(cluster, member).map(({ endpoint }) => endpoint));
      await member.stop();
      member.becomeOurs();
      await cluster.restart(member);
      load.setEndpoints(cluster.endpoints);
      await cluster.compareHashes();
      await compareMembers(cluster);
    }
    const wrong = await load.finish();
    expect(wrong.length === 0, wrong.join('\n'));
    await cluster.expectNoAlarms();
    return `${load.acknowledged} puts acknowledged, ${load.failures} unanswered`;
  } finally {
    load.close();
  }
}

function except(cluster: TestCluster, member: TestMember): readonly TestMember[] {
  return cluster.running.filter((other) => other !== member);
}

/** Every member knows the same of all members. */
async function compareMembers(cluster: TestCluster): Promise<void> {
  await retried('members agree on who they are', async () => {
    const lists = await Promise.all(
      cluster.running.map(async ({ client }) => {
        const { members } = await client.cluster.memberList({ linearizable: false });
        return members.map(({ id, name, peerUrls, clientUrls, isLearner }) =>
          [id, name, peerUrls, clientUrls, isLearner].join(),
        );
      }),
    );
    const texts = new Set(lists.map((list) => list.join('; ')));
    expect(texts.size === 1, [...texts].join('\n'));
  });
}

async function replaceAll(cluster: TestCluster, from: Kind, to: Kind): Promise<string> {
  await cluster.found(from, ['old1', 'old2', 'old3']);
  const load = await SteadyLoad.start({
    endpoints: cluster.endpoints,
    putsPerSecond: 200,
    watcherCount: 4,
  });
  try {
    const note = await replaceUnderLoad(cluster, load, to);
    const wrong = await load.finish();
    expect(wrong.length === 0, wrong.join('\n'));
    return `${load.acknowledged} puts acknowledged, ${load.failures} unanswered, ${note}`;
  } finally {
    load.close();
  }
}

async function replaceUnderLoad(cluster: TestCluster, load: SteadyLoad, to: Kind): Promise<string> {
  const snapshots: string[] = [];
  await load.fill(SNAPSHOT_FILL);
  await delay(HEALTH_WAIT_MS);
  for (const number of [1, 2, 3]) {
    const member = await cluster.create({ name: `new${number}`, kind: to });
    const leader = (await cluster.leader()).kind;
    const id = await cluster.join(member, true);
    if (number === 1) snapshots.push(`${leader} to ${to}`);
    await cluster.compareHashes();
    await cluster.promote(id);
    load.setEndpoints(cluster.endpoints);
    await cluster.compareHashes();
    if (number === 1) {
      await cluster.moveLeader(member);
      await compactSome(cluster);
      snapshots.push(await lagBehind(cluster, load, cluster.member('old2')));
    }
    if (number === 2) snapshots.push(await lagBehind(cluster, load, member));
    await delay(HEALTH_WAIT_MS);
    await removeOld(cluster, load, cluster.member(`old${number}`));
    await cluster.compareHashes();
  }
  // Both kinds of corruption check had time to speak.
  await delay(4000);
  await cluster.expectNoAlarms();
  await compareMembers(cluster);
  const kinds = (await cluster.list()).map(({ name }) => name).sort();
  expect(kinds.join() === 'new1,new2,new3', `members are ${kinds.join()}`);
  return `snapshots: ${snapshots.join(', ')}`;
}

async function compactSome(cluster: TestCluster): Promise<void> {
  const revision = await cluster.compareHashes();
  await cluster.anyClient().kv.compact(revision - 2000);
  await delay(300);
  await cluster.compareHashes();
}

/** A member sleeps until the others have thrown away what it needs next. */
async function lagBehind(
  cluster: TestCluster,
  load: SteadyLoad,
  member: TestMember,
): Promise<string> {
  const others = except(cluster, member);
  const leader = await cluster.leader();
  if (leader === member) throw new Error('the leader must not sleep');
  load.setEndpoints(others.map(({ endpoint }) => endpoint));
  await member.stop();
  await load.fill(SNAPSHOT_FILL);
  await cluster.restart(member);
  await retried('the snapshot arrives', async () => {
    const [mine, theirs] = await Promise.all([member.status(), leader.status()]);
    expect(mine.raftAppliedIndex > theirs.raftAppliedIndex - 500, 'it is behind');
  });
  expect(/snapshot/.test(member.process.log), `${member.name} was not sent a snapshot`);
  load.setEndpoints(cluster.endpoints);
  await cluster.compareHashes();
  return `${leader.kind} to ${member.kind}`;
}

async function removeOld(cluster: TestCluster, load: SteadyLoad, old: TestMember): Promise<void> {
  const others = except(cluster, old);
  load.setEndpoints(others.map(({ endpoint }) => endpoint));
  const id = (await old.status()).header?.memberId ?? 0n;
  const { exited } = old.process;
  const [other] = others;
  await retried('member remove', async () => other?.client.cluster.memberRemove(id));
  const ended = await Promise.race([exited, delay(15_000)]);
  expect(ended !== undefined, `${old.name} goes on after its removal`);
  await cluster.remove(old);
}
