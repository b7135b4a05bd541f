// Goal: the log is cut only behind what is durable, one snapshot at a time, and a failing disk is fatal. Method: a store
// whose steps the test finishes one by one, and a raft that only counts. A failure means a log that cannot be replayed.
import { beforeEach, describe, expect, it } from 'vitest';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import {
  LOG_COMPACT_STEP,
  LONE_CATCHUP_ENTRIES,
  STREAMED_LOG_BYTES_MAX,
} from '../../../server/node/limits.ts';
import { SnapshotKeeper } from '../../../server/node/snapshot-keeper.ts';
import { ENTRY_MEMORY_BYTES } from '../../../server/raft/limits.ts';
import { MemoryLog } from '../../../server/raft/memory-log.ts';
import { RawNode } from '../../../server/raft/raw-node.ts';
import { EMPTY_CONF_STATE, EMPTY_HARD_STATE } from '../../../server/raft/restart.ts';
import type { Entry } from '../../../server/raft/types.ts';
import { TestCluster } from '../raft/cluster.ts';

const ENTRIES = 5000;

let raft: RawNode;
let steps: string[];
let fatal: string[];
/** Ends the step that is under way. */
let finish: (error?: Error) => void;
let keeper: SnapshotKeeper;

function renewRaft(voters: bigint[]): void {
  const entries = Array.from(
    { length: ENTRIES },
    (_, i): Entry => ({ type: 0, term: 1, index: i + 1, data: new Uint8Array(0) }),
  );
  raft = new RawNode({ id: 1n, random: () => 0 }, new MemoryLog({ index: 0, term: 0 }, entries), {
    hardState: { ...EMPTY_HARD_STATE, term: 1, commit: ENTRIES },
    confState: { ...EMPTY_CONF_STATE, voters },
    applied: ENTRIES,
  });
}

function renewed(): SnapshotKeeper {
  const step = (name: string): Promise<void> => {
    steps.push(name);
    return new Promise((resolve, reject) => {
      finish = (error) => (error === undefined ? resolve() : reject(error));
    });
  };
  return new SnapshotKeeper(
    {
      raft,
      logger: SILENT_LOGGER,
      capture: (index) => {
        steps.push(`capture ${index}`);
        return { confState: raft.confState(), data: new Uint8Array(0) };
      },
      store: {
        syncStore: () => step('sync'),
        saveFile: ({ metadata }) => step(`file ${metadata.index} ${metadata.term}`),
        saveRecord: ({ index }, done) => {
          steps.push(`record ${index}`);
          finish = () => done();
        },
        release: (index) => steps.push(`release ${index}`),
        purge: () => steps.push('purge'),
      },
    },
    { entriesPerSnapshot: 100, catchupEntries: 1000, lastIndex: 50 },
    (error) => fatal.push(String(error)),
  );
}

beforeEach(() => {
  renewRaft([1n, 2n, 3n]);
  steps = [];
  fatal = [];
  keeper = renewed();
});

