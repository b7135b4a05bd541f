// Owns the scenarios of the image of the index: a member with many keys is killed in every state an image can be in, and
// what it serves afterwards must be what the same directory gives without the image, and what was there before the kill.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8Bytes, utf8Text } from '../../server/base/bytes.ts';
import {
  createDeleteRangeRequest,
  createPutRequest,
  createRangeRequest,
  createRequestOp,
  createTxnRequest,
} from '../../server/proto/gen/rpc.ts';
import type { EtcdCalls } from '../support/etcd-calls.ts';
import type { MemberProcess } from '../support/member-process.ts';
import type { Tally } from '../support/tally.ts';
import { revisionOf } from './load.ts';
import { delay, expect, Scenario } from './scenario.ts';

/** More than the server wants to see before it keeps an image. */
const KEY_COUNT = 130_000;
/** So much changed makes the next image due. */
const MANY_CHANGES = 40_000;
const OPS_PER_TXN = 1000;
const ARGS = [`--max-txn-ops=${OPS_PER_TXN}`];
const LEASE_TTL_SECONDS = 3600;
const POLL_MS = 5;
/** An image takes some seconds, and is begun 10 s after the last one at the soonest, on a busy machine much later. */
const IMAGE_TIMEOUT_MS = 180_000;
const KEPT_LINE = 'kept an image of the key index';
const RESTORED_LINE = 'restored the key index';

type Body = (scenario: Scenario) => Promise<string>;

const SCENARIOS: readonly (readonly [name: string, body: Body])[] = [
  ['kills with an image: writes, deletions, leases and compactions after it', killsAfterImage],
  ['kills while an image is written', killsWhileWriting],
  ['an image that is damaged, torn or of a later time is not used', damagedImages],
];

export async function runImages(tally: Tally, seed: number): Promise<void> {
  for (const [index, [name, body]] of SCENARIOS.entries()) {
    await tally.run(name, () => Scenario.run(seed + 100 + index, body));
  }
}

async function killsAfterImage(scenario: Scenario): Promise<string> {
  let [member, calls] = await filled(scenario);
  const { id: kept } = await calls.leaseGrant(LEASE_TTL_SECONDS);
  const { id: revoked } = await calls.leaseGrant(LEASE_TTL_SECONDS);
  await put(calls, 0, 3000, 'leased', kept);
  const leased = await put(calls, 3000, 500, 'leased', revoked);
  // An image begun before that may be on its way; this makes the next one due.
  await put(calls, 10_000, MANY_CHANGES, 'third');
  const image = await imageOf(member, leased);
  let used = 0;
  for (let round = 0; round < 4; round++) {
    await put(calls, 1000, 500, `free ${round}`);
    await put(calls, 4000 + round, 100, 'leased later', kept);
    await put(calls, KEY_COUNT + round * 1000, 1000, 'new');
    await remove(calls, 2000 + round * 100, 2100 + round * 100);
    await remove(calls, 50_000 + round * 1000, 50_500 + round * 1000);
    await put(calls, 50_100 + round * 1000, 100, 'back');
    if (round === 1) await calls.leaseRevoke(revoked);
    if (round === 2) await calls.compact(image - 20);
    if (round === 3) await calls.compact(image);
    const before = await stateOf(calls, image);
    await member.kill();
    [member, calls] = await startAgain(scenario, before, (started) => started >= image);
    used++;
  }
  // Past the image: it knows keys that are gone without a trace.
  await remove(calls, 60_000, 61_000);
  await remove(calls, 70_000, 71_000);
  const revision = await put(calls, 70_200, 100, 'back');
  await calls.compact(revision);
  const before = await stateOf(calls, revision);
  await member.kill();
  // A new one may have been made in time.
  await startAgain(scenario, before, (started) => started === 0 || started > image);
  return `${used} starts with the image, one past it`;
}

