// Goal: space ahead of the log is filled with zeros in the background without ever touching a record, also when
// appends overtake it or the disk is full. Method: the real log with background steps run by hand, and once with
// the real disk and event loop. A failure means corrupted records, or a log that fails for want of a convenience.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NODE_FILE_SYSTEM } from '../../../../server/storage/node-file-system.ts';
import { Wal, type WalOptions } from '../../../../server/storage/wal/wal.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { DIRECTORY, entriesOf, METADATA, reopen, testOptions } from './support.ts';

const MIB = 1 << 20;
const SIZE_BYTES = 8 * MIB;
const STATE = { term: 1, vote: 0n, commit: 0 };

/** A log with background steps in a list. */
function fillingWal(fileSystem: MemoryFileSystem): { wal: Wal; tasks: (() => void)[] } {
  const tasks: (() => void)[] = [];
  const options: Partial<WalOptions> = {
    fillAhead: true,
    segmentSizeBytes: SIZE_BYTES,
    defer: (task) => tasks.push(task),
  };
  return { wal: Wal.create(DIRECTORY, METADATA, testOptions(fileSystem, options)), tasks };
}

describe('zeros ahead of the log', () => {
  it('never overwrite a record, whatever the order of appends and steps', () => {
    const fileSystem = new MemoryFileSystem();
    const { wal, tasks } = fillingWal(fileSystem);
    let stepCount = 0;
    let acked = 0;
    for (let index = 1; index <= 120; index++) {
      wal.append(entriesOf(index, index, 200_000), STATE, true, () => acked++);
      for (let step = index % 5; step > 0; step--) {
        const task = tasks.shift();
        if (task !== undefined) stepCount++;
        task?.();
        if (fileSystem.pendingSyncCount > 0) fileSystem.finishSync();
      }
    }
    fileSystem.finishSyncs();
    expect(acked).toBe(120);
    expect(stepCount).toBeGreaterThan(20);
    expect(wal.segmentNames.length).toBe(3);
    const opened = reopen(fileSystem, undefined, { segmentSizeBytes: SIZE_BYTES });
    expect(opened.entries.length).toBe(120);
    for (const entry of opened.entries) {
      expect(entry.data.every((byte) => byte === entry.data[0] && byte !== 0)).toBe(true);
    }
  });

  it('stop after the first lead and wait for appends', () => {
    const fileSystem = new MemoryFileSystem();
    const { tasks } = fillingWal(fileSystem);
    let writeCount = 0;
    fileSystem.fault = (operation) => {
      if (operation === 'write') writeCount++;
      return undefined;
    };
    while (tasks.length > 0 || fileSystem.pendingSyncCount > 0) {
      tasks.shift()?.();
      fileSystem.finishSyncs();
    }
    // 4 MiB in slices of 256 KiB, a sync after every MiB.
    expect(writeCount).toBe(16);
    expect(fileSystem.syncCount).toBe(4);
  });

  it('do without when the disk is full, the log goes on', () => {
    const fileSystem = new MemoryFileSystem();
    const { wal, tasks } = fillingWal(fileSystem);
    fileSystem.fault = (operation) => (operation === 'write' ? 'ENOSPC' : undefined);
    tasks.shift()?.();
    expect(tasks.length).toBe(0);
    fileSystem.fault = () => undefined;
    let acked = 0;
    wal.append(entriesOf(1, 1, 100), STATE, true, () => acked++);
    fileSystem.finishSyncs();
    expect(acked).toBe(1);
    expect(tasks.length).toBe(0);
  });

  it('count as the log when their sync fails', () => {
    const fileSystem = new MemoryFileSystem();
    const failures: Error[] = [];
    const tasks: (() => void)[] = [];
    const wal = Wal.create(
      DIRECTORY,
      METADATA,
      testOptions(fileSystem, {
        fillAhead: true,
        segmentSizeBytes: SIZE_BYTES,
        defer: (task) => tasks.push(task),
        onFatal: (error) => failures.push(error),
      }),
    );
    fileSystem.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
    while (tasks.length > 0) tasks.shift()?.();
    fileSystem.finishSyncs();
    expect(failures.length).toBe(1);
    wal.append(entriesOf(1, 1, 100), STATE, true, () => expect.unreachable());
    fileSystem.finishSyncs();
  });

  it('are not asked for by writes so large that zeros would double them', () => {
    const fileSystem = new MemoryFileSystem();
    const { wal, tasks } = fillingWal(fileSystem);
    const runAll = (): void => {
      while (tasks.length > 0) {
        tasks.shift()?.();
        fileSystem.finishSyncs();
      }
    };
    runAll();
    for (let index = 1; index <= 8; index++) {
      wal.append(entriesOf(index, index, 300_000), STATE, true, () => undefined);
      fileSystem.finishSyncs();
    }
    expect(tasks.length).toBe(0);
    wal.append(entriesOf(9, 9, 100), STATE, true, () => undefined);
    expect(tasks.length).toBe(1);
    runAll();
  });

  it('reach the real disk, and the prepared next segment becomes the current one', async () => {
    const root = mkdtempSync(join(tmpdir(), 'wal-fill-'));
    try {
      const directory = join(root, 'wal');
      const options: WalOptions = {
        segmentSizeBytes: SIZE_BYTES,
        onFatal: (error) => expect.unreachable(error.message),
      };
      const wal = Wal.create(directory, METADATA, options);
      const data = new Uint8Array(100_000).fill(7);
      for (let index = 1; index <= 130; index++) {
        await new Promise<void>((resolve) => {
          wal.append([{ type: 0, term: 1, index, data }], STATE, true, resolve);
        });
      }
      expect(readdirSync(directory)).toContain('1.tmp');
      expect(wal.segmentNames.length).toBe(2);
      const last = join(directory, wal.segmentNames[1] ?? '');
      expect(statSync(last).size).toBe(SIZE_BYTES);
      await new Promise<void>((resolve) => wal.close(resolve));
      expect(readdirSync(directory)).toEqual(wal.segmentNames);
      const opened = Wal.open(directory, { index: 0, term: 0 }, options);
      expect(opened.entries.length).toBe(130);
      await new Promise<void>((resolve) => opened.wal.close(resolve));
    } finally {
      NODE_FILE_SYSTEM.removeDirectory(root);
      rmSync(root, { force: true, recursive: true });
    }
  });
});
