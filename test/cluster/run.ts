// Owns the suite of clusters: which parts run, and which of them side by side. Arguments name parts; none: all.

import { Tally } from '../support/tally.ts';
import { runFailover } from './failover.ts';
import { runLeases } from './leases.ts';
import { runMembership } from './membership.ts';
import { runMixed } from './mixed.ts';
import { runReads } from './reads.ts';

type Part = readonly [name: string, run: (tally: Tally) => Promise<void>];

/** Measures pauses of some milliseconds, so it is alone. */
const ALONE: readonly Part[] = [['failover', runFailover]];
/** These mostly wait, for elections and leases: lanes of one part after the other, side by side. */
const LANES: readonly (readonly Part[])[] = [
  [['membership', runMembership]],
  [['mixed', runMixed]],
  [
    ['leases', runLeases],
    ['reads', runReads],
  ],
];

const tally = new Tally('clusters');
const chosen = process.argv.slice(2);
await runLane(ALONE);
await Promise.all(LANES.map(runLane));
tally.finish();
// Connections of the client library may linger until their back-off is over.
process.exit();

async function runLane(parts: readonly Part[]): Promise<void> {
  for (const [name, run] of parts) {
    if (chosen.length === 0 || chosen.includes(name)) await run(tally);
  }
}
