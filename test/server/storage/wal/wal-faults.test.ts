// Goal: a log damaged by a crash comes back without anything that was acknowledged missing; damage of any other kind
// is refused; a disk that fails ends the log with one report. Method: the last record is cut or zeroed at every
// place, bytes are flipped, operations fail by request. A failure means lost writes, or corruption taken for data.
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../../server/raft/types.ts';
import { readLog, validSnapshots } from '../../../../server/storage/wal/read-log.ts';
import { segmentName } from '../../../../server/storage/wal/segment-name.ts';
import { Wal } from '../../../../server/storage/wal/wal.ts';
import { MemoryFileSystem, type Operation } from './memory-file-system.ts';
import {
  CONF_STATE,
  DIRECTORY,
  entriesOf,
  lastSegmentPath,
  METADATA,
  reopen,
  testOptions,
} from './support.ts';

const STATE = { term: 1, vote: 0n, commit: 0 };
const START = { index: 0, term: 0 };
const FIRST_PATH = `${DIRECTORY}/${segmentName(0, 0).name}`;

/** A log of `count` entries whose last record begins at `last` and ends at `end`. */
function logOf(count: number, sizeBytes: number): { bytes: Uint8Array; last: number; end: number } {
  const fileSystem = new MemoryFileSystem();
  const wal = Wal.create(DIRECTORY, METADATA, testOptions(fileSystem, { segmentSizeBytes: 8192 }));
  wal.append(entriesOf(1, count - 1, sizeBytes), STATE, true);
  const last = readLog(fileSystem, DIRECTORY, START).end.offset;
  wal.append(entriesOf(count, count, sizeBytes), undefined, true);
  const end = readLog(fileSystem, DIRECTORY, START).end.offset;
  return { bytes: fileSystem.contents(FIRST_PATH).slice(), last, end };
}

function fileSystemWith(bytes: Uint8Array): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem();
  fileSystem.setContents(FIRST_PATH, bytes);
  return fileSystem;
}

/** The entries of a log with these bytes, or undefined when it is refused. */
function readEntries(bytes: Uint8Array): readonly Entry[] | undefined {
  try {
    return readLog(fileSystemWith(bytes), DIRECTORY, START).entries;
  } catch (error) {
    expect(error).toMatchObject({ name: 'WalError' });
    return undefined;
  }
}

describe('a log damaged by a crash', () => {
  it('loses only the last record when its file ends anywhere inside it', () => {
    const { bytes, last, end } = logOf(4, 200);
    for (let cut = last; cut <= end; cut++) {
      const fileSystem = fileSystemWith(bytes.slice(0, cut));
      const opened = reopen(fileSystem);
      // Padding that is missing makes a record incomplete too: its frame says it is there.
      expect(opened.entries).toEqual(entriesOf(1, cut === end ? 4 : 3, 200));
      expect(fileSystem.exists(`${FIRST_PATH}.broken`)).toBe(cut > last && cut < end);
      opened.wal.append(entriesOf(4, 5, 30, 2), undefined, true);
      expect(reopen(fileSystem).entries.slice(3)).toEqual(entriesOf(4, 5, 30, 2));
    }
  });

  it('loses only the last record when any of its sectors never reached the disk', () => {
    const { bytes, last, end } = logOf(4, 2000);
    for (let sector = Math.floor(last / 512) * 512; sector < end; sector += 512) {
      const torn = bytes.slice();
      torn.fill(0, Math.max(sector, last), Math.min(sector + 512, end));
      const fileSystem = fileSystemWith(torn);
      expect(reopen(fileSystem).entries).toEqual(entriesOf(1, 3, 2000));
      // Nothing of the torn record is left behind the new end.
      const tail = fileSystem.contents(FIRST_PATH).subarray(last);
      expect(tail.every((byte) => byte === 0)).toBe(true);
    }
  });

  it('starts from no snapshot whose record lies behind a torn write', () => {
    const { bytes, last, end } = logOf(4, 2000);
    const fileSystem = fileSystemWith(bytes);
    const { wal } = reopen(fileSystem, START, { segmentSizeBytes: 65_536 });
    wal.append([], { ...STATE, commit: 3 }, true);
    wal.saveSnapshot({ index: 3, term: 1, confState: CONF_STATE });
    expect(validSnapshots(fileSystem, DIRECTORY)).toHaveLength(2);
    const sector = Math.ceil(last / 512) * 512;
    fileSystem.contents(FIRST_PATH).fill(0, sector, Math.min(sector + 512, end));
    expect(validSnapshots(fileSystem, DIRECTORY)).toEqual([{ index: 0, term: 0 }]);
  });

  it('is refused when a byte is wrong', () => {
    const { bytes, end } = logOf(6, 40);
    let refusedCount = 0;
    for (let at = 0; at < end; at++) {
      const bad = bytes.slice();
      bad[at] = (bad[at] ?? 0) ^ 0x10;
      const entries = readEntries(bad);
      if (entries === undefined) refusedCount++;
      // Unnoticed are only padding, and a length that now says 0 (the end) or more than the file holds (torn).
      else expect(entries).toEqual(entriesOf(1, entries.length, 40));
    }
    expect(refusedCount).toBeGreaterThan(end * 0.75);
  });

  it('is refused when a segment before the last is incomplete', () => {
    const fileSystem = new MemoryFileSystem();
    const wal = Wal.create(DIRECTORY, METADATA, testOptions(fileSystem));
    for (let index = 1; index <= 40; index++) {
      wal.append(entriesOf(index, index, 300), STATE, true);
      fileSystem.finishSyncs();
    }
    const first = fileSystem.contents(FIRST_PATH);
    fileSystem.setContents(FIRST_PATH, first.slice(0, first.length - 9));
    expect(() => reopen(fileSystem)).toThrow('unexpected EOF');
    fileSystem.setContents(FIRST_PATH, first.slice(0, 80));
    expect(() => reopen(fileSystem)).toThrow('walpb: crc mismatch');
  });

  it('needs no repair when only the zeros behind the records are missing', () => {
    const { bytes, end } = logOf(3, 40);
    const fileSystem = fileSystemWith(bytes.slice(0, end));
    expect(reopen(fileSystem).entries.length).toBe(3);
    expect(fileSystem.contents(FIRST_PATH).length).toBe(4096);
  });
});

