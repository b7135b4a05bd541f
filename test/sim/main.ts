// Owns the command `npm run sim`: one seed or many, each run twice and compared, with a readable report of what failed.
//
//   npm run sim -- --seed 7 --ticks 3000 --members 3 --verbose
//   npm run sim -- --seeds 1-500 --stop            until the first failure
//   npm run sim -- --seeds 1-9999 --minutes 4 --repeat-every 5        for some time, every fifth one twice
//   npm run sim -- --seeds 1-40 --plots            only faults that wait for their moment, see plots.ts
//   npm run sim -- --seeds 1-40 --plots --stop --mutant commit-old-terms   with a deliberate error, see mutants.ts

import { parseArgs } from 'node:util';
import { putIn } from './mutants.ts';
import { report, summary } from './report.ts';
import type { SimOptions } from './scenario.ts';

const DEFAULT_TICKS = 3000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      ticks: { type: 'string' },
      members: { type: 'string' },
      once: { type: 'boolean' },
      'repeat-every': { type: 'string' },
      minutes: { type: 'string' },
      verbose: { type: 'boolean' },
      logs: { type: 'boolean' },
      quiet: { type: 'boolean' },
      stop: { type: 'boolean' },
      plots: { type: 'boolean' },
      mutant: { type: 'string' },
    },
  });
  if (values.mutant !== undefined) putIn(values.mutant);
  const { simulate } = await import('./simulate.ts');
  const [from, to] = seedRange(values.seeds ?? values.seed ?? '1');
  const crashPoints = new Map<string, number>();
  const repeatEvery = Number(values['repeat-every'] ?? '1');
  const endMs = Date.now() + Number(values.minutes ?? 'Infinity') * 60_000;
  let failures = 0;
  let played = 0;
  for (let seed = from; seed <= to; seed++) {
    const options: SimOptions = {
      seed,
      ticks: Number(values.ticks ?? DEFAULT_TICKS),
      members: values.members === undefined ? undefined : Number(values.members),
      plots: values.plots,
    };
    const startUs = cpuUs();
    const print = (text: string): void => console.log(text);
    const result = await simulate(options, {
      echo: values.verbose === true ? print : undefined,
      echoLog: values.logs === true ? print : undefined,
    });
    const tookMs = (cpuUs() - startUs) / 1000;
    const isOnce = values.once === true || played % repeatEvery !== 0;
    const repeated = isOnce ? undefined : await simulate(options);
    played++;
    const problem = report(options, result, repeated);
    if (problem !== undefined) {
      failures++;
      console.log(problem);
    }
    if (values.quiet !== true) console.log(summary(result, tookMs));
    for (const [name, count] of result.world.stats.crashPoints) {
      crashPoints.set(name, (crashPoints.get(name) ?? 0) + count);
    }
    if ((failures > 0 && values.stop === true) || Date.now() >= endMs) break;
  }
  if (to > from) {
    for (const [name, count] of [...crashPoints].sort()) console.log(`crashed ${name}: ${count}`);
    console.log(`${played} seeds, ${failures} failed`);
  }
  return failures === 0 ? 0 : 1;
}

/** Time of the processor, which says more than the clock on a busy machine. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function seedRange(text: string): [number, number] {
  const [from = '1', to = from] = text.split('-');
  return [Number(from), Number(to)];
}

process.exitCode = await main();