async function killsWhileWriting(scenario: Scenario): Promise<string> {
  let member = await scenario.start({ args: ARGS });
  let calls = scenario.calls(member);
  await put(calls, 0, KEY_COUNT, 'first');
  await isWriting(scenario, member);
  await member.kill();
  [member, calls] = await startAgain(scenario, undefined, () => true);
  let inTime = restoredFrom(member).revision === 0 ? 1 : 0;
  let image = await imageOf(member, 1);
  for (let round = 0; round < 4; round++) {
    await put(calls, 10_000 * round, MANY_CHANGES / 2, 'again');
    await remove(calls, 10_000 * round, 10_000 * round + 3000);
    await put(calls, 10_000 * round + 1000, MANY_CHANGES / 2, 'once more');
    await isWriting(scenario, member);
    const meanwhile = put(calls, 90_000, 20_000, 'meanwhile').catch(() => undefined);
    await delay(scenario.random.below(600));
    await member.kill();
    await meanwhile;
    const last = image;
    [member, calls] = await startAgain(scenario, undefined, (started) => started >= last);
    image = restoredFrom(member).revision;
    if (image === last) inTime++;
  }
  expect(inTime > 0, 'every kill came too late');
  return `${inTime} of 5 kills came in time`;
}

async function damagedImages(scenario: Scenario): Promise<string> {
  const [member, calls] = await filled(scenario);
  await imageOf(member, 1);
  await put(calls, 500, 5000, 'after the image');
  await remove(calls, 7000, 9000);
  const before = await stateOf(calls, 0);
  await member.kill();
  const file = imageFile(scenario.dataDir);
  const good = readFileSync(file);
  const [started] = await startAgain(scenario, before, ANY_IMAGE);
  await started.kill();
  for (let i = 0; i < 6; i++) {
    const bytes = Buffer.from(good);
    const at = i === 0 ? 0 : scenario.random.below(bytes.length);
    if (i % 2 === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << scenario.random.below(8));
    writeFileSync(file, i % 2 === 0 ? bytes : bytes.subarray(0, at));
    const [damaged] = await startAgain(scenario, before, NO_IMAGE);
    await damaged.kill();
  }
  // As when a loss of power took back what the store had not synced, but not the image.
  const early = join(scenario.root, 'early');
  cpSync(scenario.dataDir, early, { recursive: true });
  const [later, laterCalls] = await startAgain(scenario, before, () => true);
  await put(laterCalls, 20_000, MANY_CHANGES, 'later');
  await later.stop();
  const lateImage = readFileSync(file);
  rmSync(scenario.dataDir, { recursive: true });
  cpSync(early, scenario.dataDir, { recursive: true });
  writeFileSync(file, lateImage);
  const [last] = await startAgain(scenario, before, NO_IMAGE);
  // The orderly end leaves one that is up to date.
  await last.stop();
  const [again] = await startAgain(scenario, before, ANY_IMAGE);
  const { revision, records } = restoredFrom(again);
  expect(revision > 0 && records === 0, `image of ${revision}, ${records} records after it`);
  return '7 bad images';
}

/** A member with many keys, an image, and many changes after it. */
async function filled(scenario: Scenario): Promise<[MemberProcess, EtcdCalls]> {
  const member = await scenario.start({ args: ARGS });
  const calls = scenario.calls(member);
  await put(calls, 0, KEY_COUNT, 'first');
  await imageOf(member, 1);
  await put(calls, 0, MANY_CHANGES, 'second');
  return [member, calls];
}

/** Puts keys in transactions; the revision of the last. */
async function put(
  calls: EtcdCalls,
  from: number,
  count: number,
  value: string,
  lease = 0n,
): Promise<number> {
  let revision = 0;
  for (let first = from; first < from + count; first += OPS_PER_TXN) {
    const many = Math.min(OPS_PER_TXN, from + count - first);
    const success = Array.from({ length: many }, (_, i) =>
      createRequestOp({
        requestPut: createPutRequest({ key: keyOf(first + i), value: utf8Bytes(value), lease }),
      }),
    );
    revision = revisionOf((await calls.txn(createTxnRequest({ success }))).header);
  }
  return revision;
}

async function remove(calls: EtcdCalls, from: number, to: number): Promise<void> {
  const range = { key: keyOf(from), rangeEnd: keyOf(to) };
  await calls.deleteRange(createDeleteRangeRequest(range));
}

function keyOf(number: number): Uint8Array {
  return utf8Bytes(`image/${String(number).padStart(8, '0')}`);
}

