// Goal: what was acknowledged is there after a restart, in order, whatever was cut, released or purged meanwhile; and
// nothing is acknowledged before its sync. Method: a log over a file system in memory whose syncs the test finishes
// by hand. A failure means lost writes or wrong acknowledgements.
import { describe, expect, it } from 'vitest';
import {
  type LogContents,
  readLog,
  validSnapshots,
} from '../../../../server/storage/wal/read-log.ts';
import { RecordEncoder, RecordType } from '../../../../server/storage/wal/record-encoder.ts';
import { segmentName } from '../../../../server/storage/wal/segment-name.ts';
import { Wal } from '../../../../server/storage/wal/wal.ts';
import { encodeMetadata, encodeWalSnapshot } from '../../../../server/storage/wal/wal-messages.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { CONF_STATE, DIRECTORY, entriesOf, METADATA, reopen, testOptions } from './support.ts';

const STATE = { term: 1, vote: METADATA.nodeId, commit: 0 };

function newWal(): { fileSystem: MemoryFileSystem; wal: Wal } {
  const fileSystem = new MemoryFileSystem();
  return { fileSystem, wal: Wal.create(DIRECTORY, METADATA, testOptions(fileSystem)) };
}

/** Reads a log made of a correct head and what `add` adds. */
function readRecords(add: (encoder: RecordEncoder) => void): LogContents {
  const fileSystem = new MemoryFileSystem();
  const encoder = new RecordEncoder(0);
  encoder.addCrc();
  encoder.addData(RecordType.metadata, encodeMetadata(METADATA));
  encoder.addData(RecordType.snapshot, encodeWalSnapshot({ index: 0, term: 0 }));
  add(encoder);
  const bytes = encoder.bytes.subarray(0, encoder.length);
  fileSystem.setContents(`${DIRECTORY}/${segmentName(0, 0).name}`, bytes);
  return readLog(fileSystem, DIRECTORY, { index: 0, term: 0 });
}

