// Goal: members hear of a commit at once while writes are rare, with the next entries while they follow each other, and
// always soon. Method: what raft says of itself is set by hand, time is stepped. A failure means messages for nothing, or
// watchers of other members that see an event late.
import { describe, expect, it } from 'vitest';
import { CommitNotices } from '../../../server/node/commit-notices.ts';
import { COMMIT_NOTICE_HOLD_MS } from '../../../server/node/limits.ts';
import { SteppedTime } from '../../support/stepped-scheduler.ts';

class World {
  readonly time = new SteppedTime();
  readonly raft = { lastIndex: 5, committed: 5, holdsNotice: false, noticeCommit: () => undefined };
  wakes = 0;
  readonly notices = new CommitNotices(
    this.raft,
    { clock: this.time, scheduler: this.time },
    () => {
      this.wakes++;
    },
  );

  /** Entries leave, and carry what was held. */
  append(): boolean {
    this.raft.lastIndex++;
    this.raft.holdsNotice = false;
    return this.notices.afterTurn();
  }

  commit(): boolean {
    this.raft.committed = this.raft.lastIndex;
    this.raft.holdsNotice = true;
    return this.notices.afterTurn();
  }

  /** So many writes, each begun `pauseMs` after the one before was committed. */
  write(count: number, pauseMs: number): boolean[] {
    return Array.from({ length: count }, () => {
      this.time.advance(pauseMs);
      this.append();
      return this.commit();
    });
  }
}

describe('CommitNotices', () => {
  it('tells at once while writes are rare', () => {
    const world = new World();
    expect(world.write(3, 10 * COMMIT_NOTICE_HOLD_MS)).toEqual([true, true, true]);
    expect(world.time.timerCount).toBe(0);
  });

  it('leaves it to the next entries where writes follow each other', () => {
    const world = new World();
    world.write(1, 100);
    expect(world.write(20, COMMIT_NOTICE_HOLD_MS / 3)).toEqual(Array(20).fill(false));
    expect(world.wakes).toBe(0);
    expect(world.time.timerCount).toBe(1);
  });

  it('tells after a moment when no entries follow', () => {
    const world = new World();
    world.write(1, 100);
    world.write(20, COMMIT_NOTICE_HOLD_MS / 3);
    world.time.advance(2 * COMMIT_NOTICE_HOLD_MS);
    expect(world.wakes).toBe(1);
    expect(world.notices.afterTurn()).toBe(true);
    world.raft.holdsNotice = false;
    expect(world.notices.afterTurn()).toBe(false);
    world.time.advance(100);
    expect(world.wakes).toBe(1);
  });

  it('is not put off by commits without entries', () => {
    const world = new World();
    world.write(1, 100);
    world.append();
    world.raft.lastIndex += 50;
    const answers: boolean[] = [];
    for (let i = 0; i < 5; i++) {
      world.raft.committed++;
      world.raft.holdsNotice = true;
      answers.push(world.notices.afterTurn());
      world.time.advance(COMMIT_NOTICE_HOLD_MS / 2);
    }
    expect(answers).toEqual([false, false, true, true, true]);
  });
});
