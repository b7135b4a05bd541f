// Owns a robustness run: a cluster of three of ours behind a network that breaks, clients and watchers that write down all
// they see, one fault after the other, and the verdict. --seconds N: how long (600); --seed N: which faults and requests.

import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Prng } from '../../server/base/prng.ts';
import { PeerNetwork } from '../cluster/peer-network.ts';
import { retried, TestCluster, type TestMember } from '../cluster/test-cluster.ts';
import { pick } from '../support/pick.ts';
import { run } from '../support/run.ts';
import { Tally } from '../support/tally.ts';
import { FAULTS, type FaultContext } from './faults.ts';
import { checkOperations } from './linearizability.ts';
import { positionOf } from './record.ts';
import { StoreLog } from './store-log.ts';
import { delay, Traffic } from './traffic.ts';
import { checkWatch } from './watch-guarantees.ts';
import { Watchers } from './watchers.ts';

const NAMES = ['a', 'b', 'c'];
const SMALL = 'c';
const SMALL_MEBIBYTES = 400;
const CLIENTS_PER_MEMBER = 3;
const CALM_MS = 2000;
const COMPACTION_KEEPS = 1500;
const WHOLE_TIMEOUT_MS = 60_000;
const WRONG_SHOWN = 15;
const ARGS = ['--snapshot-count=300', '--snapshot-catchup-entries=100', '--max-wals=2'];

class RobustnessRun {
  readonly #cluster: TestCluster;
  readonly #network: PeerNetwork;
  readonly #random: Prng;
  readonly #traffic: Traffic;
  readonly #watchers: Watchers;
  readonly #gone: Set<TestMember>;
  readonly #small: string | undefined;
  #compactRevision: number;
  #replaced: number;

  constructor(cluster: TestCluster, network: PeerNetwork, random: Prng, small: string | undefined) {
    this.#cluster = cluster;
    this.#network = network;
    this.#random = random;
    this.#traffic = new Traffic(random);
    this.#watchers = new Watchers(random, cluster.endpoints);
    this.#gone = new Set();
    this.#small = small;
    this.#compactRevision = 0;
    this.#replaced = 0;
  }

