// Owns playing the scenarios in a world and telling how they went: one line for each.
import type { Tally } from '../support/tally.ts';
import { playAll, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/all.ts';
import type { World } from './world.ts';

/** Clusters side by side: two processors start that many processes without being late with everything. */
const WIDTH = 5;

/** Scenarios whose ID is among `words`; all of them when none is. */
export function chooseScenarios(words: readonly string[]): readonly Scenario[] {
  const ids = new Set(words.map((word) => word.toLowerCase()));
  const chosen = SCENARIOS.filter(({ id }) => ids.has(id.toLowerCase()));
  return chosen.length > 0 ? chosen : SCENARIOS;
}

export async function runScenarios(
  tally: Tally,
  world: World,
  scenarios: readonly Scenario[],
  width: number = WIDTH,
): Promise<void> {
  console.log(`${scenarios.length} scenarios, ${width} at a time, in the world "${world.title}"`);
  const sinceMs = performance.now();
  await playAll(world, {
    scenarios,
    width,
    onPlayed: ({ id, title }, { seconds, note, wrong }) => {
      const told = `${seconds.toFixed(0)} s${note === '' ? '' : `; ${note}`}`;
      tally.check(`${id.padEnd(5)} ${title}`, wrong, told);
    },
    onImpossible: ({ id, title }, missing) => {
      console.log(`--    ${id.padEnd(5)} ${title}  (not possible here: ${missing.join(', ')})`);
    },
  });
  console.log(`${((performance.now() - sinceMs) / 1000).toFixed(0)} s in all`);
}
