// Goal: every kind of command changes the state and answers as in etcd, through alarms and quota, and what cannot be
// applied stops the member. Method: one applier over a store in memory, commands in a row. A failure means members
// that differ, or clients that get wrong answers.
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../server/apply/command.ts';
import { AssertionError } from '../../../server/base/assert.ts';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import { createRequest } from '../../../server/proto/gen/etcdserver.ts';
import { createInternalRaftRequest } from '../../../server/proto/gen/raft-internal.ts';
import { AlarmAction, AlarmType } from '../../../server/proto/gen/rpc.ts';
import {
  ApplyWorld,
  deleteCommand,
  deleteOp,
  putCommand,
  putOp,
  rangeOf,
  rangeOp,
  readable,
  txnCommand,
  txnOp,
} from '../../support/apply-harness.ts';

function grant(id: bigint, ttl = 60): Command {
  return { kind: 'leaseGrant', request: { id, ttl } };
}

function revoke(id: bigint): Command {
  return { kind: 'leaseRevoke', request: { id } };
}

function compaction(revision: number): Command {
  return { kind: 'compaction', request: { revision, physical: false } };
}

function alarm(action: number, kind: number, memberId = 1n): Command {
  return { kind: 'alarm', request: { action, memberId, alarm: kind } };
}

const { get, activate, deactivate } = AlarmAction;
const { none, nospace, corrupt } = AlarmType;

describe('put', () => {
  it('counts versions and keeps the first revision', () => {
    const world = new ApplyWorld();
    expect(world.put('a', '1')).toEqual({ kind: 'put', revision: 2, prevKv: undefined });
    world.put('a', '2');
    expect(world.rows('a', '')).toEqual([
      { key: 'a', value: '2', create: 2, mod: 3, version: 2, lease: 0n },
    ]);
    world.done(deleteCommand('a'));
    world.put('a', '3');
    expect(world.rows('a', '')).toMatchObject([{ create: 5, mod: 5, version: 1 }]);
  });

  it('answers the previous value when asked', () => {
    const world = new ApplyWorld();
    expect(world.put('a', '1', { prevKv: true })).toMatchObject({ prevKv: undefined });
    expect(readable(world.put('a', '2', { prevKv: true }))).toMatchObject({
      prevKv: { value: '1', mod: 2 },
    });
    expect(world.put('a', '3')).toMatchObject({ prevKv: undefined });
  });

  it('keeps value or lease when asked', () => {
    const world = new ApplyWorld();
    world.done(grant(1n));
    world.done(grant(2n));
    world.put('a', 'v', { lease: 1n });
    world.put('a', 'w', { ignoreLease: true });
    expect(world.rows('a', '')).toMatchObject([{ value: 'w', lease: 1n, version: 2 }]);
    expect(world.put('a', '', { ignoreValue: true, lease: 2n })).toMatchObject({
      prevKv: undefined,
    });
    expect(world.rows('a', '')).toMatchObject([{ value: 'w', lease: 2n }]);
    expect(world.refused(putCommand('b', '', { ignoreValue: true }))).toBe('keyNotFound');
    expect(world.refused(putCommand('b', '', { ignoreLease: true }))).toBe('keyNotFound');
    expect(world.store.revision).toBe(4);
  });

  it('refuses a lease that does not exist, without a trace', () => {
    const world = new ApplyWorld();
    expect(world.refused(putCommand('a', '', { lease: 3n }))).toBe('leaseNotFound');
    expect(world.store.revision).toBe(1);
  });
});

describe('delete', () => {
  it('counts, answers what was there, and moves the revision only when something was', () => {
    const world = new ApplyWorld();
    world.put('a', '1');
    world.put('b', '2');
    expect(world.done(deleteCommand('x'))).toEqual({
      kind: 'deleteRange',
      revision: 3,
      deleted: 0,
      prevKvs: [],
    });
    expect(readable(world.done(deleteCommand('a', '\0', true)))).toMatchObject({
      revision: 4,
      deleted: 2,
      prevKvs: [{ key: 'a' }, { key: 'b' }],
    });
    expect(world.keys('\0')).toEqual([]);
  });
});

