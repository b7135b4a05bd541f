// Owns the scenarios that are not a plain crash: orderly stops under load, two processes on one directory, damaged and torn
// logs, full disks, directories nobody may use, segments that are purged while they are written.

import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { utf8Bytes } from '../../server/base/bytes.ts';
import { createPutRequest } from '../../server/proto/gen/rpc.ts';
import { describe as describeExit, lastLines, withTimeout } from '../support/member-process.ts';
import { run } from '../support/run.ts';
import type { Tally } from '../support/tally.ts';
import { delay, expect, expectNothing, fatalLines, Scenario } from './scenario.ts';

const END_TIMEOUT_MS = 30_000;
const RECORD_ALIGNMENT_BYTES = 8;
const SECTOR_BYTES = 512;
const NOBODY = 65_534;
/** Longer than the 30 s between two purges. */
const PURGE_TIMEOUT_MS = 75_000;

type Body = (scenario: Scenario) => Promise<string>;

const SCENARIOS: readonly (readonly [name: string, body: Body])[] = [
  ['SIGTERM under load loses nothing', stopUnderLoad],
  ['requests in flight at SIGTERM are answered', stopWithRequestsInFlight],
  ['a second process on one data directory is refused', secondProcess],
  ['a torn write at the end of the log is cut off', tornTail],
  ['writes that were lost are noticed by this suite', lostWrites],
  ['damage in the middle of the log is one clear error', damagedMiddle],
  // Which file meets the end of the disk first depends on its size.
  ['a disk of 80 MiB gets full, and nothing is lost', fullDisk(80)],
  ['a disk of 140 MiB gets full, and nothing is lost', fullDisk(140)],
  ['a disk of 300 MiB gets full, and nothing is lost', fullDisk(300)],
  ['a data directory that is a file is one clear error', directoryIsFile],
  ['a data directory without permission is one clear error', directoryForbidden],
  ['old segments are purged under load', purge],
];

export async function runDamage(tally: Tally, seed: number): Promise<void> {
  for (const [index, [name, body]] of SCENARIOS.entries()) {
    await tally.run(name, () => Scenario.run(seed + index, body));
  }
}

async function stopUnderLoad(scenario: Scenario): Promise<string> {
  for (let round = 0; round < 3; round++) {
    const member = await scenario.start();
    const calls = scenario.calls(member);
    await scenario.compare(calls);
    const load = scenario.load(calls);
    await delay(300);
    const exit = await member.stop();
    expectNothing(await load.stop());
    expect(exit.signal === 'SIGTERM' || exit.code === 0, `ended with ${describeExit(exit)}`);
    expect(fatalLines(member.log).length === 0, lastLines(member.log));
  }
  const member = await scenario.start();
  await scenario.compare(scenario.calls(member));
  return `${scenario.history.writeCount} writes`;
}

async function stopWithRequestsInFlight(scenario: Scenario): Promise<string> {
  const member = await scenario.start();
  const calls = scenario.calls(member);
  const key = utf8Bytes('load/0/0');
  await calls.put(createPutRequest({ key, value: key }));
  const puts = Array.from({ length: 500 }, () => calls.put(createPutRequest({ key, value: key })));
  const answers = Promise.allSettled(puts);
  const exit = member.stop();
  const settled = await withTimeout(answers, END_TIMEOUT_MS);
  expect(settled !== undefined, 'some requests were never answered');
  const acknowledged = settled?.filter(({ status }) => status === 'fulfilled').length ?? 0;
  await exit;
  const again = await scenario.start();
  const { header } = await scenario.calls(again).put(createPutRequest({ key, value: key }));
  const revision = header?.revision ?? 0;
  // Revision 1 is the empty store, 2 the first put, the last one ours.
  expect(revision - 3 >= acknowledged, `${acknowledged} acknowledged, revision ${revision}`);
  return `${acknowledged} of ${puts.length} acknowledged, the others told`;
}

