// Goal: the store answers every read at every retained revision as a list of all writes does, through transactions,
// compactions, restarts and crashes, with and without an image of the index.
// Method: random commands against a model that keeps a full copy of all keys per revision. A crash loses what was not
// committed, so the model goes back to the last commit. Images are made in slices between the other commands, and a restart
// with one finds the store as it became after that. After each command a random range is read three ways: in one
// go, in slices, and counted; at the end every retained revision is compared.
// A failure means: a client would read something that was never so.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, EMPTY_BYTES, utf8Bytes, utf8Text } from '../../server/base/bytes.ts';
import { isEtcdError } from '../../server/base/errors.ts';
import type { ImageJob } from '../../server/mvcc/index-image.ts';
import { RevisionColumns } from '../../server/mvcc/revision-columns.ts';
import { MvccStore } from '../../server/mvcc/store.ts';
import { MemoryBackend } from '../support/memory-backend.ts';
import { MemoryImage } from '../support/memory-image.ts';
import { openStore, type PlainKeyValue, plain } from '../support/mvcc-harness.ts';

type Keys = ReadonlyMap<string, PlainKeyValue>;

interface ModelState {
  readonly revision: number;
  readonly compacted: number;
  /** All keys as they were at each revision; index is the revision. */
  readonly at: readonly Keys[];
}

const EMPTY_STATE: ModelState = { revision: 1, compacted: -1, at: [new Map(), new Map()] };

/** Restarts that used an image, all runs together. */
let used = 0;

class World {
  backend = new MemoryBackend();
  store: MvccStore = openStore(this.backend, { valueCacheBytes: 200 });
  state: ModelState = EMPTY_STATE;
  committed: ModelState = EMPTY_STATE;
  making: { readonly job: ImageJob; readonly image: MemoryImage } | undefined = undefined;
  kept: { readonly image: MemoryImage; readonly revision: number } | undefined = undefined;

  write(ops: readonly Op[]): void {
    const txn = this.store.beginWrite();
    const keys = new Map(this.state.at[this.state.revision]);
    const revision = this.state.revision + 1;
    let changed = false;
    for (const op of ops) {
      if (op.kind === 'put') {
        txn.put(utf8Bytes(op.key), utf8Bytes(op.value), op.lease);
        const before = keys.get(op.key);
        keys.set(op.key, {
          key: op.key,
          value: op.value,
          create: before?.create ?? revision,
          mod: revision,
          version: (before?.version ?? 0) + 1,
          lease: op.lease,
        });
        changed = true;
      } else {
        const gone = [...keys.keys()].filter((key) => inRange(key, op.key, op.end)).sort(byBytes);
        const prevKvs: Uint8Array[] = [];
        const first = txn.count;
        expect(txn.deleteRange(utf8Bytes(op.key), utf8Bytes(op.end), prevKvs)).toBe(gone.length);
        expect(prevKvs.map(plain)).toEqual(gone.map((key) => keys.get(key)));
        for (const [i, key] of gone.entries()) {
          expect(utf8Text(txn.keyOf(first + i))).toBe(key);
          keys.delete(key);
        }
        changed ||= gone.length > 0;
      }
      this.readAt(changed ? [...this.state.at, keys] : this.state.at, op.key, '\0', 0, 3);
    }
    expect(txn.end()).toBe(changed ? revision : revision - 1);
    if (changed) this.state = { ...this.state, revision, at: [...this.state.at, keys] };
    expect(this.store.revision).toBe(this.state.revision);
  }

  compact(revision: number): void {
    if (revision <= this.state.compacted) {
      expect(codeOf(() => this.store.scheduleCompaction(revision))).toBe('compacted');
    } else if (revision > this.state.revision) {
      expect(codeOf(() => this.store.scheduleCompaction(revision))).toBe('futureRev');
    } else {
      this.store.scheduleCompaction(revision);
      this.state = { ...this.state, compacted: revision };
    }
  }

