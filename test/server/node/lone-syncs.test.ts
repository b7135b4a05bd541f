// Goal: only a client that is alone has its syncs on the event loop. Method: a node over memory whose log notes what it was told.
// A failure means a loop that stands still for a disk while others wait, or a lone client that pays for threads.
import { expect, it } from 'vitest';
import { LONE_TURNS_MIN } from '../../../server/node/limits.ts';
import { NodeWorld } from '../../support/node-harness.ts';

function putAlone(world: NodeWorld): boolean | undefined {
  world.put('k', 'v');
  world.time.settle();
  return world.log.lone.at(-1);
}

function putUntilLone(world: NodeWorld): void {
  for (let i = 0; i < LONE_TURNS_MIN; i++) putAlone(world);
  expect(putAlone(world)).toBe(true);
}

it('a client is alone once it was for some turns, until two ask in one', () => {
  const world = new NodeWorld().start();
  expect(putAlone(world)).toBe(false);
  putUntilLone(world);
  world.put('a', 'v');
  world.put('b', 'v');
  world.time.settle();
  expect(world.log.lone.at(-1)).toBe(false);
  for (let i = 0; i < LONE_TURNS_MIN; i++) expect(putAlone(world)).toBe(false);
  expect(putAlone(world)).toBe(true);
});

it('reads in one turn count as several, too', () => {
  const world = new NodeWorld().start();
  putUntilLone(world);
  for (let i = 0; i < 2; i++) world.node.readIndex({ onReadable: () => undefined });
  world.time.settle();
  expect(putAlone(world)).toBe(false);
});
