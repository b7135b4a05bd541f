// Owns the process of snapshot-thread.test.ts: there the sources can be loaded by threads too, which the test runner
// cannot offer. It does what its argument says and prints one line of JSON.

import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { RocksBackend } from '../../../../server/storage/rocks/rocks-backend.ts';
import { exportSnapshot } from '../../../../server/storage/rocks/snapshot-file.ts';
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

/** An abort while the thread starts, or once it writes. */
async function runAborted(): Promise<object> {
  const abort = new AbortController();
  const end = (): void => abort.abort(new Error('nobody wants it'));
  const onView = (): void => {
    viewMain = main;
    if (mode === 'abort') end();
  };
  const written = exportSnapshot(store, file, { onView, signal: abort.signal });
  if (mode === 'abortEarly') end();
  const error = await written.then(
    () => undefined,
    (cause: unknown) => String(cause),
  );
  return { error, viewMain, isFileOpen: isOpen(file) };
}

/** Whether this process has a file open, removed or not, where the system tells. */
function isOpen(path: string): boolean {
  if (process.platform !== 'linux') return false;
  return readdirSync('/proc/self/fd').some((name) => targetOf(name).startsWith(path));
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    // The one that the list itself was read through.
    return '';
  }
}

const writer = mode === 'close' ? undefined : writeMeanwhile();
const result = await (mode.startsWith('abort') ? runAborted() : run()).catch((error: Error) => ({
  error: `${error.name}: ${error.message}`,
}));
isRunning = false;
await writer;
await store.close();
process.stdout.write(`${JSON.stringify({ ...result, turns })}\n`);
