// Goal: etcdctl's commands on keys show what etcd's show, byte by byte, and end with its exit codes. Method: the program
// against the real server, each in a process of its own; the texts were compared with those of Debian's etcdctl 3.5.16, or
// taken from the sources of 3.7 where that differs. A failure means that scripts written for etcdctl break.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServerProcess } from '../support/server-process.ts';
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

beforeEach(async () => {
  await out(['del', '', '--prefix']);
});

const out = (args: readonly string[], options?: ToolRun): Promise<string> => rig.out(args, options);
const failure = (args: readonly string[], options?: ToolRun): ReturnType<EtcdctlRig['failure']> =>
  rig.failure(args, options);
const revision = (): Promise<number> => rig.revision();

describe('put, get and del', () => {
  it('show keys and values as lines', async () => {
    expect(await out(['put', 'k', 'v1'])).toBe('OK\n');
    expect(await out(['put', 'k', 'v2', '--prev-kv'])).toBe('OK\nk\nv1\n');
    expect(await out(['put', 'k2', '--', '-x'])).toBe('OK\n');
    expect(await out(['get', 'k', '--prefix'])).toBe('k\nv2\nk2\n-x\n');
    expect(await out(['get', 'k', '--print-value-only'])).toBe('v2\n');
    expect(await out(['get', '--prefix', 'k', '--order=DESCEND', '--limit', '1'])).toBe('k2\n-x\n');
    expect(await out(['get', 'k', 'k2', '--hex'])).toBe('\\x6b\n\\x76\\x32\n');
    expect(await out(['get', '', '--from-key', '--keys-only'])).toBe('k\n\nk2\n\n');
    expect(await out(['get', 'k', '--prefix', '--stream'])).toBe('k\nv2\nk2\n-x\n');
    expect(await out(['del', 'k', '--prev-kv'])).toBe('1\nk\nv2\n');
    expect(await out(['del', 'k', 'l', '--range'])).toBe('1\n');
  });

  it('take a value from standard input as it is', async () => {
    const value = new Uint8Array([0, 255, 10, 34]);
    await out(['put', 'bytes'], { stdin: value });
    const running = tool.start(['get', 'bytes', '--print-value-only', '-w', 'protobuf']);
    running.process.stdin.end();
    expect((await running.ended).stderr).toBe(
      'Error: print-value-only is only for `--write-out=simple`\n',
    );
    expect(await out(['get', 'bytes', '-w', 'fields'])).toContain('"Value" : "\\x00\\xff\\n\\""\n');
    expect(await out(['get', 'bytes', '-w', 'json'])).toContain('"value":"AP8KIg=="');
  });

  it('show fields', async () => {
    await out(['put', 'k', 'a"b']);
    const at = await revision();
    expect(await out(['get', 'k', '-w', 'fields'])).toBe(
      `"ClusterID" : ${clusterId}\n"MemberID" : ${memberId}\n"Revision" : ${at}\n"RaftTerm" : 2\n` +
        `"Key" : "k"\n"CreateRevision" : ${at}\n"ModRevision" : ${at}\n"Version" : 1\n` +
        `"Value" : "a\\"b"\n"Lease" : 0\n"More" : false\n"Count" : 1\n`,
    );
    expect(await out(['get', 'k', '--count-only', '-w', 'fields'])).toContain('"Count" : 1\n');
  });

  it('show JSON with every digit of the ids', async () => {
    await out(['put', 'k', '<v>']);
    const at = await revision();
    const header = `{"cluster_id":${clusterId},"member_id":${memberId},"revision":${at},"raft_term":2}`;
    expect(await out(['get', 'k', '-w=json'])).toBe(
      `{"header":${header},"kvs":[{"key":"aw==","create_revision":${at},"mod_revision":${at},` +
        `"version":1,"value":"PHY+"}],"count":1}\n`,
    );
    expect(await out(['get', 'none', '-wjson'])).toBe(`{"header":${header}}\n`);
  });

  it('refuse what makes no sense', async () => {
    expect(await failure(['get'])).toEqual([
      128,
      'Error: get command needs one argument as key and an optional argument as range_end',
    ]);
    expect(await failure(['get', 'a', '--prefix', '--from-key'])).toEqual([
      128,
      'Error: `--prefix` and `--from-key` cannot be set at the same time, choose one',
    ]);
    expect(await failure(['get', 'a', '--order', 'X'])).toEqual([4, 'Error: bad sort order X']);
    expect(await failure(['get', 'a', '--count-only'])).toEqual([
      128,
      'Error: --count-only is only for `--write-out=fields`',
    ]);
    expect(await failure(['get', 'a', '-w', 'table'])).toEqual([
      4,
      'Error: table not supported as output format',
    ]);
    expect(await failure(['get', 'a', '-w', 'xml'])).toEqual([
      4,
      'Error: unsupported output format',
    ]);
    expect(await failure(['put', 'a', 'b', '--lease', 'zz'])).toEqual([
      128,
      'Error: bad lease ID (strconv.ParseInt: parsing "zz": invalid syntax), expecting ID in Hex',
    ]);
    expect(await failure(['put', '', 'b'])).toEqual([1, 'Error: etcdserver: key is not provided']);
    expect(await failure(['get', 'a', '--rev', '99999'])).toEqual([
      1,
      'Error: etcdserver: mvcc: required revision is a future revision',
    ]);
  });
});

