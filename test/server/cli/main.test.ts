// Goal: the etcd command itself leaves with etcd's exit codes and outputs, and ends by the signal it was told to. Method: the
// sources are run in processes of their own. A failure means that scripts and supervisors misread how we ended.
import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const LOADER = pathToFileURL(resolve(ROOT, 'test/support/ts-loader.mjs')).href;
const MAIN = resolve(ROOT, 'server/cli/main.ts');
const SIGNALS = pathToFileURL(resolve(ROOT, 'server/cli/signals.ts')).href;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function etcd(args: readonly string[], environment: Record<string, string> = {}): Ended {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  return spawnSync(process.execPath, ['--import', LOADER, MAIN, ...args], {
    env,
    encoding: 'utf8',
  });
}

function logLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('etcd', () => {
  it('prints its version in four lines', () => {
    const { status, stdout, stderr } = etcd(['--version']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^etcd Version: 3\.7\.1\nGit SHA: \S+\nGo Version: node\d\S+\nGo OS\/Arch: \w+\/\w+\n$/,
    );
  });

  it('prints a bad flag before the usage', () => {
    const { status, stdout, stderr } = etcd(['--bad']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^flag provided but not defined: -bad\nUsage:\n/);
  });

  it('logs why a configuration is refused', () => {
    const { status, stdout, stderr } = etcd(['--heartbeat-interval=0'], { ETCD_NAME: 'a' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(logLines(stderr)).toMatchObject([
      { level: 'info', msg: 'recognized and used environment variable' },
      { level: 'info', msg: 'Running: ', args: ['etcd', '--heartbeat-interval=0'] },
      {
        level: 'warn',
        msg: 'failed to verify flags',
        error: '--heartbeat-interval must be >0 (set to 0ms)',
      },
    ]);
  });

  it('refuses outputs it cannot open and files it cannot read', () => {
    const output = etcd(['--log-outputs=/nowhere/x.log']);
    expect(output.status).toBe(1);
    expect(logLines(output.stderr).at(-1)?.['error']).toContain('couldn\'t open sink "/nowhere/x');
    const file = etcd([], { ETCD_CONFIG_FILE: '/nowhere/etcd.yml' });
    expect(file.status).toBe(1);
    expect(logLines(file.stderr).at(-1)).toMatchObject({
      error: 'open /nowhere/etcd.yml: no such file or directory',
    });
  });
});

describe('stopOnSignal', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('stops in order and ends by %s', async (signal) => {
    const script = `
import { stopOnSignal } from ${JSON.stringify(SIGNALS)};
const say = (text) => process.stdout.write(text + '\\n');
const logger = { info: (message, fields) => say(fields.signal), error: say };
stopOnSignal(logger, async () => { say('stopped'); });
setInterval(() => {}, 1000);
say('ready');
`;
    const args = ['--import', LOADER, '--input-type=module', '-e', script];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (part) => {
      if (output === '') child.kill(signal);
      output += String(part);
    });
    const ended = await new Promise((done) => {
      child.on('close', (code, by) => done({ code, by }));
    });
    expect(ended).toEqual({ code: null, by: signal });
    expect(output).toBe(`ready\n${signal === 'SIGTERM' ? 'terminated' : 'interrupt'}\nstopped\n`);
  });
});
