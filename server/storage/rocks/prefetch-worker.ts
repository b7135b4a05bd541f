// Owns the thread that reads all revisions ahead of a restore. Started by revision-prefetch.ts.

import { workerData } from 'node:worker_threads';
import { Generation } from './generation.ts';
import { PREFETCH_ROWS } from './limits.ts';
import { RevisionKeyScratch } from './revision-key.ts';
import type { PrefetchJob } from './revision-prefetch.ts';
import { ScanRing } from './scan-ring.ts';

// The other side is our own code, which hands over exactly this.
const { handle, directory, fromMain, ring: buffer, port } = workerData as PrefetchJob;
const from = new RevisionKeyScratch().encode(fromMain, 0, false);
const rows = Generation.attach(handle, directory).openStream('revisions', from);
const ring = new ScanRing(buffer);
for (let finished = false; !finished; ) {
  const batch = rows.nextNow(PREFETCH_ROWS);
  finished = batch.finished;
  if (batch.rows.length > 0) ring.send(port, batch.rows);
}
ring.end(port);
await rows.close();
port.close();
