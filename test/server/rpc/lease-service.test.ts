// Goal: the Lease service answers as etcd's: ids chosen, times raised, keep-alives of dead leases told by a time of zero,
// looks at unknown leases by minus one. Method: fake calls over a whole node in memory. A failure means clients that
// think their lease lives or died when it did not.
import { beforeEach, describe, expect, it } from 'vitest';
import { EMPTY_BYTES, utf8Bytes } from '../../../server/base/bytes.ts';
import { EtcdError } from '../../../server/base/errors.ts';
import { LeaseAccess } from '../../../server/node/lease-access.ts';
import {
  decodeLeaseGrantResponse,
  decodeLeaseKeepAliveResponse,
  decodeLeaseLeasesResponse,
  decodeLeaseRevokeResponse,
  decodeLeaseTimeToLiveResponse,
  encodeLeaseGrantRequest,
  encodeLeaseKeepAliveRequest,
  encodeLeaseRevokeRequest,
  encodeLeaseTimeToLiveRequest,
  encodePutRequest,
} from '../../../server/proto/gen/rpc.ts';
import type { ServiceTable } from '../../../server/rpc/grpc/types.ts';
import { createLeaseService, type LeaseKeeping } from '../../../server/rpc/lease-service.ts';
import { putOf } from '../../support/apply-harness.ts';
import { endOf, type FakeBidi, openBidi } from '../../support/fake-call.ts';
import { KV, RpcWorld } from '../../support/rpc-harness.ts';

const LEASE = '/etcdserverpb.Lease/';

let world: RpcWorld;
let access: LeaseKeeping;
let table: ServiceTable;

beforeEach(() => {
  world = new RpcWorld();
  world.start();
  const { lessor, time, node } = world;
  const notLeader = new EtcdError('notLeader');
  access = new LeaseAccess({
    lessor,
    readIndex: (listener) => listener.onReadable(undefined),
    leadership: { term: () => 1, isCaughtUp: () => true, proofMs: 500 },
    ids: node.ids,
    clock: time,
    scheduler: time,
    requestTimeoutMs: 7000,
    resetCheckpoint: (_id, done) => done(),
    leader: {
      renew: (_id, done) => done(notLeader),
      timeToLive: (_id, _withKeys, done) => done(notLeader),
    },
  });
  table = serviceOf(access);
});

function serviceOf(leases: LeaseKeeping): ServiceTable {
  const revision = (): number => world.store.revision;
  return createLeaseService({ proposer: world.node, leases, header: world.header, revision });
}

function grant(id: bigint, ttl: number): ReturnType<typeof decodeLeaseGrantResponse> {
  const message = encodeLeaseGrantRequest({ id, ttl });
  return decodeLeaseGrantResponse(world.answer(table, `${LEASE}LeaseGrant`, message));
}

function refusalOf(method: string, message: Uint8Array): string {
  return endOf(world.call(table, LEASE + method, message));
}

function look(id: bigint, keys = false): ReturnType<typeof decodeLeaseTimeToLiveResponse> {
  const message = encodeLeaseTimeToLiveRequest({ id, keys });
  return decodeLeaseTimeToLiveResponse(world.answer(table, `${LEASE}LeaseTimeToLive`, message));
}

describe('grant', () => {
  it('answers the time it got', () => {
    expect(grant(5n, 60)).toEqual({
      header: world.fullHeader(1),
      id: 5n,
      ttl: 60,
      error: '',
    });
    expect(grant(6n, 0).ttl).toBe(2);
    expect(grant(-7n, 10).id).toBe(-7n);
  });

  it('chooses an id', () => {
    const ids = [grant(0n, 60).id, grant(0n, 60).id];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(world.lessor.has(id)).toBe(true);
  });

  it.each([
    ['twice', { id: 5n, ttl: 60 }, '9 etcdserver: lease already exists'],
    ['too long', { id: 6n, ttl: 9_000_000_001 }, '11 etcdserver: too large lease TTL'],
  ])('refuses %s', (_name, request, text) => {
    grant(5n, 60);
    expect(refusalOf('LeaseGrant', encodeLeaseGrantRequest(request))).toBe(text);
  });

  it('refuses bytes that are no request', () => {
    expect(refusalOf('LeaseGrant', Uint8Array.of(0x08))).toMatch(/^13 grpc: error unmarshalling/);
  });
});

describe('revoke', () => {
  it('takes the keys along', () => {
    grant(5n, 60);
    world.call(world.kv, `${KV}Put`, encodePutRequest(putOf('a', '', { lease: 5n })));
    const message = encodeLeaseRevokeRequest({ id: 5n });
    const bytes = world.answer(table, `${LEASE}LeaseRevoke`, message);
    expect(decodeLeaseRevokeResponse(bytes)).toEqual({ header: world.fullHeader(3) });
    expect(refusalOf('LeaseRevoke', message)).toBe('5 etcdserver: requested lease not found');
  });
});

