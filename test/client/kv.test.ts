// Goal: keys are read and written as asked, failures have etcd's names, and a missing endpoint is passed over. Method: the
// client against the real server in a process of its own. A failure means that programs using the client are misled.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EtcdClient } from '../../client/client.ts';
import { ClientError } from '../../client/client-error.ts';
import {
  compareCreate,
  compareMod,
  compareRange,
  compareValue,
  compareVersion,
  deleteOp,
  getOp,
  putOp,
  txnOp,
} from '../../client/op.ts';
import { utf8Text } from '../../server/base/bytes.ts';
import { EtcdError, GrpcStatus } from '../../server/base/errors.ts';
import type { RangeResponse } from '../../server/proto/gen/rpc.ts';
import { freePort, ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let client: EtcdClient;

beforeAll(async () => {
  server = await ServerProcess.start();
  client = new EtcdClient({ endpoints: [server.endpoint] });
});

afterAll(async () => {
  client.close();
  await server.remove();
});

beforeEach(async () => {
  await client.kv.delete('', { prefix: true });
});

function texts(response: RangeResponse): string[] {
  return response.kvs.map((kv) => `${utf8Text(kv.key)}=${utf8Text(kv.value)}`);
}

async function fill(...keys: readonly string[]): Promise<void> {
  for (const key of keys) await client.kv.put(key, key.toUpperCase());
}

describe('put and get', () => {
  it('store bytes and texts, and tell what was there before', async () => {
    const first = await client.kv.put('a', new Uint8Array([0, 255]));
    expect(first.prevKv).toBeUndefined();
    const second = await client.kv.put('a', 'ä', { prevKv: true });
    expect(second.prevKv?.value).toEqual(new Uint8Array([0, 255]));
    expect(second.header?.revision).toBe((first.header?.revision ?? 0) + 1);
    const { kvs, count } = await client.kv.get('a');
    expect(count).toBe(1);
    expect(kvs[0]).toMatchObject({ version: 2, lease: 0n, modRevision: second.header?.revision });
    expect(utf8Text(kvs[0]?.value ?? new Uint8Array())).toBe('ä');
  });

  it('select keys by prefix, interval, start and all', async () => {
    await fill('a', 'b1', 'b2', 'c');
    expect(texts(await client.kv.get('b', { prefix: true }))).toEqual(['b1=B1', 'b2=B2']);
    expect(texts(await client.kv.get('a', { rangeEnd: 'b2' }))).toEqual(['a=A', 'b1=B1']);
    expect(texts(await client.kv.get('b2', { fromKey: true }))).toEqual(['b2=B2', 'c=C']);
    expect((await client.kv.get('', { prefix: true, countOnly: true })).count).toBe(4);
  });

  it('sort, limit, filter and look back', async () => {
    await fill('a', 'b', 'c');
    const { header } = await client.kv.put('a', 'Z');
    const all = { prefix: true } as const;
    const byValue = await client.kv.get('', { ...all, sortTarget: 'value', sortOrder: 'descend' });
    expect(texts(byValue)).toEqual(['a=Z', 'c=C', 'b=B']);
    const limited = await client.kv.get('', { ...all, limit: 2 });
    expect([texts(limited), limited.more]).toEqual([['a=Z', 'b=B'], true]);
    const revision = header?.revision ?? 0;
    expect(texts(await client.kv.get('a', { revision: revision - 1 }))).toEqual(['a=A']);
    expect(texts(await client.kv.get('', { ...all, minModRevision: revision }))).toEqual(['a=Z']);
    const keys = await client.kv.get('', { ...all, keysOnly: true, serializable: true });
    expect(texts(keys)).toEqual(['a=', 'b=', 'c=']);
  });

  it('stream a range whose parts together are the range', async () => {
    const keys = Array.from({ length: 300 }, (_, i) => `k${String(i).padStart(3, '0')}`);
    await Promise.all(keys.map((key) => client.kv.put(key, 'v'.repeat(20_000))));
    const got: string[] = [];
    let last: RangeResponse | undefined;
    for await (const part of client.kv.getStream('k', { prefix: true })) {
      for (const kv of part.kvs) got.push(utf8Text(kv.key));
      last = part;
    }
    expect(got).toEqual(keys);
    expect(last).toMatchObject({ count: 300, more: false });
    expect(last?.header?.revision).toBeGreaterThan(300);
  });
});

describe('delete, txn and compact', () => {
  it('delete ranges and tell what is gone', async () => {
    await fill('a', 'b', 'c');
    const { deleted, prevKvs } = await client.kv.delete('b', { fromKey: true, prevKv: true });
    expect([deleted, prevKvs.map((kv) => utf8Text(kv.key))]).toEqual([2, ['b', 'c']]);
  });

  it('choose a branch of a transaction', async () => {
    await fill('a', 'b');
    const txn = {
      success: [putOp('x', '1'), getOp('x'), deleteOp('a')],
      failure: [txnOp({ success: [getOp('b')] })],
    };
    const no = await client.kv.txn({ ...txn, compare: [compareValue('a', '=', 'other')] });
    expect(no.succeeded).toBe(false);
    const inner = no.responses[0]?.responseTxn?.responses[0]?.responseRange;
    expect(inner === undefined ? [] : texts(inner)).toEqual(['b=B']);
    const yes = await client.kv.txn({
      ...txn,
      compare: [
        compareVersion('a', '=', 1),
        compareCreate('x', '=', 0),
        compareMod('b', '>', 1),
        compareRange(compareVersion('', '<', 2), { prefix: true }),
      ],
    });
    expect(yes.succeeded).toBe(true);
    expect(yes.responses[2]?.responseDeleteRange?.deleted).toBe(1);
  });

  it('forget history', async () => {
    await fill('a');
    const { header } = await client.kv.put('a', '2');
    await client.kv.compact(header?.revision ?? 0, { physical: true });
    await expect(client.kv.get('a', { revision: 1 })).rejects.toMatchObject({ code: 'compacted' });
  });
});

describe('failures', () => {
  it('are errors of the table where the text is known', async () => {
    const failure = client.kv.get('a', { revision: 1_000_000 });
    await expect(failure).rejects.toBeInstanceOf(EtcdError);
    await expect(failure).rejects.toMatchObject({
      code: 'futureRev',
      status: GrpcStatus.outOfRange,
    });
    await expect(client.kv.put('', '')).rejects.toMatchObject({ code: 'emptyKey' });
  });

  it('name the status otherwise', async () => {
    const stream = client.kv.getStream('a', { sortOrder: 'descend', prefix: true });
    await expect(stream.next()).rejects.toMatchObject({
      name: 'ClientError',
      status: GrpcStatus.unimplemented,
      origin: 'server',
    });
    const large = client.kv.put('a', new Uint8Array(3 << 20));
    await expect(large).rejects.toThrow(
      /^trying to send message larger than max \(\d+ vs\. 2097152\)$/,
    );
  });

  it('come in time when nobody answers', async () => {
    const lonely = new EtcdClient({
      endpoints: [`127.0.0.1:${await freePort()}`],
      dialTimeoutMs: 50,
    });
    await expect(lonely.kv.get('a')).rejects.toThrow(/^no connection to any of 127\.0\.0\.1:\d+$/);
    await expect(lonely.kv.get('a', { timeoutMs: 10 })).rejects.toThrow(
      'context deadline exceeded',
    );
    const abort = new AbortController();
    const waiting = lonely.kv.get('a', { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ status: GrpcStatus.canceled });
    lonely.close();
    await expect(lonely.kv.get('a')).rejects.toBeInstanceOf(ClientError);
  });

  it('do not come of an endpoint that is down beside one that is up', async () => {
    const mixed = new EtcdClient({
      endpoints: [`http://127.0.0.1:${await freePort()}`, `http://${server.endpoint}`],
    });
    for (let i = 0; i < 10; i++) await mixed.kv.put(`m${i}`, 'x');
    expect((await mixed.kv.get('m', { prefix: true })).count).toBe(10);
    mixed.close();
  });

  it('refuse endpoints that are none', () => {
    expect(() => new EtcdClient({ endpoints: [] })).toThrow('etcdclient: no available endpoints');
    expect(() => new EtcdClient({ endpoints: ['a b'] })).toThrow('bad endpoint "a b"');
  });
});
