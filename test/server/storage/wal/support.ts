// What the WAL's tests share: options without background work, entries, and a log in memory.
import type { ConfState, Entry } from '../../../../server/raft/types.ts';
import { type OpenedWal, Wal, type WalOptions } from '../../../../server/storage/wal/wal.ts';
import type { MemoryFileSystem } from './memory-file-system.ts';

export const METADATA = { nodeId: 0x8e9e05c52164694dn, clusterId: 0xcdf818194e3a8c32n };

export const CONF_STATE: ConfState = {
  voters: [METADATA.nodeId],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

export const DIRECTORY = '/member/wal';

export function testOptions(
  fileSystem: MemoryFileSystem,
  more: Partial<WalOptions> = {},
): WalOptions {
  return {
    fileSystem,
    fillAhead: false,
    segmentSizeBytes: 4096,
    onFatal: (error) => {
      throw error;
    },
    ...more,
  };
}

/** Entries `from`..`to`, each with content of its own. */
export function entriesOf(
  from: number,
  to: number,
  sizeBytes: number = 20,
  term: number = 1,
): Entry[] {
  const entries: Entry[] = [];
  for (let index = from; index <= to; index++) {
    const data = new Uint8Array(sizeBytes).fill((index * 7 + term) % 255 || 1);
    entries.push({ type: 0, term, index, data });
  }
  return entries;
}

/** Opens the log in memory from its beginning, or from `start`. */
export function reopen(
  fileSystem: MemoryFileSystem,
  start: { readonly index: number; readonly term: number } = { index: 0, term: 0 },
  more: Partial<WalOptions> = {},
): OpenedWal {
  return Wal.open(DIRECTORY, start, testOptions(fileSystem, more));
}

/** Path of the last segment. */
export function lastSegmentPath(fileSystem: MemoryFileSystem): string {
  const names = fileSystem.list(DIRECTORY).filter((name) => name.endsWith('.wal'));
  return `${DIRECTORY}/${names.at(-1)}`;
}
