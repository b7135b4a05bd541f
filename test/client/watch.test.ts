// Goal: a watcher delivers every event once and in order, whatever happens to the connection. Method: watches against the
// real server, which is killed and started again. A failure means that caches built on watches go stale.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EtcdClient } from '../../client/client.ts';
import type { Watcher } from '../../client/watch.ts';
import { utf8Text } from '../../server/base/bytes.ts';
import { freePort, ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let client: EtcdClient;
const open: Watcher[] = [];

beforeAll(async () => {
  server = await ServerProcess.start();
  client = new EtcdClient({ endpoints: [server.endpoint], dialTimeoutMs: 20_000 });
});

afterAll(async () => {
  client.close();
  await server.remove();
});

afterEach(async () => {
  for (const watcher of open.splice(0)) await watcher.cancel();
});

function watch(...args: Parameters<EtcdClient['watches']['open']>): Watcher {
  const watcher = client.watches.open(...args);
  open.push(watcher);
  return watcher;
}

/** The next `count` events as "put key=value" or "delete key". */
async function take(watcher: Watcher, count: number): Promise<string[]> {
  const seen: string[] = [];
  const batches = watcher[Symbol.asyncIterator]();
  while (seen.length < count) {
    const { done, value } = await batches.next();
    if (done === true) break;
    for (const { type, kv } of value.events) {
      const key = utf8Text(kv?.key ?? new Uint8Array());
      seen.push(
        type === 0 ? `put ${key}=${utf8Text(kv?.value ?? new Uint8Array())}` : `delete ${key}`,
      );
    }
  }
  return seen;
}

describe('a watcher', () => {
  it('sees what is written after it was created', async () => {
    const watcher = watch('w/', { prefix: true });
    await watcher.whenCreated();
    await client.kv.put('w/a', '1');
    await client.kv.put('elsewhere', '1');
    await client.kv.delete('w/a');
    expect(await take(watcher, 2)).toEqual(['put w/a=1', 'delete w/a']);
  });

  it('starts in the past, with values before, and filters', async () => {
    const { header } = await client.kv.put('h', '1');
    await client.kv.put('h', '2');
    await client.kv.delete('h');
    const startRevision = header?.revision ?? 0;
    expect(await take(watch('h', { startRevision }), 3)).toEqual([
      'put h=1',
      'put h=2',
      'delete h',
    ]);
    expect(await take(watch('h', { startRevision, noPut: true }), 1)).toEqual(['delete h']);
    const withBefore = watch('h', { startRevision: startRevision + 1, prevKv: true });
    const { value } = await withBefore[Symbol.asyncIterator]().next();
    expect(utf8Text(value?.events[0]?.prevKv?.value ?? new Uint8Array())).toBe('1');
  });

  it('joins fragments', async () => {
    const { header } = await client.kv.put('f', 'x');
    const value = 'v'.repeat(1_000_000);
    for (let i = 0; i < 5; i++) await client.kv.put(`f${i}`, value);
    const startRevision = (header?.revision ?? 0) + 1;
    const watcher = watch('f', { prefix: true, startRevision, fragment: true });
    const { value: batch } = await watcher[Symbol.asyncIterator]().next();
    expect(batch?.events).toHaveLength(5);
    expect(batch?.fragment).toBe(false);
  });

  it('tells how far it is when asked', async () => {
    const watcher = watch('progress');
    await watcher.whenCreated();
    const { header } = await client.kv.put('other', '1');
    watcher.requestProgress();
    const { value } = await watcher[Symbol.asyncIterator]().next();
    expect(value?.events).toEqual([]);
    expect(value?.header?.revision).toBe(header?.revision);
    expect(watcher.nextRevision).toBe((header?.revision ?? 0) + 1);
  });

  it('ends when its start was compacted', async () => {
    const { header } = await client.kv.put('c', '1');
    const revision = header?.revision ?? 0;
    await client.kv.compact(revision);
    const failure = watch('c', { startRevision: 1 })[Symbol.asyncIterator]().next();
    await expect(failure).rejects.toMatchObject({
      name: 'WatchCanceledError',
      compactRevision: revision,
      message: 'etcdserver: mvcc: required revision has been compacted',
      reason: { code: 'compacted' },
    });
  });

  it('ends in silence when cancelled, by hand or by signal', async () => {
    const watcher = watch('nothing');
    const next = watcher[Symbol.asyncIterator]().next();
    await watcher.cancel();
    expect(await next).toEqual({ done: true, value: undefined });
    const abort = new AbortController();
    const other = watch('nothing', { signal: abort.signal });
    await other.whenCreated();
    abort.abort();
    expect(await take(other, 1)).toEqual([]);
  });

  it('holds back the server when its consumer is slow, and loses nothing', async () => {
    const watcher = watch('slow', { prefix: true });
    await watcher.whenCreated();
    const expected: string[] = [];
    const value = 's'.repeat(2_000);
    for (let i = 0; i < 400; i++) {
      await client.kv.put(`slow${i}`, value);
      expected.push(`put slow${i}=${value}`);
    }
    expect(await take(watcher, 400)).toEqual(expected);
  });

  it('goes on after the server was killed, without loss or repetition', async () => {
    const watcher = watch('r/', { prefix: true });
    await watcher.whenCreated();
    await client.kv.put('r/1', 'a');
    expect(await take(watcher, 1)).toEqual(['put r/1=a']);
    await server.restart();
    await client.kv.put('r/2', 'b');
    await client.kv.put('r/3', 'c');
    expect(await take(watcher, 2)).toEqual(['put r/2=b', 'put r/3=c']);
  });

  it('goes on at another endpoint', async () => {
    const dead = await ServerProcess.start();
    const both = new EtcdClient({ endpoints: [dead.endpoint, server.endpoint] });
    await both.kv.get('a');
    await dead.remove();
    const watcher = both.watches.open('e');
    await watcher.whenCreated();
    await client.kv.put('e', '1');
    expect(await take(watcher, 1)).toEqual(['put e=1']);
    await watcher.cancel();
    both.close();
  });

  it('waits for a server that is not there yet', async () => {
    const endpoints = [`127.0.0.1:${await freePort()}`];
    const early = new EtcdClient({ endpoints, dialTimeoutMs: 20 });
    const watcher = early.watches.open('x');
    early.setEndpoints([server.endpoint]);
    await watcher.whenCreated();
    await watcher.cancel();
    early.close();
  });
});
