// Goal: the launchers in bin/ start the built entry in their own process from any directory and through symlinks, and
// say what to do when there is nothing built. Method: copies of them in a temporary tree with stand-in entries. A failure
// means that supervisors signal a shell instead of the server, or that a linked command does not start.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = resolve(import.meta.dirname, '../../../bin');
const ENTRIES = {
  etcd: 'server/cli/main',
  etcdctl: 'ctl/etcdctl',
  etcdutl: 'ctl/etcdutl',
} as const;
const REPORT = `
const { pid, argv, execArgv, env } = process;
const leaked = Object.keys(env).filter((name) => name.startsWith('ETCD_TS'));
console.log(JSON.stringify({ pid, entry: argv[1], args: argv.slice(2), execArgv, leaked }));
if (argv[2] === 'wait') setTimeout(() => {}, 20000);
`;

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'etcd-ts-bin-')));
  cpSync(BIN, join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function writeEntry(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), REPORT);
}

function run(command: string, args: string[], environment: Record<string, string> = {}): unknown {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  return JSON.parse(execFileSync(command, args, { cwd: '/', env, encoding: 'utf8' }));
}

describe.each(Object.entries(ENTRIES))('bin/%s', (name, entry) => {
  it('starts the built entry with its arguments as they are', () => {
    writeEntry(`dist/${entry}.js`);
    const args = ['a b', '--x=$HOME', "it's"];
    expect(run(join(root, 'bin', name), args)).toMatchObject({
      entry: join(root, `dist/${entry}.js`),
      args,
      leaked: [],
    });
  });

  it('is found through symlinks of both kinds', () => {
    writeEntry(`dist/${entry}.js`);
    mkdirSync(join(root, 'links'));
    symlinkSync(`../bin/${name}`, join(root, 'links', 'relative'));
    symlinkSync(join(root, 'links', 'relative'), join(root, 'links', 'absolute'));
    expect(run(join(root, 'links', 'absolute'), [])).toMatchObject({
      entry: join(root, `dist/${entry}.js`),
    });
  });

  it('says what to do when nothing is built and node runs no TypeScript', () => {
    const oldNode = join(root, 'old-node');
    writeFileSync(oldNode, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const env = { PATH: process.env['PATH'] ?? '', ETCD_TS_NODE: oldNode };
    const { status, stderr } = spawnSync(join(root, 'bin', name), [], { env, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toBe(`${name} is not built yet: run 'npm run build' in ${root}\n`);
  });

  it('runs the sources when nothing is built and node can', () => {
    const newNode = join(root, 'new-node');
    writeFileSync(newNode, '#!/bin/sh\n[ "$1" = -e ] && exit 0\nprintf "[\\"%s\\"]" "$*"\n', {
      mode: 0o755,
    });
    const ran = run(join(root, 'bin', name), ['x'], { ETCD_TS_NODE: newNode });
    expect(JSON.stringify(ran)).toContain(`${join(root, `${entry}.ts`)} x`);
  });
});

describe('bin/etcd', () => {
  it('is the process that its parent started and gets its signals', async () => {
    writeEntry('dist/server/cli/main.js');
    const child = spawn(join(root, 'bin/etcd'), ['wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((done) => {
      child.on('exit', (code, signal) => done({ code, signal }));
    });
    const [first] = await child.stdout.take(1).toArray();
    expect(JSON.parse(String(first))).toMatchObject({ pid: child.pid });
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('passes flags to node', () => {
    writeEntry('dist/server/cli/main.js');
    const flags = '--max-old-space-size=512 --expose-gc';
    const ran = run(join(root, 'bin/etcd'), [], { ETCD_TS_NODE_FLAGS: flags });
    expect(ran).toMatchObject({
      execArgv: expect.arrayContaining(['--enable-source-maps', ...flags.split(' ')]),
    });
  });
});
