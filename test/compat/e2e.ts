// Owns running etcd's own end-to-end tests against our server: those of e2e-pass.txt, each in its own process with a time
// bound, one after the other, because the tests have fixed ports. A failure prints the end of the test's log.
// A line of a list is a test's name; "ours:" before it stands for the build of the tests that expects our version, "racy:"
// for a test that fails against etcd as well now and then and gets a second try.
// Arguments: lines to run instead of the list ("all" for both lists). E2E_LOGS names a folder to keep all logs in.

import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compatFile } from '../support/paths.ts';
import { mustRun } from '../support/run.ts';
import { Tally } from '../support/tally.ts';
import { makeBinDir } from './bin-dir.ts';

const TEST_TIMEOUT_MS = 150_000;
const BUILD_TIMEOUT_MS = 1_800_000;
const LOG_LINES_SHOWN = 25;
const LOG_COLUMNS_SHOWN = 300;

interface Places {
  /** Built tests; what they run from. */
  readonly work: string;
  readonly binDir: string;
  readonly pidFile: string;
  readonly logs: string;
}

/** The words before the first blank of each line; "#" starts a comment. */
function readList(file: string): readonly string[] {
  const lines = readFileSync(compatFile(file), 'utf8').split('\n');
  return lines.map((line) => line.replace(/#.*/, '').trim().split(/\s+/)[0] ?? '').filter(Boolean);
}

async function main(args: readonly string[]): Promise<void> {
  const passing = readList('e2e-pass.txt');
  const lines =
    args.length === 0
      ? passing
      : args[0] === 'all'
        ? [...passing, ...readList('e2e-missing.txt')]
        : args;
  const work = await mustRun(compatFile('build-e2e.sh'), [], { timeoutMs: BUILD_TIMEOUT_MS });
  const temporary = mkdtempSync(join(tmpdir(), 'etcd-e2e-'));
  const places: Places = {
    work: work.trim(),
    binDir: join(temporary, 'bin'),
    pidFile: join(temporary, 'pids'),
    logs: process.env['E2E_LOGS'] ?? join(temporary, 'logs'),
  };
  mkdirSync(places.logs, { recursive: true });
  makeBinDir(places.binDir, join(places.work, '../root/usr/bin'), places.pidFile);
  const tally = new Tally('etcd end-to-end tests');
  for (const line of lines) await runTest(line, places, tally);
  rmSync(temporary, { recursive: true, force: true });
  tally.finish();
}

async function runTest(name: string, places: Places, tally: Tally): Promise<void> {
  const logFile = join(places.logs, `${name.replaceAll(/[/:]/g, '.')}.log`);
  const startMs = performance.now();
  let ended = await runBinary(name, places, logFile);
  endLeftovers(places.pidFile);
  if (ended !== 0 && name.startsWith('racy:')) {
    console.log(`again ${name}`);
    ended = await runBinary(name, places, logFile);
    endLeftovers(places.pidFile);
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const log = readFileSync(logFile, 'utf8');
  const skipped = [...log.matchAll(/^ +--- SKIP: /gm)].length;
  // A test of which every part skipped itself has shown nothing.
  const isHollow = skipped > 0 && !/^ +--- PASS: /m.test(log);
  if (ended === 0 && /^--- PASS: /m.test(log) && !isHollow) {
    tally.pass(name, `${seconds} s${skipped === 0 ? '' : `, ${skipped} parts skipped themselves`}`);
    return;
  }
  const why =
    isHollow || /^--- SKIP: /m.test(log)
      ? 'skipped itself'
      : `ended with ${ended} after ${seconds} s`;
  const lines = log.split('\n').slice(-LOG_LINES_SHOWN);
  tally.fail(name, [why, ...lines.map((line) => line.slice(0, LOG_COLUMNS_SHOWN))].join('\n'));
}

/** Runs one test, or one subtest given as Test/Sub. Resolves the exit code, or why there is none. */
function runBinary(name: string, places: Places, logFile: string): Promise<number | string> {
  const [test = '', prefix] = name.split(':').reverse();
  const pattern = test
    .split('/')
    .map((part) => `^${part}$`)
    .join('/');
  const log = openSync(logFile, 'w');
  return new Promise((resolve, reject) => {
    const child = spawn(
      join(places.work, prefix === 'ours' ? 'e2e-ours.test' : 'e2e.test'),
      ['-bin-dir', places.binDir, '-test.run', pattern, '-test.v'],
      {
        cwd: join(places.work, 'gopath/src/go.etcd.io/etcd/tests/e2e'),
        stdio: ['ignore', log, log],
        timeout: TEST_TIMEOUT_MS,
        killSignal: 'SIGKILL',
      },
    );
    closeSync(log);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
}

/** Kills servers a test left running: they hold the ports of the next one. */
function endLeftovers(pidFile: string): void {
  if (!existsSync(pidFile)) return;
  for (const pid of readFileSync(pidFile, 'utf8').split('\n').filter(Boolean)) {
    // The id may belong to somebody else by now.
    const commandLine = `/proc/${pid}/cmdline`;
    if (
      existsSync(commandLine) &&
      readFileSync(commandLine, 'utf8').includes('--listen-client-urls')
    ) {
      process.kill(Number(pid), 'SIGKILL');
    }
  }
  rmSync(pidFile);
}

await main(process.argv.slice(2));
