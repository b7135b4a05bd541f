// Goal: the archive is a correct image and the server runs in it as Kubernetes would run it: user 65532, read-only root, no
// capabilities to speak of. Method: every digest is computed again, the layers are unpacked, and the server is started with
// unshare and chroot; its own etcdctl and health check, from the image too, talk to it. Starting needs root and the right to
// mount: where either is missing the reason is printed and the rest still counts. A failure means an image that no cluster
// could use. `npm run test:image`, or with the path of an archive as argument: one for another architecture is started too where
// the kernel has an emulator for it (binfmt_misc with qemu-user-static).
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { arch, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { isBinaryFor } from '../../scripts/image/addon-plan.ts';
import { parseArchitecture } from '../../scripts/image/image-config.ts';

const START_WITHIN_MS = 20_000;
/** How much longer an emulated machine may take. */
const EMULATED = 10;
const STOP_WITHIN_MS = 10_000;
/** Its own five seconds are not enough under emulation on a busy machine. */
const CTL_TIMEOUTS = ['--dial-timeout=60s', '--command-timeout=60s'];

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

interface Config {
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly Cmd: readonly string[];
    readonly Env: readonly string[];
    readonly WorkingDir: string;
    readonly Healthcheck: { readonly Test: readonly string[] };
  };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

let passed = 0;
const skipped: string[] = [];

async function main(): Promise<void> {
  const architecture = parseArchitecture(arch());
  const archive = resolve(process.argv[2] ?? `dist/image/etcd-ts-${architecture}.tar`);
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    execFileSync('tar', ['-xf', archive, '-C', folder]);
    const config = checkArchive(folder);
    const root = join(folder, 'root');
    unpack(folder, root);
    checkFiles(root);
    checkBinaries(root, config);
    const reason = whyNotRun(root, config);
    if (reason === undefined) await checkRunning(root, config);
    else skipped.push(`running it: ${reason}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const reason of skipped) console.log(`skipped: ${reason}`);
  console.log(`image: ${passed} checks passed, ${skipped.length} skipped`);
}

function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`the image is wrong: ${what}`);
  passed += 1;
  console.log(`ok: ${what}`);
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function blob(folder: string, { digest, size }: Descriptor): string {
  const path = join(folder, 'blobs', digest.replace(':', '/'));
  const bytes = readFileSync(path);
  const computed = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  check(
    `${digest.slice(0, 15)} has its digest and size`,
    computed === digest && bytes.length === size,
  );
  return path;
}

/** Both formats in the archive, and the configuration they lead to. */
function checkArchive(folder: string): Config {
  const index = readJson<{ readonly manifests: readonly Descriptor[] }>(join(folder, 'index.json'));
  const [first] = index.manifests;
  if (first === undefined) throw new Error('index.json names no manifest');
  const manifest = readJson<Manifest>(blob(folder, first));
  const config = readJson<Config>(blob(folder, manifest.config));
  const diffIds = manifest.layers.map((layer) => {
    const plain = gunzipSync(readFileSync(blob(folder, layer)));
    return `sha256:${createHash('sha256').update(plain).digest('hex')}`;
  });
  check('layers are the ones of the configuration', `${diffIds}` === `${config.rootfs.diff_ids}`);
  const [docker] = readJson<readonly { Config: string; Layers: string[]; RepoTags: string[] }[]>(
    join(folder, 'manifest.json'),
  );
  const path = ({ digest }: Descriptor): string => `blobs/${digest.replace(':', '/')}`;
  check('docker reads the same configuration', docker?.Config === path(manifest.config));
  check('docker reads the same layers', `${docker?.Layers}` === `${manifest.layers.map(path)}`);
  check('it has names', docker?.RepoTags.every((tag) => /^[^:]+:v\d/.test(tag)) === true);
  const { User, Cmd, Env, WorkingDir } = config.config;
  check('it does not run as root', User === '65532:65532');
  check('it starts the server', `${Cmd}` === '/usr/local/bin/etcd');
  check('programs are on the PATH', Env.includes('PATH=/usr/local/bin:/usr/bin:/bin'));
  check('it starts where its user may write', WorkingDir === '/var/lib/etcd');
  return config;
}

function unpack(folder: string, root: string): void {
  execFileSync('mkdir', [root]);
  const [docker] = readJson<readonly { Layers: string[] }[]>(join(folder, 'manifest.json'));
  const isRoot = process.getuid?.() === 0;
  for (const layer of docker?.Layers ?? []) {
    const owner = isRoot ? ['--same-owner', '--numeric-owner'] : ['--no-same-owner'];
    execFileSync('tar', ['-xzpf', join(folder, layer), ...owner, '-C', root]);
  }
}

function checkFiles(root: string): void {
  for (const program of ['etcd', 'etcdctl', 'etcdutl', 'etcd-ts-operator']) {
    const launcher = readFileSync(join(root, 'opt/etcd-ts/bin', program), 'utf8');
    check(`${program} starts by itself`, launcher.startsWith('#!/usr/local/bin/node'));
  }
  const shells = ['bin/sh', 'usr/bin/sh', 'bin/bash', 'usr/bin/dash', 'busybox'];
  const exists = (path: string): boolean =>
    statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
  check('it has no shell', !shells.some(exists));
  check(
    'it has certificates',
    readFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), 'utf8').split('BEGIN CERT')
      .length > 100,
  );
  check(
    'it has licences',
    exists('usr/share/doc/libc6/copyright') && exists('opt/etcd-ts/LICENSE'),
  );
}

/** Node and the store's addon; nothing else in it is native. */
function checkBinaries(root: string, { architecture }: Config): void {
  const wanted = parseArchitecture(architecture);
  const files = readdirSync(join(root, 'opt'), { recursive: true, encoding: 'utf8' });
  const addons = files.filter((file) => /\.(?:node|so|wasm)$/.test(file));
  check(`the store's addon is the only one: ${addons}`, addons.length === 1);
  for (const file of ['usr/local/bin/node', ...addons.map((each) => join('opt', each))]) {
    const head = readFileSync(join(root, file)).subarray(0, 64);
    check(`${file} is for ${architecture}`, isBinaryFor(head, wanted));
  }
}

function isEmulated({ architecture }: Config): boolean {
  return parseArchitecture(architecture) !== parseArchitecture(arch());
}

function whyNotRun(root: string, config: Config): string | undefined {
  if (process.platform !== 'linux') return `needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'chroot needs root';
  const probe = [root, '/usr/local/bin/node', '--version'];
  if (isEmulated(config) && spawnSync('chroot', probe).status !== 0)
    return `the kernel starts no programs for ${config.architecture}`;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'pipe' });
  } catch (error) {
    return `mounting is not allowed: ${error instanceof Error ? error.message.trim() : ''}`;
  }
  return undefined;
}

/** Makes the image's directory a read-only root with the few mounts that container runtimes give. */
const MOUNTS = `set -e
mount --bind "$0" "$0"
mount -o remount,ro,bind "$0"
mount -t proc proc "$0/proc"
mount -t tmpfs -o mode=0755 tmpfs "$0/dev"
for device in null zero urandom random; do
  touch "$0/dev/$device"
  mount --bind "/dev/$device" "$0/dev/$device"
done
mount --bind "$0.data" "$0/var/lib/etcd"
exec chroot --userspec="$1" "$0" /usr/local/bin/node -e "$2" "$3"`;

/** Becomes the command, with nothing of this process's environment. */
const BECOME = `const { directory, command, environment } = JSON.parse(process.argv[1]);
process.chdir(directory);
process.execve(command[0], command, environment);`;

/** Arguments of unshare for a command in the image: its own mounts, only /var/lib/etcd writable. One process
 *  becomes the next, so that signals reach the server. */
function inside(root: string, config: Config, command: readonly string[]): readonly string[] {
  const { User, Env, WorkingDir } = config.config;
  const environment = Object.fromEntries(Env.map((each) => each.split(/=(.*)/s, 2)));
  const order = JSON.stringify({ directory: WorkingDir, command, environment });
  return [...['--mount', 'sh', '-c', MOUNTS], ...[root, User, BECOME, order]];
}

async function checkRunning(root: string, config: Config): Promise<void> {
  execFileSync('mkdir', [`${root}.data`]);
  execFileSync('chown', [config.config.User, `${root}.data`]);
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const member = spawn(
    'unshare',
    inside(root, config, [
      ...config.config.Cmd,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ]),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const log: string[] = [];
  member.stderr.on('data', (chunk) => log.push(String(chunk)));
  try {
    const within = START_WITHIN_MS * (isEmulated(config) ? EMULATED : 1);
    const health = await firstHealth(url, member, within);
    check(`the server answers /health: ${health}`, health.includes('"health":"true"'));
    const run = (command: readonly string[]): string =>
      execFileSync('unshare', inside(root, config, command), { encoding: 'utf8' }).trim();
    const ctl = (...args: readonly string[]): string =>
      run(['/usr/local/bin/etcdctl', `--endpoints=${url}`, ...CTL_TIMEOUTS, ...args]);
    check('etcdctl in the image writes', ctl('put', 'greeting', 'hello') === 'OK');
    check('etcdctl in the image reads', ctl('get', 'greeting', '--print-value-only') === 'hello');
    check(
      'etcdutl in the image starts',
      run(['/usr/local/bin/etcdutl', 'version']).includes('etcdutl version'),
    );
    check(
      'the operator in the image starts',
      run(['/usr/local/bin/etcd-ts-operator', '--help']).includes('--watch-namespace'),
    );
    check('the health check finds it', isHealthy(root, config, url));
    check(
      'the health check misses what is not there',
      !isHealthy(root, config, 'http://127.0.0.1:1'),
    );
    const owner = statSync(`${root}.data/default.etcd/member`).uid;
    check('the data belongs to the user of the image', `${owner}:${owner}` === config.config.User);
  } catch (error) {
    console.error(log.join(''));
    throw error;
  } finally {
    await stop(member);
  }
  check('SIGTERM stops the server', member.signalCode === null || member.signalCode === 'SIGTERM');
}

function isHealthy(root: string, { config, ...rest }: Config, url: string): boolean {
  const [, program = ''] = config.Healthcheck.Test;
  const Env = [...config.Env, `ETCD_TS_HEALTH_URL=${url}/health`];
  const result = spawnSync(
    'unshare',
    inside(root, { ...rest, config: { ...config, Env } }, [program]),
  );
  return result.status === 0;
}

async function firstHealth(url: string, member: ChildProcess, withinMs: number): Promise<string> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; ) {
    if (member.exitCode !== null) throw new Error(`the server ended with ${member.exitCode}`);
    try {
      const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
      if (response.ok) return await response.text();
    } catch {
      // Not listening yet.
    }
    await delay(100);
  }
  throw new Error(`no answer from the server in ${withinMs} ms`);
}

async function stop(member: ChildProcess): Promise<void> {
  if (member.exitCode !== null) return;
  const ended = new Promise((done) => member.once('close', done));
  member.kill('SIGTERM');
  const killer = setTimeout(() => member.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(killer);
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

await main();
