// Owns copying the live records into a successor while writes go on. Every write since the start went to both
// generations, so only what is older has to be copied, in slices:
//
// 1. revisions never change. They are read through a stream that keeps the state of the start; one that is deleted
//    after the start and before its copy is left out by the successor, one deleted later is deleted from both.
// 2. the small buckets are copied from memory, which holds their newest values, at a moment without staged writes.

import { at } from '../../base/assert.ts';
import { GenerationBuildError } from './errors.ts';
import { COPY_ROWS, SLICE_BYTES, SLICE_ROWS } from './limits.ts';
import { type MetaBuckets, MetaKeyScratch } from './meta-buckets.ts';
import { Pacer } from './pacer.ts';
import { isTombstoneKey } from './revision-key.ts';
import type { RowStream } from './row-stream.ts';
import type { Successor } from './successor.ts';

export interface CopyJob {
  readonly successor: Successor;
  /** The revisions of the live generation, as they were when the successor got its first write. */
  readonly revisions: RowStream;
  readonly meta: MetaBuckets;
  /** Resolves in a moment without staged writes. */
  whenCommitted(): Promise<void>;
  /** Throws when the copy must not go on. */
  check(): void;
}

export async function copyLiveRecords(job: CopyJob): Promise<void> {
  const pacer = new Pacer();
  await copyRevisions(job, pacer);
  await copyMeta(job, pacer);
}

async function copyRevisions(job: CopyJob, pacer: Pacer): Promise<void> {
  for (let finished = false; !finished; ) {
    const batch = await job.revisions.next(COPY_ROWS);
    finished = batch.finished;
    let rowCount = 0;
    let sizeBytes = 0;
    for (let i = 0; i < batch.rows.length; i += 2) {
      const key = at(batch.rows, i);
      const value = at(batch.rows, i + 1);
      job.successor.copyRevision(key, value, isTombstoneKey(key));
      rowCount += 1;
      sizeBytes += value.length;
      if (rowCount < SLICE_ROWS && sizeBytes < SLICE_BYTES) continue;
      await endSlice(job, pacer);
      rowCount = 0;
      sizeBytes = 0;
    }
    await endSlice(job, pacer);
  }
}

async function copyMeta(job: CopyJob, pacer: Pacer): Promise<void> {
  const scratch = new MetaKeyScratch();
  let rowCount = 0;
  await job.whenCommitted();
  for (const [bucket, key, value] of job.meta.all()) {
    job.successor.generation.copyMeta(scratch.encode(bucket, key), value);
    rowCount += 1;
    if (rowCount < SLICE_ROWS) continue;
    await endSlice(job, pacer);
    await job.whenCommitted();
    rowCount = 0;
  }
  await endSlice(job, pacer);
}

/** Writes the copies before anything else runs: a later deletion must find them in the database. */
async function endSlice(job: CopyJob, pacer: Pacer): Promise<void> {
  try {
    job.successor.generation.writeCopies();
  } catch (cause) {
    throw new GenerationBuildError('cannot write the copy', { cause });
  }
  await pacer.pauseFor(job.successor.generation);
  job.check();
}
