// Goal: a database from the network is on the disk whole under its name, or not there at all. Method: bodies that end well
// or badly, into a directory of its own. A failure means a member that installs a part of a database.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { receiveDatabase } from '../../../server/storage/snapshot-receive.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'snapshot-receive-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Pieces of odd sizes, some MiB together, so that syncs fall between them. */
async function* pieces(count: number, failure?: Error): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(300_001).fill(i);
  if (failure !== undefined) throw failure;
}

describe('receiveDatabase', () => {
  it('leaves the whole body under its name, and nothing else', async () => {
    const file = path.join(directory, 'database');
    expect(await receiveDatabase(pieces(40), file, () => false)).toBe(40 * 300_001);
    expect(readdirSync(directory)).toEqual(['database']);
    const found = readFileSync(file);
    expect(found.length).toBe(40 * 300_001);
    for (let i = 0; i < 40; i++) {
      const piece = found.subarray(i * 300_001, (i + 1) * 300_001);
      expect(piece.every((byte) => byte === i)).toBe(true);
    }
  });

  it('asks after every piece on the disk whether it may rest', async () => {
    let askedCount = 0;
    const body = pieces(40);
    const size = await receiveDatabase(body, path.join(directory, 'database'), () => {
      askedCount++;
      return askedCount === 1;
    });
    expect(size).toBe(40 * 300_001);
    expect(askedCount).toBe(2);
  });

  it('leaves nothing of a body that ends with an error', async () => {
    const received = receiveDatabase(
      pieces(40, new Error('cut')),
      path.join(directory, 'database'),
      () => false,
    );
    await expect(received).rejects.toThrow('cut');
    expect(readdirSync(directory)).toEqual([]);
  });
});
