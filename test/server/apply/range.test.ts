// Goal: ranges answer as etcd's do, quirks included: limits, orders, filters, keys without values, counts, revisions.
// Method: a small store with known keys, one request per row. A failure means that lists of clients differ from etcd's.
import { beforeEach, describe, expect, it } from 'vitest';
import type { RangeResult } from '../../../server/apply/result.ts';
import { isEtcdError } from '../../../server/base/errors.ts';
import { type RangeRequest, SortOrder, SortTarget } from '../../../server/proto/gen/rpc.ts';
import { ApplyWorld, deleteCommand, rangeOf } from '../../support/apply-harness.ts';
import { plain } from '../../support/mvcc-harness.ts';

let world: ApplyWorld;

/** a=3 (revisions 2, 6), b=1 (3), c=2 (4), d=2 (5); e was put (7) and deleted (8). */
beforeEach(() => {
  world = new ApplyWorld();
  world.done({ kind: 'leaseGrant', request: { id: 7n, ttl: 60 } });
  world.put('a', '9');
  world.put('b', '1', { lease: 7n });
  world.put('c', '2');
  world.put('d', '2');
  world.put('a', '3');
  world.put('e', 'gone');
  world.done(deleteCommand('e'));
});

function read(key: string, end: string, more: Partial<RangeRequest> = {}): RangeResult {
  const result = world.done({ kind: 'range', request: rangeOf(key, end, more) });
  if (result.kind !== 'range') throw new Error(result.kind);
  return result;
}

describe('which keys', () => {
  it.each([
    ['one key', 'b', '', ['b']],
    ['one key that is not there', 'bb', '', []],
    ['an interval without its end', 'a', 'c', ['a', 'b']],
    ['everything from a key on', 'b', '\0', ['b', 'c', 'd']],
    ['the whole store', '\0', '\0', ['a', 'b', 'c', 'd']],
    ['an end before the start', 'c', 'a', []],
    ['an end equal to the start', 'c', 'c', []],
  ])('%s', (_name, key, end, keys) => {
    expect(world.keys(key, end)).toEqual(keys);
  });
});

describe('limits and counts', () => {
  it.each([
    [0, 4, false],
    [-1, 4, false],
    [3, 3, true],
    [4, 4, false],
    [5, 4, false],
  ])('limit %i gives %i keys', (limit, length, more) => {
    const result = read('\0', '\0', { limit });
    expect(result.kvs).toHaveLength(length);
    expect(result).toMatchObject({ more, count: 4, revision: 8 });
  });

  it('counts without keys', () => {
    expect(read('\0', '\0', { countOnly: true, limit: 2 })).toEqual({
      kind: 'range',
      kvs: [],
      more: false,
      count: 4,
      revision: 8,
    });
    expect(read('\0', '\0', { countOnly: true, revision: 7 }).count).toBe(5);
    expect(read('b', '', { countOnly: true }).count).toBe(1);
    expect(read('x', '', { countOnly: true }).count).toBe(0);
  });
});

describe('revisions', () => {
  it('reads what was, under a header of now', () => {
    const result = read('\0', '\0', { revision: 3 });
    expect(result.kvs.map(plain)).toMatchObject([
      { key: 'a', value: '9', mod: 2 },
      { key: 'b', value: '1', mod: 3 },
    ]);
    expect(result).toMatchObject({ count: 2, revision: 8 });
    expect(world.keys('\0', '\0', { revision: -5 })).toEqual(['a', 'b', 'c', 'd']);
    expect(world.keys('\0', '\0', { revision: 7, limit: 1 })).toEqual(['a']);
    expect(read('\0', '\0', { revision: 7, limit: 1 })).toMatchObject({ count: 5, more: true });
  });

  it('refuses the future and what is compacted, but not the compacted revision itself', () => {
    world.done({ kind: 'compaction', request: { revision: 5, physical: false } });
    const refused = (revision: number): string =>
      world.refused({ kind: 'range', request: rangeOf('a', '', { revision }) });
    expect(refused(9)).toBe('futureRev');
    expect(refused(4)).toBe('compacted');
    expect(read('a', '', { revision: 5 }).kvs.map(plain)).toMatchObject([{ value: '9' }]);
  });
});

