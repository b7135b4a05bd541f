// Goal: scans that jump over deleted runs give what scans without jumps give, and find the runs at all.
// Method: random deletions in a list of revisions through LastScan and DeletedRuns, in slices as compaction makes them;
// every run told must hold no live revision and no two may touch. A failure means a scan would lose records.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeletedRuns, isBefore } from '../../../../server/storage/rocks/deleted-runs.ts';
import { LastScan } from '../../../../server/storage/rocks/last-scan.ts';

type Revision = readonly [main: number, sub: number];

function runsOf(runs: DeletedRuns): { from: Revision; to: Revision; count: number }[] {
  const found = [];
  let run = runs.next(0, 0);
  while (run !== undefined) {
    found.push({
      from: [run.fromMain, run.fromSub] as const,
      to: [run.toMain, run.toSub] as const,
      count: run.count,
    });
    run = runs.next(run.toMain, run.toSub);
  }
  return found;
}

/** Scans the live revisions in slices and deletes some of each slice, as compaction does. */
function compact(
  live: Revision[],
  runs: DeletedRuns,
  slice: number,
  deletes: boolean[],
): Revision[] {
  const scan = new LastScan();
  const kept: Revision[] = [];
  let from: Revision = [0, 0];
  for (let start = 0; start < live.length; start += slice) {
    scan.restart(from[0], from[1]);
    const part = live.slice(start, start + slice);
    for (const [main, sub] of part) scan.add(main, sub, false, 1);
    for (const [i, [main, sub]] of part.entries()) {
      if (deletes[(start + i) % deletes.length]) scan.noteDeleted(main, sub);
      else kept.push([main, sub]);
      from = [main, sub + 1];
    }
    scan.tellRuns(runs);
  }
  return kept;
}

describe('DeletedRuns', () => {
  it('never covers a live revision', () => {
    const deletes = fc.array(
      fc.integer({ min: 0, max: 20 }).map((n) => n > 0),
      { minLength: 1 },
    );
    const rounds = fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), deletes), { maxLength: 4 });
    fc.assert(
      fc.property(rounds, (program) => {
        const runs = new DeletedRuns();
        let live: Revision[] = Array.from({ length: 2000 }, (_, i) => [1 + (i >> 1), i & 1]);
        for (const [slice, marks] of program) {
          live = compact(live, runs, slice, marks);
          let before: Revision = [-1, 0];
          for (const { from, to } of runsOf(runs)) {
            expect(isBefore(before[0], before[1], from[0], from[1])).toBe(true);
            before = to;
          }
          for (const [main, sub] of live) {
            const run = runs.next(main, sub);
            if (run === undefined) continue;
            expect(isBefore(main, sub, run.fromMain, run.fromSub)).toBe(true);
          }
        }
      }),
    );
  });

  it('joins the runs of many slices and leaves out the short ones', () => {
    const runs = new DeletedRuns();
    const live: Revision[] = Array.from({ length: 1000 }, (_, i) => [1 + i, 0]);
    const deletes = live.map(([main]) => main !== 500 && main < 900 && main !== 510);
    compact(live, runs, 70, deletes);
    expect(runsOf(runs)).toEqual([
      { from: [0, 0], to: [500, 0], count: 499 },
      { from: [510, 1], to: [900, 0], count: 389 },
    ]);
  });
});
