// Owns what a scenario is, how one is played, and how many at a time.
import type { Rule } from './oracle.ts';
import { Stage } from './stage.ts';
import { seconds } from './until.ts';
import { type Ability, missingAbilities, type World } from './world.ts';

export interface Scenario {
  /** "S4": the number in the design's table of scenarios, with a letter where there are several of one. */
  readonly id: string;
  readonly title: string;
  readonly needs: readonly Ability[];
  /** Rules it cannot be held to. */
  readonly without?: readonly Rule[];
  /** What is left at the end, and so what is checked of it; "ready" by default. */
  readonly ends?: 'ready' | 'broken' | 'gone';
  /** Returns what is worth a note: figures. Throws when it is not as it should be. */
  readonly play: (stage: Stage) => Promise<string>;
}

export interface Played {
  readonly seconds: number;
  readonly note: string;
  /** Why it failed; empty when it did not. */
  readonly wrong: readonly string[];
}

/** Plays one scenario from nothing to its end. Never throws. */
export async function playScenario(world: World, scenario: Scenario): Promise<Played> {
  const { without, ends = 'ready' } = scenario;
  const namespace = `etcd-ts-test-${scenario.id.toLowerCase()}`;
  const stage = new Stage(world, namespace, without === undefined ? {} : { without });
  const sinceMs = performance.now();
  const wrong: string[] = [];
  let note = '';
  try {
    await stage.open();
    note = await scenario.play(stage);
    if (ends !== 'gone') await stage.checkWrites(ends);
    if (ends === 'ready') await stage.checkQuiet();
    await stage.checkEvents();
    const { count, gapMs } = stage.writer.ledger;
    if (count > 0) note += `${note === '' ? '' : '; '}longest write gap ${seconds(gapMs)}`;
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  }
  for (const { rule, what } of stage.oracle.broken) wrong.push(`oracle: ${rule}: ${what}`);
  const took = (performance.now() - sinceMs) / 1000;
  await stage.close().catch((error: unknown) => wrong.push(`at the end: ${String(error)}`));
  return { seconds: took, note, wrong };
}

export interface Playbill {
  readonly scenarios: readonly Scenario[];
  /** How many are played side by side. */
  readonly width: number;
  readonly onPlayed: (scenario: Scenario, played: Played) => void;
  readonly onImpossible: (scenario: Scenario, missing: readonly Ability[]) => void;
}

/** Plays those that hit one cluster side by side, then those that hit all, alone. */
export async function playAll(world: World, playbill: Playbill): Promise<void> {
  const possible: Scenario[] = [];
  for (const scenario of playbill.scenarios) {
    const missing = missingAbilities(world, scenario.needs);
    if (missing.length === 0) possible.push(scenario);
    else playbill.onImpossible(scenario, missing);
  }
  const isAlone = ({ needs }: Scenario): boolean => needs.some((each) => world.shared.has(each));
  await playSome(
    world,
    playbill,
    possible.filter((scenario) => !isAlone(scenario)),
  );
  await playSome(world, { ...playbill, width: 1 }, possible.filter(isAlone));
}

async function playSome(
  world: World,
  { width, onPlayed }: Playbill,
  scenarios: readonly Scenario[],
): Promise<void> {
  const waiting = [...scenarios];
  const playNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      onPlayed(next, await playScenario(world, next));
    }
  };
  await Promise.all(Array.from({ length: width }, playNext));
}
