// Goal: a leader that only the operator cannot reach keeps the leadership until it can be asked to hand it over. Method: one
// such history, written out; random ones meet it rarely. A failure means an election that nobody needed, in the middle of a
// change of membership.
import { expect, it } from 'vitest';
import { Prng } from '../../server/base/prng.ts';
import { reconcile, settle } from './history.ts';
import { leadRight } from './misleading.ts';
import { World } from './world.ts';

const ROUNDS = 60;

it('a leader out of reach is not removed, and the scale-in goes on once it is back', () => {
  const world = new World({ replicas: 3, version: '3.7.0' }, new Prng(5));
  settle(world, []);
  const { etcd, api } = world;
  const leader = etcd.list.find(({ id }) => id === etcd.leaderId);
  world.hidden.add(leader?.name ?? '');
  api.editSpec((spec) => ({ ...spec, replicas: 1 }));
  for (let round = 0; round < ROUNDS; round++) {
    world.pass(10_000);
    reconcile(world, [], { interference: { failureChance: 0 }, ageRounds: 0 });
  }
  expect(etcd.leaderId).toBe(leader?.id);
  expect(api.cluster?.status?.leader).toBe(leader?.name);
  leadRight(world);
  settle(world, []);
  expect(etcd.voters()).toHaveLength(1);
});
