// Goal: applied entries become batches of the store as seldom as allowed, and each batch says how far it goes. Method: a
// node over memory whose process dies at the moments in question.
import { describe, expect, it } from 'vitest';
import { COMMIT_BYTES_MAX, COMMIT_ENTRIES_MAX } from '../../../server/node/limits.ts';
import type { NodeOptions } from '../../../server/node/node.ts';
import { NodeWorld } from '../../support/node-harness.ts';

const INTERVAL_MS = 70;
const LAZY = { commitIntervalMs: INTERVAL_MS, commitEntriesMax: 1000 };

function started(options: Partial<NodeOptions> = LAZY): NodeWorld {
  const world = new NodeWorld({ node: options }).start();
  // The first entry of the term is committed, too.
  world.time.advance(INTERVAL_MS);
  return world;
}

function putAlone(world: NodeWorld, key: string, value = 'v'): void {
  const outcomes = world.put(key, value);
  world.time.settle();
  expect(outcomes).toHaveLength(1);
}

describe('when the store is committed', () => {
  it('is the interval after the first entry it lacks', () => {
    const world = started();
    const before = world.backend.commits;
    putAlone(world, 'a');
    world.time.advance(INTERVAL_MS - 10);
    putAlone(world, 'b');
    expect(world.backend.commits).toBe(before);
    world.time.advance(10);
    expect(world.backend.commits).toBe(before + 1);
    expect(world.crashed().node.appliedIndex).toBe(world.node.appliedIndex);
    world.time.advance(10 * INTERVAL_MS);
    expect(world.backend.commits).toBe(before + 1);
  });

  it('is after so many entries', () => {
    const world = started({ ...LAZY, commitEntriesMax: 3 });
    const before = world.backend.commits;
    for (const key of ['a', 'b', 'c', 'd', 'e']) putAlone(world, key);
    expect(world.backend.commits).toBe(before + 1);
    putAlone(world, 'f');
    expect(world.backend.commits).toBe(before + 2);
  });

  it('does not depend on a limit that would stop the loop for long', () => {
    const world = started({ ...LAZY, commitEntriesMax: 1_000_000 });
    const before = world.backend.commits;
    for (let i = 0; i < COMMIT_ENTRIES_MAX; i++) putAlone(world, `k${i}`);
    expect(world.backend.commits).toBe(before + 1);
  });

  it('is after so many bytes', () => {
    const world = started({ ...LAZY, maxRequestBytes: COMMIT_BYTES_MAX });
    const before = world.backend.commits;
    putAlone(world, 'a', 'x'.repeat(COMMIT_BYTES_MAX / 2));
    expect(world.backend.commits).toBe(before);
    putAlone(world, 'b', 'x'.repeat(COMMIT_BYTES_MAX / 2));
    expect(world.backend.commits).toBe(before + 1);
  });

  it('is at once when somebody waits for it', () => {
    const world = started();
    const before = world.backend.commits;
    world.backend.isCommitAwaited = true;
    putAlone(world, 'a');
    expect(world.backend.commits).toBe(before + 1);
  });

  it('is with a slice of a compaction, which says how far the batch goes', () => {
    const world = started();
    for (let i = 0; i < 5; i++) putAlone(world, 'a', `${i}`);
    world.store.scheduleCompaction(world.store.revision);
    world.node.background.compact();
    world.time.settle();
    const again = world.crashed();
    expect(again.node.appliedIndex).toBe(world.node.appliedIndex);
    expect(again.store.revision).toBe(world.store.revision);
  });

  it('is at the end', () => {
    const world = started();
    putAlone(world, 'a');
    world.node.stop();
    expect(world.crashed().node.appliedIndex).toBe(world.node.appliedIndex);
  });
});

describe('a process that dies before a commit', () => {
  it('applies again what the store lacks', () => {
    const world = started();
    for (const key of ['a', 'b', 'c']) putAlone(world, key);
    const { revision } = world.store;
    const again = world.crashed();
    expect(again.store.revision).toBeLessThan(revision);
    again.start();
    expect(again.store.revision).toBe(revision);
  });
});
