// Goal: etcdutl tells what is in a snapshot, and makes a directory from it with which a member starts with exactly those
// keys, in a cluster of its own. Method: a snapshot saved by etcdctl from the real server, restored, and a server started on
// the result. A failure means that backups cannot be trusted.
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.ts';
import { Tool } from '../support/tool-process.ts';
import { EtcdctlRig } from './etcdctl-rig.ts';

let rig: EtcdctlRig;
let utl: Tool;
let snapshot: string;
let lastRevision: number;

beforeAll(async () => {
  [rig, utl] = await Promise.all([EtcdctlRig.start(), Tool.make('etcdutl')]);
  for (const key of ['a', 'b', 'c']) await rig.out(['put', key, key.toUpperCase()]);
  await rig.out(['put', 'a', 'A2']);
  await rig.out(['del', 'b']);
  await rig.out(['compaction', '3']);
  lastRevision = await rig.revision();
  snapshot = join(utl.directory, 'snapshot.db');
  await rig.run(['snapshot', 'save', snapshot]);
});

afterAll(async () => {
  utl.remove();
  await rig.remove();
});

/** Flags with which a prepared member's directory is restored. */
function flagsFor(member: ServerProcess): readonly string[] {
  const peer = `http://127.0.0.1:${member.peerPort}`;
  return [
    ...['--data-dir', member.dataDir],
    ...['--initial-cluster', `default=${peer}`],
    ...['--initial-advertise-peer-urls', peer],
  ];
}

describe('snapshot status', () => {
  it('tells revision, keys, size and version', async () => {
    const { status, stdout } = await utl.run(['snapshot', 'status', snapshot, '-w', 'json']);
    expect(status).toBe(0);
    const found: unknown = JSON.parse(stdout);
    const totalSize = readFileSync(snapshot).length - 32;
    expect(found).toEqual({
      hash: expect.any(Number),
      revision: lastRevision,
      totalKey: 2,
      totalSize,
      // Empty in files of stores that do not carry it.
      version: expect.stringMatching(/^(?:3\.7\.0)?$/),
    });
    const hash = Number(/"hash":(\d+)/.exec(stdout)?.[1]).toString(16);
    const simple = await utl.run(['snapshot', 'status', snapshot]);
    expect(simple.stdout).toMatch(
      new RegExp(`^${hash}, ${lastRevision}, 2, \\d+ kB, (3\\.7\\.0)?\n$`),
    );
    const table = await utl.run(['-w', 'table', 'snapshot', 'status', snapshot]);
    expect(table.stdout).toContain('│ TOTAL KEYS │ TOTAL SIZE │ VERSION │\n');
  });

  it('refuses what is no snapshot', async () => {
    expect(await utl.run(['snapshot', 'status', 'nofile'])).toMatchObject({
      status: 1,
      stderr: 'Error: stat nofile: no such file or directory\n',
    });
    const junk = join(utl.directory, 'junk');
    writeFileSync(junk, 'junk');
    expect(await utl.run(['snapshot', 'status', junk])).toMatchObject({
      status: 1,
      stderr: 'Error: invalid database\n',
    });
    expect((await utl.run(['snapshot', 'status'])).status).toBe(128);
  });
});

describe('hashkv', () => {
  it('is the hash that the member tells', async () => {
    for (const revision of [0, lastRevision - 1, 3]) {
      const [file, member] = await Promise.all([
        utl.run(['hashkv', snapshot, '--rev', String(revision)]),
        rig.out(['endpoint', 'hashkv', '-w', 'json', '--rev', String(revision)]),
      ]);
      const expected = /"hash":(\d+).*"compact_revision":(\d+)/.exec(member);
      // A member answers for the compact revision with the hash from before the compaction.
      if (revision === 3) expect(file.status).toBe(0);
      else
        expect(file.stdout).toBe(
          `${expected?.[1]}, ${revision || lastRevision}, ${expected?.[2]}\n`,
        );
    }
    expect((await utl.run(['hashkv', snapshot, '--rev', '2'])).stderr).toBe(
      'Error: mvcc: required revision has been compacted\n',
    );
    expect((await utl.run(['hashkv', snapshot, '--rev', '99'])).stderr).toBe(
      'Error: mvcc: required revision is a future revision\n',
    );
  });
});

