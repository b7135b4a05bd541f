// Owns the suite of clusters: which parts run. Arguments name parts; none: all.

import { Tally } from '../support/tally.ts';
import { runFailover } from './failover.ts';
import { runLeases } from './leases.ts';
import { runMembership } from './membership.ts';
import { runMixed } from './mixed.ts';
import { runReads } from './reads.ts';

const PARTS: Readonly<Record<string, (tally: Tally) => Promise<void>>> = {
  failover: runFailover,
  membership: runMembership,
  leases: runLeases,
  reads: runReads,
  mixed: runMixed,
};

const tally = new Tally('clusters');
const chosen = process.argv.slice(2);
for (const [name, part] of Object.entries(PARTS)) {
  if (chosen.length === 0 || chosen.includes(name)) await part(tally);
}
tally.finish();
// Connections of the client library may linger until their back-off is over.
process.exit();