describe('orders', () => {
  const { none, ascend, descend } = SortOrder;
  const { key, version, create, mod, value } = SortTarget;
  it.each([
    ['key up', ascend, key, ['a', 'b', 'c', 'd']],
    ['key down', descend, key, ['d', 'c', 'b', 'a']],
    ['version up, equal ones by key', ascend, version, ['b', 'c', 'd', 'a']],
    ['version down', descend, version, ['a', 'b', 'c', 'd']],
    ['create down', descend, create, ['d', 'c', 'b', 'a']],
    ['mod up', ascend, mod, ['b', 'c', 'd', 'a']],
    ['mod down', descend, mod, ['a', 'd', 'c', 'b']],
    ['value up, equal ones by key', ascend, value, ['b', 'c', 'd', 'a']],
    ['value down', descend, value, ['a', 'c', 'd', 'b']],
    ['no order with a target is upwards', none, mod, ['b', 'c', 'd', 'a']],
    ['no order by value is upwards', none, value, ['b', 'c', 'd', 'a']],
  ])('%s', (_name, sortOrder, sortTarget, keys) => {
    expect(world.keys('\0', '\0', { sortOrder, sortTarget })).toEqual(keys);
  });

  it('take the limit after sorting', () => {
    const wanted = { sortOrder: descend, sortTarget: mod, limit: 2 };
    expect(world.keys('\0', '\0', wanted)).toEqual(['a', 'd']);
    expect(read('\0', '\0', wanted)).toMatchObject({ more: true, count: 4 });
  });

  it('take the limit before sorting when only a target is given, and drop the largest', () => {
    // The three smallest keys are a, b, c; by mod b, c, a; two of them are answered.
    expect(world.keys('\0', '\0', { sortTarget: mod, limit: 2 })).toEqual(['b', 'c']);
  });
});

describe('filters', () => {
  it.each([
    [{ minModRevision: 5 }, ['a', 'd']],
    [{ maxModRevision: 4 }, ['b', 'c']],
    [{ minModRevision: 4, maxModRevision: 5 }, ['c', 'd']],
    [{ minCreateRevision: 4 }, ['c', 'd']],
    [{ maxCreateRevision: 2 }, ['a']],
    [{ maxCreateRevision: 3, minModRevision: 3 }, ['a', 'b']],
  ])('%o', (more, keys) => {
    expect(world.keys('\0', '\0', more)).toEqual(keys);
    // The count does not know of filters.
    expect(read('\0', '\0', more).count).toBe(4);
  });

  it('come before the limit', () => {
    const result = read('\0', '\0', { minModRevision: 4, limit: 2 });
    expect(result.kvs.map((kv) => plain(kv).key)).toEqual(['a', 'c']);
    expect(result).toMatchObject({ more: true, count: 4 });
    expect(read('\0', '\0', { minModRevision: 4, limit: 3 }).more).toBe(false);
  });
});

describe('keys only', () => {
  it('come from the index, without value and lease', () => {
    expect(world.rows('a', 'c', { keysOnly: true })).toEqual([
      { key: 'a', value: '', create: 2, mod: 6, version: 2, lease: 0n },
      { key: 'b', value: '', create: 3, mod: 3, version: 1, lease: 0n },
    ]);
  });

  it('keep the lease when values were needed to sort', () => {
    const { ascend: sortOrder } = SortOrder;
    expect(
      world.rows('b', 'd', { keysOnly: true, sortOrder, sortTarget: SortTarget.value }),
    ).toEqual([
      { key: 'b', value: '', create: 3, mod: 3, version: 1, lease: 7n },
      { key: 'c', value: '', create: 4, mod: 4, version: 1, lease: 0n },
    ]);
  });

  it('are read at old revisions', () => {
    expect(world.rows('a', '', { keysOnly: true, revision: 3 })).toMatchObject([
      { mod: 2, version: 1 },
    ]);
  });
});

it('ranges in a row do not disturb each other', () => {
  const results = Array.from({ length: 20 }, (_, i) => read('\0', '\0', { limit: (i % 5) + 1 }));
  for (const [i, result] of results.entries()) {
    expect(result.kvs).toHaveLength(Math.min((i % 5) + 1, 4));
  }
  expect(isEtcdError(world.apply({ kind: 'range', request: rangeOf('a', '') }))).toBe(false);
});
