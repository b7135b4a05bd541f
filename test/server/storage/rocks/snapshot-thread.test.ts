// Goal: a snapshot written by a thread holds exactly the commits before its view, whatever the event loop does to the
// store meanwhile, and an abort or closing the store ends the thread.
// Method: a process of its own (threads of the test runner cannot load the sources) exports while it writes; the file
// is read back here. A failure means a snapshot whose content and index do not belong together, or a crash.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { utf8Bytes, utf8Text } from '../../../../server/base/bytes.ts';
import { importSnapshot } from '../../../../server/storage/rocks/snapshot-file.ts';
import { openStore, temporaryDirectory } from './temporary-store.ts';

const LOADER = fileURLToPath(new URL('../../../support/ts-loader.mjs', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./snapshot-process.ts', import.meta.url));

interface Outcome {
  readonly error?: string;
  readonly pairCount: number;
  readonly viewMain: number;
  readonly turns: number;
  readonly isFileOpen?: boolean;
}

async function runProcess(mode: string): Promise<{ outcome: Outcome; file: string }> {
  const directory = await temporaryDirectory();
  const file = path.join(directory, 'snapshot.db');
  const argv = ['--import', LOADER, SCRIPT, path.join(directory, 'rocks'), file, mode];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  return { outcome: JSON.parse(stdout), file };
}

describe('a snapshot in a thread', () => {
  it.each(['write', 'defragment'])('holds the commits before its view, mode %s', async (mode) => {
    const { outcome, file } = await runProcess(mode);
    expect(outcome.error).toBeUndefined();
    expect(outcome.viewMain).toBeGreaterThanOrEqual(10_000);
    expect(outcome.turns).toBeGreaterThan(5);
    // Revisions 2 to viewMain without 1001 to viewMain - 4000, and the counter.
    expect(outcome.pairCount).toBe(outcome.viewMain - 1 - (outcome.viewMain - 5000) + 1);
    const store = await openStore();
    await importSnapshot(store, file);
    const counter = utf8Text(store.get('meta', utf8Bytes('counter')) ?? utf8Bytes(''));
    expect(Number(counter)).toBe(outcome.viewMain);
    expect(store.getRevision(outcome.viewMain, 0)?.[0]).toBe(outcome.viewMain % 256);
    expect(store.getRevision(outcome.viewMain + 1, 0)).toBeUndefined();
    expect(store.getRevision(outcome.viewMain - 4000, 0)).toBeUndefined();
    expect(store.getRevision(outcome.viewMain - 3999, 0)).toBeDefined();
  });

  it.each(['abortEarly', 'abort'])('ends when nobody wants it, mode %s', async (mode) => {
    const { outcome } = await runProcess(mode);
    expect(outcome.error).toBe('Error: nobody wants it');
    expect(outcome.viewMain > 0).toBe(mode === 'abort');
    expect(outcome.isFileOpen).toBe(false);
  });

  it('ends with the store', async () => {
    const { outcome } = await runProcess('close');
    expect(outcome.error).toMatch(/^SnapshotExportError: cannot write the snapshot: /);
  });
});
