// Owns the process of snapshot-thread.test.ts: there the sources can be loaded by threads too, which the test runner
// cannot offer. It does what its argument says and prints one line of JSON.

import { setImmediate } from 'node:timers/promises';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';
import { exportInThread } from '../../../../server/storage/rocks/snapshot-thread.ts';

const [, , directory = '', file = '', mode = ''] = process.argv;
const store = await RocksBackend.open({ directory, logger: SILENT_LOGGER });
let main = 1;

function write(): void {
  main += 1;
  store.putRevision(main, 0, false, new Uint8Array(100).fill(main));
  if (main > 5000) store.deleteRevision(main - 4000, 0, false);
  store.put('meta', Buffer.from('counter'), Buffer.from(String(main)));
}

while (main < 10_000) {
  write();
  if (main % 100 === 0) store.commit();
}

let isRunning = true;
let viewMain = 0;
let turns = 0;

async function writeMeanwhile(): Promise<void> {
  while (isRunning) {
    write();
    // Now and then a batch stays open over a turn: the view must wait for its commit.
    if (turns % 3 === 0) await setImmediate();
    store.commit();
    turns += 1;
    await setImmediate();
  }
}

async function run(): Promise<object> {
  const written = exportInThread({
    store,
    file,
    durable: true,
    onView: () => {
      viewMain = main;
      if (mode === 'close') void store.close();
      if (mode === 'defragment') void store.defragment();
    },
  });
  return { ...(await written), viewMain };
}

const writer = mode === 'close' ? undefined : writeMeanwhile();
const result = await run().catch((error: Error) => ({ error: `${error.name}: ${error.message}` }));
isRunning = false;
await writer;
await store.close();
process.stdout.write(`${JSON.stringify({ ...result, turns })}\n`);