async function secondProcess(scenario: Scenario): Promise<string> {
  const member = await scenario.start();
  const calls = scenario.calls(member);
  const second = scenario.launch({ clientPort: member.options.clientPort + 1, peerPort: 1 });
  const exit = await withTimeout(second.exited, END_TIMEOUT_MS);
  expect(exit !== undefined, 'the second process neither serves nor ends');
  expect(exit?.code === 1, `ended with ${exit === undefined ? 'nothing' : describeExit(exit)}`);
  await scenario.fill(calls, 100);
  await scenario.compare(calls);
  return onlyFatal(second.log);
}

async function tornTail(scenario: Scenario): Promise<string> {
  for (let round = 0; round < 4; round++) {
    const member = await scenario.start();
    const calls = scenario.calls(member);
    await scenario.compare(calls);
    await scenario.fill(calls, 150);
    await member.kill();
    const file = lastSegment(scenario.dataDir);
    const torn = Buffer.alloc(200 + scenario.random.below(2000), 0xa5);
    // A frame that promises more than was written.
    torn.writeBigUInt64LE(BigInt(torn.length + 4096));
    writeAt(file, endOfLog(file), torn);
  }
  const member = await scenario.start();
  await scenario.compare(scenario.calls(member));
  return `${scenario.history.writeCount} writes, 4 torn ones`;
}

/** Without its store and the end of its log, a member starts, and has lost what it acknowledged. */
async function lostWrites(scenario: Scenario): Promise<string> {
  const member = await scenario.start();
  await scenario.fill(scenario.calls(member), 300);
  await member.kill();
  rmSync(join(scenario.dataDir, 'member/rocks'), { recursive: true });
  const file = lastSegment(scenario.dataDir);
  const end = endOfLog(file);
  const middle = Math.floor(end / 2 / SECTOR_BYTES) * SECTOR_BYTES;
  writeAt(file, middle, new Uint8Array(end - middle));
  const again = await scenario.start();
  const compared = scenario.compare(scenario.calls(again));
  const noticed = await compared.then(
    () => '',
    (error: Error) => error.message,
  );
  expect(noticed.includes('clients were told'), 'nothing was noticed');
  return `${noticed.split('\n').length} keys`;
}

async function damagedMiddle(scenario: Scenario): Promise<string> {
  const member = await scenario.start();
  await scenario.fill(scenario.calls(member), 500);
  await member.kill();
  const file = lastSegment(scenario.dataDir);
  writeAt(file, Math.floor(endOfLog(file) / 2), utf8Bytes('damage'));
  const before = readFileSync(file);
  const again = scenario.launch();
  const exit = await withTimeout(again.exited, END_TIMEOUT_MS);
  expect(exit?.code === 1, `ended with ${exit === undefined ? 'nothing' : describeExit(exit)}`);
  expect(before.equals(readFileSync(file)), 'the damaged log was changed');
  return onlyFatal(again.log);
}

/** On a file system that only the member sees; what is in it is copied out when the member has ended. */
function fullDisk(mebibytes: number): Body {
  return async (scenario) => fillDisk(scenario, mebibytes);
}

async function fillDisk(scenario: Scenario, mebibytes: number): Promise<string> {
  const probe = await run('unshare', ['-m', 'true']).catch(() => undefined);
  // Without the right to mount, a namespace of our own user's may do.
  const mounts = probe?.code === 0 ? '-m' : '-rm';
  // A process namespace too: a member that outlives its scenario goes with its shell.
  const unshare = ['unshare', mounts, '--pid', '--fork', '--kill-child', '--mount-proc'];
  const { dataDir, root } = scenario;
  mkdirSync(dataDir);
  const saved = join(root, 'saved');
  const script =
    `mount -t tmpfs -o size=${mebibytes}m none '${dataDir}' && "$@"; code=$?; ` +
    `cp -R '${dataDir}' '${saved}'; exit $code`;
  const member = await scenario.start({ prefix: [...unshare, 'sh', '-c', script, 'sh'] });
  const calls = scenario.calls(member);
  const load = scenario.load(calls, { valueBytes: 100_000 });
  const exit = await withTimeout(member.exited, 2 * END_TIMEOUT_MS);
  expect(exit !== undefined, 'the member goes on without space');
  expectNothing(await load.stop());
  expect(exit?.code === 1, `ended with ${exit === undefined ? 'nothing' : describeExit(exit)}`);
  const reason = String(fatalLines(member.log)[0]?.['error']);
  expect(/ENOSPC|No space left/i.test(reason), `no reason given: ${lastLines(member.log)}`);
  cpSync(saved, dataDir, { recursive: true });
  const again = await scenario.start();
  await scenario.compare(scenario.calls(again));
  return `${scenario.history.writeCount} writes kept; ${reason}`;
}

