// Owns the suite of crashes and damage: which parts run, with how many rounds. CRASH_ROUNDS (0: no loop) and
// CRASH_SEED change it.

import { Tally } from '../support/tally.ts';
import { CrashLoop } from './crash-loop.ts';
import { runDamage } from './damage.ts';
import { runImages } from './images.ts';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 50);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

const tally = new Tally('crashes');
console.log(`CRASH_ROUNDS=${ROUNDS} CRASH_SEED=${SEED}`);

if (ROUNDS > 0) await crashLoops();
await runDamage(tally, SEED);
await runImages(tally, SEED);
tally.finish();

async function crashLoops(): Promise<void> {
  await CrashLoop.run(
    {
      name: 'kill, whole log kept,',
      rounds: ROUNDS,
      seed: SEED,
      args: ['--snapshot-count=100000000'],
      valueBytes: 400,
      compactEvery: 5,
      replay: true,
    },
    tally,
  );
  await CrashLoop.run(
    {
      name: 'kill, frequent snapshots,',
      rounds: Math.ceil(ROUNDS / 5),
      seed: SEED + 1,
      args: ['--snapshot-count=200', '--snapshot-catchup-entries=100', '--max-wals=1'],
      valueBytes: 60_000,
      compactEvery: 3,
      replay: false,
    },
    tally,
  );
}
