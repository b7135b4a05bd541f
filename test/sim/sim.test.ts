// Goal: a cluster of real members keeps its promises whatever happens to processes, disks, clocks and network. Method: a
// fixed set of seeds is simulated, each twice, and the two records are compared; SIM_FRESH_SEEDS=n adds n seeds nobody has
// seen before. A failure prints the last events and the command that plays the run again.
import { describe, expect, it } from 'vitest';
import { report } from './report.ts';
import type { SimOptions } from './scenario.ts';
import { simulate } from './simulate.ts';

/** Simulated ticks of 100 ms per run: a few rounds of trouble and calm. */
const TICKS = 1200;

/** Seeds that found something once stay; the others vary size, network and load. */
const SEEDS = [1, 3, 5, 8, 10, 11, 13, 14, 22, 24, 30, 32, 35, 57, 63, 68, 88];

/** Fresh seeds are as many as there is time for. */
const FRESH_SEEDS_MS = 5 * 60_000;

/** A seed takes one to five seconds; a machine that does other things gets more. */
const BUSY_MACHINE_MS = 120_000;

async function problemOf(options: SimOptions): Promise<string | undefined> {
  const result = await simulate(options);
  return report(options, result, await simulate(options));
}

describe('a simulated cluster', () => {
  it.each(SEEDS)(
    'keeps its promises under seed %i',
    async (seed) => {
      expect(await problemOf({ seed, ticks: TICKS })).toBeUndefined();
    },
    BUSY_MACHINE_MS,
  );

  it(
    'keeps its promises under fresh seeds',
    async () => {
      const count = Number(process.env['SIM_FRESH_SEEDS'] ?? '0');
      const endMs = Date.now() + FRESH_SEEDS_MS;
      const first = Math.floor(Math.random() * 1e9);
      for (let i = 0; i < count && Date.now() < endMs; i++) {
        expect(await problemOf({ seed: first + i, ticks: TICKS })).toBeUndefined();
      }
    },
    FRESH_SEEDS_MS + 60_000,
  );
});
