// Owns running etcd's own end-to-end tests against our server: those of e2e-pass.txt, several side by side, because they
// mostly wait, each in its own process, network and folder, because they have fixed ports and names. Where the machine
// gives no networks, one after the other. A failure prints the end of the test's log.
// A line of a list is a test's name; "ours:" before it stands for the build of the tests that expects our version, "racy:"
// for a test that fails against etcd as well now and then and gets a second try, alone at the end.
// Arguments: lines to run instead of the list ("all" for both lists). E2E_LANES is how many run at a time. E2E_LOGS names a
// folder to keep all logs in.

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compatFile } from '../support/paths.ts';
import { mustRun } from '../support/run.ts';
import { Tally } from '../support/tally.ts';
import { makeBinDir } from './bin-dir.ts';
import { findOwnNetwork, type Places, runOnce } from './e2e-test.ts';

const BUILD_TIMEOUT_MS = 1_800_000;
/** On two processors 157 tests take 212 s, and pass in 247 s too when two other programs never stop computing. */
const LANES = 3;
const LOG_LINES_SHOWN = 25;
const LOG_COLUMNS_SHOWN = 300;

/** The words before the first blank of each line; "#" starts a comment. */
function readList(file: string): readonly string[] {
  const lines = readFileSync(compatFile(file), 'utf8').split('\n');
  return lines.map((line) => line.replace(/#.*/, '').trim().split(/\s+/)[0] ?? '').filter(Boolean);
}

function chosenLines(args: readonly string[]): readonly string[] {
  if (args.length > 0 && args[0] !== 'all') return args;
  const passing = readList('e2e-pass.txt');
  return args.length === 0 ? passing : [...passing, ...readList('e2e-missing.txt')];
}

/** How many tests run at a time. Throws when E2E_LANES is no number of them. */
function laneCount(ownNetwork: readonly string[]): number {
  if (ownNetwork.length === 0) {
    console.log('one test at a time: unshare --net and ip (iproute2) give no network here');
    return 1;
  }
  const asked = Number(process.env['E2E_LANES'] ?? LANES);
  if (!Number.isInteger(asked) || asked < 1) throw new Error('E2E_LANES is no positive integer');
  return asked;
}

async function main(args: readonly string[]): Promise<void> {
  const ownNetwork = await findOwnNetwork();
  const lanes = laneCount(ownNetwork);
  const work = await mustRun(compatFile('build-e2e.sh'), [], { timeoutMs: BUILD_TIMEOUT_MS });
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'etcd-e2e-')));
  const places: Places = {
    work: work.trim(),
    binDir: join(temporary, 'bin'),
    temporary,
    ownNetwork,
  };
  const logs = process.env['E2E_LOGS'] ?? join(temporary, 'logs');
  mkdirSync(logs, { recursive: true });
  makeBinDir(places.binDir, join(places.work, '../root/usr/bin'));
  const tally = new Tally('etcd end-to-end tests');
  await runLines(chosenLines(args), lanes, async (line, isLast) =>
    runTest(line, places, logs, tally, isLast),
  );
  rmSync(temporary, { recursive: true, force: true });
  tally.finish();
}

/** Runs the lines in lanes, then again, one by one, those that did not end well and may have a second try. */
async function runLines(
  lines: readonly string[],
  lanes: number,
  runLine: (line: string, isLast: boolean) => Promise<boolean>,
): Promise<void> {
  const waiting = [...lines];
  const again: string[] = [];
  const lane = async (): Promise<void> => {
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
      const isLast = !line.startsWith('racy:');
      if (!(await runLine(line, isLast)) && !isLast) again.push(line);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  for (const line of again) await runLine(line, true);
}

/** Runs and counts a test. Resolves whether it passed; unless this is its last try, a failure counts for nothing. */
async function runTest(
  line: string,
  places: Places,
  logs: string,
  tally: Tally,
  isLast: boolean,
): Promise<boolean> {
  const logFile = join(logs, `${line.replaceAll(/[/:]/g, '.')}.log`);
  const startMs = performance.now();
  const ended = await runOnce(line, places, logFile);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const log = readFileSync(logFile, 'utf8');
  const skipped = [...log.matchAll(/^ +--- SKIP: /gm)].length;
  // A test of which every part skipped itself has shown nothing.
  const isHollow = skipped > 0 && !/^ +--- PASS: /m.test(log);
  if (ended === 0 && /^--- PASS: /m.test(log) && !isHollow) {
    tally.pass(line, `${seconds} s${skipped === 0 ? '' : `, ${skipped} parts skipped themselves`}`);
    return true;
  }
  if (!isLast) {
    console.log(`again ${line}  (ended with ${ended} after ${seconds} s)`);
    return false;
  }
  const why =
    isHollow || /^--- SKIP: /m.test(log)
      ? 'skipped itself'
      : `ended with ${ended} after ${seconds} s`;
  const end = log.split('\n').slice(-LOG_LINES_SHOWN);
  tally.fail(line, [why, ...end.map((text) => text.slice(0, LOG_COLUMNS_SHOWN))].join('\n'));
  return false;
}

await main(process.argv.slice(2));
