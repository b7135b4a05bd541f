// Owns the process that crash.test.ts kills: it commits batch after batch, each with three revisions and a counter, and
// prints the counter after each commit. With the argument `defragment` it also defragments all the time.

import { setImmediate } from 'node:timers/promises';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';

const [, , directory = '', mode = ''] = process.argv;
const store = await RocksBackend.open({ directory, logger: SILENT_LOGGER });
const value = new Uint8Array(2000).fill(1);
const counterKey = Buffer.from('counter');

async function defragmentForever(): Promise<void> {
  for (;;) {
    await store.defragment();
    process.stdout.write('defragmented\n');
  }
}

async function writeForever(): Promise<void> {
  for (let main = 2; ; main++) {
    for (let sub = 0; sub < 3; sub++) store.putRevision(main, sub, false, value);
    store.put('meta', counterKey, Buffer.from(String(main)));
    store.commit();
    process.stdout.write(`${main}\n`);
    if (main % 100 === 0) await store.sync();
    await setImmediate();
  }
}

try {
  await Promise.all([writeForever(), mode === 'defragment' ? defragmentForever() : undefined]);
} catch (error) {
  process.stdout.write(`failed ${error instanceof Error ? error.name : ''}: ${String(error)}\n`);
  process.exit(3);
}
