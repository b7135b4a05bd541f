// Owns opening a database file for reading: a snapshot, or a copy of a member's database.
import { statSync } from 'node:fs';
import { BboltReader } from '../../server/storage/bbolt/bbolt-reader.ts';
import { BboltError } from '../../server/storage/bbolt/page.ts';
import type { DiskFile } from '../../server/storage/file-system.ts';
import { NODE_FILE_SYSTEM } from '../../server/storage/node-file-system.ts';
import { fileErrorText } from '../failure.ts';
import { Exit, ExitError } from '../line/exit-error.ts';

/** Runs `use` with the database in `path`. Throws ExitError when there is no such file or no database in it. */
export async function withDatabase<Result>(
  path: string,
  use: (reader: BboltReader, file: DiskFile) => Result | Promise<Result>,
): Promise<Result> {
  const file = openFile(path);
  try {
    return await use(openReader(file), file);
  } catch (error) {
    if (!(error instanceof BboltError)) throw error;
    throw new ExitError(
      Exit.error,
      `snapshot file integrity check failed. 1 errors found.\n${error.message}`,
      { cause: error },
    );
  } finally {
    file.close();
  }
}

function openReader(file: DiskFile): BboltReader {
  try {
    return new BboltReader(file);
  } catch (error) {
    if (!(error instanceof BboltError)) throw error;
    throw new ExitError(Exit.error, 'invalid database', { cause: error });
  }
}

function openFile(path: string): DiskFile {
  try {
    statSync(path);
    return NODE_FILE_SYSTEM.open(path, 'read');
  } catch (error) {
    throw new ExitError(Exit.error, fileErrorText(error), { cause: error });
  }
}
