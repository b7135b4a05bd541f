// Goal: a start that reads through the prefetch sees exactly what it would have scanned.
// Method: the ring and its chunks on one thread; a process of its own (threads of the test runner cannot load the
// sources) that reads a store both ways. A failure means an index rebuilt without some keys.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { ChunkReader, ScanRing } from '../../../../server/storage/rocks/scan-ring.ts';
import { hex } from './store-content.ts';
import { temporaryDirectory } from './temporary-store.ts';

const LOADER = fileURLToPath(new URL('../../../support/ts-loader.mjs', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./prefetch-process.ts', import.meta.url));

describe('ScanRing', () => {
  it('hands over rows, the end, and says when nothing comes', () => {
    const { port1, port2 } = new MessageChannel();
    const ring = new ScanRing();
    expect(ring.receive(port1, 1)).toBe('late');
    const rows = ['6b', '', '6b6b', 'ffff00'].map((text) => Buffer.from(text, 'hex'));
    ring.send(port2, rows);
    ring.end(port2);
    const chunk = ring.receive(port1, 1);
    if (typeof chunk === 'string') throw new Error(chunk);
    const reader = new ChunkReader(chunk);
    const found: string[] = [];
    while (reader.next()) found.push(hex(reader.key), hex(reader.value));
    expect(found).toEqual(['6b', '', '6b6b', 'ffff00']);
    expect(ring.receive(port1, 1)).toBe('end');
    expect(ring.receive(port1, 1)).toBe('late');
    port1.close();
  });
});

describe('RevisionPrefetch', () => {
  it('reads what a scan reads, and ends with the store', async () => {
    const argv = ['--import', LOADER, SCRIPT, await temporaryDirectory()];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    expect(JSON.parse(stdout)).toEqual({
      prefetched: 20_000,
      scanned: 20_000,
      equal: true,
      isTail: true,
      late: 0,
      elsewhere: true,
    });
  });
});