async function directoryIsFile(scenario: Scenario): Promise<string> {
  writeFileSync(scenario.dataDir, '');
  const member = scenario.launch();
  const exit = await withTimeout(member.exited, END_TIMEOUT_MS);
  expect(exit?.code === 1, `ended with ${exit === undefined ? 'nothing' : describeExit(exit)}`);
  return onlyFatal(member.log);
}

async function directoryForbidden(scenario: Scenario): Promise<string> {
  mkdirSync(scenario.dataDir, { mode: 0o500 });
  chmodSync(scenario.root, 0o755);
  let prefix: string[] = [];
  if (process.getuid?.() === 0) {
    // Permissions mean nothing to root.
    chownSync(scenario.dataDir, NOBODY, NOBODY);
    prefix = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  }
  const member = scenario.launch({ prefix });
  const exit = await withTimeout(member.exited, END_TIMEOUT_MS);
  expect(exit?.code === 1, `ended with ${exit === undefined ? 'nothing' : describeExit(exit)}`);
  const reason = onlyFatal(member.log);
  expect(/permission denied|EACCES/.test(reason), `no reason given: ${reason}`);
  return reason;
}

async function purge(scenario: Scenario): Promise<string> {
  const args = ['--snapshot-count=200', '--snapshot-catchup-entries=50', '--max-wals=1'];
  const member = await scenario.start({ args });
  const calls = scenario.calls(member);
  const segments = (): number => segmentNames(scenario.dataDir).length;
  const load = scenario.load(calls, { valueBytes: 200_000, writerCount: 4 });
  const endMs = performance.now() + PURGE_TIMEOUT_MS;
  // Names count up: the highest tells how many were ever written.
  const cut = (): number => Number.parseInt(segmentNames(scenario.dataDir).at(-1) ?? '', 16);
  while (cut() < 5 && performance.now() < endMs) await delay(50);
  expectNothing(await load.stop());
  const most = cut() + 1;
  expect(most > 5, `only ${most} segments were written in time`);
  await delayUntil(() => segments() <= 2, endMs + PURGE_TIMEOUT_MS);
  await member.kill();
  const again = await scenario.start({ args });
  await scenario.compare(scenario.calls(again));
  return `${most} segments written, ${segments()} left`;
}

async function delayUntil(holds: () => boolean, endMs: number): Promise<void> {
  while (!holds()) {
    expect(performance.now() < endMs, 'segments were not purged in time');
    await delay(200);
  }
}

/** The text of the one fatal line a failed start must leave. */
function onlyFatal(log: string): string {
  const lines = fatalLines(log);
  expect(lines.length === 1, `${lines.length} fatal lines\n${lastLines(log)}`);
  return String(lines[0]?.['error'] ?? lines[0]?.['msg']);
}

function segmentNames(dataDir: string): string[] {
  return readdirSync(join(dataDir, 'member/wal'))
    .filter((name) => name.endsWith('.wal'))
    .sort();
}

function lastSegment(dataDir: string): string {
  return join(dataDir, 'member/wal', segmentNames(dataDir).at(-1) ?? '');
}

/** Where the next record goes: after the last byte that is not zero, at a record's boundary. */
function endOfLog(file: string): number {
  const bytes = readFileSync(file);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return Math.ceil(end / RECORD_ALIGNMENT_BYTES) * RECORD_ALIGNMENT_BYTES;
}

function writeAt(file: string, position: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, position);
  closeSync(descriptor);
}
