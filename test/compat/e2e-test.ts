// Owns one run of one of etcd's end-to-end tests: a folder of its own, a network of its own where the machine gives one, a
// time bound, and the end of the servers it left behind.

import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/run.ts';

const TEST_TIMEOUT_MS = 150_000;
/** A server killed a moment ago may still write into its folder. */
const REMOVE_TRIES = 5;
/** A new network has a loopback interface that is down. */
const WITH_LOOPBACK = 'ip link set lo up && exec "$@"';

export interface Places {
  /** What build-e2e.sh built. */
  readonly work: string;
  /** The programs the tests start. */
  readonly binDir: string;
  /** Where the folders of the running tests are. */
  readonly temporary: string;
  /** The command that gives the one after it a network of its own; empty where that is not possible. */
  readonly ownNetwork: readonly string[];
}

/** The command before another that gives it a network of its own: as root, else as root of a user namespace, else empty. */
export async function findOwnNetwork(): Promise<readonly string[]> {
  for (const flags of [['--net'], ['--net', '--map-root-user']]) {
    const command = ['unshare', ...flags, 'sh', '-c', WITH_LOOPBACK, 'sh'];
    const probe = await run('unshare', [...command.slice(1), 'true']).catch(() => undefined);
    if (probe?.code === 0) return command;
  }
  return [];
}

/** Runs one line of a list, writing its log. Resolves the exit code, or why there is none. */
export async function runOnce(
  line: string,
  places: Places,
  logFile: string,
): Promise<number | string> {
  const folder = mkdtempSync(join(places.temporary, 'run-'));
  // The tests reach ../fixtures and leave data and sockets where they run.
  const cwd = join(folder, 'tests/e2e');
  mkdirSync(cwd, { recursive: true });
  mkdirSync(join(folder, 'tmp'));
  symlinkSync(
    join(places.work, 'gopath/src/go.etcd.io/etcd/tests/fixtures'),
    join(folder, 'tests/fixtures'),
  );
  const command = [...places.ownNetwork, ...testCommand(line, places)];
  const ended = await runIn(folder, cwd, command, logFile);
  endLeftovers(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: REMOVE_TRIES });
  return ended;
}

/** The command that runs one test, or one subtest given as Test/Sub. */
function testCommand(line: string, { work, binDir }: Places): readonly string[] {
  const [test = '', ...prefixes] = line.split(':').reverse();
  const pattern = test
    .split('/')
    .map((part) => `^${part}$`)
    .join('/');
  const program = join(work, prefixes.includes('ours') ? 'e2e-ours.test' : 'e2e.test');
  return [program, '-bin-dir', binDir, '-test.run', pattern, '-test.v'];
}

function runIn(
  folder: string,
  cwd: string,
  [program = '', ...args]: readonly string[],
  logFile: string,
): Promise<number | string> {
  const log = openSync(logFile, 'w');
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, TMPDIR: join(folder, 'tmp') },
      stdio: ['ignore', log, log],
      timeout: TEST_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    closeSync(log);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
}

/** Kills what a test left running in its folder: it takes the processor, and without networks the ports, of the next. */
function endLeftovers(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`))
        process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended, or is somebody else's.
    }
  }
}
