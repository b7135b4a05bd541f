// Owns the short check that the server runs on another Node than the one the tests run on: the binary named by the first
// argument, with the compiled server and with its sources as they are.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8Bytes, utf8Text } from '../../server/base/bytes.ts';
import {
  createPutRequest,
  createRangeRequest,
  type WatchResponse,
} from '../../server/proto/gen/rpc.ts';
import { EtcdCalls } from '../support/etcd-calls.ts';
import { freePorts, MemberProcess } from '../support/member-process.ts';
import { ROOT } from '../support/paths.ts';
import { mustRun } from '../support/run.ts';
import { Tally } from '../support/tally.ts';
import { expect } from './scenario.ts';

const KEY = utf8Bytes('smoke');

async function smoke(node: string, entry: string): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'etcd-smoke-'));
  const [clientPort = 0, peerPort = 0] = await freePorts(2);
  const start = (): Promise<MemberProcess> =>
    MemberProcess.start({ dataDir, clientPort, peerPort, prefix: [node], bin: join(ROOT, entry) });
  const first = await start();
  await writeAndWatch(first);
  await first.kill();
  const second = await start();
  const calls = new EtcdCalls(second.endpoint);
  const { kvs } = await calls.range(createRangeRequest({ key: KEY }));
  expect(utf8Text(kvs[0]?.value ?? KEY) === 'second', 'the value did not survive a crash');
  calls.close();
  const exit = await second.stop();
  expect(exit.signal === 'SIGTERM' || exit.code === 0, `ended with ${exit.code}`);
  rmSync(dataDir, { recursive: true });
  return (await mustRun(node, ['--version'])).trim();
}

async function writeAndWatch(member: MemberProcess): Promise<void> {
  const calls = new EtcdCalls(member.endpoint);
  const { id } = await calls.leaseGrant(600);
  await calls.put(createPutRequest({ key: KEY, value: utf8Bytes('first'), lease: id }));
  const values: string[] = [];
  const seen = new Promise<void>((resolve) => {
    const take = ({ events }: WatchResponse): void => {
      for (const { kv } of events) values.push(utf8Text(kv?.value ?? KEY));
      if (values.length >= 2) resolve();
    };
    calls.watch({ key: KEY, startRevision: 1 }, take, () => undefined);
  });
  await calls.put(createPutRequest({ key: KEY, value: utf8Bytes('second'), ignoreLease: true }));
  await seen;
  expect(values.join(' ') === 'first second', `the watcher saw ${values.join(' ')}`);
  await calls.hashKv();
  calls.close();
}

const tally = new Tally('smoke');
const [node = process.execPath] = process.argv.slice(2);
await tally.run('compiled', () => smoke(node, 'dist/server/cli/main.js'));
await tally.run('sources', () => smoke(node, 'server/cli/main.ts'));
tally.finish();
