// Owns one of the threads that read all revisions ahead of a restore. Started by revision-prefetch.ts.

import { workerData } from 'node:worker_threads';
import { Generation } from './generation.ts';
import { PREFETCH_LANES, PREFETCH_ROWS } from './limits.ts';
import { RevisionKeyScratch } from './revision-key.ts';
import type { PrefetchJob } from './revision-prefetch.ts';
import { ScanRing } from './scan-ring.ts';

// The other side is our own code, which hands over exactly this.
const { handle, directory, segments, lane, ring: buffer, port } = workerData as PrefetchJob;
const generation = Generation.attach(handle, directory);
const ring = new ScanRing(buffer);

function keyOf(segment: number): Uint8Array {
  const main = segments.fromMain + segment * segments.span;
  return new RevisionKeyScratch().encode(main, 0, false);
}

for (let segment = lane; segment < segments.count; segment += PREFETCH_LANES) {
  const end = segment + 1 < segments.count ? keyOf(segment + 1) : undefined;
  const rows = generation.openStream('revisions', keyOf(segment), end);
  for (let finished = false; !finished; ) {
    const batch = rows.nextNow(PREFETCH_ROWS);
    finished = batch.finished;
    if (batch.rows.length > 0) ring.send(port, batch.rows);
  }
  ring.end(port);
  await rows.close();
}
port.close();
