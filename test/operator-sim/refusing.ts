// Owns the faults of an API server that reads and deletes, but refuses to make or change things: a quota is used up, a policy
// forbids it, a webhook is down. They last for rounds, as the refusals of single acts in executor.ts do not.
import type { Prng } from '../../server/base/prng.ts';
import type { World } from './world.ts';

const PERMIT_CHANCE = 0.4;
const RAISE_CHANCE = 0.15;
const REFUSED = ['createClaim', 'createPod', 'patchPod', 'growClaim', 'applyService'] as const;

/** One such fault, or the end of all of them. */
export function refuse(world: World, prng: Prng): string {
  if (prng.chance(PERMIT_CHANCE)) return permit(world);
  if (prng.chance(RAISE_CHANCE)) return raiseSize(world, prng);
  const kind = REFUSED[prng.below(REFUSED.length)] ?? 'createPod';
  world.refused.add(kind);
  return `the API server refuses ${kind}`;
}

/** What growClaim is for. */
function raiseSize({ api }: World, prng: Prng): string {
  const { medium, size = '8Gi' } = api.cluster?.spec.storage ?? {};
  if (medium === 'Memory') return 'memory keeps its size';
  const larger = `${Number.parseInt(size, 10) + prng.between(1, 4)}Gi`;
  api.editSpec((spec) => ({ ...spec, storage: { ...spec.storage, size: larger } }));
  return `storage.size: ${larger}`;
}

export function permit({ refused }: World): string {
  refused.clear();
  return 'the API server refuses nothing';
}