  commit(): void {
    this.backend.commit();
    this.committed = this.state;
  }

  restart(how: 'crash' | 'scan' | 'image'): void {
    this.making = undefined;
    if (how === 'crash') {
      this.backend.crash();
      this.state = this.committed;
    }
    const leases = new Map<string, bigint>();
    const kept = how === 'scan' ? undefined : this.kept;
    this.store = new MvccStore(this.backend, { valueCacheBytes: 200 });
    const attach = (key: Uint8Array, lease: bigint): unknown => leases.set(utf8Text(key), lease);
    const job = this.store.restore(attach, undefined, kept?.image.rewind());
    job.run();
    const isUsable = kept !== undefined && this.state.compacted <= kept.revision;
    expect(job.imageRevision).toBe(isUsable ? kept.revision : 0);
    if (isUsable) {
      expect(kept.image.isSpent()).toBe(true);
      used++;
    }
    this.store.index.verify();
    expect(this.store.revision).toBe(this.state.revision);
    expect(this.store.compactRevision).toBe(this.state.compacted);
    const expected = [...(this.state.at[this.state.revision] ?? [])].filter(
      ([, kv]) => kv.lease !== 0n,
    );
    expect([...leases].sort()).toEqual(expected.map(([key, kv]) => [key, kv.lease]).sort());
  }

  /** One slice of an image; a new one is begun when none is being made. */
  imageStep(sliceRecords: number): void {
    const keys = (): Keys | undefined => this.state.at[this.state.revision];
    const leaseOf = (key: Uint8Array): bigint => keys()?.get(utf8Text(key))?.lease ?? 0n;
    if (this.making === undefined) {
      const job = this.store.beginImage(leaseOf, sliceRecords);
      if (job !== undefined) this.making = { job, image: new MemoryImage() };
      return;
    }
    const { job, image } = this.making;
    const piece = job.next();
    if (piece !== undefined) {
      image.pieces.push(piece.slice());
      return;
    }
    this.making = undefined;
    if (!job.isComplete) return;
    this.commit();
    this.kept = { image, revision: job.revision };
  }

  read(key: string, end: string, revision: number, limit: number): void {
    this.readAt(this.state.at, key, end, revision, limit);
  }

  /** Reads through the store and compares with the model's copy of that revision. */
  readAt(at: readonly Keys[], key: string, end: string, asked: number, limit: number): void {
    const current = at.length - 1;
    const revision = asked > 0 ? asked : current;
    const options = { revision: asked, limit, countOnly: false, withTotal: true };
    const out = new RevisionColumns();
    const range = end === '' ? EMPTY_BYTES : utf8Bytes(end);
    const select = (): void => this.store.select(utf8Bytes(key), range, options, out);
    if (revision > current || revision < this.state.compacted) {
      expect(codeOf(select)).toBe(revision > current ? 'futureRev' : 'compacted');
      return;
    }
    const all = [...(at[revision] ?? new Map()).values()]
      .filter((kv) => inRange(kv.key, key, end))
      .sort((a, b) => byBytes(a.key, b.key));
    const expected = limit > 0 ? all.slice(0, limit) : all;
    select();
    expect(this.rows(out)).toEqual(expected);
    expect([out.total, out.storeRevision, out.readRevision]).toEqual([
      all.length,
      current,
      revision,
    ]);
    const cursor = this.store.beginSelect(utf8Bytes(key), range, options, out);
    while (!cursor.step(2));
    expect(this.rows(out)).toEqual(expected);
    expect(out.total).toBe(all.length);
    this.store.select(utf8Bytes(key), range, { ...options, countOnly: true }, out);
    expect([out.count, out.total]).toEqual([0, all.length]);
    if (asked === 0) {
      const one = this.store.current(utf8Bytes(key));
      expect(one === undefined ? undefined : plain(one)).toEqual(at[current]?.get(key));
    }
  }

