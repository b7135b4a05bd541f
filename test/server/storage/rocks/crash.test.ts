// Goal: whenever the process dies, the next one finds the batches up to some commit at or after the last one that was
// reported, each of them whole; also in the middle of a defragmentation and of its switch.
// Method: a process of its own writes and is killed at a random moment; another fills its file size limit. The states
// a crash during a switch can leave are also built by hand. A failure means lost or torn commits.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { utf8Bytes, utf8Text } from '../../../../server/base/bytes.ts';
import type { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';
import { contentOf } from './store-content.ts';
import { openStore, temporaryDirectory } from './temporary-store.ts';

const LOADER = fileURLToPath(new URL('../../../support/ts-loader.mjs', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./writing-process.ts', import.meta.url));
const GENERATION = '0000000000000001';

function startWriter(directory: string, mode: string, limits: string): ChildProcess {
  const command = `${limits} exec "$@"`;
  const argv = ['-c', command, 'sh', process.execPath, '--import', LOADER, SCRIPT, directory, mode];
  return spawn('sh', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Every batch up to the counter is whole, nothing is behind it. Returns the counter. */
function checkPrefix(store: RocksBackend): number {
  const counter = Number(utf8Text(store.get('meta', utf8Bytes('counter')) ?? utf8Bytes('1')));
  const records = store.scanRevisions(0, 0, Number.MAX_SAFE_INTEGER, 1e9);
  expect(records.length).toBe(3 * (counter - 1));
  for (const [i, record] of records.entries()) {
    expect(record.main * 3 + record.sub).toBe(6 + i);
    expect(record.value.length).toBe(2000);
  }
  return counter;
}

describe('a killed process', () => {
  it.each([
    ['write', 0, 150],
    ['defragment', 1, 0],
    ['defragment', 2, 7],
    ['defragment', 3, 13],
    ['defragment', 4, 29],
  ])('mode %s leaves whole commits', async (mode, defragmentations, linesAfter) => {
    const directory = await temporaryDirectory();
    const child = startWriter(directory, mode, '');
    const lines = createInterface({ input: child.stdout ?? process.stdin });
    let reported = 0;
    let defragmented = 0;
    let seen = 0;
    for await (const line of lines) {
      if (line === 'defragmented') defragmented += 1;
      else reported = Number(line);
      if (defragmented >= defragmentations) seen += 1;
      if (seen > linesAfter) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    const store = await openStore(directory);
    expect(checkPrefix(store)).toBeGreaterThanOrEqual(reported);
    expect((await readdir(directory)).length).toBe(2);
  });

  it('ends with a fatal error when the disk takes no more', async () => {
    const directory = await temporaryDirectory();
    const child = startWriter(directory, 'write', 'ulimit -f 2048;');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      lines.push(line);
    }
    expect(lines.at(-1)).toMatch(/^failed StoreFatalError: .*cannot write to /);
    const store = await openStore(directory);
    expect(checkPrefix(store)).toBeGreaterThanOrEqual(Number(lines.at(-2)));
  });
});

describe('what a crash leaves', () => {
  async function filled(): Promise<{ directory: string; content: string[] }> {
    const directory = await temporaryDirectory();
    const store = await openStore(directory);
    store.putRevision(2, 0, false, utf8Bytes('value'));
    store.put('cluster', utf8Bytes('k'), utf8Bytes('v'));
    store.commit();
    const content = contentOf(store);
    await store.close();
    return { directory, content };
  }

  it('a generation under construction and a CURRENT not yet renamed', async () => {
    const { directory, content } = await filled();
    await mkdir(path.join(directory, '0000000000000002'));
    await writeFile(path.join(directory, '0000000000000002', '000004.log'), 'torn');
    await writeFile(path.join(directory, 'CURRENT.tmp'), '00000');
    expect(contentOf(await openStore(directory))).toEqual(content);
    expect((await readdir(directory)).sort()).toEqual([GENERATION, 'CURRENT']);
  });

  it('the old generation after the switch', async () => {
    const { directory, content } = await filled();
    const next = path.join(directory, '0000000000000002');
    await cp(path.join(directory, GENERATION), next, { recursive: true });
    await writeFile(path.join(directory, 'CURRENT'), '0000000000000002\n');
    expect(contentOf(await openStore(directory))).toEqual(content);
    expect((await readdir(directory)).sort()).toEqual(['0000000000000002', 'CURRENT']);
  });

  it('a first generation that was never named', async () => {
    const directory = await temporaryDirectory();
    await mkdir(path.join(directory, GENERATION));
    const store = await openStore(directory);
    expect(contentOf(store)).toEqual([]);
  });
});
