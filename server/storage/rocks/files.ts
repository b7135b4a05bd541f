// Owns the few file operations of the store: syncing, replacing a small file in one step, finding the newest of RocksDB.

import { open, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from './errors.ts';

/** Syncs a file's content. Syncing through any descriptor syncs all writes to the file, whoever made them. */
export async function syncFile(
  file: string,
  options?: { readonly mayBeMissing: boolean },
): Promise<void> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (options?.mayBeMissing === true && codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces a file so that a reader, or a crash at any time, finds the old content or the new. */
export async function replaceFile(file: string, content: string): Promise<void> {
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncDirectory(path.dirname(file));
}

/**
 * The file whose name has the highest number, as `name` captures it. Not read on the loop: RocksDB may hold the directory
 * while it makes files.
 */
export async function newestFile(directory: string, name: RegExp): Promise<string | undefined> {
  let newest: string | undefined;
  let newestNumber = -1;
  for (const found of await readdir(directory)) {
    const number = Number.parseInt(name.exec(found)?.[1] ?? '-1', 10);
    if (number <= newestNumber) continue;
    newest = found;
    newestNumber = number;
  }
  return newest;
}
