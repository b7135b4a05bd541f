// Owns what is done to a cluster during a robustness run. Every fault leaves the cluster whole: processes run, links are
// fine. Whether it has a leader again is for the run to wait for.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prng } from '../../server/base/prng.ts';
import type { PeerNetwork } from '../cluster/peer-network.ts';
import type { TestCluster, TestMember } from '../cluster/test-cluster.ts';
import { withTimeout } from '../support/member-process.ts';
import { pick, pickSome } from '../support/pick.ts';
import { delay } from './traffic.ts';

/** Longer than the time until a leader without followers gives up, and the others elect one. */
const PARTITION_MS = 4000;
const FULL_DISK_TIMEOUT_MS = 20_000;
const FILLER = 'filler';
const FILLER_CHUNK_BYTES = 4 * 1024 * 1024;

export interface FaultContext {
  readonly cluster: TestCluster;
  readonly network: PeerNetwork;
  readonly random: Prng;
  /** Replaces a follower by a new member. */
  readonly replace: () => Promise<void>;
  /** A member on a small disk of its own, where that can be had. */
  readonly small: string | undefined;
}

export type Fault = readonly [name: string, run: (context: FaultContext) => Promise<void>];

export const FAULTS: readonly Fault[] = [
  ['the leader is killed', async (context) => killOne(context, await leaderOf(context))],
  ['the leader is cut off', (context) => cutOff(context, 'leader')],
  ['a follower is replaced', ({ replace }) => replace()],
  ['the leader sleeps', async (context) => sleep(context, await leaderOf(context))],
  ['one member after the other, again and again', restartStorm],
  ['the leader is not heard', (context) => oneWay(context, 'from')],
  ['a disk gets full', fillDisk],
  ['all are killed', (context) => killMany(context, 3)],
  ['packets are late and lost', badNetwork],
  ['a follower is cut off', (context) => cutOff(context, 'follower')],
  ['the leader is told to stop', stopLeader],
  ['a follower is killed', async (context) => killOne(context, await followerOf(context))],
  ['the leader hears nobody', (context) => oneWay(context, 'to')],
  ['two are killed', (context) => killMany(context, 2)],
  ['a follower sleeps', async (context) => sleep(context, await followerOf(context))],
  ['nobody hears anybody', (context) => cutOff(context, 'all')],
  ['the leader and a follower cannot talk', (context) => cutOff(context, 'pair')],
];

function leaderOf({ cluster }: FaultContext): Promise<TestMember> {
  return cluster.leader();
}

async function followerOf({ cluster, random }: FaultContext): Promise<TestMember> {
  return pick(random, await cluster.followers());
}

async function killOne({ cluster, random }: FaultContext, member: TestMember): Promise<void> {
  await member.kill();
  await delay(random.below(4000));
  await cluster.restart(member);
}

async function killMany({ cluster, random }: FaultContext, count: number): Promise<void> {
  const members = pickSome(random, cluster.running, count);
  await Promise.all(members.map((member) => member.kill()));
  await delay(random.below(1500));
  await Promise.all(members.map((member) => cluster.restart(member)));
}

/** Killed while it starts, too. */
async function restartStorm({ cluster, random }: FaultContext): Promise<void> {
  for (let count = 0; count < 6; count++) {
    const member = pick(random, cluster.running);
    await member.kill();
    const started = cluster.restart(member);
    if (random.chance(0.5)) {
      await started;
      continue;
    }
    started.catch(() => undefined);
    await delay(random.below(800));
    await member.kill();
    await cluster.restart(member);
  }
}

async function sleep({ random }: FaultContext, member: TestMember): Promise<void> {
  const { process } = member;
  process.signal('SIGSTOP');
  await delay(500 + random.below(4000));
  process.signal('SIGCONT');
}

async function stopLeader({ cluster }: FaultContext): Promise<void> {
  const leader = await cluster.leader();
  await leader.stop();
  await cluster.restart(leader);
}

async function cutOff(
  { cluster, network, random }: FaultContext,
  who: 'leader' | 'follower' | 'all' | 'pair',
): Promise<void> {
  const leader = await cluster.leader();
  const names = cluster.running.map(({ name }) => name);
  const others = names.filter((name) => name !== leader.name);
  const follower = pick(random, others);
  if (who === 'all') for (const name of names) network.isolate(name, except(names, name));
  else if (who === 'leader') network.isolate(leader.name, others);
  else if (who === 'pair') network.isolate(leader.name, [follower]);
  else network.isolate(follower, except(names, follower));
  await delay(PARTITION_MS);
  network.heal();
}

async function oneWay({ cluster, network }: FaultContext, direction: 'from' | 'to'): Promise<void> {
  const { name } = await cluster.leader();
  for (const other of except(
    cluster.running.map((member) => member.name),
    name,
  )) {
    if (direction === 'from') network.set(name, other, { blocked: true });
    else network.set(other, name, { blocked: true });
  }
  await delay(PARTITION_MS);
  network.heal();
}

async function badNetwork({ cluster, network, random }: FaultContext): Promise<void> {
  const names = cluster.running.map(({ name }) => name);
  for (const from of names) {
    for (const to of except(names, from)) {
      const delayMs = random.below(100);
      network.set(from, to, { delayMs, jitterMs: random.below(150), loss: random.unit() * 0.2 });
    }
  }
  await delay(2 * PARTITION_MS);
  network.heal();
}

/** Its member must end, say why, and lose nothing. */
async function fillDisk({ cluster, small }: FaultContext): Promise<void> {
  if (small === undefined || !cluster.running.some(({ name }) => name === small)) return;
  const member = cluster.member(small);
  const { exited } = member.process;
  const filler = join(member.dataDir, FILLER);
  const chunk = Buffer.alloc(FILLER_CHUNK_BYTES);
  try {
    for (;;) writeFileSync(filler, chunk, { flag: 'a' });
  } catch {
    // No space is left, which is what was wanted.
  }
  const exit = await withTimeout(exited, FULL_DISK_TIMEOUT_MS);
  if (existsSync(filler)) rmSync(filler);
  if (exit === undefined) return;
  if (!/ENOSPC|no space left/i.test(member.log)) {
    throw new Error(`${small} ended on a full disk and did not say so`);
  }
  await cluster.restart(member);
}

function except(names: readonly string[], name: string): readonly string[] {
  return names.filter((other) => other !== name);
}
