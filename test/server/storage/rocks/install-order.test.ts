// Goal: when a received database is removed, the store made of it survives the machine. RocksDB is written without sync, so a
// power failure after that would otherwise leave an old or torn store with a log that starts at the snapshot. Method: the
// system calls of a process that installs a database, in their order; what is written and not synced counts as lost. A
// failure means that a power failure can cost a member its data.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exportSnapshot } from '../../../../server/storage/rocks/snapshot-file.ts';
import { openStore, temporaryDirectory } from './temporary-store.ts';

const LOADER = fileURLToPath(new URL('../../../support/ts-loader.mjs', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./install-process.ts', import.meta.url));
const CALLS = 'write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,unlink';
const hasStrace = spawnSync('strace', ['-e', 'trace=none', 'true']).status === 0;

/** One call, when it begins or when it ends. */
interface Call {
  readonly name: string;
  /** Paths of its file and its arguments. */
  readonly paths: readonly string[];
  readonly isEnd: boolean;
}

const BEGIN = /^(\d+) +(\w+)\((.*)$/;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>/;

/** Calls in the order of their begins and ends; those of threads are told in two lines. */
function* callsOf(trace: string): Generator<Call> {
  const open = new Map<string, readonly string[]>();
  for (const line of trace.split('\n')) {
    const resumed = RESUMED.exec(line);
    if (resumed !== null) {
      const [, thread = '', name = ''] = resumed;
      yield { name, paths: open.get(thread) ?? [], isEnd: true };
      continue;
    }
    const begin = BEGIN.exec(line);
    if (begin === null) continue;
    const [, thread = '', name = '', rest = ''] = begin;
    const paths = name.startsWith('rename') || name === 'unlink' ? quoted(rest) : fileOf(rest);
    yield { name, paths, isEnd: false };
    if (rest.includes('<unfinished')) open.set(thread, paths);
    else yield { name, paths, isEnd: true };
  }
}

function quoted(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
}

/** `12</path/of/file>, ...` */
function fileOf(text: string): readonly string[] {
  const match = /^\d+<([^>]*)>/.exec(text);
  return match === null ? [] : [match[1] ?? ''];
}

/** What a power failure would take: files with unsynced content and directories with unsynced names. */
class Unsynced {
  readonly #writes: Map<string, number> = new Map();
  readonly #syncs: Map<string, number> = new Map();
  #time = 0;

  take({ name, paths, isEnd }: Call): void {
    const [file = '', to = ''] = paths;
    this.#time++;
    if (name.includes('sync')) {
      if (!isEnd) this.#syncs.set(file, this.#time);
      // Clean when nothing was written since the sync began.
      else if ((this.#writes.get(file) ?? 0) < (this.#syncs.get(file) ?? 0)) {
        this.#writes.delete(file);
      }
    } else if (name.startsWith('rename')) {
      const written = this.#writes.get(file);
      this.#writes.delete(file);
      if (written !== undefined) this.#writes.set(to, written);
      this.#writes.set(path.dirname(to), this.#time);
    } else if (name === 'unlink') this.#writes.delete(file);
    else this.#writes.set(file, this.#time);
  }

  /** Those under a directory. RocksDB's log of its doings is for people. */
  under(directory: string): readonly string[] {
    const isData = (file: string): boolean => file.startsWith(directory) && !file.endsWith('/LOG');
    return [...this.#writes.keys()].filter(isData);
  }
}

describe.skipIf(!hasStrace)('installing a received database (needs strace)', () => {
  it('leaves nothing unsynced when the received file goes', async () => {
    const root = await temporaryDirectory();
    const source = path.join(root, 'source.db');
    const store = await openStore();
    for (let main = 2; main < 3000; main++) {
      store.putRevision(main, 0, false, new Uint8Array(500).fill(main));
      store.commit();
    }
    await exportSnapshot(store, source, { inThread: false });
    const [snap, rocks] = [path.join(root, 'snap'), path.join(root, 'rocks')];
    mkdirSync(snap);
    const received = path.join(snap, '0000000000000007.snap.db');
    const trace = path.join(root, 'trace');
    const script = ['--import', LOADER, SCRIPT, rocks, source, received];
    const flags = ['-f', '-y', '-s', '4096', '-e', `trace=${CALLS}`, '-o', trace];
    const { status } = spawnSync('strace', [...flags, process.execPath, ...script]);
    expect(status).toBe(0);
    const unsynced = new Unsynced();
    let installs = 0;
    let switches = 0;
    for (const call of callsOf(readFileSync(trace, 'utf8'))) {
      const isBegin = !call.isEnd;
      if (isBegin && call.paths[1] === path.join(rocks, 'CURRENT')) {
        switches++;
        // What CURRENT is about to name is whole; so is the file itself.
        expect(unsynced.under(path.join(rocks, '0000000000000002'))).toEqual([]);
        expect(unsynced.under(path.join(rocks, 'CURRENT'))).toEqual([]);
      }
      if (isBegin && call.paths[1] === received) expect(unsynced.under(snap)).toEqual([]);
      if (isBegin && call.name === 'unlink' && call.paths[0] === received) {
        installs++;
        expect(unsynced.under(path.join(rocks, '0000000000000002'))).toEqual([]);
        expect(unsynced.under(rocks).filter((file) => path.dirname(file) === rocks)).toEqual([]);
        expect(unsynced.under(rocks)).not.toContain(rocks);
        expect(unsynced.under(snap)).toEqual([]);
      }
      unsynced.take(call);
    }
    expect([installs, switches]).toEqual([1, 2]);
  });
});