  async run(seconds: number, tally: Tally): Promise<void> {
    await this.#watchers.start();
    for (const member of this.#cluster.running) this.#addClients(member);
    const endMs = performance.now() + seconds * 1000;
    let faults: (typeof FAULTS)[number][] = [];
    while (performance.now() < endMs) {
      // In order first, so that a short run has the worst ones; at random afterwards.
      if (faults.length === 0) faults = [...FAULTS];
      const [name, fault] = faults.shift() ?? pick(this.#random, FAULTS);
      const answered = this.#traffic.answered;
      const ok = await tally.run(name, async () => {
        await fault(this.#context());
        await this.#whole();
        await delay(CALM_MS);
        await this.#compact();
        return `${this.#traffic.answered - answered} answers`;
      });
      if (!ok) break;
    }
    await tally.run('the verdict', () => this.#verdict());
  }

  #context(): FaultContext {
    return {
      cluster: this.#cluster,
      network: this.#network,
      random: this.#random,
      replace: () => this.#replace(),
      small: this.#small,
    };
  }

  #addClients(member: TestMember): void {
    this.#traffic.add(member.client, CLIENTS_PER_MEMBER, () => this.#gone.has(member));
  }

  /** Every member follows one leader and takes writes. */
  async #whole(): Promise<void> {
    await retried('one leader', () => this.#cluster.leader(), WHOLE_TIMEOUT_MS);
    await retried(
      'every member serves',
      async () => {
        const { members } = this.#cluster;
        await Promise.all(members.map(({ client }) => client.kv.get('k/', { timeoutMs: 3000 })));
      },
      WHOLE_TIMEOUT_MS,
    );
  }

  async #compact(): Promise<void> {
    const revision = this.#watchers.revision - COMPACTION_KEEPS;
    if (revision <= this.#compactRevision) return;
    this.#compactRevision = revision;
    await retried('compaction', () => this.#cluster.anyClient().kv.compact(revision)).catch(
      (error: Error) => {
        // The answer to an earlier attempt was lost.
        if (!error.message.includes('compacted')) throw error;
      },
    );
  }

  /** A follower goes for good, and a new member comes: by way of a learner. */
  async #replace(): Promise<void> {
    const followers = await this.#cluster.followers();
    const leaving = pick(
      this.#random,
      followers.filter(({ name }) => name !== this.#small),
    );
    const id = (await leaving.status()).header?.memberId ?? 0n;
    this.#gone.add(leaving);
    const leader = await this.#cluster.leader();
    await leaving.kill();
    await retried('member remove', () => leader.client.cluster.memberRemove(id), WHOLE_TIMEOUT_MS);
    await this.#cluster.remove(leaving);
    const joining = await this.#create(`n${this.#replaced++}`);
    // A change of the membership is refused while a connection is young.
    const joined = await this.#cluster.join(joining, true);
    await this.#network.learn([joining]);
    await this.#cluster.promote(joined);
    this.#addClients(joining);
    this.#watchers.setEndpoints(this.#cluster.members.map(({ endpoint }) => endpoint));
  }

  async #create(name: string): Promise<TestMember> {
    const cluster = this.#cluster;
    const port = await this.#network.open(name, () => cluster.find(name)?.peerPort);
    return await cluster.create({ name, kind: 'ours', advertisedPeerPort: port });
  }

  async #verdict(): Promise<string> {
    await this.#traffic.stop();
    await this.#whole();
    // The leases that are left end by themselves.
    await retried('leases end', async () => {
      const { leases } = await this.#cluster.anyClient().leases.list();
      if (leases.length > 0) throw new Error(`${leases.length} are left`);
    });
    const end = await this.#cluster.compareHashes();
    await this.#cluster.expectNoAlarms();
    const watches = await this.#watchers.finish(end);
    const log = new StoreLog(this.#watchers.everything);
    const { operations, leases } = this.#traffic;
    const wrong = [...log.wrong, ...this.#watchers.wrong];
    if (log.lastRevision !== end) {
      wrong.push(`revision ${end} was told, the watcher is at ${log.lastRevision}`);
    }
    wrong.push(...checkOperations({ log, operations, leases }));
    for (const watch of watches) wrong.push(...checkWatch(watch, log, end));
    for (const watch of this.#watchers.ended)
      wrong.push(...checkWatch(watch, log, positionOf(watch)));
    wrong.push(...(await this.#watchAgain(log, end)));
    if (wrong.length > 0) {
      throw new Error([`${wrong.length} wrong`, ...wrong.slice(0, WRONG_SHOWN)].join('\n'));
    }
    const answered = this.#traffic.answered;
    const short = this.#watchers.ended.length;
    return `${operations.length} operations, ${answered} answered, revision ${end}, ${watches.length + short} watches, ${leases.size} leases`;
  }

  /** Every member tells the same history again. */
  async #watchAgain(log: StoreLog, end: number): Promise<string[]> {
    const wrong: string[] = [];
    for (const { endpoint } of this.#cluster.members) {
      const start = this.#compactRevision + 1;
      const watch = await this.#watchers.again(endpoint, Math.max(start, 2), end);
      // The first revision's values before are compacted.
      wrong.push(...checkWatch({ ...watch, withPrevious: false }, log, end));
    }
    return wrong;
  }
}

/** Runs this program again where it may mount a small disk; false when that cannot be had. */
async function runInNamespace(): Promise<boolean> {
  if (process.env['ROBUSTNESS_MOUNTS'] !== undefined) return false;
  const probe = await run('unshare', ['-m', 'true']).catch(() => undefined);
  if (probe?.code !== 0) return false;
  const { spawn } = await import('node:child_process');
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn('unshare', ['-m', ...command], {
    stdio: 'inherit',
    env: { ...process.env, ROBUSTNESS_MOUNTS: 'yes' },
  });
  process.exitCode = await new Promise<number>((resolve) => {
    child.on('close', (code) => resolve(code ?? 1));
  });
  return true;
}

/** A disk of its own for one member. */
async function mountSmall(directory: string): Promise<boolean> {
  if (process.env['ROBUSTNESS_MOUNTS'] === undefined) return false;
  mkdirSync(directory, { recursive: true });
  const options = `size=${SMALL_MEBIBYTES}m,mode=700`;
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', options, 'none', directory]);
  return mounted.code === 0;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string' }, seed: { type: 'string' } },
  });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const seconds = Number(values.seconds ?? 600);
  console.log(`--seconds ${seconds} --seed ${seed}`);
  const tally = new Tally('robustness');
  const random = new Prng(seed);
  const network = new PeerNetwork(random);
  await tally.run('run', () =>
    TestCluster.run(ARGS, async (cluster) => {
      for (const name of NAMES) {
        const port = await network.open(name, () => cluster.find(name)?.peerPort);
        await cluster.create({ name, kind: 'ours', advertisedPeerPort: port });
      }
      const hasSmall = await mountSmall(cluster.member(SMALL).dataDir);
      await cluster.foundWith(cluster.members);
      await network.learn(cluster.members);
      const small = hasSmall ? SMALL : undefined;
      await new RobustnessRun(cluster, network, random, small).run(seconds, tally);
      // The data of a failure is kept by throwing here.
      if (tally.failed > 0) throw new Error('something failed above');
      if (hasSmall) await run('umount', ['-l', cluster.member(SMALL).dataDir]);
      return small === undefined ? 'without a small disk' : '';
    }),
  );
  network.close();
  tally.finish();
  process.exit();
}

if (!(await runInNamespace())) await main();