/** Lets what was resolved run on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function finishAll(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    finish();
    await settle();
  }
}

describe('a snapshot', () => {
  it('comes after so many entries since the last one', () => {
    keeper.afterCommit(150, 1);
    expect(steps).toEqual([]);
    keeper.afterCommit(151, 1);
    expect(steps).toEqual(['capture 151', 'sync']);
  });

  it('takes one step after the other, and releases the log last', async () => {
    keeper.afterCommit(200, 3);
    const story = ['capture 200', 'sync'];
    for (const next of ['file 200 3', 'record 200']) {
      await settle();
      expect(steps).toEqual(story);
      finish();
      await settle();
      story.push(next);
    }
    expect(steps).toEqual(story);
    finish();
    await settle();
    expect(steps).toEqual([...story, 'release 200', 'purge']);
    expect(fatal).toEqual([]);
  });

  it('is made one at a time', async () => {
    keeper.afterCommit(200, 1);
    keeper.afterCommit(400, 1);
    expect(steps).toEqual(['capture 200', 'sync']);
    await finishAll();
    keeper.afterCommit(300, 1);
    expect(steps.at(-1)).toBe('purge');
    keeper.afterCommit(301, 1);
    expect(steps.at(-1)).toBe('sync');
  });

  it('from the leader counts as one, also while an older one is being saved', async () => {
    keeper.afterCommit(200, 1);
    keeper.restarted(900);
    await finishAll();
    keeper.afterCommit(1000, 1);
    expect(steps.at(-1)).toBe('purge');
    keeper.afterCommit(1001, 1);
    expect(steps.at(-1)).toBe('sync');
  });

  it.each([0, 1])('is fatal when step %i fails, and nothing is released', async (failing) => {
    keeper.afterCommit(200, 1);
    for (let i = 0; i < failing; i++) {
      finish();
      await settle();
    }
    finish(new Error('disk'));
    await settle();
    expect(fatal).toEqual(['Error: disk']);
    expect(steps.some((text) => text.startsWith('release'))).toBe(false);
    keeper.afterCommit(400, 1);
    expect(steps.filter((text) => text === 'sync')).toHaveLength(1);
  });
});

describe('the log in memory', () => {
  it('keeps what a member within the window needs, and goes in steps', () => {
    keeper.afterCommit(1000 + LOG_COMPACT_STEP, 1);
    expect(raft.firstIndex).toBe(1);
    keeper.afterCommit(1001 + LOG_COMPACT_STEP, 1);
    expect(raft.firstIndex).toBe(LOG_COMPACT_STEP + 2);
    keeper.afterCommit(1100 + LOG_COMPACT_STEP, 1);
    expect(raft.firstIndex).toBe(LOG_COMPACT_STEP + 2);
  });

  it('keeps less where there is no other member', () => {
    renewRaft([1n]);
    keeper = renewed();
    keeper.afterCommit(3000, 1);
    expect(raft.firstIndex).toBe(3000 - LONE_CATCHUP_ENTRIES + 1);
  });

  it('stays while a snapshot is on its way to a member', () => {
    keeper.hold();
    keeper.afterCommit(3000, 1);
    expect(raft.firstIndex).toBe(1);
    keeper.release();
    keeper.afterCommit(3000, 1);
    expect(raft.firstIndex).toBe(2001);
  });
});

describe('the log in memory of a leader', () => {
  let cluster: TestCluster;

  /** A leader of three whose member 3 takes the log over, and has not heard of the last `count` entries. */
  function leadWithLaggard(count: number, dataBytes: number): void {
    cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.propose(1, 'a');
    cluster.settle();
    cluster.cut.add('1>3');
    raft = cluster.get(1).node;
    append(count, dataBytes);
    keeper = renewed();
  }

  function append(count: number, dataBytes: number): void {
    const data = new Uint8Array(dataBytes);
    for (let i = 0; i < count; i++) raft.propose([data]);
    cluster.settle();
  }

  it('stays while a member takes it over entry by entry', () => {
    leadWithLaggard(4000, 1);
    const { firstIndex, streamedIndex, lastIndex } = raft;
    expect(streamedIndex).toBe(lastIndex - 4000);
    keeper.afterCommit(lastIndex, 2);
    expect(raft.firstIndex).toBe(firstIndex);
    raft.reportUnreachable(3n);
    expect(raft.streamedIndex).toBe(lastIndex);
    keeper.afterCommit(lastIndex, 2);
    expect(raft.firstIndex).toBe(lastIndex - 1000 + 1);
  });

  it('does not grow without bounds for it', () => {
    leadWithLaggard(4000, 1);
    const { firstIndex } = raft;
    keeper.afterCommit(raft.lastIndex, 2);
    const count = 8;
    append(count, STREAMED_LOG_BYTES_MAX / count - 1000);
    keeper.afterCommit(raft.lastIndex, 2);
    expect(raft.firstIndex).toBe(firstIndex);
    append(1, 10_000);
    keeper.afterCommit(raft.lastIndex, 2);
    expect(raft.firstIndex).toBe(raft.lastIndex - 1000 + 1);
    // Cut off already, that member does not hold up anything any more.
    append(LOG_COMPACT_STEP + 1, 1);
    keeper.afterCommit(raft.lastIndex, 2);
    expect(raft.firstIndex).toBe(raft.lastIndex - 1000 + 1);
  });

  it('counts the memory of what it holds', () => {
    leadWithLaggard(1500, 10);
    const before = raft.logBytes;
    append(100, 1000);
    expect(raft.logBytes - before).toBe(100 * (1000 + ENTRY_MEMORY_BYTES));
    raft.compact(raft.lastIndex - 100);
    expect(raft.logBytes).toBe(100 * (1000 + ENTRY_MEMORY_BYTES));
  });
});

describe('the end', () => {
  it('comes between two steps, wherever the snapshot is', async () => {
    for (let done = 0; done < 3; done++) {
      steps.length = 0;
      keeper.afterCommit(1000 * (done + 1), 1);
      for (let i = 0; i < done; i++) {
        finish();
        await settle();
      }
      keeper.stop();
      const before = [...steps];
      finish();
      await settle();
      expect(steps).toEqual(before);
      keeper = renewed();
    }
  });

  it('is not the fault of the disk', async () => {
    keeper.afterCommit(200, 1);
    keeper.stop();
    finish(new Error('closed'));
    await settle();
    expect(fatal).toEqual([]);
    keeper.afterCommit(2000, 1);
    expect(steps).toEqual(['capture 200', 'sync']);
  });
});
