// Goal: the compact key index answers every question as a plain map of histories does.
// Method: random puts, deletions and compactions on a small set of keys that share prefixes, so that generations and
// tombstones pile up; after each step point lookups, walks and counts at all retained revisions are compared. A second
// property inserts many keys and removes them again, so that nodes split and merge.
// A failure means: reads at some revision, counts or compaction would be wrong.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, utf8Bytes } from '../../server/base/bytes.ts';
import { KeyIndex } from '../../server/mvcc/key-index.ts';

interface Revision {
  readonly main: number;
  readonly sub: number;
  readonly create: number;
  readonly version: number;
}

/** The dumb model: every revision of every key, in order; version 0 is a tombstone. */
class Model {
  readonly keys = new Map<string, Revision[]>();

  at(key: string, revision: number): Revision | undefined {
    const all = this.keys.get(key) ?? [];
    const last = all.filter((r) => r.main <= revision).at(-1);
    return last === undefined || last.version === 0 ? undefined : last;
  }

  write(key: string, main: number, sub: number, tombstone: boolean): void {
    const before = this.at(key, main);
    const history = this.keys.get(key) ?? [];
    this.keys.set(key, history);
    if (tombstone) history.push({ main, sub, create: 0, version: 0 });
    else {
      history.push({
        main,
        sub,
        create: before?.create ?? main,
        version: (before?.version ?? 0) + 1,
      });
    }
  }

  kept(key: string, revision: number, tombstoneAt: boolean): Revision | undefined {
    const last = (this.keys.get(key) ?? []).filter((r) => r.main <= revision).at(-1);
    if (last === undefined) return undefined;
    if (last.version === 0 && !(tombstoneAt && last.main === revision)) return undefined;
    return last;
  }

  compact(revision: number): void {
    for (const [key, history] of this.keys) {
      const kept = this.kept(key, revision, true);
      const left = history.filter((r) => r === kept || r.main > revision);
      if (left.length === 0) this.keys.delete(key);
      else this.keys.set(key, left);
    }
  }

  sorted(): string[] {
    return [...this.keys.keys()].sort((a, b) => compareBytes(utf8Bytes(a), utf8Bytes(b)));
  }
}

function rowsAt(
  index: KeyIndex,
  from: string,
  end: string | undefined,
  revision: number,
): string[] {
  const rows: string[] = [];
  const upTo = end === undefined ? undefined : utf8Bytes(end);
  for (let more = index.walk(utf8Bytes(from), upTo); more; more = index.walkNext()) {
    const id = index.walkId();
    if (!index.at(id, revision)) continue;
    const key = new TextDecoder().decode(index.keyView(id));
    rows.push(`${key} ${index.main}.${index.sub} c${index.create} v${index.version}`);
  }
  return rows;
}

function modelRowsAt(
  model: Model,
  from: string,
  end: string | undefined,
  revision: number,
): string[] {
  return model
    .sorted()
    .filter((key) => compareBytes(utf8Bytes(key), utf8Bytes(from)) >= 0)
    .filter((key) => end === undefined || compareBytes(utf8Bytes(key), utf8Bytes(end)) < 0)
    .map((key) => [key, model.at(key, revision)] as const)
    .filter(([, r]) => r !== undefined)
    .map(([key, r]) => `${key} ${r?.main}.${r?.sub} c${r?.create} v${r?.version}`);
}

const KEYS = ['a', 'aa', 'ab', 'abc', 'b', 'ba', '/long/prefix/1', '/long/prefix/2', 'z', ''];
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('write' as const),
      keys: fc.uniqueArray(key, { minLength: 1, maxLength: 4 }),
      deletes: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('compact' as const), back: fc.nat(12) }) },
);

