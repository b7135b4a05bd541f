// Owns comparing our server with Debian's etcd command by command: the same etcdctl commands, the same outputs, errors and
// exit codes, and after every command the same hash of everything ever written. Arguments name scripts; none: all.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, MemberProcess } from '../support/member-process.ts';
import { compatFile } from '../support/paths.ts';
import { mustRun, run } from '../support/run.ts';
import { Tally } from '../support/tally.ts';
import { checkSnapshots } from './snapshots.ts';
import { Normalizer, parseScript, type Script } from './transcript-text.ts';

const FETCH_TIMEOUT_MS = 900_000;
const BLOCK_TIMEOUT_MS = 60_000;
const SCRIPTS = compatFile('transcripts');

/** A server with the client's environment that talks to it. */
interface Side {
  readonly member: MemberProcess;
  readonly environment: NodeJS.ProcessEnv;
  readonly normalizer: Normalizer;
}

async function main(names: readonly string[]): Promise<void> {
  const cache = await mustRun(compatFile('fetch-etcd.sh'), [], { timeoutMs: FETCH_TIMEOUT_MS });
  const bin = join(cache.trim(), 'root/usr/bin');
  const all = readdirSync(SCRIPTS).map((file) => file.replace(/\.txt$/, ''));
  const tally = new Tally('transcripts');
  for (const name of names.length > 0 ? names : [...all, 'snapshots']) {
    if (name === 'snapshots') await checkSnapshots(bin, tally);
    else await playScript(name, bin, tally);
  }
  tally.finish();
}

async function playScript(name: string, bin: string, tally: Tally): Promise<void> {
  const script = parseScript(readFileSync(join(SCRIPTS, `${name}.txt`), 'utf8'));
  const root = mkdtempSync(join(tmpdir(), 'etcd-transcript-'));
  const started: MemberProcess[] = [];
  try {
    const ports = await freePorts(4);
    const etcd = await startSide(join(root, 'etcd'), bin, ports, script, join(bin, 'etcd'));
    started.push(etcd.member);
    const ours = await startSide(join(root, 'ours'), bin, ports.slice(2), script, undefined, ports);
    started.push(ours.member);
    for (const block of script.blocks) {
      await tally.run(`${name}: ${block.slice(0, 90)}`, () => playBlock(block, etcd, ours, script));
    }
  } finally {
    for (const member of started) await member.kill();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Both sides have one member of one id: they tell the same peer URL. */
async function startSide(
  dataDir: string,
  debianBin: string,
  [clientPort = 0, peerPort = 0]: readonly number[],
  { flags }: Script,
  bin: string | undefined,
  [, advertisedPeerPort = peerPort]: readonly number[] = [],
): Promise<Side> {
  const member = await MemberProcess.start({
    dataDir,
    clientPort,
    peerPort,
    advertisedPeerPort,
    args: flags,
    ...(bin === undefined ? {} : { bin }),
  });
  const environment = {
    PATH: `${debianBin}:${process.env['PATH']}`,
    ETCDCTL_API: '3',
    ETCDCTL_ENDPOINTS: member.endpoint,
  };
  const ids = await mustRun('etcdctl', ['endpoint', 'status', '-w', 'json'], { env: environment });
  const known = [...ids.matchAll(/_id":(\d+)/g)].map(([, id = '']) => id);
  const hex = known.map((id) => BigInt(id).toString(16));
  return { member, environment, normalizer: new Normalizer([...known, ...hex]) };
}

async function playBlock(block: string, etcd: Side, ours: Side, script: Script): Promise<string> {
  const expected = await play(block, etcd);
  const found = await play(block, ours);
  if (found !== expected) throw new Error(`${block}\netcd:\n${expected}\nours:\n${found}`);
  if (!script.compareHash) return '';
  const hash = await hashOf(etcd);
  const ourHash = await hashOf(ours);
  if (hash !== ourHash) throw new Error(`${block}\nhash of etcd: ${hash}, ours: ${ourHash}`);
  return '';
}

async function play(block: string, { environment, normalizer }: Side): Promise<string> {
  const options = { env: environment, timeoutMs: BLOCK_TIMEOUT_MS };
  const { code, stdout, stderr, timedOut } = await run('sh', ['-c', block], options);
  const output = `${stdout}${stderr === '' ? '' : `\nstderr: ${stderr}`}`;
  return `${normalizer.normalize(output)}\nexit code: ${timedOut ? 'none in time' : code}`;
}

async function hashOf({ environment }: Side): Promise<string> {
  const args = ['endpoint', 'hashkv', '-w', 'json'];
  const text = await mustRun('etcdctl', args, { env: environment });
  const hash = /"hash":(\d+)/.exec(text)?.[1];
  const compacted = /"compact_revision":(-?\d+)/.exec(text)?.[1] ?? '0';
  return `${hash} compacted ${compacted}`;
}

await main(process.argv.slice(2));