describe('looks', () => {
  it('answer times, and keys when asked', () => {
    grant(5n, 60);
    world.call(world.kv, `${KV}Put`, encodePutRequest(putOf('a', '', { lease: 5n })));
    expect(look(5n)).toEqual({
      header: world.fullHeader(2),
      id: 5n,
      ttl: 60,
      grantedTtl: 60,
      keys: [],
    });
    expect(look(5n, true).keys).toEqual([utf8Bytes('a')]);
  });

  it('answer -1 for what does not exist', () => {
    expect(look(9n)).toEqual({
      header: world.fullHeader(1),
      id: 9n,
      ttl: -1,
      grantedTtl: 0,
      keys: [],
    });
  });

  it('list what ends first first', () => {
    grant(1n, 60);
    grant(2n, 10);
    const bytes = world.answer(table, `${LEASE}LeaseLeases`, EMPTY_BYTES);
    expect(decodeLeaseLeasesResponse(bytes)).toEqual({
      header: world.fullHeader(1),
      leases: [{ id: 2n }, { id: 1n }],
    });
  });
});

describe('keep-alive', () => {
  const open = (service: ServiceTable, room?: number): FakeBidi =>
    openBidi(service, `${LEASE}LeaseKeepAlive`, room === undefined ? {} : { room });
  const alive = (id: bigint): Uint8Array => encodeLeaseKeepAliveRequest({ id });
  const answersOf = (call: FakeBidi): [bigint, number][] =>
    call.sent.map((bytes) => {
      const { id, ttl } = decodeLeaseKeepAliveResponse(bytes);
      return [id, ttl];
    });

  it('answers each, and zero for what is gone; the stream stays', () => {
    grant(5n, 60);
    const call = open(table);
    call.receive(alive(5n));
    call.receive(alive(9n));
    expect(answersOf(call)).toEqual([
      [5n, 60],
      [9n, 0],
    ]);
    expect(decodeLeaseKeepAliveResponse(call.sent[0] ?? EMPTY_BYTES).header).toEqual(
      world.fullHeader(1),
    );
    call.halfClose();
    expect(endOf(call)).toBe('ok');
  });

  /** Renewals that the test answers one by one. */
  class SlowLeases implements LeaseKeeping {
    readonly waiting: ((result: number | EtcdError) => void)[] = [];

    renew(_id: bigint, done: (result: number | EtcdError) => void): void {
      this.waiting.push(done);
    }

    nextLeaseId(): bigint {
      return 1n;
    }

    timeToLive(): void {
      // Not asked here.
    }

    list(): readonly bigint[] {
      return [];
    }
  }

  it('takes the header before the renewal, and does not let one lease wait for another', () => {
    const slow = new SlowLeases();
    const call = open(serviceOf(slow));
    call.receive(alive(1n));
    call.receive(alive(2n));
    world.put('a');
    world.time.settle();
    slow.waiting[1]?.(20);
    slow.waiting[0]?.(10);
    expect(answersOf(call)).toEqual([
      [2n, 20],
      [1n, 10],
    ]);
    expect(decodeLeaseKeepAliveResponse(call.sent[0] ?? EMPTY_BYTES).header?.revision).toBe(1);
  });

  it('ends after the last answer when the client has no more', () => {
    const slow = new SlowLeases();
    const call = open(serviceOf(slow));
    call.receive(alive(1n));
    call.halfClose();
    expect(endOf(call)).toBe('open after 0');
    slow.waiting[0]?.(10);
    expect(endOf(call)).toBe('ok');
    expect(call.sent).toHaveLength(1);
  });

  it('ends with what the node says when it cannot know', () => {
    const slow = new SlowLeases();
    const call = open(serviceOf(slow));
    call.receive(alive(1n));
    call.receive(alive(2n));
    slow.waiting[0]?.(new EtcdError('timeout'));
    expect(endOf(call)).toBe('14 etcdserver: request timed out');
    slow.waiting[1]?.(10);
    expect(call.sent).toEqual([]);
  });

  it('reads no more while many wait, and goes on after', () => {
    const slow = new SlowLeases();
    const call = open(serviceOf(slow));
    for (let i = 0; i < 300; i++) call.receive(alive(1n));
    expect(slow.waiting).toHaveLength(256);
    expect(call.isPaused).toBe(true);
    slow.waiting[0]?.(10);
    expect(slow.waiting).toHaveLength(257);
    expect(call.isPaused).toBe(true);
    for (const done of slow.waiting.splice(0).slice(1)) done(10);
    for (const done of slow.waiting.splice(0)) done(10);
    expect(call.sent).toHaveLength(300);
    expect(call.isPaused).toBe(false);
  });

  it('reads no more while the client does not take answers', () => {
    grant(5n, 60);
    const call = open(table, 1);
    for (let i = 0; i < 3; i++) call.receive(alive(5n));
    expect(call.sent).toHaveLength(1);
    call.drain(1);
    expect(call.sent).toHaveLength(2);
    call.drain();
    expect(call.sent).toHaveLength(3);
    call.receive(Uint8Array.of(0x08));
    expect(endOf(call)).toMatch(/^13 grpc: error unmarshalling/);
  });
});
