// Goal: after a power failure at any moment the log opens, and holds every acknowledged entry and nothing that was
// not appended. Method: random appends, overwrites, restarts and syncs finished one at a time; then any sector and
// any file size not synced may be the old or the new one; the log is compared with a list kept beside it.
// A failure means lost acknowledged writes or a member that does not start.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../../server/raft/types.ts';
import { Wal } from '../../../../server/storage/wal/wal.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { DIRECTORY, entriesOf, METADATA, reopen, testOptions } from './support.ts';

type Step =
  | { readonly kind: 'append'; readonly count: number; readonly sizeBytes: number }
  | { readonly kind: 'overwrite'; readonly back: number }
  | { readonly kind: 'sync' }
  | { readonly kind: 'crash'; readonly seed: number }
  | { readonly kind: 'kill' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 4 }),
      sizeBytes: fc.integer({ min: 0, max: 1500 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('overwrite' as const),
      back: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: 'sync' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), seed: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'kill' as const }) },
);

/** A small generator of coin flips, so that one seed tells a whole crash. */
function coin(seed: number): () => boolean {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state >>> 13) & 1) === 1;
  };
}

/** The log under test and what it must hold. */
class Model {
  readonly fileSystem = new MemoryFileSystem();
  wal: Wal = Wal.create(
    DIRECTORY,
    METADATA,
    testOptions(this.fileSystem, { segmentSizeBytes: 2048 }),
  );
  entries: Entry[] = [];
  term = 1;
  /** Number of appends, and how the list looked after each. */
  versions: Entry[][] = [[]];
  acked = 0;

  append(entries: Entry[]): void {
    this.entries = [...this.entries.slice(0, (entries[0]?.index ?? 1) - 1), ...entries];
    this.versions.push(this.entries);
    const version = this.versions.length - 1;
    const done = (): void => {
      expect(version).toBe(this.acked + 1);
      this.acked = version;
    };
    const isLone = entries.length === 1;
    this.wal.append(entries, { term: this.term, vote: 0n, commit: 0 }, true, done, isLone);
  }

  restart(): void {
    const opened = reopen(this.fileSystem, undefined, { segmentSizeBytes: 2048 });
    this.wal = opened.wal;
    // Some version between the last acknowledged and the last appended, or one cut inside a batch after it.
    const fits = this.versions.slice(this.acked).some((version, position) => {
      const older = this.versions[this.acked + position - 1] ?? version;
      return isBetween(opened.entries, older, version) || isEqual(opened.entries, version);
    });
    if (!fits) throw new Error(`no version fits ${opened.entries.length} entries`);
    const acked = this.versions[this.acked] ?? [];
    const untouched = this.versions
      .slice(this.acked)
      .reduce((least, version) => Math.min(least, commonLength(version, acked)), acked.length);
    expect(commonLength(opened.entries, acked)).toBeGreaterThanOrEqual(untouched);
    this.entries = opened.entries;
    this.versions = [opened.entries];
    this.acked = 0;
    this.term++;
  }
}

function isEqual(a: readonly Entry[], b: readonly Entry[]): boolean {
  return a.length === b.length && commonLength(a, b) === a.length;
}

/** How many entries both begin with. */
function commonLength(a: readonly Entry[], b: readonly Entry[]): number {
  let count = 0;
  while (count < a.length && count < b.length && sameEntry(a[count], b[count])) count++;
  return count;
}

function sameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.term === b.term && a.index === b.index && Buffer.compare(a.data, b.data) === 0;
}

/** True when `list` is `older` with some of the records that made `newer` of it applied. */
function isBetween(
  list: readonly Entry[],
  older: readonly Entry[],
  newer: readonly Entry[],
): boolean {
  const common = commonLength(older, newer);
  return commonLength(list, newer) === list.length && list.length >= common;
}

describe('the log after a power failure', () => {
  it('holds every acknowledged entry and only appended ones', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), fc.nat(), (steps, seed) => {
        const model = new Model();
        for (const one of steps) {
          switch (one.kind) {
            case 'append': {
              const first = model.entries.length + 1;
              const last = first + one.count - 1;
              model.append(entriesOf(first, last, one.sizeBytes, model.term));
              break;
            }
            case 'overwrite': {
              const first = Math.max(1, model.entries.length - one.back + 1);
              model.term++;
              model.append(entriesOf(first, first, 50, model.term));
              break;
            }
            case 'sync':
              if (model.fileSystem.pendingSyncCount > 0) model.fileSystem.finishSync();
              break;
            case 'crash':
              model.fileSystem.crash(coin(one.seed));
              model.restart();
              break;
            case 'kill':
              model.fileSystem.kill();
              model.restart();
              break;
          }
        }
        model.fileSystem.crash(coin(seed));
        model.restart();
      }),
      { numRuns: 300 },
    );
  });
});