describe('leases', () => {
  it('are granted with the least time, and once', () => {
    const world = new ApplyWorld();
    expect(world.done(grant(1n, 1))).toEqual({
      kind: 'leaseGrant',
      id: 1n,
      ttlSeconds: 2,
      revision: 1,
    });
    expect(world.refused(grant(1n))).toBe('leaseExist');
    expect(world.refused(grant(2n, 9_000_000_001))).toBe('leaseTtlTooLarge');
    expect(world.refused(revoke(2n))).toBe('leaseNotFound');
  });

  it('take their keys with them, in order, in one revision', () => {
    const world = new ApplyWorld();
    world.done(grant(1n));
    for (const key of ['c', 'a', 'b']) world.put(key, '', { lease: 1n });
    world.put('d');
    expect(world.done(revoke(1n))).toEqual({ kind: 'leaseRevoke', revision: 6 });
    const deleted = world.backend.scanRevisions(6, 0, 6, 10);
    // A stored deletion is a KeyValue with the key alone: tag, length, key.
    expect(deleted.map(({ value }) => String.fromCharCode(value[2] ?? 0))).toEqual(['a', 'b', 'c']);
    expect(world.keys('\0')).toEqual(['d']);
    expect(world.lessor.attachedCount).toBe(0);
  });

  it('without keys end without a revision', () => {
    const world = new ApplyWorld();
    world.done(grant(1n));
    expect(world.done(revoke(1n))).toEqual({ kind: 'leaseRevoke', revision: 1 });
  });

  it('let keys go when they are deleted or put without them', () => {
    const world = new ApplyWorld();
    world.done(grant(1n));
    world.done(grant(2n));
    for (const key of ['a', 'b', 'c', 'd']) world.put(key, '', { lease: 1n });
    world.put('a');
    world.put('b', '', { lease: 2n });
    world.done(deleteCommand('c'));
    expect(world.lessor.keysOf(1n)).toEqual([utf8Bytes('d')]);
    expect(world.lessor.keysOf(2n)).toEqual([utf8Bytes('b')]);
    world.done(revoke(1n));
    expect(world.keys('\0')).toEqual(['a', 'b']);
  });

  it('take over what the leader says is left', () => {
    const world = new ApplyWorld();
    world.done(grant(1n, 100));
    const checkpoints = [
      { id: 1n, remainingTtl: 40 },
      { id: 9n, remainingTtl: 1 },
    ];
    expect(world.done({ kind: 'leaseCheckpoint', request: { checkpoints } })).toEqual({
      kind: 'done',
    });
    world.lessor.promote(0, 0);
    expect(world.lessor.timeToLive(1n, 0)?.ttlSeconds).toBe(40);
  });
});

describe('compaction', () => {
  it('hands out the job and answers the current revision', () => {
    const world = new ApplyWorld();
    world.put('a');
    world.put('a');
    expect(world.done(compaction(2))).toEqual({ kind: 'compaction', revision: 3 });
    expect(world.told).toEqual(['compaction 2']);
    expect(world.refused(compaction(2))).toBe('compacted');
    expect(world.refused(compaction(4))).toBe('futureRev');
  });
});

describe('membership', () => {
  it('hears versions, attributes and downgrades', () => {
    const world = new ApplyWorld();
    world.done({ kind: 'clusterVersionSet', request: { ver: '3.7.0' } });
    const attributes = { memberId: 5n, memberAttributes: undefined };
    world.done({ kind: 'clusterMemberAttrSet', request: attributes });
    world.done({ kind: 'downgradeInfoSet', request: { enabled: true, ver: '3.6.0' } });
    expect(world.told).toEqual(['version 3.7.0', 'attributes 5', 'downgrade true 3.6.0']);
  });

  it('hears the puts of the v2 store, and nothing else of it', () => {
    const world = new ApplyWorld();
    for (const method of ['PUT', 'SYNC', 'DELETE']) {
      world.done({
        kind: 'v2',
        request: createRequest({ method, path: '/0/version', val: '3.5.0' }),
      });
    }
    expect(world.told).toEqual(['v2 /0/version 3.5.0']);
  });
});

describe('commands without a place', () => {
  it('stop the member rather than make it differ', () => {
    const world = new ApplyWorld();
    const request = createInternalRaftRequest({});
    expect(() => world.apply({ kind: 'other', request })).toThrow(AssertionError);
  });

  it('a version test changes nothing', () => {
    const world = new ApplyWorld();
    expect(world.done({ kind: 'downgradeVersionTest', request: { ver: '3.7' } })).toEqual({
      kind: 'done',
    });
  });
});

