// Owns the check of what etcd promises about watches: ordered, unique, atomic, reliable, resumable, bookmarkable, and with
// the right values before. A watcher that was resumed is one watcher here.

import type { Batch, Change, WatchRecord } from './record.ts';
import { isSameKey, type StoreLog } from './store-log.ts';

/** Until `endRevision` everything must have been delivered. */
export function checkWatch(watch: WatchRecord, log: StoreLog, endRevision: number): string[] {
  const wrong: string[] = [];
  const expected = expectedChanges(watch, log, endRevision);
  let delivered = 0;
  let last = watch.startRevision - 1;
  for (const batch of watch.batches) {
    checkBatch(batch, last, wrong);
    for (const change of batch.changes) {
      const problem = changeProblem(change, expected[delivered], watch, log);
      if (problem !== undefined) wrong.push(`revision ${change.revision}: ${problem}`);
      delivered += 1;
    }
    const next = expected[delivered];
    if (batch.changes.length === 0 && next !== undefined && next.revision <= batch.revision) {
      wrong.push(`progress at ${batch.revision} before revision ${next.revision}`);
    }
    last = Math.max(last, batch.changes.at(-1)?.revision ?? batch.revision);
    // One thing that is missing makes everything after it look wrong.
    if (wrong.length > 5) break;
  }
  if (delivered < expected.length && wrong.length === 0) {
    wrong.push(`revision ${expected[delivered]?.revision} was not delivered`);
  }
  return wrong.map((text) => `${watch.name}: ${text}`);
}

function expectedChanges(watch: WatchRecord, log: StoreLog, end: number): readonly Change[] {
  return log
    .revisions()
    .filter((revision) => revision >= watch.startRevision && revision <= end)
    .flatMap((revision) => log.changesAt(revision))
    .filter(({ key }) => key.startsWith(watch.prefix));
}

/** Ordered and unique; whole revisions only, so none goes on in the next batch. */
function checkBatch({ changes }: Batch, last: number, wrong: string[]): void {
  let before = last;
  for (const [index, { revision }] of changes.entries()) {
    const isNext = revision > before || (index > 0 && revision === before);
    if (!isNext) wrong.push(`revision ${revision} came after ${before}`);
    before = revision;
  }
}

function changeProblem(
  change: Change,
  expected: Change | undefined,
  watch: WatchRecord,
  log: StoreLog,
): string | undefined {
  if (expected === undefined) return 'more was delivered than happened';
  const isSame =
    change.revision === expected.revision &&
    change.key === expected.key &&
    change.value === expected.value &&
    change.createRevision === expected.createRevision &&
    change.version === expected.version &&
    change.lease === expected.lease;
  if (!isSame) return `revision ${expected.revision} of ${expected.key} should have come`;
  if (!watch.withPrevious) return undefined;
  const before = log.at(change.key, change.revision - 1);
  return isSameKey(before, change.previous) ? undefined : 'the value before was another';
}
