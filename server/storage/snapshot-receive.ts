// Owns taking a database from the network to the disk: into a temporary file, synced, then under its name.

import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './file-system.ts';
import { NODE_FILE_SYSTEM } from './node-file-system.ts';

/** What the disk is given at once: who syncs a log beside it waits for so much at most, not for the whole database. */
const SYNC_BYTES: number = 4 * 1024 * 1024;

let receiveCount = 0;

/** Writes `body` to `path`; answers its size. On any failure nothing is left. */
export async function receiveDatabase(
  body: AsyncIterable<Uint8Array>,
  path: string,
): Promise<number> {
  const temporary = `${dirname(path)}/tmp-received-${process.pid}-${receiveCount++}`;
  let sizeBytes = 0;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      let unsyncedBytes = 0;
      for await (const piece of body) {
        // Not write: that may write a part only.
        await file.writeFile(piece);
        sizeBytes += piece.length;
        unsyncedBytes += piece.length;
        if (unsyncedBytes < SYNC_BYTES) continue;
        await file.datasync();
        unsyncedBytes = 0;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    syncDirectory(NODE_FILE_SYSTEM, dirname(path));
    return sizeBytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
