// Owns the faults of an API server that reads and deletes, but refuses to make or change things: a quota is used up, a policy
// forbids it, a webhook is down. They last for rounds, as the refusals of single acts in executor.ts do not.
import type { Prng } from '../../server/base/prng.ts';
import type { World } from './world.ts';

const PERMIT_CHANCE = 0.4;
const REFUSED = ['createClaim', 'createPod', 'patchPod', 'growClaim', 'applyService'] as const;

/** One such fault, or the end of all of them. */
export function refuse(world: World, prng: Prng): string {
  if (prng.chance(PERMIT_CHANCE)) return permit(world);
  const kind = REFUSED[prng.below(REFUSED.length)] ?? 'createPod';
  world.refused.add(kind);
  return `the API server refuses ${kind}`;
}

export function permit({ refused }: World): string {
  refused.clear();
  return 'the API server refuses nothing';
}
