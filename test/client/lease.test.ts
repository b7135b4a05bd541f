// Goal: leases live as long as they are kept, and locks and leaderships as long as their sessions. Method: the client against
// the real server, which is killed and started again. A failure means two owners of one lock, or none for ever.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdClient } from '../../client/client.ts';
import { Election } from '../../client/election.ts';
import { Mutex } from '../../client/lock.ts';
import { putOp } from '../../client/op.ts';
import { Session } from '../../client/session.ts';
import { utf8Text } from '../../server/base/bytes.ts';
import type { LeaseKeepAliveResponse, RangeResponse } from '../../server/proto/gen/rpc.ts';
import { ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let client: EtcdClient;

beforeAll(async () => {
  server = await ServerProcess.start();
  client = new EtcdClient({ endpoints: [server.endpoint], dialTimeoutMs: 20_000 });
});

afterAll(async () => {
  client.close();
  await server.remove();
});

function leaderValue(response: RangeResponse | undefined): string {
  return utf8Text(response?.kvs[0]?.value ?? new Uint8Array());
}

describe('leases', () => {
  it('are granted, listed, described and revoked', async () => {
    const { id, ttl } = await client.leases.grant(100);
    expect(ttl).toBe(100);
    await client.kv.put('leased', '1', { lease: id });
    const described = await client.leases.timeToLive(id, { keys: true });
    expect(described.grantedTtl).toBe(100);
    expect(described.keys.map(utf8Text)).toEqual(['leased']);
    expect((await client.leases.list()).leases).toContainEqual({ id });
    await client.leases.revoke(id);
    expect((await client.kv.get('leased')).count).toBe(0);
    expect((await client.leases.timeToLive(id)).ttl).toBe(-1);
    await expect(client.leases.revoke(id)).rejects.toMatchObject({ code: 'leaseNotFound' });
    await expect(client.leases.keepAliveOnce(id)).rejects.toMatchObject({ code: 'leaseNotFound' });
  });

  it('take an id of the caller, also one with the highest bit', async () => {
    const { id } = await client.leases.grant(100, { id: 0x7fff_ffff_ffff_fff1n });
    expect(id).toBe(0x7fff_ffff_ffff_fff1n);
    await expect(client.leases.grant(100, { id })).rejects.toMatchObject({ code: 'leaseExist' });
    expect(await client.leases.keepAliveOnce(id)).toMatchObject({ id, ttl: 100 });
  });

  it('outlive their time while they are kept, across a restart of the server', async () => {
    const { id } = await client.leases.grant(3);
    const keeper = client.leases.keepAlive(id);
    const renewals: LeaseKeepAliveResponse[] = [];
    const renewed = (count: number): Promise<void> =>
      new Promise((resolve) => {
        keeper.on('renewed', (response) => {
          renewals.push(response);
          if (renewals.length === count) resolve();
        });
      });
    await renewed(2);
    await server.restart();
    await renewed(4);
    expect(renewals.every((response) => response.id === id && response.ttl === 3)).toBe(true);
    keeper.stop();
    expect(await keeper.done).toBeUndefined();
    expect((await client.leases.timeToLive(id)).ttl).toBeGreaterThan(0);
  });

  it('tell their keepers when they are gone', async () => {
    const { id } = await client.leases.grant(2);
    const keeper = client.leases.keepAlive(id);
    await new Promise((resolve) => keeper.once('renewed', resolve));
    await client.leases.revoke(id);
    expect(await keeper.done).toMatchObject({ code: 'leaseNotFound' });
  });
});

describe('a mutex', () => {
  it('is owned by one session at a time, in the order of arrival', async () => {
    const sessions = await Promise.all([1, 2, 3].map(() => Session.open(client)));
    const order: number[] = [];
    const mutexes = sessions.map((session) => new Mutex(session, 'lock/one'));
    const [first, second, third] = mutexes;
    await first?.lock();
    expect(first?.key).toBe(`lock/one/${sessions[0]?.leaseId.toString(16)}`);
    const waiting = second?.lock().then(() => order.push(2));
    // The second is in the queue when its key is there.
    while ((await client.kv.get('lock/one/', { prefix: true })).count < 2);
    expect(await third?.tryLock()).toBe(false);
    order.push(1);
    await first?.unlock();
    await waiting;
    expect(order).toEqual([1, 2]);
    expect(await third?.tryLock()).toBe(false);
    await sessions[1]?.close();
    expect(await third?.tryLock()).toBe(true);
    for (const session of [sessions[0], sessions[2]]) await session?.close();
  });

  it('proves its owner in transactions', async () => {
    const session = await Session.open(client);
    const mutex = new Mutex(session, 'lock/two');
    await mutex.lock();
    const write = { compare: [mutex.isOwner()], success: [putOp('guarded', 'x')] };
    expect((await client.kv.txn(write)).succeeded).toBe(true);
    await session.close();
    expect((await client.kv.txn(write)).succeeded).toBe(false);
  });

  it('leaves the queue when waiting is aborted', async () => {
    await using owner = await Session.open(client);
    await using other = await Session.open(client);
    const held = new Mutex(owner, 'lock/three');
    await held.lock();
    const abort = new AbortController();
    const waiting = new Mutex(other, 'lock/three').lock({ signal: abort.signal });
    while ((await client.kv.get('lock/three/', { prefix: true })).count < 2);
    abort.abort();
    await expect(waiting).rejects.toThrow('context canceled');
    expect((await client.kv.get('lock/three/', { prefix: true })).count).toBe(1);
  });
});

describe('an election', () => {
  it('has one leader, whose values observers see', async () => {
    await using a = await Session.open(client);
    await using b = await Session.open(client);
    const first = new Election(a, 'election');
    const second = new Election(b, 'election');
    await expect(second.leader()).rejects.toThrow('election: no leader');
    const abort = new AbortController();
    const observer = second.observe({ signal: abort.signal });
    const early = observer.next();
    await first.campaign('one');
    expect(leaderValue((await early).value ?? undefined)).toBe('one');
    await first.proclaim('uno');
    expect(leaderValue((await observer.next()).value ?? undefined)).toBe('uno');
    const won = second.campaign('two');
    while ((await client.kv.get('election/', { prefix: true })).count < 2);
    await first.resign();
    await won;
    expect(leaderValue((await observer.next()).value ?? undefined)).toBe('two');
    expect(leaderValue(await first.leader())).toBe('two');
    await expect(first.proclaim('three')).rejects.toThrow('election: not leader');
    abort.abort();
    expect(await observer.next()).toEqual({ done: true, value: undefined });
  });
});
