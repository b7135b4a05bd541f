// Owns the checks after a restart: what the member has against what the load knows and the watcher saw.

import { utf8Bytes, utf8Text } from '../../server/base/bytes.ts';
import type { Prng } from '../../server/base/prng.ts';
import { createRangeRequest } from '../../server/proto/gen/rpc.ts';
import type { EtcdCalls } from '../support/etcd-calls.ts';
import type { Change, FoundKey, History } from './history.ts';
import { revisionOf } from './load.ts';
import type { SeenChange, WatchFollower } from './watch-follower.ts';

const CATCH_UP_TIMEOUT_MS = 20_000;
/** Writes of the past that are read back at their revision, per check. */
const PAST_READS = 40;
const WRONG_SHOWN = 20;

export const LOAD_PREFIX = 'load/';

/** The first key after all keys with this prefix; the last byte of ours is never 0xff. */
function prefixEnd(prefix: string): Uint8Array {
  const end = utf8Bytes(prefix);
  const last = end.length - 1;
  end[last] = (end[last] ?? 0) + 1;
  return end;
}

/** All keys with a prefix, now. */
export async function readKeys(
  calls: EtcdCalls,
  prefix: string,
): Promise<{ readonly found: Map<string, FoundKey>; readonly revision: number }> {
  const request = createRangeRequest({ key: utf8Bytes(prefix), rangeEnd: prefixEnd(prefix) });
  const { kvs, header } = await calls.range(request);
  const found = new Map<string, FoundKey>();
  for (const { key, value, modRevision, lease } of kvs) {
    found.set(utf8Text(key), { value: utf8Text(value), revision: modRevision, lease });
  }
  return { found, revision: revisionOf(header) };
}

export interface CheckInput {
  readonly calls: EtcdCalls;
  readonly history: History;
  readonly follower: WatchFollower;
  readonly random: Prng;
  readonly lease: bigint;
  readonly leaseTtlSeconds: number;
  /** Revisions up to here may be compacted away. */
  readonly compactRevision: number;
  /** Up to here the watcher was checked. */
  readonly checkedRevision: number;
}

/** Returns everything that is wrong, and the revision it was compared at. */
export async function checkMember(
  input: CheckInput,
): Promise<{ readonly wrong: readonly string[]; readonly revision: number }> {
  const { calls, history, follower } = input;
  const told = history.revision;
  const { found, revision } = await readKeys(calls, LOAD_PREFIX);
  const wrong: string[] = [];
  if (revision < told)
    wrong.push(`the store is at revision ${revision}, clients were told ${told}`);
  wrong.push(...history.compare(found));
  wrong.push(...(await checkPast(input)));
  wrong.push(...(await checkLease(input)));
  wrong.push(...(await follower.catchUp(revision, CATCH_UP_TIMEOUT_MS)));
  wrong.push(...checkSeen(input, revision));
  return { wrong: wrong.slice(0, WRONG_SHOWN), revision };
}

/** Acknowledged writes stay at their revisions. */
async function checkPast({
  calls,
  history,
  random,
  compactRevision,
}: CheckInput): Promise<string[]> {
  const wrong: string[] = [];
  const revisions = history.revisionsBetween(compactRevision, history.revision);
  for (let count = 0; count < Math.min(PAST_READS, revisions.length); count++) {
    const revision = revisions[random.below(revisions.length)] ?? 0;
    for (const change of history.writes().get(revision)?.changes ?? []) {
      const request = createRangeRequest({ key: utf8Bytes(change.key), revision });
      const { kvs } = await calls.range(request);
      const value = kvs[0] === undefined ? undefined : utf8Text(kvs[0].value);
      const ok = value === change.value && (kvs[0]?.modRevision ?? revision) === revision;
      if (!ok) wrong.push(`${change.key} at revision ${revision} is not what was acknowledged`);
    }
  }
  return wrong;
}

/** The lease lives, with the keys that were attached to it. */
async function checkLease(input: CheckInput): Promise<string[]> {
  const { calls, history, lease, leaseTtlSeconds } = input;
  const { ttl, grantedTtl, keys } = await calls.leaseTimeToLive(lease);
  const wrong: string[] = [];
  if (grantedTtl !== leaseTtlSeconds) wrong.push(`the lease was granted for ${grantedTtl} s`);
  if (ttl <= 0 || ttl > leaseTtlSeconds) wrong.push(`the lease has ${ttl} s left`);
  const attached = new Set(keys.map((key) => utf8Text(key)));
  for (const key of attached) {
    if (history.state(key).lease !== lease)
      wrong.push(`${key} should not be attached to the lease`);
  }
  const { found } = await readKeys(calls, LOAD_PREFIX);
  for (const [key, { lease: has }] of found) {
    if (has === lease && !attached.has(key)) wrong.push(`${key} should be attached to the lease`);
  }
  return wrong;
}

/** The watcher saw every acknowledged write, as it was, at its revision. */
function checkSeen({ history, follower, checkedRevision }: CheckInput, revision: number): string[] {
  const wrong: string[] = [];
  for (const acknowledged of history.revisionsBetween(checkedRevision, revision)) {
    const changes = history.writes().get(acknowledged)?.changes ?? [];
    if (!sameChanges(changes, follower.seenAt(acknowledged))) {
      wrong.push(`the watcher saw something else at revision ${acknowledged}`);
    }
  }
  return wrong;
}

function sameChanges(changes: readonly Change[], seen: readonly SeenChange[]): boolean {
  if (changes.length !== seen.length) return false;
  const values = new Map(seen.map(({ key, value }) => [key, value]));
  return changes.every(({ key, value }) => values.has(key) && values.get(key) === value);
}