describe('a disk that fails', () => {
  const faults: readonly (readonly [Operation, string, number])[] = [
    ['write', 'ENOSPC', 60],
    ['sync', 'EIO', 60],
    ['open', 'EMFILE', 5000],
    ['truncate', 'ENOSPC', 5000],
    ['rename', 'EROFS', 5000],
  ];
  for (const [operation, code, sizeBytes] of faults) {
    it(`ends the log once when ${operation} gives ${code}`, () => {
      const fileSystem = new MemoryFileSystem();
      const failures: Error[] = [];
      const onFatal = (error: Error): number => failures.push(error);
      const wal = Wal.create(DIRECTORY, METADATA, testOptions(fileSystem, { onFatal }));
      const acked: number[] = [];
      wal.append(entriesOf(1, 1), STATE, true, () => acked.push(1));
      fileSystem.finishSyncs();
      fileSystem.fault = (one) => (one === operation ? code : undefined);
      wal.append(entriesOf(2, 2, sizeBytes), undefined, true, () => acked.push(2));
      wal.append(entriesOf(3, 3), undefined, true, () => acked.push(3));
      fileSystem.finishSyncs();
      // A disk that works again must not make anybody believe that nothing happened.
      fileSystem.fault = () => undefined;
      wal.append(entriesOf(4, 4), undefined, true, () => acked.push(4));
      wal.append([], { ...STATE, commit: 1 }, false, () => acked.push(5));
      wal.saveSnapshot({ index: 0, term: 0 }, () => acked.push(6));
      fileSystem.finishSyncs();
      expect(acked).toEqual([1]);
      expect(failures).toEqual([expect.objectContaining({ code })]);
      let isClosed = false;
      wal.close(() => {
        isClosed = true;
      });
      expect(isClosed).toBe(true);
    });
  }

  it('lets errors of a callback through: they are not the disk', () => {
    const fileSystem = new MemoryFileSystem();
    const failures: Error[] = [];
    const onFatal = (error: Error): number => failures.push(error);
    const wal = Wal.create(DIRECTORY, METADATA, testOptions(fileSystem, { onFatal }));
    wal.append(entriesOf(1, 1), STATE, true, () => {
      throw new Error('from the node');
    });
    expect(() => fileSystem.finishSyncs()).toThrow('from the node');
    expect(failures).toEqual([]);
  });

  it('leaves no half-made log behind', () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
    expect(() => Wal.create(DIRECTORY, METADATA, testOptions(fileSystem))).toThrow('EIO');
    expect(Wal.exists(DIRECTORY, fileSystem)).toBe(false);
    fileSystem.fault = () => undefined;
    Wal.create(DIRECTORY, METADATA, testOptions(fileSystem));
    expect(lastSegmentPath(fileSystem)).toBe(FIRST_PATH);
  });
});