describe('alarms', () => {
  it('are raised once, listed by kind, and lowered by who raised them', () => {
    const world = new ApplyWorld();
    const raised = { memberId: 1n, alarm: nospace };
    expect(world.done(alarm(activate, nospace))).toEqual({
      kind: 'alarm',
      alarms: [raised],
      revision: 1,
    });
    world.done(alarm(activate, nospace));
    world.done(alarm(activate, corrupt, 2n));
    const listed = (kind: number): unknown => world.done(alarm(get, kind));
    expect(listed(none)).toMatchObject({ alarms: [raised, { memberId: 2n, alarm: corrupt }] });
    expect(listed(nospace)).toMatchObject({ alarms: [raised] });
    expect(world.done(alarm(deactivate, nospace, 2n))).toMatchObject({ alarms: [] });
    expect(world.done(alarm(deactivate, nospace))).toMatchObject({ alarms: [raised] });
    expect(listed(nospace)).toMatchObject({ alarms: [] });
  });

  it('"none" cannot be raised, and an unknown action does nothing', () => {
    const world = new ApplyWorld();
    expect(world.done(alarm(activate, none))).toMatchObject({ alarms: [] });
    world.done(alarm(activate, nospace));
    expect(world.done(alarm(7, nospace))).toMatchObject({ alarms: [] });
    expect(world.alarms.has(nospace)).toBe(true);
  });

  const writes: [string, Command][] = [
    ['put', putCommand('a')],
    ['grant', grant(1n)],
    ['txn with a put', txnCommand({ success: [rangeOp('a')], failure: [putOp('a')] })],
    ['txn with a put deep down', txnCommand({ success: [txnOp({ success: [putOp('a')] })] })],
  ];
  const frees: [string, Command][] = [
    ['range', { kind: 'range', request: rangeOf('a') }],
    ['delete', deleteCommand('a')],
    ['txn with a deletion', txnCommand({ success: [deleteOp('a')] })],
    ['compaction', compaction(2)],
    ['revoke', revoke(9n)],
  ];

  it.each(writes)('no space refuses %s', (_name, command) => {
    const world = new ApplyWorld();
    world.done(alarm(activate, nospace, 33n));
    expect(world.applier.hasNoSpace).toBe(true);
    expect(world.refused(command)).toBe('noSpace');
    world.done(alarm(deactivate, nospace, 33n));
    expect(world.applier.hasNoSpace).toBe(false);
    world.done(command);
  });

  it.each(frees)('no space lets %s through', (_name, command) => {
    const world = new ApplyWorld();
    world.done(grant(9n));
    world.put('a');
    world.done(alarm(activate, nospace));
    world.done(command);
  });

  it.each([...writes, ...frees])('corruption refuses %s', (_name, command) => {
    const world = new ApplyWorld();
    world.put('a');
    world.done(alarm(activate, nospace));
    world.done(alarm(activate, corrupt));
    expect(world.refused(command)).toBe('corrupt');
    expect(world.store.revision).toBe(2);
  });

  it('are in force again after a restart', () => {
    const world = new ApplyWorld();
    world.done(alarm(activate, corrupt));
    world.backend.commit();
    const again = new ApplyWorld({ backend: world.backend.lost() });
    expect(again.refused(putCommand('a'))).toBe('corrupt');
  });
});

describe('quota', () => {
  it('lets the write that goes over it stay, tells its client, and raises the alarm', () => {
    const world = new ApplyWorld({ quotaBytes: 600 });
    world.put('a', 'x'.repeat(200));
    const big = putCommand('b', 'x'.repeat(200));
    expect(world.applier.fits(big)).toBe(false);
    expect(world.refused(big)).toBe('noSpace');
    expect(world.told).toEqual(['no space']);
    expect(world.keys('\0')).toEqual(['a', 'b']);
  });

  it('does not raise it for a write that failed anyway', () => {
    const world = new ApplyWorld({ quotaBytes: 1 });
    expect(world.refused(putCommand('a', '', { lease: 9n }))).toBe('leaseNotFound');
    expect(world.told).toEqual([]);
  });

  it.each<[string, Command, number]>([
    ['put', putCommand('abc', '12345'), 256 + 3 + 5],
    ['grant', grant(1n), 64],
    ['delete', deleteCommand('a'), 0],
    ['txn of reads', txnCommand({ success: [rangeOp('a'), deleteOp('a')] }), 0],
    [
      'txn, the dearer branch',
      txnCommand({ success: [putOp('a', '1')], failure: [putOp('a', '1'), putOp('b', '12')] }),
      258 + 259,
    ],
    ['txn, nested', txnCommand({ success: [txnOp({ failure: [putOp('a', '1')] })] }), 258],
  ])('estimates %s', (_name, command, cost) => {
    const size = 100;
    const fits = (quotaBytes: number): boolean => {
      const world = new ApplyWorld({ quotaBytes });
      world.backend.sizeBytes = () => size;
      return world.applier.fits(command);
    };
    expect(fits(size + cost + 1)).toBe(true);
    // etcd: exactly full does not fit; what costs nothing always does.
    expect(fits(size + cost)).toBe(cost === 0);
    expect(fits(-1)).toBe(true);
  });
});