describe('snapshot restore', () => {
  it('makes a member of a new cluster with the same keys', async () => {
    const member = await ServerProcess.prepare();
    try {
      const restored = await utl.run(['snapshot', 'restore', snapshot, ...flagsFor(member)]);
      expect(restored.status).toBe(0);
      await member.restart();
      const there = rig.tool.with('--endpoints', member.endpoint);
      expect((await there.run(['get', '', '--prefix'])).stdout).toBe('a\nA2\nc\nC\n');
      expect((await there.run(['get', 'a', '--rev=4', '--print-value-only'])).stdout).toBe('A\n');
      const peer = `http://127.0.0.1:${member.peerPort}`;
      expect((await there.run(['member', 'list'])).stdout).toMatch(
        new RegExp(`^[0-9a-f]+, started, default, ${peer}, http://${member.endpoint}, false\n$`),
      );
      const [here, hash] = await Promise.all([
        rig.out(['endpoint', 'hashkv', '-w', 'json']),
        there.run(['endpoint', 'hashkv', '-w', 'json']),
      ]);
      const pattern = /"hash":\d+,"compact_revision":\d+,"hash_revision":\d+/;
      expect(pattern.exec(hash.stdout)?.[0]).toBe(pattern.exec(here)?.[0]);
      expect((await there.run(['put', 'd', 'D'])).stdout).toBe('OK\n');
    } finally {
      await member.remove();
    }
  });

  it('lets the revision jump, and takes what was before for compacted', async () => {
    const member = await ServerProcess.prepare();
    try {
      const bump = ['--bump-revision', '1000', '--mark-compacted'];
      expect(
        (await utl.run(['snapshot', 'restore', snapshot, ...flagsFor(member), ...bump])).status,
      ).toBe(0);
      await member.restart();
      const there = rig.tool.with('--endpoints', member.endpoint);
      const all = await there.run(['get', 'a', '--prefix', '-w', 'json']);
      expect(all.stdout).toContain(`"revision":${lastRevision + 1000},`);
      expect((await there.run(['watch', 'a', `--rev=${lastRevision}`])).stderr).toContain(
        'watch was canceled (etcdserver: mvcc: required revision has been compacted)',
      );
    } finally {
      await member.remove();
    }
  });

  it('refuses files that were changed, and leaves nothing behind', async () => {
    const member = await ServerProcess.prepare();
    const changed = join(utl.directory, 'changed.db');
    copyFileSync(snapshot, changed);
    const bytes = readFileSync(changed);
    bytes.writeUInt8((bytes.at(5000) ?? 0) ^ 1, 5000);
    writeFileSync(changed, bytes);
    const mismatch = await utl.run(['snapshot', 'restore', changed, ...flagsFor(member)]);
    expect(mismatch.status).toBe(1);
    expect(mismatch.stderr).toMatch(/expected sha256 \[[\d ]+\], got \[[\d ]+\]\n$/);
    const bare = join(utl.directory, 'bare.db');
    writeFileSync(bare, readFileSync(snapshot).subarray(0, -32));
    const missing = await utl.run(['snapshot', 'restore', bare, ...flagsFor(member)]);
    expect(missing.stderr).toContain('snapshot missing hash but --skip-hash-check=false\n');
    expect(readdirSync(member.dataDir)).toEqual([]);
    const trusting = ['snapshot', 'restore', bare, '--skip-hash-check', ...flagsFor(member)];
    expect((await utl.run(trusting)).status).toBe(0);
    expect((await utl.run(trusting)).stderr).toContain(
      `Error: data-dir ${JSON.stringify(member.dataDir)} not empty or could not be read\n`,
    );
    await member.remove();
  });

  it('refuses flags that contradict each other', async () => {
    const refused = async (...flags: readonly string[]): Promise<string> => {
      const { stderr } = await utl.run([
        'snapshot',
        'restore',
        snapshot,
        '--data-dir',
        'x',
        ...flags,
      ]);
      return stderr;
    };
    expect(await refused('--name', 'other')).toBe(
      'Error: couldn\'t find local name "other" in the initial cluster configuration\n',
    );
    expect(await refused('--initial-advertise-peer-urls', 'http://h:1')).toBe(
      'Error: --initial-cluster has default=http://localhost:2380 but missing from --initial-advertise-peer-urls=http://h:1\n',
    );
    expect(await refused('--initial-cluster', 'default=nonsense')).toBe(
      'Error: URL scheme must be http, https, unix, or unixs: nonsense\n',
    );
    expect(await refused('--bump-revision', '5')).toBe(
      'Error: --mark-compacted required if --revision-bump > 0\n',
    );
    expect(existsSync(join(utl.directory, 'x'))).toBe(false);
  });
});

describe('the program', () => {
  it('tells its version and helps', async () => {
    const { stdout } = await utl.run(['version']);
    expect(stdout).toBe('etcdutl version: 3.7.1\nAPI version: 3.7\n');
    expect((await utl.run(['snapshot', 'restore', '--help'])).stdout).toContain(
      '--skip-hash-check',
    );
  });
});
