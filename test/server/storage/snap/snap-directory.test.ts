// Goal: a member starts from the newest snapshot that is whole and known to its log, and a saved one is durable when
// it says so. Method: a directory in memory with damaged, unknown and surplus files. A failure means a start from
// wrong state, or no start at all.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../../server/raft/types.ts';
import { SnapDirectory } from '../../../../server/storage/snap/snap-directory.ts';
import { snapName } from '../../../../server/storage/snap/snap-file.ts';
import { MemoryFileSystem } from '../wal/memory-file-system.ts';
import { CONF_STATE } from '../wal/support.ts';

const PATH = '/member/snap';
let fileSystem: MemoryFileSystem;
let directory: SnapDirectory;

function snapshotAt(index: number, term: number = 1): Snapshot {
  const data = new TextEncoder().encode(`{"at":${index}}`);
  return { data, metadata: { index, term, confState: CONF_STATE } };
}

function pathOf(index: number, term: number = 1): string {
  return `${PATH}/${snapName(term, index).name}`;
}

beforeEach(() => {
  fileSystem = new MemoryFileSystem();
  directory = new SnapDirectory(PATH, { fileSystem });
});

describe('SnapDirectory', () => {
  it('loads the newest that the log knows', () => {
    for (const index of [10, 20, 30]) directory.saveNow(snapshotAt(index));
    expect(directory.loadNewest()).toEqual(snapshotAt(30));
    const known = [
      { index: 10, term: 1 },
      { index: 20, term: 1 },
      { index: 30, term: 2 },
    ];
    expect(directory.loadNewest(known)).toEqual(snapshotAt(20));
    expect(directory.loadNewest([])).toBeUndefined();
  });

  it('prefers a higher term, as names sort', () => {
    directory.saveNow(snapshotAt(0x100, 1));
    directory.saveNow(snapshotAt(0x20, 2));
    expect(directory.loadNewest()).toEqual(snapshotAt(0x20, 2));
  });

  it('sets unreadable files aside', () => {
    for (const index of [10, 20, 30]) directory.saveNow(snapshotAt(index));
    fileSystem.setContents(pathOf(30), new Uint8Array(0));
    fileSystem.setContents(pathOf(20), fileSystem.contents(pathOf(20)).slice(0, -1));
    fileSystem.setContents(`${PATH}/strange.snap`, new Uint8Array(3));
    expect(directory.loadNewest()).toEqual(snapshotAt(10));
    expect(fileSystem.list(PATH)).toEqual([
      snapName(1, 10).name,
      `${snapName(1, 20).name}.broken`,
      `${snapName(1, 30).name}.broken`,
      'strange.snap',
    ]);
  });

  it('is durable once it says so', () => {
    let outcome: Error | undefined | 'waiting' = 'waiting';
    directory.save(snapshotAt(10), (error) => {
      outcome = error;
    });
    fileSystem.finishSync();
    expect(outcome).toBe('waiting');
    fileSystem.finishSync();
    expect(outcome).toBeUndefined();
    fileSystem.crash(() => false);
    expect(directory.loadNewest()).toEqual(snapshotAt(10));
  });

  it('tells a disk that fails', () => {
    fileSystem.fault = (operation) => (operation === 'write' ? 'ENOSPC' : undefined);
    expect(() => directory.save(snapshotAt(10), () => expect.unreachable())).toThrow('ENOSPC');
    expect(fileSystem.list(PATH)).toEqual([]);
    fileSystem.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
    let outcome: Error | undefined;
    directory.save(snapshotAt(10), (error) => {
      outcome = error;
    });
    fileSystem.finishSyncs();
    expect(outcome).toMatchObject({ code: 'EIO' });
  });

  it('purges the oldest and what is left over', () => {
    for (let index = 1; index <= 8; index++) directory.saveNow(snapshotAt(index));
    directory.purge();
    expect(directory.names().map((name) => name.index)).toEqual([8, 7, 6, 5, 4]);
    for (const name of [
      'tmp123',
      'db.tmp.4',
      '0000000000000003.snap.db',
      '0000000000000007.snap.db',
    ]) {
      fileSystem.setContents(`${PATH}/${name}`, new Uint8Array(1));
    }
    directory.releaseDatabases(7);
    directory.removeLeftovers();
    const others = fileSystem.list(PATH).filter((name) => !name.endsWith('.snap'));
    expect(others).toEqual(['0000000000000007.snap.db']);
    expect(directory.databasePath(7)).toBe(`${PATH}/0000000000000007.snap.db`);
  });
});
