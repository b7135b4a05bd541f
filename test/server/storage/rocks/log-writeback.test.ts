// Goal: RocksDB's log goes to the disk in pieces while it grows, one at a time, and nothing is touched once that is over.
// Method: a directory with logs, and syncs that the test ends. A failure means long waits for whoever syncs another log
// on the same disk, or a store that cannot be closed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WRITEBACK_PIECE_BYTES } from '../../../../server/storage/rocks/limits.ts';
import { LogWriteback } from '../../../../server/storage/rocks/log-writeback.ts';

let directory = '';
let synced: string[] = [];
let endSync: (error?: Error) => void;
let began: () => void;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'log-writeback-'));
  for (const name of ['000009.log', '000010.log', '000011.sst', 'LOG']) {
    writeFileSync(path.join(directory, name), '');
  }
  synced = [];
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function newWriteback(): LogWriteback {
  return new LogWriteback(directory, (file) => {
    synced.push(path.basename(file));
    began();
    return new Promise((resolve, reject) => {
      endSync = (error) => (error === undefined ? resolve() : reject(error));
    });
  });
}

/** Resolves when the next sync has begun. */
function nextSync(): Promise<void> {
  return new Promise((resolve) => {
    began = resolve;
  });
}

describe('LogWriteback', () => {
  it('syncs the newest log once a piece has come together', async () => {
    const writeback = newWriteback();
    writeback.wrote(WRITEBACK_PIECE_BYTES - 1);
    await writeback.whenIdle();
    expect(synced).toEqual([]);
    const begun = nextSync();
    writeback.wrote(1);
    await begun;
    expect(synced).toEqual(['000010.log']);
    endSync();
    await writeback.whenIdle();
  });

  it('syncs one piece at a time, and what came meanwhile with the next write', async () => {
    const writeback = newWriteback();
    const first = nextSync();
    writeback.wrote(WRITEBACK_PIECE_BYTES);
    await first;
    writeback.wrote(3 * WRITEBACK_PIECE_BYTES);
    expect(synced).toHaveLength(1);
    endSync();
    await writeback.whenIdle();
    const second = nextSync();
    writeback.wrote(1);
    await second;
    endSync();
    await writeback.whenIdle();
    expect(synced).toHaveLength(2);
  });

  it('leaves errors to RocksDB, and goes on', async () => {
    const writeback = newWriteback();
    for (let i = 1; i <= 2; i++) {
      const begun = nextSync();
      writeback.wrote(WRITEBACK_PIECE_BYTES);
      await begun;
      endSync(new Error('disk'));
      await writeback.whenIdle();
      expect(synced).toHaveLength(i);
    }
    rmSync(directory, { recursive: true });
    writeback.wrote(WRITEBACK_PIECE_BYTES);
    await writeback.whenIdle();
    expect(synced).toHaveLength(2);
  });
});