/** Waits until the member says that it kept an image of this revision or a later one; the revision of it. */
async function imageOf(member: MemberProcess, atLeast: number): Promise<number> {
  for (const endMs = performance.now() + IMAGE_TIMEOUT_MS; ; ) {
    const revisions = linesOf(member, KEPT_LINE).map((line) => Number(line['revision']));
    const found = revisions.find((revision) => revision >= atLeast);
    if (found !== undefined) return found;
    expect(performance.now() < endMs, 'no image was made in time');
    await delay(POLL_MS);
  }
}

/** Waits until an image is being written. */
async function isWriting(scenario: Scenario, member: MemberProcess): Promise<void> {
  const file = `${imageFile(scenario.dataDir)}.tmp`;
  for (const endMs = performance.now() + IMAGE_TIMEOUT_MS; !existsSync(file); ) {
    expect(performance.now() < endMs, `no image was begun in time\n${member.log.slice(-2000)}`);
    await delay(POLL_MS);
  }
}

function imageFile(dataDir: string): string {
  const directory = join(dataDir, 'member/rocks');
  const generation = readdirSync(directory).find((name) => /^[0-9a-f]{16}$/.test(name)) ?? '';
  return join(directory, generation, 'index.image');
}

/** Whether an image of this revision, 0 for none, is the one a start may begin with. */
type ImageCheck = (revision: number) => boolean;

const NO_IMAGE: ImageCheck = (revision) => revision === 0;
const ANY_IMAGE: ImageCheck = (revision) => revision > 0;

/**
 * Starts the member and compares it with what was before, where that is known, and with a member on a copy of the directory
 * without the image.
 */
async function startAgain(
  scenario: Scenario,
  before: string | undefined,
  isRight: ImageCheck,
): Promise<[MemberProcess, EtcdCalls]> {
  const copy = join(scenario.root, 'copy');
  cpSync(scenario.dataDir, copy, { recursive: true });
  rmSync(imageFile(copy), { force: true });
  const scanned = await scenario.start({ args: ARGS, dataDir: copy });
  const expected = await stateOf(scenario.calls(scanned), 0);
  await scanned.kill();
  rmSync(copy, { recursive: true });
  const member = await scenario.start({ args: ARGS });
  const calls = scenario.calls(member);
  const { revision } = restoredFrom(member);
  expect(isRight(revision), `started with an image of ${revision}`);
  expectEqual(await stateOf(calls, 0), expected, 'without the image');
  if (before === undefined) return [member, calls];
  const at = Number(before.slice(0, before.indexOf(' ')));
  expectEqual(await stateOf(calls, at), before, 'before the kill');
  return [member, calls];
}

function expectEqual(found: string, expected: string, of: string): void {
  if (found === expected) return;
  const [a, b] = [found.split('\n'), expected.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  throw new Error(`${of} it was\n${b[at]}\nnow it is\n${a[at]}`);
}

function restoredFrom(member: MemberProcess): { revision: number; records: number } {
  const line = linesOf(member, RESTORED_LINE)[0] ?? {};
  return { revision: Number(line['image-revision']), records: Number(line['records-read']) };
}

function linesOf(member: MemberProcess, message: string): Record<string, unknown>[] {
  const lines = member.log.split('\n').filter((line) => line.includes(message));
  // The last line may not be there in full yet.
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line));
}

/** All that a member says about its keys, now and at a revision (0: now only), in lines. The first begins with the revision. */
async function stateOf(calls: EtcdCalls, at: number): Promise<string> {
  const lines: string[] = [`${at} `];
  const leases = new Set<bigint>();
  const everything = { key: utf8Bytes('image/'), rangeEnd: utf8Bytes('image0') };
  for (const revision of at === 0 ? [0] : [0, at]) {
    const { kvs, count } = await calls.range(createRangeRequest({ ...everything, revision }));
    lines.push(`${count} keys`);
    for (const { key, createRevision, modRevision, version, value, lease } of kvs) {
      lines.push(
        `${utf8Text(key)} ${createRevision} ${modRevision} ${version} ${lease} ${utf8Text(value)}`,
      );
      if (lease !== 0n) leases.add(lease);
    }
  }
  for (const lease of leases) {
    const { keys } = await calls.leaseTimeToLive(lease);
    lines.push(`lease ${lease}: ${keys.map(utf8Text).sort().join(' ')}`);
  }
  const { hash, compactRevision, hashRevision } = await calls.hashKv();
  lines.push(`hash ${hash} of ${hashRevision} compacted ${compactRevision}`);
  return lines.join('\n');
}
