// Owns the thread that writes a snapshot: it attaches to the open database, fixes its view at the gate and writes the
// bbolt file, while the event loop serves. Started by snapshot-thread.ts.

import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../base/assert.ts';
import { writeBboltFile } from '../bbolt/bbolt-writer.ts';
import { messageOf } from './errors.ts';
import { Generation } from './generation.ts';
import { SNAPSHOT_THREAD_PRIORITY } from './limits.ts';
import type { SnapshotJob, SnapshotReply } from './snapshot-thread.ts';
import { BackendView } from './view.ts';
import { ViewGate } from './view-gate.ts';

async function run(job: SnapshotJob): Promise<SnapshotReply> {
  yieldToOthers();
  const generation = Generation.attach(job.handle, job.directory);
  const gate = new ViewGate(job.gate);
  must(parentPort, 'this is a thread').postMessage({ kind: 'atGate' } satisfies SnapshotReply);
  if (!gate.pass()) return { kind: 'canceled' };
  const view = new BackendView(generation, gate.firstRevision());
  try {
    if (!gate.ready()) return { kind: 'canceled' };
    const written = await writeBboltFile(job.file, view.buckets(), { durable: job.durable });
    return { kind: 'written', written };
  } finally {
    await view.close();
  }
}

/** Nobody waits for a snapshot as for an answer: where processors are short, the event loop goes first. */
function yieldToOthers(): void {
  // Elsewhere it would be the priority of the whole process.
  if (process.platform === 'linux') setPriority(SNAPSHOT_THREAD_PRIORITY);
}

const port = must(parentPort, 'this is a thread');
// The other side of the port is our own code, which hands over exactly this.
run(workerData as SnapshotJob).then(
  (reply) => port.postMessage(reply),
  (error: unknown) => {
    port.postMessage({ kind: 'failed', message: messageOf(error) } satisfies SnapshotReply);
  },
);
