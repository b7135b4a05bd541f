// Owns linearizable reads while members are cut off from each other: at every member, all the time, a read that began
// after a write was acknowledged sees that write or fails.

import { utf8Text } from '../../server/base/bytes.ts';
import { Prng } from '../../server/base/prng.ts';
import type { Tally } from '../support/tally.ts';
import { PeerNetwork } from './peer-network.ts';
import { delay, expect, retried, TestCluster, type TestMember } from './test-cluster.ts';

const ROUNDS = 10;
const NAMES = ['a', 'b', 'c'];
const CALL_TIMEOUT_MS = 1500;

interface Counters {
  /** The highest number that was acknowledged. */
  written: number;
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
    const advertisedPeerPort = await network.open(name, () => cluster.member(name).peerPort);
    members.push(await cluster.create({ name, kind: 'ours', advertisedPeerPort }));
  }
  await cluster.foundWith(members);
  await network.learn(members);
}

async function partitionedReads(cluster: TestCluster): Promise<string> {
  const seed = Date.now() % 1_000_000;
  const random = new Prng(seed);
  const network = new PeerNetwork(random);
  const counters: Counters = { written: 0, reads: 0, refused: 0, wrong: [] };
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
    const { written, reads, refused, wrong } = counters;
    expect(wrong.length === 0, `seed ${seed}\n${wrong.slice(0, 10).join('\n')}`);
    expect(written > 50 && reads > 500, `only ${written} writes and ${reads} reads`);
    await cluster.compareHashes();
    return `${written} writes, ${reads} reads, ${refused} refused`;
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
    // All members at once: whoever can, takes it. The same number twice does no harm.
    const puts = cluster.members.map(({ client }) =>
      client.kv.put('counter', String(number), { timeoutMs: CALL_TIMEOUT_MS }),
    );
    await Promise.any(puts).then(
      () => {
        counters.written = number;
      },
      () => undefined,
    );
    // A put that is still under way must not overwrite the next one.
    await Promise.allSettled(puts);
    await delay(5);
  }
}

async function read(member: TestMember, counters: Counters, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const expected = counters.written;
    try {
      const { kvs } = await member.client.kv.get('counter', { timeoutMs: CALL_TIMEOUT_MS });
      const found = Number(utf8Text(kvs[0]?.value ?? new Uint8Array(0)));
      counters.reads += 1;
      if (found < expected) counters.wrong.push(`${member.name} read ${found} after ${expected}`);
    } catch {
      counters.refused += 1;
    }
    await delay(5);
  }
}
