// Owns the layout of `--data-dir`: where each part lies, the checks before anything is opened, and what a crash may
// have left. Locking is the database's (see README.md): open it before the log.
import * as fs from 'node:fs';
import type { Logger } from '../base/logger.ts';

/** Where the parts of a member's data are. */
export interface DataPaths {
  readonly dataDir: string;
  readonly member: string;
  /** `<data-dir>/member/wal`, or `--wal-dir`. */
  readonly wal: string;
  readonly snap: string;
  /** Our database. */
  readonly rocks: string;
  /** The database of a Go etcd. */
  readonly bbolt: string;
}

/**
 * What a data directory holds:
 *   new           nothing yet
 *   member        a log and our database
 *   etcd          a log and the database of a Go etcd, still to be taken over
 *   databaseOnly  our database without a log: the process ended in the middle of its first start, or the log was
 *                 deleted by hand
 *   logOnly       a log without any database
 */
export type DataDirContent = 'new' | 'member' | 'etcd' | 'databaseOnly' | 'logOnly';

export interface DataDir {
  readonly paths: DataPaths;
  readonly content: DataDirContent;
}

/** A data directory that cannot be used. */
export class DataDirError extends Error {
  override readonly name: string = 'DataDirError';
}

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** Names an operator's disk may bring into an otherwise empty directory. */
const HARMLESS_NAMES: ReadonlySet<string> = new Set(['lost+found']);

export function dataPaths(dataDir: string, walDir: string = ''): DataPaths {
  const member = `${dataDir}/member`;
  return {
    dataDir,
    member,
    wal: walDir === '' ? `${member}/wal` : walDir,
    snap: `${member}/snap`,
    rocks: `${member}/rocks`,
    bbolt: `${member}/snap/db`,
  };
}

/** Makes the directories that are missing, checks that they can be used and tells what they hold. */
export function openDataDir(
  options: { readonly dataDir: string; readonly walDir?: string },
  logger: Logger,
): DataDir {
  const paths = dataPaths(options.dataDir, options.walDir);
  prepareDirectory(paths.dataDir, 'data directory', logger);
  checkNames(paths.dataDir, logger);
  prepareDirectory(paths.member, 'data directory', logger);
  prepareDirectory(paths.snap, 'data directory', logger);
  // The log's own directory must not exist before the log: it appears complete or not at all.
  if (fs.existsSync(paths.wal)) prepareDirectory(paths.wal, 'write-ahead log directory', logger);
  return { paths, content: contentOf(paths) };
}

function contentOf(paths: DataPaths): DataDirContent {
  const hasWal = namesOf(paths.wal).some((name) => name.endsWith('.wal'));
  const hasRocks = fs.existsSync(`${paths.rocks}/CURRENT`);
  if (hasRocks) return hasWal ? 'member' : 'databaseOnly';
  if (!hasWal) return 'new';
  return fs.existsSync(paths.bbolt) ? 'etcd' : 'logOnly';
}

function namesOf(directory: string): string[] {
  return fs.existsSync(directory) ? fs.readdirSync(directory) : [];
}

/** Makes a directory if needed and proves that files can be made in it. etcd: fileutil.TouchDirAll. */
function prepareDirectory(path: string, what: string, logger: Logger): void {
  try {
    fs.mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
    if (!fs.statSync(path).isDirectory()) throw new Error(`${path} is not a directory`);
    fs.readdirSync(path);
    const probe = `${path}/.touch`;
    fs.writeFileSync(probe, '', { mode: FILE_MODE });
    fs.rmSync(probe, { force: true });
  } catch (error) {
    throw new DataDirError(`cannot access ${what}: ${reasonOf(error, path)}`, { cause: error });
  }
  warnOfPermission(path, logger);
}

function reasonOf(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `${path}: permission denied`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `${path}: not a directory`;
    case 'EROFS':
      return `${path}: read-only file system`;
    case 'ENOSPC':
      return `${path}: no space left on device`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** etcd: fileutil.CheckDirPermission; a warning, because some storage cannot do better. */
function warnOfPermission(path: string, logger: Logger): void {
  const mode = fs.statSync(path).mode & 0o777;
  if (mode === DIRECTORY_MODE) return;
  logger.warn('check file permission', {
    error:
      `directory "${path}" exist, but the permission is "${modeText(mode)}". The recommended permission is ` +
      `"${modeText(DIRECTORY_MODE)}" to prevent possible unprivileged access to the data`,
  });
}

/** As Go prints a directory's mode: drwxr-x---. */
function modeText(mode: number): string {
  const letters = 'rwxrwxrwx';
  let text = 'd';
  for (let bit = 0; bit < 9; bit++) {
    text += (mode & (1 << (8 - bit))) === 0 ? '-' : letters.charAt(bit);
  }
  return text;
}

/** A data directory holds `member` and nothing else. etcd: etcdmain/etcd.go identifyDataDirOrDie. */
function checkNames(dataDir: string, logger: Logger): void {
  const names = fs.readdirSync(dataDir).filter((name) => !HARMLESS_NAMES.has(name));
  if (names.includes('proxy') && fs.statSync(`${dataDir}/proxy`).isDirectory()) {
    throw new DataDirError(`${dataDir} is the data directory of a v2 proxy, not of a member`);
  }
  for (const name of names) {
    if (name === 'member') continue;
    logger.warn('found invalid file under data directory', {
      filename: name,
      'data-dir': dataDir,
    });
  }
}
