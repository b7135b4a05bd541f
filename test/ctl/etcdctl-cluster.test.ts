// Goal: etcdctl's commands on clusters, its locks and its command line behave like etcd's. Method: as in
// etcdctl-keys.test.ts. A failure means that scripts written for etcdctl break.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, ServerProcess } from '../support/server-process.ts';
import type { Tool, ToolRun } from '../support/tool-process.ts';
import { EtcdctlRig } from './etcdctl-rig.ts';

let rig: EtcdctlRig;
let server: ServerProcess;
let tool: Tool;
let memberId: string;
let clusterId: string;

beforeAll(async () => {
  rig = await EtcdctlRig.start();
  ({ server, tool } = rig);
  ({ memberId, clusterId } = await rig.ids());
});

afterAll(() => rig.remove());

const out = (args: readonly string[], options?: ToolRun): Promise<string> => rig.out(args, options);
const failure = (args: readonly string[], options?: ToolRun): ReturnType<EtcdctlRig['failure']> =>
  rig.failure(args, options);
const revision = (): Promise<number> => rig.revision();

describe('the cluster', () => {
  it('lists its members in every format', async () => {
    const id = BigInt(memberId).toString(16);
    const peer = `http://127.0.0.1:${server.peerPort}`;
    const client = `http://${server.endpoint}`;
    expect(await out(['member', 'list'])).toBe(
      `${id}, started, default, ${peer}, ${client}, false\n`,
    );
    const hex = await out(['member', 'list', '--hex', '-w', 'json']);
    expect(hex).toBe(
      `{"header":{"cluster_id":"${BigInt(clusterId).toString(16)}","member_id":"${id}","raft_term":2},` +
        `"members":[{"ID":"${id}","name":"default","peerURLs":["${peer}"],"clientURLs":["${client}"]}]}\n`,
    );
    const table = await out(['member', 'list', '-w', 'table']);
    const width = peer.length;
    expect(table.split('\n')[0]).toBe(
      `┌${'─'.repeat(id.length + 2)}┬─────────┬─────────┬${'─'.repeat(width + 2)}┬${'─'.repeat(width + 2)}┬────────────┐`,
    );
    expect(table).toContain(`│ ${id} │ started │ default │ ${peer} │ ${client} │      false │\n`);
  });

  it('tells health and status of endpoints', async () => {
    const text = await out(['endpoint', 'health']);
    expect(text).toMatch(
      new RegExp(
        `^${server.endpoint} is healthy: successfully committed proposal: took = [\\d.]+(ms|s|µs)\n$`,
      ),
    );
    const status = await out(['endpoint', 'status']);
    const id = BigInt(memberId).toString(16);
    expect(status).toMatch(
      new RegExp(
        `^${server.endpoint}, ${id}, 3\\.7\\.1, 3\\.7\\.0, [\\d.]+ [kM]?B, [\\d.]+ [kM]?B, \\d+%, 2\\.1 GB, true, false, 2, \\d+, \\d+, , , false\n$`,
      ),
    );
    const cluster = await out(['endpoint', 'hashkv', '--cluster', '-w', 'json']);
    expect(cluster).toMatch(
      new RegExp(`^\\[\\{"Endpoint":"http://${server.endpoint}","HashKV":\\{"header":`),
    );
  });

  it('tells which endpoint is down', async () => {
    const dead = `127.0.0.1:${await freePort()}`;
    const both = tool.with('--endpoints', `${dead},${server.endpoint}`, '--command-timeout=1s');
    const { status, stdout, stderr } = await both.run(['endpoint', 'health']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^127\.0\.0\.1:\d+ is healthy/);
    expect(stderr).toBe(
      `${dead} is unhealthy: failed to commit proposal: context deadline exceeded\nError: unhealthy cluster\n`,
    );
    expect((await both.run(['put', 'a', 'b'])).stdout).toBe('OK\n');
    const alone = tool.with('--endpoints', dead, '--command-timeout', '300ms');
    expect(await alone.run(['get', 'a'])).toMatchObject({
      status: 1,
      stderr: 'Error: context deadline exceeded\n',
    });
  });

  it('refuses unknown members', async () => {
    expect(await failure(['member', 'remove', '123'])).toEqual([
      1,
      'Error: etcdserver: member not found',
    ]);
    expect(await failure(['member', 'remove', 'xyz'])).toEqual([
      128,
      'Error: bad member ID arg (strconv.ParseUint: parsing "xyz": invalid syntax), expecting ID in Hex',
    ]);
    expect(await failure(['member', 'add', 'a', 'http://x:1'])).toEqual([
      128,
      'Error: too many arguments, did you mean --peer-urls=http://x:1',
    ]);
    expect(await failure(['move-leader', '1'])).toEqual([
      1,
      'Error: etcdserver: bad leader transferee',
    ]);
  });

  it('is compacted, defragmented and without alarms', async () => {
    await out(['put', 'a', '1']);
    const at = await revision();
    expect(await out(['compaction', String(at), '--physical'])).toBe(`compacted revision ${at}\n`);
    expect(await failure(['compaction', '1'])).toEqual([
      1,
      'Error: etcdserver: mvcc: required revision has been compacted',
    ]);
    expect(await out(['defrag'])).toMatch(
      new RegExp(
        `^Finished defragmenting etcd member\\[${server.endpoint}\\]\\. took [\\d.]+(ms|s)\n$`,
      ),
    );
    expect(await out(['alarm', 'list'])).toBe('');
  });

  it('is saved in a file that ends with its hash', async () => {
    const path = join(tool.directory, 'snapshot.db');
    const { status, stdout } = await rig.run(['snapshot', 'save', path]);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `Snapshot saved at ${path}\nServer version 3.7.0\n`,
    });
    const bytes = readFileSync(path);
    expect(bytes.subarray(-32)).toEqual(
      createHash('sha256').update(bytes.subarray(0, -32)).digest(),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.part`)).toBe(false);
    const missing = join(tool.directory, 'no', 'x');
    expect((await rig.run(['snapshot', 'save', missing])).stderr).toContain(
      `Error: could not open ${missing}.part (open ${missing}.part: no such file or directory)\n`,
    );
  });
});

describe('lock and elect', () => {
  it('hold while a command runs, and give its exit code', async () => {
    const command = 'test -n "$ETCD_LOCK_REV" && echo $ETCD_LOCK_KEY; exit 7';
    const { status, stdout, stderr } = await rig.run(['lock', 'l', '--', 'sh', '-c', command]);
    expect({ status, stderr }).toEqual({ status: 7, stderr: 'Error: exit status 7\n' });
    expect(stdout).toMatch(/^l\/[0-9a-f]+\n$/);
    expect(await out(['get', 'l', '--prefix'])).toBe('');
  });

  it('wait for their turn', async () => {
    const first = tool.start(['lock', 'turn']);
    await first.whenShown('turn/');
    const second = tool.start(['lock', 'turn', 'echo', 'mine']);
    while ((await out(['get', 'turn', '--prefix', '--keys-only'])).split('\n').length < 5);
    expect((await first.stop('SIGTERM')).status).toBe(0);
    expect(await second.ended).toMatchObject({ status: 0, stdout: 'mine\n' });
  });

  it('show leaders', async () => {
    const leader = tool.start(['elect', 'e', 'first']);
    await leader.whenShown('first\n');
    const observer = tool.start(['elect', '-l', 'e']);
    await observer.whenShown('first\n');
    const next = tool.start(['elect', 'e', 'second']);
    while ((await out(['get', 'e/', '--prefix', '--keys-only'])).split('\n').length < 5);
    expect((await leader.stop()).status).toBe(0);
    await observer.whenShown('second\n');
    expect((await observer.stop()).stdout).toMatch(/^e\/[0-9a-f]+\nfirst\ne\/[0-9a-f]+\nsecond\n$/);
    await next.stop();
  });
});

describe('make-mirror', () => {
  it('copies what is there and what happens', async () => {
    const other = await ServerProcess.start();
    const target = tool.with('--endpoints', other.endpoint);
    for (let i = 0; i < 3; i++) await out(['put', `m/${i}`, `v${i}`]);
    const running = tool.start([
      'make-mirror',
      other.endpoint,
      '--prefix',
      'm/',
      '--dest-prefix',
      'n/',
    ]);
    while (
      (await target.run(['get', '', '--prefix', '--keys-only'])).stdout.split('\n').length < 7
    );
    await out(['put', 'm/3', 'v3']);
    await out(['del', 'm/0']);
    const expected = 'n/1\nv1\nn/2\nv2\nn/3\nv3\n';
    while ((await target.run(['get', '', '--prefix'])).stdout !== expected);
    await running.stop();
    await other.remove();
  });
});

describe('the command line', () => {
  it('takes flags anywhere, shortened commands, and flags from the environment', async () => {
    await out(['put', 'a', 'b']);
    expect(await out(['ge', 'a'])).toBe('a\nb\n');
    expect(await out(['-w', 'fields', 'get', '--keys-only=false', 'a'])).toContain('"Value" : "b"');
    const json = await out(['get', 'a'], { env: { ETCDCTL_WRITE_OUT: 'json' } });
    expect(json).toContain('"value":"Yg=="');
  });

  it('refuses a flag that is also in the environment', async () => {
    const { status, stderr } = await rig.run(['get', 'a', '-w', 'json'], {
      env: { ETCDCTL_WRITE_OUT: 'json' },
    });
    expect(status).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      level: 'fatal',
      msg: expect.stringContaining('conflicting environment variable is shadowed'),
      'environment-variable': 'ETCDCTL_WRITE_OUT',
    });
  });

  it('says what is wrong with flags and commands', async () => {
    const [status, text] = await failure(['get', '--nope', 'a']);
    expect([status, text.split('\n')[0]]).toEqual([1, 'Error: unknown flag: --nope']);
    expect((await failure(['get', '--limit', 'x', 'a']))[1].split('\n')[0]).toBe(
      'Error: invalid argument "x" for "--limit" flag: strconv.ParseInt: parsing "x": invalid syntax',
    );
    expect((await failure(['nope']))[1]).toMatch(/^Error: unknown command "nope" for "etcdctl"\n/);
    expect(await failure(['--cacert', '/nofile', 'get', 'a'])).toEqual([
      128,
      'Error: open /nofile: no such file or directory',
    ]);
    expect(await failure(['check', 'perf'])).toEqual([4, 'Error: check is not supported yet']);
  });

  it('helps', async () => {
    expect(await out(['version'])).toBe('etcdctl version: 3.7.1\nAPI version: 3.7\n');
    for (const args of [[], ['help'], ['--help']]) {
      expect(await out(args)).toMatch(/Key-value commands:\n {2}get /);
    }
    expect(await out(['get', '-h'])).toContain('--print-value-only');
    expect(await out(['lease'])).toContain('keep-alive');
    expect(await out(['options'])).toContain('--command-timeout');
  });
});
