// Goal: where nothing is wrong, leadership moves without a request being lost on the way. Method: leaders hand over once a
// second while clients write through every member, over a network that loses nothing; time-outs are counted. A failure means
// that clients of a member that is not the leader wait for seconds whenever a leader is stopped in good order.
import { describe, expect, it } from 'vitest';
import { Clients } from './client.ts';
import { KvWorkload } from './kv-workload.ts';
import { drawScenario } from './scenario.ts';
import { SimWorld } from './sim-world.ts';

const SECOND_US = 1_000_000;
const HAND_OVERS = 30;
/** Longer than any request may take. */
const LAST_US = 10 * SECOND_US;

async function timeoutsOf(seed: number): Promise<readonly string[]> {
  const world = new SimWorld({
    ...drawScenario({ seed, ticks: 0 }),
    members: 3,
    electionTicks: 10,
    clients: 6,
    thinkUs: 5000,
    syncMaxUs: 10_000,
    snapshotCount: 10_000,
  });
  const clients = new Clients(world);
  new KvWorkload(clients).start();
  for (const machine of world.machines) machine.boot();
  await world.run(5 * SECOND_US);
  for (let i = 0; i < HAND_OVERS; i++) {
    const { leader } = world;
    const others = world.machines.filter((machine) => machine !== leader?.machine);
    const to = others[i % others.length];
    leader?.run(() => {
      if (to !== undefined) leader.parts?.raft.transferLeadership(to.id);
      leader.parts?.node.wake();
    });
    await world.run(SECOND_US);
  }
  clients.isStopped = true;
  await world.run(LAST_US);
  expect(world.failure).toBeUndefined();
  expect(world.raftChecker.elections).toBeGreaterThan(HAND_OVERS / 2);
  return [...clients.counts.keys()].filter((what) => what.includes('timeout'));
}

describe('leaders that hand over', () => {
  it.each([1, 2])(
    'lose nothing under seed %i',
    async (seed) => {
      expect(await timeoutsOf(seed)).toEqual([]);
    },
    120_000,
  );
});