describe('Wal', () => {
  it('gives back what was appended', () => {
    const { fileSystem, wal } = newWal();
    const entries = entriesOf(1, 5);
    wal.append(entries.slice(0, 3), STATE, true);
    wal.append(entries.slice(3), { ...STATE, commit: 4 }, true);
    fileSystem.finishSyncs();
    const opened = reopen(fileSystem);
    expect(opened.metadata).toEqual(METADATA);
    expect(opened.hardState).toEqual({ ...STATE, commit: 4 });
    expect(opened.entries).toEqual(entries);
    expect(opened.confState).toBeUndefined();
  });

  it('writes a commit index that came alone with the next record, or at the end', () => {
    const { fileSystem, wal } = newWal();
    wal.append(entriesOf(1, 3), STATE, true);
    const calls: string[] = [];
    fileSystem.finishSyncs();
    wal.append([], { ...STATE, commit: 2 }, false, () => calls.push('commit'));
    wal.append([], { ...STATE, commit: 3 }, false);
    expect(calls).toEqual(['commit']);
    wal.append(entriesOf(4, 4), undefined, true);
    fileSystem.finishSyncs();
    expect(reopen(fileSystem).hardState.commit).toBe(3);
    const closing = reopen(fileSystem).wal;
    closing.append([], { ...STATE, commit: 4 }, false);
    closing.close(() => calls.push('closed'));
    fileSystem.finishSyncs();
    expect(calls).toEqual(['commit', 'closed']);
    expect(reopen(fileSystem).hardState.commit).toBe(4);
  });

  it('syncs a lone entry on the loop, durable before its append returns', () => {
    const { fileSystem, wal } = newWal();
    const calls: string[] = [];
    wal.append(entriesOf(1, 1), STATE, true, () => calls.push('lone'), true);
    expect(calls).toEqual(['lone']);
    fileSystem.crash(() => false);
    expect(reopen(fileSystem).entries).toEqual(entriesOf(1, 1));
  });

  it('leaves a lone entry to the sync after the one in flight, so that order holds', () => {
    const { fileSystem, wal } = newWal();
    const calls: string[] = [];
    wal.append(entriesOf(1, 2), STATE, true, () => calls.push('first'));
    wal.append(entriesOf(3, 3), undefined, true, () => calls.push('lone'), true);
    expect(calls).toEqual([]);
    fileSystem.finishSyncs();
    expect(calls).toEqual(['first', 'lone']);
  });

  it('acknowledges nothing when a sync on the loop fails', () => {
    const fileSystem = new MemoryFileSystem();
    const failures: string[] = [];
    const onFatal = (error: Error): void => void failures.push(error.message);
    const wal = Wal.create(DIRECTORY, METADATA, testOptions(fileSystem, { onFatal }));
    fileSystem.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
    const calls: string[] = [];
    wal.append(entriesOf(1, 1), STATE, true, () => calls.push('lone'), true);
    wal.append(entriesOf(2, 2), STATE, true, () => calls.push('next'), true);
    expect(calls).toEqual([]);
    expect(failures).toHaveLength(1);
  });

  it('goes on after a restart with the same CRC chain', () => {
    const { fileSystem, wal } = newWal();
    wal.append(entriesOf(1, 2), STATE, true);
    for (let index = 3; index < 40; index += 2) {
      reopen(fileSystem).wal.append(entriesOf(index, index + 1), undefined, true);
    }
    expect(reopen(fileSystem).entries).toEqual(entriesOf(1, 40));
  });

  it('lets later entries replace earlier ones', () => {
    const { fileSystem, wal } = newWal();
    wal.append(entriesOf(1, 6), STATE, true);
    wal.append(entriesOf(4, 5, 20, 2), { ...STATE, term: 2 }, true);
    expect(reopen(fileSystem).entries).toEqual([...entriesOf(1, 3), ...entriesOf(4, 5, 20, 2)]);
  });

  it('refuses a gap in the entries', () => {
    const { fileSystem, wal } = newWal();
    wal.append(entriesOf(1, 2), STATE, true);
    wal.append(entriesOf(4, 4), undefined, true);
    expect(() => reopen(fileSystem)).toThrow(
      expect.objectContaining({ name: 'WalError', code: 'sliceOutOfRange' }),
    );
  });

  it('acknowledges after the sync, in order, and groups what came during one', () => {
    const { fileSystem, wal } = newWal();
    const acked: number[] = [];
    for (let index = 1; index <= 5; index++) {
      wal.append(entriesOf(index, index), undefined, true, () => acked.push(index));
    }
    expect(acked).toEqual([]);
    expect(fileSystem.pendingSyncCount).toBe(1);
    fileSystem.finishSync();
    expect(acked).toEqual([1]);
    expect(fileSystem.pendingSyncCount).toBe(1);
    fileSystem.finishSync();
    expect(acked).toEqual([1, 2, 3, 4, 5]);
    expect(fileSystem.pendingSyncCount).toBe(0);
    expect(fileSystem.syncCount).toBe(2);
  });

  it('acknowledges a moved commit index without a sync, but in its turn', () => {
    const { fileSystem, wal } = newWal();
    const acked: string[] = [];
    wal.append([], { ...STATE, commit: 1 }, false, () => acked.push('alone'));
    expect(acked).toEqual(['alone']);
    wal.append(entriesOf(1, 1), undefined, true, () => acked.push('entry 1'));
    wal.append([], { ...STATE, commit: 2 }, false, () => acked.push('commit 2'));
    wal.append(entriesOf(2, 2), undefined, true, () => acked.push('entry 2'));
    wal.append([], { ...STATE, commit: 3 }, false, () => acked.push('commit 3'));
    expect(acked).toEqual(['alone']);
    fileSystem.finishSync();
    expect(acked).toEqual(['alone', 'entry 1', 'commit 2']);
    fileSystem.finishSync();
    expect(acked).toEqual(['alone', 'entry 1', 'commit 2', 'entry 2', 'commit 3']);
    expect(fileSystem.pendingSyncCount).toBe(0);
  });

  it('keeps the order when a callback appends', () => {
    const { fileSystem, wal } = newWal();
    const acked: string[] = [];
    wal.append(entriesOf(1, 1), undefined, true, () => acked.push('1'));
    wal.append(entriesOf(2, 2), undefined, true, () => {
      acked.push('2');
      wal.append([], { ...STATE, commit: 2 }, false, () => acked.push('nested'));
      wal.append(entriesOf(4, 4), undefined, true, () => acked.push('4'));
    });
    wal.append(entriesOf(3, 3), undefined, true, () => acked.push('3'));
    fileSystem.finishSyncs();
    expect(acked).toEqual(['1', '2', '3', 'nested', '4']);
  });

  it('without fsync acknowledges at once', () => {
    const fileSystem = new MemoryFileSystem();
    const options = testOptions(fileSystem, { unsafeNoFsync: true });
    const wal = Wal.create(DIRECTORY, METADATA, options);
    const acked: number[] = [];
    for (let index = 1; index <= 300; index++) {
      wal.append(entriesOf(index, index, 100), STATE, true, () => acked.push(index));
    }
    expect(acked.length).toBe(300);
    expect(fileSystem.pendingSyncCount).toBe(0);
    expect(wal.segmentNames.length).toBeGreaterThan(5);
    expect(reopen(fileSystem).entries.length).toBe(300);
  });

  it('cuts segments and reads across them', () => {
    const { fileSystem, wal } = newWal();
    let acked = 0;
    for (let index = 1; index <= 200; index++) {
      wal.append(entriesOf(index, index, 150), { ...STATE, commit: index }, true, () => acked++);
      fileSystem.finishSyncs();
    }
    expect(acked).toBe(200);
    expect(wal.segmentNames.length).toBeGreaterThan(7);
    expect(fileSystem.list(DIRECTORY)).toEqual(wal.segmentNames);
    const second = wal.segmentNames[1] ?? '';
    const opened = reopen(fileSystem);
    expect(opened.entries).toEqual(entriesOf(1, 200, 150));
    expect(opened.hardState.commit).toBe(200);
    // A segment's name tells the first entry in it.
    const firstIndex = Number.parseInt(second.slice(17, 33), 16);
    expect(second).toBe(segmentName(1, firstIndex).name);
    expect(firstIndex).toBeGreaterThan(10);
  });

  it('gives a new segment its name only after both sides are durable', () => {
    const { fileSystem, wal } = newWal();
    const acked: string[] = [];
    wal.append(entriesOf(1, 1, 5000), STATE, true, () => acked.push('before'));
    wal.append(entriesOf(2, 2), undefined, true, () => acked.push('after'));
    expect(fileSystem.list(DIRECTORY)).toEqual(['0.tmp', segmentName(0, 0).name]);
    fileSystem.finishSync();
    fileSystem.finishSync();
    expect(fileSystem.list(DIRECTORY)).toEqual([segmentName(0, 0).name, segmentName(1, 2).name]);
    expect(acked).toEqual([]);
    fileSystem.finishSync();
    expect(acked).toEqual(['before']);
    fileSystem.finishSyncs();
    expect(acked).toEqual(['before', 'after']);
    expect(reopen(fileSystem).entries).toEqual([...entriesOf(1, 1, 5000), ...entriesOf(2, 2)]);
  });

  it('opens at a snapshot and needs nothing older', () => {
    const { fileSystem, wal } = newWal();
    for (let index = 1; index <= 100; index++) {
      wal.append(entriesOf(index, index, 150), { ...STATE, commit: index }, true);
      fileSystem.finishSyncs();
    }
    wal.saveSnapshot({ index: 80, term: 1, confState: CONF_STATE });
    fileSystem.finishSyncs();
    wal.releaseTo(80);
    const before = wal.segmentNames;
    wal.purge(2);
    expect(before.length - wal.segmentNames.length).toBe(1);
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      expect(fileSystem.list(DIRECTORY)).toEqual(wal.segmentNames);
      expect(wal.segmentNames.length).toBeLessThan(before.length - 2);
      const opened = reopen(fileSystem, { index: 80, term: 1 });
      expect(opened.entries).toEqual(entriesOf(81, 100, 150));
      expect(opened.confState).toEqual(CONF_STATE);
      expect(() => reopen(fileSystem)).toThrow(expect.objectContaining({ code: 'fileNotFound' }));
    });
  });

  it('purges nothing that was not released, and keeps the asked number', async () => {
    const { fileSystem, wal } = newWal();
    for (let index = 1; index <= 100; index++) {
      wal.append(entriesOf(index, index, 150), { ...STATE, commit: index }, true);
      fileSystem.finishSyncs();
    }
    const before = wal.segmentNames;
    wal.purge(1);
    expect(wal.segmentNames).toEqual(before);
    wal.releaseTo(1000);
    wal.purge(0);
    expect(wal.segmentNames).toEqual(before);
    wal.purge(3);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(wal.segmentNames).toEqual(before.slice(-3));
  });

  it('lists snapshots up to the commit index, over all segments', () => {
    const { fileSystem, wal } = newWal();
    expect(validSnapshots(fileSystem, DIRECTORY)).toEqual([{ index: 0, term: 0 }]);
    for (let index = 1; index <= 100; index++) {
      wal.append(entriesOf(index, index, 150), { ...STATE, commit: index }, true);
      if (index % 30 === 0) wal.saveSnapshot({ index, term: 1, confState: CONF_STATE });
      fileSystem.finishSyncs();
    }
    wal.saveSnapshot({ index: 200, term: 1, confState: CONF_STATE });
    fileSystem.finishSyncs();
    const indexes = validSnapshots(fileSystem, DIRECTORY).map((snapshot) => snapshot.index);
    expect(indexes).toEqual([0, 30, 60, 90]);
    expect(validSnapshots(fileSystem, DIRECTORY, 1).map((one) => one.index)).toEqual([90]);
  });

  it('tells a wrong or missing snapshot', () => {
    const { fileSystem, wal } = newWal();
    wal.append(entriesOf(1, 5), { ...STATE, commit: 5 }, true);
    wal.saveSnapshot({ index: 3, term: 1, confState: CONF_STATE });
    fileSystem.finishSyncs();
    expect(() => reopen(fileSystem, { index: 3, term: 2 })).toThrow('wal: snapshot mismatch');
    expect(() => reopen(fileSystem, { index: 4, term: 1 })).toThrow('wal: snapshot not found');
    expect(reopen(fileSystem, { index: 3, term: 1 }).entries).toEqual(entriesOf(4, 5));
  });

  it('keeps nothing of a log that a snapshot of a leader replaced', () => {
    const { fileSystem, wal } = newWal();
    wal.append(entriesOf(1, 9), { ...STATE, commit: 3 }, true);
    wal.saveSnapshot({ index: 6, term: 2, confState: CONF_STATE });
    wal.append([], { ...STATE, term: 3, commit: 6 }, true);
    fileSystem.finishSyncs();
    const start = { index: 6, term: 2 };
    expect(reopen(fileSystem, start).entries).toEqual([]);
    const { wal: again } = reopen(fileSystem, start);
    again.append(entriesOf(7, 8, 20, 3), undefined, true);
    fileSystem.finishSyncs();
    expect(reopen(fileSystem, start).entries).toEqual(entriesOf(7, 8, 20, 3));
  });

  it('keeps no tail that was cut off before the snapshot it opens at', () => {
    const { fileSystem, wal } = newWal();
    wal.append(entriesOf(1, 9), { ...STATE, commit: 3 }, true);
    wal.append(entriesOf(4, 6, 20, 2), { ...STATE, term: 2, commit: 6 }, true);
    wal.saveSnapshot({ index: 6, term: 2, confState: CONF_STATE });
    fileSystem.finishSyncs();
    expect(reopen(fileSystem, { index: 6, term: 2 }).entries).toEqual([]);
  });

  it('refuses gaps in the sequence of segments', () => {
    const { fileSystem, wal } = newWal();
    for (let index = 1; index <= 60; index++) {
      wal.append(entriesOf(index, index, 150), STATE, true);
      fileSystem.finishSyncs();
    }
    fileSystem.remove(`${DIRECTORY}/${wal.segmentNames[1]}`);
    expect(() => reopen(fileSystem)).toThrow('do not increase continuously');
  });

  it('refuses records that do not belong together', () => {
    const other = encodeMetadata({ ...METADATA, nodeId: 1n });
    expect(() => readRecords((encoder) => encoder.addData(RecordType.metadata, other))).toThrow(
      'wal: conflicting metadata found',
    );
    expect(() => readRecords((encoder) => encoder.addData(9, other))).toThrow('unexpected block');
    expect(() =>
      readRecords((encoder) => encoder.addData(RecordType.entry, Uint8Array.of(0x22, 0x7f))),
    ).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(readRecords(() => undefined).metadata).toEqual(METADATA);
  });

  it('refuses to create a log over another', () => {
    const { fileSystem } = newWal();
    expect(() => Wal.create(DIRECTORY, METADATA, testOptions(fileSystem))).toThrow(
      expect.objectContaining({ code: 'alreadyExists' }),
    );
    expect(Wal.exists(DIRECTORY, fileSystem)).toBe(true);
    expect(Wal.exists('/elsewhere', fileSystem)).toBe(false);
  });

  it('closes after the last sync and leaves no temporary files', () => {
    const { fileSystem, wal } = newWal();
    const acked: string[] = [];
    wal.append(entriesOf(1, 1, 5000), STATE, true, () => acked.push('entry'));
    wal.close(() => acked.push('closed'));
    expect(acked).toEqual([]);
    fileSystem.finishSyncs();
    expect(acked).toEqual(['entry', 'closed']);
    expect(fileSystem.list(DIRECTORY)).toEqual([segmentName(0, 0).name, segmentName(1, 2).name]);
    expect(() => wal.append(entriesOf(2, 2), undefined, true)).toThrow('closed WAL');
  });
});