describe('key index', () => {
  it('equals a map of histories', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        key,
        fc.option(key, { nil: undefined }),
        (steps, from, end) => {
          const index = new KeyIndex();
          const model = new Model();
          let current = 1;
          let compacted = 0;
          for (const s of steps) {
            if (s.op === 'compact') {
              const revision = current - s.back;
              if (revision <= compacted) continue;
              compacted = revision;
              checkKeep(index, model, revision);
              model.compact(revision);
              for (let id = 1; id < index.endId; id++) {
                if (index.isUsed(id)) index.compactRow(id, revision);
              }
            } else {
              current++;
              let sub = 0;
              for (const [i, name] of s.keys.entries()) {
                const live = model.at(name, current) !== undefined;
                const remove = s.deletes[i] === true && live;
                if (remove) index.tombstone(utf8Bytes(name), current, sub);
                else index.put(utf8Bytes(name), current, sub);
                model.write(name, current, sub, remove);
                sub++;
              }
            }
            index.verify();
            expect(index.size).toBe(model.keys.size);
            for (let revision = Math.max(compacted, 1); revision <= current; revision++) {
              expect(rowsAt(index, from, end, revision)).toEqual(
                modelRowsAt(model, from, end, revision),
              );
            }
            for (const [name, history] of model.keys) {
              const id = index.find(utf8Bytes(name));
              for (const limit of [2, 100]) expect(recordsOf(index, id, limit)).toEqual(history);
            }
            const upTo = end === undefined ? undefined : utf8Bytes(end);
            expect(index.countLive(utf8Bytes(from), upTo)).toBe(
              modelRowsAt(model, from, end, current).length,
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps its order and counts through many splits and merges', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 3000 }),
        fc.boolean(),
        (seed, count, sorted) => {
          const index = new KeyIndex();
          const names = Array.from(
            { length: count },
            (_, i) => `k${((i * 7919 + seed) >>> 0) % 1_000_003}`,
          );
          const unique = [...new Set(names)];
          if (sorted) unique.sort();
          let main = 1;
          for (const name of unique) index.put(utf8Bytes(name), ++main, 0);
          index.verify();
          expect(index.liveCount).toBe(unique.length);
          const gone = unique.filter((_, i) => (i + seed) % 5 !== 0);
          for (const name of gone) index.tombstone(utf8Bytes(name), ++main, 0);
          index.verify();
          for (let id = 1; id < index.endId; id++) {
            if (index.isUsed(id)) index.compactRow(id, main + 1);
          }
          index.verify();
          expect(index.size).toBe(unique.length - gone.length);
          const ordered = [...unique].sort();
          const middle = ordered[ordered.length >>> 1] ?? 'k';
          const left = new Set(unique.filter((name) => !gone.includes(name)));
          expect(index.countLive(utf8Bytes('k'), utf8Bytes(middle))).toBe(
            [...left].filter((name) => name < middle).length,
          );
          for (const name of unique) index.put(utf8Bytes(name), ++main, 0);
          index.verify();
          expect(index.liveCount).toBe(unique.length);
          expect(index.countLive(utf8Bytes(middle), undefined)).toBe(
            unique.filter((name) => name >= middle).length,
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it('walks exactly the keys of a range, wherever it begins and ends in its nodes', () => {
    const index = new KeyIndex();
    const names = Array.from({ length: 1000 }, (_, i) => String(i * 2).padStart(4, '0'));
    for (const [i, name] of names.entries()) index.put(utf8Bytes(name), i + 2, 0);
    for (let from = 0; from < 2000; from += 37) {
      for (let end = from; end <= 2001; end++) {
        const bounds = [from, end].map((n) => utf8Bytes(String(n).padStart(4, '0')));
        let rows = 0;
        const [low, high] = bounds;
        if (low === undefined || high === undefined) continue;
        for (let more = index.walk(low, high); more; more = index.walkNext()) rows++;
        const expected = Math.min(1000, Math.ceil(end / 2)) - Math.ceil(from / 2);
        if (rows !== expected) expect([from, end, rows]).toEqual([from, end, expected]);
        if (index.countLive(low, high) !== expected) expect([from, end]).toBe(expected);
      }
    }
  });

  it('keeps long histories searchable and forgets them', () => {
    const index = new KeyIndex();
    const name = utf8Bytes('hot');
    for (let main = 2; main <= 3000; main++) index.put(name, main, 0);
    const id = index.find(name);
    for (let revision = 2; revision <= 3000; revision += 7) {
      expect(index.at(id, revision)).toBe(true);
      expect([index.main, index.create, index.version]).toEqual([revision, 2, revision - 1]);
    }
    expect(index.at(id, 1)).toBe(false);
    expect(recordsOf(index, id, 100).map(({ main }) => main)).toEqual(
      Array.from({ length: 2999 }, (_, i) => i + 2),
    );
    for (const revision of [5, 900, 901, 2400]) {
      index.compactRow(id, revision);
      expect(index.historyCount).toBe(3000 - revision);
      expect(index.at(id, revision - 1)).toBe(false);
      expect(index.at(id, revision) && index.main).toBe(revision);
    }
    for (let main = 3001; main <= 3300; main++) index.put(name, main, 0);
    for (let revision = 2400; revision <= 3300; revision++) {
      expect(index.at(id, revision) && index.version).toBe(revision - 1);
    }
    index.compactRow(id, 3300);
    expect(index.historyCount).toBe(0);
  });
});

/** The records of a row, listed in parts that begin with the last one of the part before. */
function recordsOf(index: KeyIndex, id: number, limit: number): Revision[] {
  const found: Revision[] = [];
  const part: number[] = [];
  for (let isAll = false; !isAll; ) {
    isAll = index.recordsFrom(id, found.at(-1)?.main ?? 0, limit, part);
    expect(part.length <= 4 * limit).toBe(true);
    for (let i = found.length === 0 ? 0 : 4; i < part.length; i += 4) {
      const [main = 0, sub = 0, create = 0, version = 0] = part.slice(i, i + 4);
      found.push({ main, sub, create, version });
    }
  }
  return found;
}

function checkKeep(index: KeyIndex, model: Model, revision: number): void {
  for (const tombstoneAt of [true, false]) {
    for (const [name, history] of model.keys) {
      const id = index.find(utf8Bytes(name));
      const kept = model.kept(name, revision, tombstoneAt);
      expect(index.keepsAny(id, revision, tombstoneAt)).toBe(kept !== undefined);
      for (const r of history) {
        const expected = kept !== undefined && r.main === kept.main && r.sub === kept.sub;
        if (r.main <= revision) {
          expect(index.isKept(id, r.main, r.sub, revision, tombstoneAt)).toBe(expected);
        }
      }
    }
  }
}
