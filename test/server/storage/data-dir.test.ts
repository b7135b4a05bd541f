// Goal: a member never starts on a directory it cannot use, and says why in one clear error. Method: directories on
// the real disk in every state. A failure means a late, unclear error, or data of another program overwritten.
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LogFields, type Logger, SILENT_LOGGER } from '../../../server/base/logger.ts';
import { dataPaths, openDataDir } from '../../../server/storage/data-dir.ts';

let root: string;
let warnings: string[];
let logger: Logger;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'data-dir-'));
  warnings = [];
  logger = {
    ...SILENT_LOGGER,
    warn: (message: string, fields?: LogFields) => {
      warnings.push(`${message} ${JSON.stringify(fields)}`);
    },
  };
});

afterEach(() => {
  fs.rmSync(root, { force: true, recursive: true });
});

function touch(path: string): void {
  fs.mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  fs.writeFileSync(path, '');
}

describe('openDataDir', () => {
  it('makes a new one that only its owner can read', () => {
    const dataDir = join(root, 'a/b/default.etcd');
    const { paths, content } = openDataDir({ dataDir }, logger);
    expect(content).toBe('new');
    expect(paths).toEqual(dataPaths(dataDir));
    expect(paths.wal).toBe(`${dataDir}/member/wal`);
    for (const path of [dataDir, paths.member, paths.snap]) {
      expect(fs.statSync(path).mode & 0o777).toBe(0o700);
      expect(fs.readdirSync(path)).not.toContain('.touch');
    }
    expect(fs.existsSync(paths.wal)).toBe(false);
    expect(warnings).toEqual([]);
  });

  it('tells what is there', () => {
    const dataDir = join(root, 'd');
    const { paths } = openDataDir({ dataDir }, logger);
    const content = (): string => openDataDir({ dataDir }, logger).content;
    touch(`${paths.wal}/0000000000000000-0000000000000000.wal`);
    expect(content()).toBe('logOnly');
    touch(paths.bbolt);
    expect(content()).toBe('etcd');
    touch(`${paths.rocks}/CURRENT`);
    expect(content()).toBe('member');
    fs.rmSync(paths.wal, { recursive: true });
    expect(content()).toBe('databaseOnly');
  });

  it('takes the log from another directory', () => {
    const dataDir = join(root, 'd');
    const walDir = join(root, 'fast/wal');
    touch(`${walDir}/0000000000000000-0000000000000000.wal`);
    const { paths, content } = openDataDir({ dataDir, walDir }, logger);
    expect(paths.wal).toBe(walDir);
    expect(content).toBe('logOnly');
  });

  it('refuses what is not a directory', () => {
    touch(join(root, 'file'));
    expect(() => openDataDir({ dataDir: join(root, 'file') }, logger)).toThrow(
      `cannot access data directory: ${root}/file: not a directory`,
    );
    expect(() => openDataDir({ dataDir: join(root, 'file/below') }, logger)).toThrow(
      'not a directory',
    );
    touch(join(root, 'd/member'));
    expect(() => openDataDir({ dataDir: join(root, 'd') }, logger)).toThrow(
      `${root}/d/member: not a directory`,
    );
  });

  it('refuses a directory where no file can be made', () => {
    // The process's own directory in /proc: nobody, not even root, can make files there.
    expect(() => openDataDir({ dataDir: '/proc/self/task' }, logger)).toThrow(
      /^cannot access data directory: /,
    );
  });

  it('refuses the directory of a proxy and warns of foreign files', () => {
    const dataDir = join(root, 'd');
    openDataDir({ dataDir }, logger);
    touch(join(dataDir, 'notes.txt'));
    fs.mkdirSync(join(dataDir, 'lost+found'));
    openDataDir({ dataDir }, logger);
    expect(warnings).toEqual([
      `found invalid file under data directory {"filename":"notes.txt","data-dir":"${dataDir}"}`,
    ]);
    fs.mkdirSync(join(dataDir, 'proxy'));
    expect(() => openDataDir({ dataDir }, logger)).toThrow('data directory of a v2 proxy');
  });

  it('warns when others may read', () => {
    const dataDir = join(root, 'd');
    fs.mkdirSync(dataDir);
    fs.chmodSync(dataDir, 0o755);
    openDataDir({ dataDir }, logger);
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toContain('the permission is \\"drwxr-xr-x\\"');
    expect(warnings[0]).toContain('The recommended permission is \\"drwx------\\"');
  });
});
