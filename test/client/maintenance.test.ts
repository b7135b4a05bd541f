// Goal: members answer for themselves, and a snapshot arrives whole. Method: the client against two real members that know
// nothing of each other. A failure means that operators see the wrong member, or keep a broken backup.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdClient } from '../../client/client.ts';
import { ServerProcess } from '../support/server-process.ts';

let one: ServerProcess;
let two: ServerProcess;
let client: EtcdClient;

beforeAll(async () => {
  [one, two] = await Promise.all([ServerProcess.start(), ServerProcess.start()]);
  client = new EtcdClient({ endpoints: [one.endpoint] });
});

afterAll(async () => {
  client.close();
  await Promise.all([one.remove(), two.remove()]);
});

describe('maintenance', () => {
  it('asks the member that is named', async () => {
    const here = await client.maintenance.status();
    const there = await client.maintenance.status({ endpoint: two.endpoint });
    expect(here.version).toMatch(/^3\.7\./);
    expect(here.leader).toBe(here.header?.memberId);
    expect(there.header?.memberId).not.toBe(here.header?.memberId);
  });

  it('tells hashes, which agree for the same history', async () => {
    const other = new EtcdClient({ endpoints: [two.endpoint] });
    for (const target of [client, other]) await target.kv.put('same', 'value');
    const hash = await client.maintenance.hashKv(one.endpoint);
    expect(hash.hashRevision).toBe(hash.header?.revision);
    expect(await client.maintenance.hashKv(two.endpoint)).toMatchObject({ hash: hash.hash });
    other.close();
  });

  it('raises and clears alarms', async () => {
    const { header } = await client.maintenance.status();
    const alarm = { memberId: header?.memberId ?? 0n, alarm: 1 };
    expect((await client.maintenance.alarms()).alarms).toEqual([]);
    await client.maintenance.activateAlarm(alarm);
    expect((await client.maintenance.alarms()).alarms).toEqual([alarm]);
    await expect(client.kv.put('a', 'b')).rejects.toMatchObject({ code: 'noSpace' });
    await client.maintenance.deactivateAlarm(alarm);
    await client.kv.put('a', 'b');
  });

  it('streams a snapshot that ends with its hash', async () => {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let trailer: Uint8Array = new Uint8Array();
    for await (const { blob } of client.maintenance.snapshot({ endpoint: one.endpoint })) {
      if (trailer.length > 0) hash.update(trailer);
      trailer = blob;
      sizeBytes += blob.length;
    }
    expect(sizeBytes % 512).toBe(32);
    expect(Buffer.from(trailer.subarray(-32))).toEqual(
      hash.update(trailer.subarray(0, -32)).digest(),
    );
  });

  it('defragments', async () => {
    await client.maintenance.defragment(one.endpoint);
  });
});

describe('cluster', () => {
  it('lists members, whose endpoints can be taken over', async () => {
    const { members } = await client.cluster.memberList({ linearizable: false });
    expect(members).toMatchObject([{ name: 'default', isLearner: false }]);
    expect(await client.syncEndpoints()).toEqual([`http://${one.endpoint}`]);
    expect((await client.kv.get('same')).count).toBe(1);
  });
});
