// Owns linearizable reads while members are cut off from each other: at every member, all the time, a read that began
// after a write was acknowledged sees that write or fails.

import { Prng } from '../../server/base/prng.ts';
import type { Tally } from '../support/tally.ts';
import { PeerNetwork } from './peer-network.ts';
import { delay, expect, retried, TestCluster, type TestMember } from './test-cluster.ts';

const ROUNDS = 10;
const NAMES = ['a', 'b', 'c'];
const CALL_TIMEOUT_MS = 1500;

interface Counters {
  /** The highest revision at which a write was acknowledged. */
  revision: number;
  writes: number;
  reads: number;
  refused: number;
  readonly wrong: string[];
}

export async function runReads(tally: Tally): Promise<void> {
  await tally.run('linearizable reads during partitions are never stale', () =>
    TestCluster.run([], partitionedReads),
  );
}

/** A cluster whose peer ports are behind a network that can break. */
export async function foundBehind(
  cluster: TestCluster,
  network: PeerNetwork,
  names: readonly string[],
): Promise<void> {
  const members: TestMember[] = [];
  for (const name of names) {
    const advertisedPeerPort = await network.open(name, () => cluster.find(name)?.peerPort);
    members.push(await cluster.create({ name, kind: 'ours', advertisedPeerPort }));
  }
  await cluster.foundWith(members);
  await network.learn(members);
}

async function partitionedReads(cluster: TestCluster): Promise<string> {
  const seed = Date.now() % 1_000_000;
  const random = new Prng(seed);
  const network = new PeerNetwork(random);
  const counters: Counters = { revision: 0, writes: 0, reads: 0, refused: 0, wrong: [] };
  const stop = new AbortController();
  try {
    await foundBehind(cluster, network, NAMES);
    await cluster.anyClient().kv.put('counter', '0');
    const work = [
      write(cluster, counters, stop.signal),
      ...cluster.members.map((member) => read(member, counters, stop.signal)),
    ];
    for (let round = 0; round < ROUNDS; round++) await breakAndHeal(cluster, network, round);
    stop.abort();
    await Promise.all(work);
    const { writes, reads, refused, wrong } = counters;
    expect(wrong.length === 0, `seed ${seed}\n${wrong.slice(0, 10).join('\n')}`);
    expect(writes > 50 && reads > 500, `only ${writes} writes and ${reads} reads`);
    await cluster.compareHashes();
    return `${writes} writes, ${reads} reads, ${refused} refused`;
  } finally {
    stop.abort();
    network.close();
  }
}

async function breakAndHeal(
  cluster: TestCluster,
  network: PeerNetwork,
  round: number,
): Promise<void> {
  const { name: leader } = await cluster.leader();
  const others = NAMES.filter((name) => name !== leader);
  const [first = '', second = ''] = others;
  switch (round % 5) {
    case 0:
      network.isolate(leader, others);
      break;
    case 1:
      network.isolate(first, [leader, second]);
      break;
    case 2:
      // The leader is heard by nobody, and hears everybody.
      for (const other of others) network.set(leader, other, { blocked: true });
      break;
    case 3:
      // The leader hears nobody.
      for (const other of others) network.set(other, leader, { blocked: true });
      break;
    default:
      // One follower and the leader cannot talk; the third talks to both.
      network.isolate(leader, [first]);
  }
  await delay(3500);
  network.heal();
  await retried('a leader after healing', () => cluster.leader());
  await delay(300);
}

async function write(cluster: TestCluster, counters: Counters, signal: AbortSignal): Promise<void> {
  for (let number = 1; !signal.aborted; number++) {
    // All members at once: whoever can, takes it.
    const puts = cluster.members.map(({ client }) =>
      client.kv.put('counter', String(number), { timeoutMs: CALL_TIMEOUT_MS }),
    );
    const taken = puts.map(async (put) => {
      const { header } = await put;
      counters.revision = Math.max(counters.revision, header?.revision ?? 0);
      counters.writes += 1;
    });
    await Promise.allSettled(taken);
    await delay(5);
  }
}

async function read(member: TestMember, counters: Counters, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const expected = counters.revision;
    try {
      const { kvs } = await member.client.kv.get('counter', { timeoutMs: CALL_TIMEOUT_MS });
      // Values may be overtaken by a put that was held up; revisions only grow.
      const found = kvs[0]?.modRevision ?? 0;
      counters.reads += 1;
      if (found < expected)
        counters.wrong.push(`${member.name} read revision ${found} after ${expected}`);
    } catch {
      counters.refused += 1;
    }
    await delay(5);
  }
}
