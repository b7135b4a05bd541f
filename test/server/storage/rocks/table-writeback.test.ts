// Goal: a table file goes to the disk in pieces while it is written, and nothing is touched once no flush runs. Method: a
// directory with files that grow, and syncs that are counted. A failure means long waits for whoever syncs a log beside
// a flush, or a store that cannot be closed.
import { appendFileSync, fstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WRITEBACK_PIECE_BYTES } from '../../../../server/storage/rocks/limits.ts';
import { TableWriteback } from '../../../../server/storage/rocks/table-writeback.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'table-writeback-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function grow(name: string, sizeBytes: number): void {
  appendFileSync(path.join(directory, name), new Uint8Array(sizeBytes));
}

/** A flush that ends when `steps` are used up, one for each sync. */
function flushWith(steps: (() => void)[]): { writeback: TableWriteback; sizes: number[] } {
  const sizes: number[] = [];
  const isFlushing = (): boolean => steps.length > 0;
  const writeback = new TableWriteback(directory, isFlushing, (fd, done) => {
    sizes.push(fstatSync(fd).size);
    steps.shift()?.();
    done(null);
  });
  return { writeback, sizes };
}

describe('TableWriteback', () => {
  it('syncs the newest table whenever a piece was added', async () => {
    const piece = WRITEBACK_PIECE_BYTES;
    grow('000009.sst', 100);
    grow('000010.sst', piece);
    grow('000011.log', 10 * piece);
    const { writeback, sizes } = flushWith([
      () => grow('000010.sst', piece + 1),
      () => grow('000012.sst', piece),
      () => undefined,
    ]);
    writeback.wake();
    await writeback.whenIdle();
    expect(sizes).toEqual([piece, 2 * piece + 1, piece]);
  });

  it('waits for less than a piece, and ends with the flush', async () => {
    grow('000001.sst', WRITEBACK_PIECE_BYTES - 1);
    let asked = 0;
    const writeback = new TableWriteback(
      directory,
      () => ++asked < 4,
      () => expect.unreachable(),
    );
    writeback.wake();
    await writeback.whenIdle();
    expect(asked).toBe(4);
  });

  it('does nothing without a flush', async () => {
    grow('000001.sst', WRITEBACK_PIECE_BYTES);
    const { writeback, sizes } = flushWith([]);
    writeback.wake();
    await writeback.whenIdle();
    expect(sizes).toEqual([]);
  });

  it('leaves a directory that is gone to RocksDB', async () => {
    const { writeback } = flushWith([() => undefined]);
    rmSync(directory, { recursive: true });
    writeback.wake();
    await writeback.whenIdle();
  });
});
