// Goal: a data directory that a Go etcd or a restore made becomes ours once, and a start defragments only when told to.
// Method: bbolt files are written, then the preparation runs twice on one store. A failure means that restored data is not
// served, or that a later start throws away what was written since.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import type { Logger } from '../../../server/base/logger.ts';
import {
  adoptDatabase,
  finishTakeover,
  maybeDefragment,
} from '../../../server/cli/prepare-database.ts';
import { exportSnapshot } from '../../../server/storage/rocks/snapshot-file.ts';
import { openStore, temporaryDirectory } from '../storage/rocks/temporary-store.ts';

const INDEX_SEVEN = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7);

function logger(into: string[]): Logger {
  const take = (message: string): void => {
    into.push(message);
  };
  const unexpected = (message: string): never => {
    throw new Error(message);
  };
  return { debug: take, info: take, warn: unexpected, error: unexpected, fatal: unexpected };
}

async function directoryWithDatabase(): Promise<string> {
  const directory = await temporaryDirectory();
  mkdirSync(join(directory, 'snap'));
  const source = await openStore();
  source.put('meta', utf8Bytes('consistent_index'), INDEX_SEVEN);
  source.put('meta', utf8Bytes('who'), utf8Bytes('bbolt'));
  source.commit();
  await exportSnapshot(source, join(directory, 'snap/db'));
  return directory;
}

describe('a bbolt database beside an empty store', () => {
  it('is taken over once', async () => {
    const directory = await directoryWithDatabase();
    const store = await openStore();
    expect(await adoptDatabase(store, directory, logger([]))).toBe(true);
    const who = (): string => utf8Text(store.get('meta', utf8Bytes('who')) ?? utf8Bytes(''));
    expect(who()).toBe('bbolt');
    finishTakeover(directory, logger([]));
    expect(existsSync(join(directory, 'snap/db'))).toBe(false);
    expect(existsSync(join(directory, 'snap/db.imported'))).toBe(true);
    store.put('meta', utf8Bytes('who'), utf8Bytes('rocks'));
    store.commit();
    expect(await adoptDatabase(store, directory, logger([]))).toBe(false);
    expect(who()).toBe('rocks');
  });

  it('is not read again when a takeover ended early, but still to be finished', async () => {
    const directory = await directoryWithDatabase();
    const store = await openStore();
    store.put('meta', utf8Bytes('consistent_index'), INDEX_SEVEN);
    store.commit();
    expect(await adoptDatabase(store, directory, logger([]))).toBe(true);
    expect(store.get('meta', utf8Bytes('who'))).toBeUndefined();
    expect(existsSync(join(directory, 'snap/db'))).toBe(true);
  });
});

describe('defragmentation at start', () => {
  it('happens only for more than the threshold', async () => {
    const store = await openStore();
    for (let main = 1; main <= 40; main++)
      store.putRevision(main, 0, false, new Uint8Array(100_000));
    store.commit();
    for (let main = 1; main <= 40; main++) store.deleteRevision(main, 0, false);
    store.commit();
    const sizeBytes = store.sizeBytes();
    const lines: string[] = [];
    await maybeDefragment(store, 0, logger(lines));
    expect(lines).toEqual([]);
    await maybeDefragment(store, 1000, logger(lines));
    expect(lines).toEqual(['Skipping defragmentation']);
    expect(store.sizeBytes()).toBe(sizeBytes);
    await maybeDefragment(store, 1, logger(lines));
    expect(lines).toHaveLength(1);
    expect(store.sizeBytes()).toBeLessThan(sizeBytes);
  });
});