describe('txn', () => {
  it('runs one branch and shows its answers', async () => {
    await out(['put', 'a', '1']);
    const txn =
      'ver("a") = "1"\nval("a") > "0"\n\nput "b c" \'x y\'\nget a\ndel a --prev-kv\n\nget b\n\n';
    expect(await out(['txn'], { stdin: txn })).toBe('SUCCESS\n\nOK\n\na\n1\n\n1\na\n1\n');
    expect(await out(['txn'], { stdin: txn })).toBe('FAILURE\n\n');
    expect(await out(['get', 'b', '--prefix'])).toBe('b c\nx y\n');
  });

  it('asks for its parts when interactive', async () => {
    expect(await out(['txn', '-i'], { stdin: '\nput a 1\n\n\n' })).toBe(
      'compares:\nsuccess requests (get, put, del):\nfailure requests (get, put, del):\nSUCCESS\n\nOK\n',
    );
  });

  it('refuses lines it does not know', async () => {
    const refused = (stdin: string): ReturnType<typeof failure> => failure(['txn'], { stdin });
    expect(await refused('bogus\n')).toEqual([3, 'Error: malformed comparison: bogus']);
    expect(await refused('nope("a") = "1"\n')).toEqual([
      3,
      'Error: malformed comparison: nope("a") = "1" (unknown target nope)',
    ]);
    expect(await refused('\nfoo bar\n')).toEqual([3, 'Error: invalid txn request: foo bar']);
    expect(await refused('\nput a 1\n')).toEqual([3, 'Error: EOF']);
  });
});

describe('lease', () => {
  it('grants, describes, renews, lists and revokes', async () => {
    const granted = await out(['lease', 'grant', '100']);
    const id = /^lease ([0-9a-f]{16}) granted with TTL\(100s\)\n$/.exec(granted)?.[1] ?? '';
    await out(['put', 'leased', 'x', `--lease=${id}`]);
    expect(await out(['lease', 'timetolive', id, '--keys'])).toMatch(
      new RegExp(
        `^lease ${id} granted with TTL\\(100s\\), remaining\\(\\d+s\\), attached keys\\(\\[leased\\]\\)\n$`,
      ),
    );
    expect(await out(['lease', 'keep-alive', '--once', id])).toBe(
      `lease ${id} keepalived with TTL(100)\n`,
    );
    expect(await out(['lease', 'list'])).toBe(`found 1 leases\n${id}\n`);
    const shown = await out(['lease', 'list', '-w', 'json']);
    expect(shown).toMatch(new RegExp(`,"leases":\\[\\{"id":${BigInt(`0x${id}`)}\\}\\]\\}\n$`));
    expect(await out(['lease', 'revoke', id])).toBe(`lease ${id} revoked\n`);
    expect(await out(['lease', 'timetolive', id])).toBe(`lease ${id} already expired\n`);
    expect(await out(['lease', 'keep-alive', id])).toBe(`lease ${id} expired or revoked.\n`);
    expect(await failure(['lease', 'revoke', id])).toEqual([
      1,
      'Error: failed to revoke lease (etcdserver: requested lease not found)',
    ]);
    expect(await failure(['lease', 'keep-alive', id, '--once'])).toEqual([
      2,
      'Error: etcdserver: requested lease not found',
    ]);
  });
});

