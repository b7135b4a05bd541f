// Goal: archives of ours are what the system's tar reads, and the same entries give the same bytes. Method: write, list and
// extract with tar, compare. A failure means layers that container runtimes refuse or unpack differently.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  completeEntries,
  type Entry,
  tarChunks,
  tarHeader,
} from '../../../scripts/image/tar-writer.ts';

const LONG = `/${'a'.repeat(80)}/${'b'.repeat(60)}/${'c'.repeat(90)}.js`;

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tar-writer-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function bytesOf(entries: readonly Entry[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of tarChunks(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sample(): readonly Entry[] {
  const source = join(folder, 'source');
  writeFileSync(source, Buffer.alloc(1_000, 7));
  return [
    { kind: 'file', path: LONG, mode: 0o644, content: 'long' },
    { kind: 'copy', path: '/opt/app/copied', mode: 0o755, source },
    { kind: 'link', path: '/lib', target: 'usr/lib' },
    { kind: 'directory', path: '/data', mode: 0o700, owner: 65_532 },
    { kind: 'file', path: '/data/empty', mode: 0o600, content: '' },
    { kind: 'file', path: '/exact', mode: 0o644, content: 'x'.repeat(512) },
  ];
}

describe('tarChunks', () => {
  it('writes what tar lists, with owners, modes and links', async () => {
    const archive = join(folder, 'list.tar');
    writeFileSync(archive, await bytesOf(sample()));
    const listed = execFileSync('tar', ['--numeric-owner', '-tvf', archive], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
    });
    const lines = listed
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' '));
    expect(lines).toContain('drwx------ 65532/65532 0 1970-01-01 00:00 data/');
    expect(lines).toContain('lrwxrwxrwx 0/0 0 1970-01-01 00:00 lib -> usr/lib');
    expect(lines).toContain('-rwxr-xr-x 0/0 1000 1970-01-01 00:00 opt/app/copied');
    expect(lines).toContain(`-rw-r--r-- 0/0 4 1970-01-01 00:00 ${LONG.slice(1)}`);
    expect(lines).toContain('drwxr-xr-x 0/0 0 1970-01-01 00:00 opt/');
  });

  it('writes what tar extracts', async () => {
    const archive = join(folder, 'extract.tar');
    writeFileSync(archive, await bytesOf(sample()));
    const target = mkdtempSync(join(folder, 'out-'));
    execFileSync('tar', ['--no-same-owner', '-xf', archive, '-C', target]);
    expect(readFileSync(join(target, LONG), 'utf8')).toBe('long');
    expect(readFileSync(join(target, 'opt/app/copied'))).toEqual(Buffer.alloc(1_000, 7));
    expect(statSync(join(target, 'data/empty')).size).toBe(0);
    expect(readFileSync(join(target, 'exact'), 'utf8')).toBe('x'.repeat(512));
  });

  it('gives the same bytes whatever the order', async () => {
    const entries = sample();
    expect(await bytesOf(entries.toReversed())).toEqual(await bytesOf(entries));
  });

  it('refuses names that do not fit instead of cutting them', () => {
    const path = `/${'a'.repeat(101)}`;
    expect(() => tarHeader({ kind: 'file', path, mode: 0o644, content: '' }, 0)).toThrow(
      'too long',
    );
    const link = { kind: 'link', path: '/a', target: 'b'.repeat(101) } as const;
    expect(() => tarHeader(link, 0)).toThrow('too long');
    expect(() => tarHeader({ kind: 'file', path: '/a', mode: 0, content: '' }, 2 ** 33)).toThrow(
      'too big',
    );
  });
});

describe('completeEntries', () => {
  it('adds directories before what is in them and keeps the ones that were named', () => {
    const paths = completeEntries(sample()).map(({ path }) => path);
    expect(paths.indexOf('/opt')).toBeLessThan(paths.indexOf('/opt/app/copied'));
    const data = completeEntries(sample()).find(({ path }) => path === '/data');
    expect(data).toMatchObject({ mode: 0o700 });
  });
});
