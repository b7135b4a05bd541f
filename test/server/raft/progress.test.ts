// Goal: a leader's picture of a member moves as flow control demands. Method: single progress objects and windows, by
// hand. A failure means lost throughput (too few messages), floods (too many) or members that are never caught up.

import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../server/base/assert.ts';
import { Inflights } from '../../../server/raft/inflights.ts';
import { Progress } from '../../../server/raft/progress.ts';

const WINDOW = { messages: 2, bytes: 100 };

function progress(): Progress {
  return new Progress(2n, 5, WINDOW);
}

describe('probing', () => {
  it('sends one message with entries and waits', () => {
    const pr = progress();
    pr.sent(3, 30, 4);
    expect(pr).toMatchObject({ state: 'probe', next: 5, isPaused: true });
    pr.resume();
    expect(pr.isPaused).toBe(false);
  });

  it('goes back to the hint, never below what is known to match', () => {
    const pr = progress();
    pr.acknowledged(1);
    expect(pr.rejected(4, 2)).toBe(true);
    expect(pr.next).toBe(3);
    expect(pr.rejected(2, 0)).toBe(true);
    expect(pr.next).toBe(2);
  });

  it('does not listen to refusals of other messages than its last', () => {
    const pr = progress();
    expect(pr.rejected(2, 1)).toBe(false);
    expect(pr.next).toBe(5);
  });
});

describe('replicating', () => {
  it('moves on without waiting until the window is full', () => {
    const pr = progress();
    pr.acknowledged(4);
    pr.becomeReplicate();
    pr.sent(2, 20, 4);
    expect(pr).toMatchObject({ next: 7, isPaused: false, inflightCount: 1 });
    pr.sent(1, 10, 4);
    expect(pr).toMatchObject({ next: 8, isPaused: true, inflightCount: 2 });
    pr.acknowledged(6);
    pr.freeInflights(6);
    expect(pr).toMatchObject({ match: 6, isPaused: false, inflightCount: 1 });
  });

  it('ignores stale refusals and goes back to the match on others', () => {
    const pr = progress();
    pr.acknowledged(4);
    pr.becomeReplicate();
    pr.sent(3, 30, 4);
    expect(pr.rejected(4, 4)).toBe(false);
    expect(pr.rejected(7, 4)).toBe(true);
    expect(pr.next).toBe(5);
  });
});

describe('a snapshot', () => {
  it('stops everything until it is reported', () => {
    const pr = progress();
    pr.becomeSnapshot(9);
    expect(pr).toMatchObject({ next: 10, isPaused: true, pendingSnapshot: 9 });
    pr.resume();
    expect(pr.isPaused).toBe(true);
  });

  it('delivered: goes on after it, once the member answers', () => {
    const pr = progress();
    pr.becomeSnapshot(9);
    pr.snapshotReported(true);
    expect(pr).toMatchObject({ state: 'probe', next: 10, isPaused: true });
  });

  it('failed: starts over from the match', () => {
    const pr = progress();
    pr.acknowledged(1);
    pr.becomeSnapshot(9);
    pr.snapshotReported(false);
    expect(pr).toMatchObject({ state: 'probe', next: 2, isPaused: true });
  });
});

it('the commit index is sent when it is news for entries the member has', () => {
  const pr = progress();
  pr.acknowledged(4);
  pr.becomeReplicate();
  expect(pr.canBumpCommit(4)).toBe(true);
  pr.sent(0, 0, 4);
  expect(pr.canBumpCommit(4)).toBe(false);
  // It has nothing beyond entry 4 to commit.
  expect(pr.canBumpCommit(9)).toBe(false);
  pr.sent(2, 20, 4);
  expect(pr.canBumpCommit(9)).toBe(true);
});

describe('the window', () => {
  it('is full by count and empties up to an index, around the ring', () => {
    const window = new Inflights(3, 1000);
    for (let round = 0; round < 5; round++) {
      const base = round * 10;
      window.add(base + 1, 10);
      window.add(base + 4, 10);
      window.add(base + 6, 10);
      expect(window.isFull).toBe(true);
      expect(() => window.add(base + 7, 1)).toThrow(AssertionError);
      window.freeTo(base + 3);
      expect(window.count).toBe(2);
      window.add(base + 8, 10);
      window.freeTo(base + 8);
      expect(window.count).toBe(0);
    }
  });

  it('is full by bytes, and takes one message of any size', () => {
    const window = new Inflights(3, 100);
    window.add(1, 5000);
    expect(window.isFull).toBe(true);
    window.freeTo(1);
    window.add(2, 99);
    expect(window.isFull).toBe(false);
    window.clear();
    expect(window.count).toBe(0);
  });
});