describe('watch', () => {
  it('shows events, runs commands for them, and ends when interrupted', async () => {
    const plain = tool.start(['watch', 'w', '--prefix', '--prev-kv', '--rev=1']);
    const running = tool.start([
      'watch',
      'w1',
      '--',
      'sh',
      '-c',
      'echo ran $ETCD_WATCH_KEY $ETCD_WATCH_VALUE $ETCD_WATCH_EVENT_TYPE',
    ]);
    const from = await revision();
    const env = { ETCDCTL_WATCH_KEY: 'w1', ETCDCTL_WATCH_RANGE_END: 'w2' };
    const named = tool.start(['watch', `--rev=${from}`], { env });
    // The command's watch begins at its creation: events are made until one is seen.
    let count = 0;
    const shown = running.whenShown('ran "w1"').then(() => true);
    while (!(await Promise.race([shown, rig.run(['put', 'w1', `v${count++}`]).then(() => false)])));
    await plain.whenShown('PUT\nw1\n');
    await named.whenShown('PUT\nw1\nv0\n');
    expect(running.stdout).toMatch(/^PUT\nw1\n(v\d+)\nran "w1" "\1" "PUT"\n/);
    await out(['del', 'w1']);
    await plain.whenShown('DELETE\nw1\n');
    expect(plain.stdout).toMatch(/DELETE\nw1\nv\d+\nw1\n\n$/);
    for (const one of [plain, running, named]) await one.stop();
  });

  it('reads watches from standard input', async () => {
    await out(['put', 'i', '1']);
    const from = await revision();
    const running = tool.start(['watch', '-i']);
    running.process.stdin.write(`nonsense\nwatch i --rev=${from}\n`);
    await running.whenShown('PUT\ni\n1\n');
    running.process.stdin.write('progress\n');
    await running.whenShown(`progress notify: ${from}\n`);
    running.process.stdin.end();
    const { status, stderr } = await running.ended;
    expect(status).toBe(3);
    expect(stderr).toBe(
      'Invalid command nonsense (only support watch)\nError: error reading watch request line: EOF\n',
    );
  });

  it('goes on over a restart of the server', async () => {
    const running = tool.start(['watch', 'r', '--rev', String((await revision()) + 1)]);
    await out(['put', 'r', '1']);
    await running.whenShown('PUT\nr\n1\n');
    await server.restart();
    await out(['put', 'r', '2']);
    await running.whenShown('PUT\nr\n2\n');
    expect((await running.stop()).stdout).toBe('PUT\nr\n1\nPUT\nr\n2\n');
  });

  it('says why it cannot watch', async () => {
    expect(await failure(['watch'])).toEqual([128, 'Error: bad number of arguments']);
    expect(await failure(['watch', 'a', '--'])).toEqual([
      128,
      'Error: bad number of arguments (found separator --, but no commands)',
    ]);
    expect(await failure(['watch', 'a'], { env: { ETCDCTL_WATCH_KEY: 'b' } })).toEqual([
      128,
      'Error: bad number of arguments (found conflicting environment key)',
    ]);
    await out(['compaction', String(await revision())]);
    expect(await failure(['watch', 'a', '--rev=1'])).toEqual([
      5,
      'watch was canceled (etcdserver: mvcc: required revision has been compacted)\nError: watch is canceled by the server',
    ]);
  });
});
