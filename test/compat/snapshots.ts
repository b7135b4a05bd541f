// Owns moving data between Debian's etcd and ours in both directions by snapshot and by data directory, with Debian's tools.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, type MemberOptions, MemberProcess } from '../support/member-process.ts';
import { mustRun } from '../support/run.ts';
import type { Tally } from '../support/tally.ts';

/** History with everything in it: leases, deletions, a compaction, transactions. */
const HISTORY = `
for i in $(seq 1 50); do etcdctl put k$i value$i >/dev/null; done
for i in $(seq 1 20); do etcdctl put changing $i >/dev/null; done
ID=$(etcdctl lease grant 6000 | cut -d' ' -f2)
etcdctl put leased 1 --lease=$ID >/dev/null
etcdctl del k2 --prefix >/dev/null
etcdctl compaction 40 --physical >/dev/null
printf '\\nput t1 1\\nput t2 2\\n\\n\\n' | etcdctl txn >/dev/null
etcdctl del k49 >/dev/null
`;

interface Server {
  readonly member: MemberProcess;
  sh(script: string): Promise<string>;
}

class Workshop {
  readonly root: string;
  readonly #bin: string;
  readonly #started: MemberProcess[];

  constructor(bin: string) {
    this.root = mkdtempSync(join(tmpdir(), 'etcd-snapshots-'));
    this.#bin = bin;
    this.#started = [];
  }

  /** Debian's etcd or ours on a directory. */
  async start(kind: 'etcd' | 'ours', dataDir: string, ports: readonly number[]): Promise<Server> {
    const [clientPort = 0, peerPort = 0] = ports;
    const bin = kind === 'etcd' ? { bin: join(this.#bin, 'etcd') } : {};
    const options: MemberOptions = { dataDir, clientPort, peerPort, ...bin };
    const member = await MemberProcess.start(options);
    this.#started.push(member);
    return { member, sh: (script) => this.sh(script, member.endpoint) };
  }

  sh(script: string, endpoint = ''): Promise<string> {
    const env = {
      PATH: `${this.#bin}:${process.env['PATH']}`,
      ETCDCTL_API: '3',
      ETCDCTL_ENDPOINTS: endpoint,
    };
    return mustRun('sh', ['-ec', script], { env, timeoutMs: 60_000 });
  }

  async close(): Promise<void> {
    for (const member of this.#started) await member.kill();
    rmSync(this.root, { recursive: true, force: true });
  }
}

export async function checkSnapshots(bin: string, tally: Tally): Promise<void> {
  for (const [from, to] of [
    ['ours', 'etcd'],
    ['etcd', 'ours'],
    ['ours', 'ours'],
  ] as const) {
    await tally.run(`snapshot of ${from}, restored, served by ${to}`, () =>
      withWorkshop(bin, (workshop) => restore(workshop, from, to)),
    );
  }
  await tally.run('data directory of etcd, served by ours', () => withWorkshop(bin, takeOver));
}

async function withWorkshop(
  bin: string,
  body: (workshop: Workshop) => Promise<string>,
): Promise<string> {
  const workshop = new Workshop(bin);
  try {
    return await body(workshop);
  } finally {
    await workshop.close();
  }
}

async function restore(
  workshop: Workshop,
  from: 'etcd' | 'ours',
  to: 'etcd' | 'ours',
): Promise<string> {
  const { root } = workshop;
  const ports = await freePorts(2);
  const source = await workshop.start(from, join(root, 'source'), ports);
  await source.sh(HISTORY);
  await source.sh(`etcdctl snapshot save ${root}/snapshot.db`);
  const before = await contentOf(source);
  await source.member.stop();
  const status = await workshop.sh(`etcdutl snapshot status ${root}/snapshot.db -w json`);
  const revision = /"revision":(\d+)/.exec(status)?.[1];
  if (!before.includes(`"revision":${revision},`)) {
    throw new Error(`etcdutl finds revision ${revision} in\n${before}`);
  }
  const peer = `http://127.0.0.1:${ports[1]}`;
  await workshop.sh(
    `etcdutl snapshot restore ${root}/snapshot.db --data-dir ${root}/restored ` +
      `--initial-cluster default=${peer} --initial-advertise-peer-urls ${peer}`,
  );
  const target = await workshop.start(to, join(root, 'restored'), ports);
  same(before, await contentOf(target));
  await target.sh('etcdctl put goes-on 1; etcdctl lease list | grep -q found');
  await target.member.stop();
  const again = await workshop.start(to, join(root, 'restored'), ports);
  if (!(await again.sh('etcdctl get goes-on')).includes('1')) throw new Error('it did not go on');
  return `revision ${revision}`;
}

/** Stopped in an orderly way, and then killed after more writes: the log has to be replayed over the database. */
async function takeOver(workshop: Workshop): Promise<string> {
  const dataDir = join(workshop.root, 'data');
  const ports = await freePorts(2);
  const first = await workshop.start('etcd', dataDir, ports);
  await first.sh(HISTORY);
  await first.member.stop();
  const etcd = await workshop.start('etcd', dataDir, ports);
  await etcd.sh('for i in $(seq 1 30); do etcdctl put more$i $i; done; etcdctl del more3');
  const before = await contentOf(etcd);
  const members = await etcd.sh('etcdctl member list');
  await etcd.member.kill();
  const ours = await workshop.start('ours', dataDir, ports);
  same(before, await contentOf(ours));
  same(members, await ours.sh('etcdctl member list'));
  await ours.sh('etcdctl put goes-on 1');
  await ours.member.kill();
  const again = await workshop.start('ours', dataDir, ports);
  if (!(await again.sh('etcdctl get goes-on')).includes('1')) throw new Error('it did not go on');
  return '';
}

/** All keys, with what clients see of them, their revision, and the hash of the history. */
async function contentOf(server: Server): Promise<string> {
  const keys = await server.sh(`etcdctl get '' --prefix -w json`);
  const past = await server.sh(`etcdctl get '' --prefix --rev 60 -w json`);
  const hash = await server.sh('etcdctl endpoint hashkv -w json');
  const text = keys + past + (/"hash":\d+/.exec(hash)?.[0] ?? '');
  return text.replaceAll(/"(?:cluster_id|member_id|raft_term)":\d+,?/g, '');
}

function same(before: string, after: string): void {
  if (before !== after) throw new Error(`before:\n${before}\nafter:\n${after}`);
}