  rows(out: RevisionColumns): PlainKeyValue[] {
    const values: Uint8Array[] = [];
    this.store.load(out, 0, out.count, values);
    const rows = values.map(plain);
    for (const [i, kv] of rows.entries()) {
      expect(utf8Text(this.store.keyView(out.row[i] ?? 0))).toBe(kv.key);
      expect([out.create[i], out.main[i], out.version[i]]).toEqual([kv.create, kv.mod, kv.version]);
    }
    return rows;
  }
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isEtcdError(error)) return error.code;
    throw error;
  }
  return 'none';
}

function byBytes(a: string, b: string): number {
  return compareBytes(utf8Bytes(a), utf8Bytes(b));
}

function inRange(key: string, from: string, end: string): boolean {
  if (end === '') return key === from;
  return byBytes(key, from) >= 0 && (end === '\0' || byBytes(key, end) < 0);
}

const key = fc.constantFrom('a', 'a/1', 'a/2', 'a/20', 'b', 'b/1', 'c', '\0', 'ö');
const end = fc.constantFrom('', '\0', 'b', 'a/2', 'c', 'zz', '\xff\xff');
const op = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    key,
    value: fc.constantFrom('', 'x', 'a longer value that is not like the others'),
    lease: fc.constantFrom(0n, 0n, 1n, 0x7fff_ffff_ffff_ffffn, -5n),
  }),
  fc.record({ kind: fc.constant('delete' as const), key, end }),
);
type Op = typeof op extends fc.Arbitrary<infer T> ? T : never;

/** One transaction; a key is put at most once and not after it was deleted, as the API makes sure. */
const ops = fc.array(op, { maxLength: 4 }).map((list) => {
  const seen: Op[] = [];
  return list.filter((one) => {
    const clash = seen.some((other) =>
      one.kind === 'put'
        ? other.kind === 'put'
          ? other.key === one.key
          : inRange(one.key, other.key, other.end)
        : other.kind === 'put' && inRange(other.key, one.key, one.end),
    );
    if (!clash) seen.push(one);
    return !clash;
  });
});

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), ops }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('compact' as const),
      back: fc.integer({ min: -1, max: 8 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('compactStep' as const),
      records: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('imageStep' as const),
      records: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      how: fc.constantFrom('crash' as const, 'scan' as const, 'image' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      key,
      end,
      back: fc.integer({ min: -1, max: 8 }),
      limit: fc.nat(3),
    }),
  },
);

describe('store', () => {
  it('equals a copy of all keys per revision', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const world = new World();
        for (const s of steps) {
          if (s.do === 'write') world.write(s.ops);
          else if (s.do === 'compact') world.compact(Math.max(1, world.state.revision - s.back));
          else if (s.do === 'compactStep') world.store.pendingCompaction?.step(s.records);
          else if (s.do === 'imageStep') world.imageStep(s.records);
          else if (s.do === 'commit') world.commit();
          else if (s.do === 'restart') world.restart(s.how);
          else world.read(s.key, s.end, Math.max(0, world.state.revision - s.back), s.limit);
        }
        while (world.store.pendingCompaction !== undefined) world.store.pendingCompaction.step(3);
        world.store.index.verify();
        for (let revision = 1; revision <= world.state.revision; revision++) {
          world.read('\0', '\0', revision, 0);
        }
        // What compaction left is exactly what the retained revisions need.
        const records = world.backend.records();
        const before = records.filter((r) => r.main < world.state.compacted);
        const live = world.state.at[Math.max(world.state.compacted, 0)] ?? new Map();
        expect(before.map((r) => plain(r.value).key).sort()).toEqual(
          [...live.values()]
            .filter((kv) => kv.mod < world.state.compacted)
            .map((kv) => kv.key)
            .sort(),
        );
        expect(world.store.index.historyCount + world.store.index.size).toBe(records.length);
      }),
      { numRuns: 250 },
    );
    expect(used).toBeGreaterThan(15);
  });
});
