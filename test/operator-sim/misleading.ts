// Owns the faults between the operator and members that are well: a Pod that the operator alone cannot reach, and names under
// which another cluster answers. Nothing is wrong with any data; what goes wrong is what the operator makes of it.
import type { Prng } from '../../server/base/prng.ts';
import type { World } from './world.ts';

const HEAL_CHANCE = 0.35;
const ALL_CHANCE = 0.15;

/** One such fault, or the end of all of them. */
export function mislead(world: World, prng: Prng): string | undefined {
  if (prng.chance(HEAL_CHANCE)) return leadRight(world);
  const isAll = prng.chance(ALL_CHANCE);
  const names = [...world.api.pods.keys()];
  if (names.length === 0) return undefined;
  const chosen = isAll ? names : names.slice(prng.below(names.length)).slice(0, 1);
  if (prng.chance(0.5)) return hide(world, chosen);
  return misroute(world, chosen);
}

export function leadRight(world: World): string {
  world.hidden.clear();
  world.etcd.foreign.clear();
  return 'everybody is who they are, in reach of the operator';
}

function hide(world: World, names: readonly string[]): string {
  for (const name of names) world.hidden.add(name);
  return `${names.join(', ')} out of the operator's reach`;
}

/** Before its ID is known nothing tells a cluster from another one. */
function misroute(world: World, names: readonly string[]): string | undefined {
  if (world.api.cluster?.status?.clusterID === undefined) return undefined;
  for (const name of names) world.etcd.foreign.add(name);
  return `another cluster answers for ${names.join(', ')}`;
}
