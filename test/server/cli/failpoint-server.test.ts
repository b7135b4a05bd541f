// Goal: tests of others can hold or end a member at a named place by gofail's protocol, and let it go on. Method: the server
// on a port of its own, asked over HTTP; the places are passed by hand. A failure means that etcd's tests hold the wrong
// thing, or for ever.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAILPOINTS } from '../../../server/base/failpoint.ts';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import { openFailpointServer } from '../../../server/cli/failpoint-server.ts';

const { raftBeforeSave, beforeCommit } = FAILPOINTS;
let server: Server;

beforeEach(async () => {
  server = await openFailpointServer('127.0.0.1:0', '', SILENT_LOGGER);
});

afterEach(async () => {
  for (const point of Object.values(FAILPOINTS)) if (point.isSet) await ask('DELETE', point.name);
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

async function ask(method: string, name: string, body?: string): Promise<[number, string]> {
  const { port } = server.address() as AddressInfo;
  const request = { method, ...(body === undefined ? {} : { body }) };
  const response = await fetch(`http://127.0.0.1:${port}/${name}`, request);
  return [response.status, await response.text()];
}

describe('sleep', () => {
  it('holds what can wait until its time is over, and nothing else', async () => {
    expect(await ask('PUT', 'raftBeforeSave', 'sleep("20ms")')).toEqual([204, '']);
    await new Promise<void>((resolve) => expect(raftBeforeSave.holds(resolve)).toBe(true));
    expect(beforeCommit.holds(() => undefined)).toBe(false);
  });

  it('ends when the failpoint is cleared or set anew', async () => {
    for (const [method, terms] of [['DELETE'], ['PUT', 'off'], ['PUT', 'sleep(60000)']] as const) {
      await ask('PUT', 'raftBeforeSave', 'sleep("3600s")');
      const resumed: string[] = [];
      for (const name of ['a', 'b']) raftBeforeSave.holds(() => resumed.push(name));
      await ask('GET', 'raftBeforeSave');
      expect(resumed).toEqual([]);
      await ask(method, 'raftBeforeSave', terms);
      expect(resumed).toEqual(['a', 'b']);
    }
  });

  it('stops the thread where nothing can wait', async () => {
    await ask('PUT', 'beforeCommit', '1*sleep(30)');
    const startMs = performance.now();
    beforeCommit.hit();
    expect(performance.now() - startMs).toBeGreaterThan(25);
    expect(beforeCommit.holds(() => undefined)).toBe(false);
  });
});

describe('requests', () => {
  it('list, read, and refuse', async () => {
    await ask('PUT', 'go.etcd.io/etcd/server/v3/etcdserver/raftBeforeSave', 'sleep(1)');
    expect(await ask('GET', 'raftBeforeSave')).toEqual([200, 'sleep(1)\n']);
    expect(await ask('GET', 'raftBeforeSaveWaitWalSync')).toEqual([200, 'sleep(1)\n']);
    const [, list] = await ask('GET', '');
    expect(list.split('\n')).toContain('raftBeforeSave=sleep(1)');
    expect(list.split('\n')).toContain('compactBeforeSetFinishedCompact=');
    expect((await ask('PUT', 'raftBeforeSave', 'dance'))[0]).toBe(400);
    expect((await ask('GET', 'nowhere'))[0]).toBe(404);
    expect((await ask('POST', 'raftBeforeSave'))[0]).toBe(405);
  });
});
