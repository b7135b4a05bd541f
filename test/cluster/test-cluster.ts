// Owns clusters of real processes, ours and Debian's etcd mixed as a test wants: founding, joining, stopping, asking. One
// client per member, because most questions of these suites are put to one member.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { EtcdClient } from '../../client/client.ts';
import type { Member, StatusResponse } from '../../server/proto/gen/rpc.ts';
import { type Exit, freePorts, MemberProcess } from '../support/member-process.ts';
import { compatFile } from '../support/paths.ts';
import { mustRun } from '../support/run.ts';

const FETCH_TIMEOUT_MS = 600_000;
const WAIT_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
const ANSWER_TIMEOUT_MS = 3000;

export type Kind = 'ours' | 'etcd';

/** What a test chooses for one member; flags are in our spelling. */
export interface MemberChoice {
  readonly name: string;
  readonly kind: Kind;
  readonly args?: readonly string[];
  /** Others reach the member's peer port through this one: a proxy's. */
  readonly advertisedPeerPort?: number;
  readonly prefix?: readonly string[];
}

let etcdBin: Promise<string> | undefined;

/** Debian's etcd, fetched when first needed. */
export function debianEtcd(): Promise<string> {
  etcdBin ??= mustRun(compatFile('fetch-etcd.sh'), [], { timeoutMs: FETCH_TIMEOUT_MS }).then(
    (cache) => join(cache.trim(), 'root/usr/bin/etcd'),
  );
  return etcdBin;
}

export class TestMember {
  readonly name: string;
  readonly dataDir: string;
  readonly clientPort: number;
  readonly endpoint: string;
  /** Calls to this member alone. */
  readonly client: EtcdClient;
  readonly #choice: MemberChoice;
  readonly #processes: MemberProcess[];
  readonly #sparePeerPort: number;
  #kind: Kind;
  #peerPort: number;
  #process: MemberProcess | undefined;

  constructor(choice: MemberChoice, root: string, ports: readonly [number, number, number]) {
    this.name = choice.name;
    this.dataDir = join(root, choice.name);
    const [clientPort, peerPort, sparePeerPort] = ports;
    this.clientPort = clientPort;
    this.endpoint = `127.0.0.1:${this.clientPort}`;
    this.client = new EtcdClient({ endpoints: [this.endpoint] });
    this.#choice = choice;
    this.#processes = [];
    this.#sparePeerPort = sparePeerPort;
    this.#kind = choice.kind;
    this.#peerPort = peerPort;
    this.#process = undefined;
  }

  get kind(): Kind {
    return this.#kind;
  }

  /** From the next start on, its data directory is ours. */
  becomeOurs(): void {
    this.#kind = 'ours';
  }

  get peerPort(): number {
    return this.#peerPort;
  }

  get advertisedPeerPort(): number {
    return this.#choice.advertisedPeerPort ?? this.#peerPort;
  }

  get peerUrl(): string {
    return `http://127.0.0.1:${this.advertisedPeerPort}`;
  }

  /** From the next start on, others must look for it on another port. */
  movePeerPort(): void {
    this.#peerPort = this.#sparePeerPort;
  }

  /** Loses everything it had on disk. */
  wipe(): void {
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** What all its processes wrote. */
  get log(): string {
    return this.#processes.map(({ log }) => log).join('--- restart\n');
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  get process(): MemberProcess {
    if (this.#process === undefined) throw new Error(`${this.name} is not running`);
    return this.#process;
  }

  /** Starts the process without waiting for anything. */
  async launch(initialCluster: string, state: 'new' | 'existing'): Promise<MemberProcess> {
    const { dataDir, clientPort, peerPort, advertisedPeerPort } = this;
    const prefix = this.#choice.prefix;
    const launched = new MemberProcess({
      dataDir,
      clientPort,
      peerPort,
      advertisedPeerPort,
      ...(prefix === undefined ? {} : { prefix }),
      ...(this.kind === 'etcd' ? { bin: await debianEtcd() } : {}),
      args: [
        `--name=${this.name}`,
        `--initial-cluster=${initialCluster}`,
        `--initial-cluster-state=${state}`,
        '--initial-cluster-token=proof',
        ...spelled(this.kind, this.#choice.args ?? []),
      ],
    });
    this.#process = launched;
    this.#processes.push(launched);
    launched.exited.then(
      () => {
        if (this.#process === launched) this.#process = undefined;
      },
      () => undefined,
    );
    return launched;
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    await running?.kill();
  }

  async stop(): Promise<Exit> {
    const exit = await this.process.stop();
    this.#process = undefined;
    return exit;
  }

  /** The hash of the history up to `revision`. Learners tell it on their peer port only. */
  async hashKv(revision: number): Promise<{ hash: number; compactRevision: number }> {
    if (!(await this.status()).isLearner) {
      return await this.client.maintenance.hashKv(this.endpoint, revision);
    }
    return await peerHashKv(this.peerPort, revision);
  }

  status(): Promise<StatusResponse> {
    return this.client.maintenance.status({ timeoutMs: ANSWER_TIMEOUT_MS });
  }
}

/** Our flags as etcd 3.5 calls them; those it does not have are left out. */
function spelled(kind: Kind, args: readonly string[]): readonly string[] {
  if (kind === 'ours') return args;
  const missing = /^--(snapshot-catchup-entries|cluster-version-max)/;
  const known = args.filter((arg) => !missing.test(arg));
  return known.map((arg) =>
    arg
      .replace(/^--corrupt-check-time/, '--experimental-corrupt-check-time')
      .replace('--feature-gates=InitialCorruptCheck=true', '--experimental-initial-corrupt-check'),
  );
}

/** etcd asks with GET and a body, which fetch refuses. */
function peerHashKv(
  port: number,
  revision: number,
): Promise<{ hash: number; compactRevision: number }> {
  return new Promise((resolve, reject) => {
    const path = '/members/hashkv';
    const options = { host: '127.0.0.1', port, path, timeout: ANSWER_TIMEOUT_MS };
    const call = request({ ...options, method: 'GET' }, (response) => {
      const taken = text(response).then((body) => {
        if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${body}`);
        const { hash, compact_revision: compactRevision = 0 } = JSON.parse(body);
        resolve({ hash, compactRevision });
      });
      taken.catch(reject);
    });
    call.on('error', reject);
    const body = JSON.stringify({ revision });
    call.setHeader('content-length', body.length);
    call.end(body);
  });
}

export class TestCluster {
  readonly root: string;
  readonly #members: Map<string, TestMember>;
  readonly #args: readonly string[];

  /** `args` go to every member. */
  constructor(args: readonly string[] = []) {
    this.root = mkdtempSync(join(tmpdir(), 'etcd-cluster-'));
    this.#members = new Map();
    this.#args = args;
  }

  /** Runs `body` on a cluster whose processes are gone afterwards, and whose data stays only after a failure. */
  static async run(
    args: readonly string[],
    body: (cluster: TestCluster) => Promise<string>,
  ): Promise<string> {
    const cluster = new TestCluster(args);
    // Whatever ends this program must not leave members behind.
    const endAll = (): void => {
      for (const { process: running } of cluster.running) running.signal('SIGKILL');
    };
    process.on('exit', endAll);
    try {
      const note = await body(cluster);
      await cluster.#killAll();
      rmSync(cluster.root, { recursive: true, force: true });
      return note;
    } catch (error) {
      for (const { name, log } of cluster.members) {
        writeFileSync(join(cluster.root, `${name}.log`), log);
      }
      await cluster.#killAll();
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(`${what}\ndata and logs are in ${cluster.root}`, { cause: error });
    } finally {
      process.off('exit', endAll);
    }
  }

  get members(): readonly TestMember[] {
    return [...this.#members.values()];
  }

  get running(): readonly TestMember[] {
    return this.members.filter(({ isRunning }) => isRunning);
  }

  get endpoints(): readonly string[] {
    return this.running.map(({ endpoint }) => endpoint);
  }

  find(name: string): TestMember | undefined {
    return this.#members.get(name);
  }

  member(name: string): TestMember {
    const member = this.find(name);
    if (member === undefined) throw new Error(`there is no member ${name}`);
    return member;
  }

  /** Members as yet without processes. */
  async create(choice: MemberChoice): Promise<TestMember> {
    const [clientPort = 0, peerPort = 0, spare = 0] = await freePorts(3);
    const args = [...this.#args, ...(choice.args ?? [])];
    const member = new TestMember({ ...choice, args }, this.root, [clientPort, peerPort, spare]);
    this.#members.set(member.name, member);
    return member;
  }

  /** Founds a cluster and waits until every member serves. */
  async found(kind: Kind, names: readonly string[]): Promise<void> {
    for (const name of names) await this.create({ name, kind });
    await this.foundWith(names.map((name) => this.member(name)));
  }

  async foundWith(members: readonly TestMember[]): Promise<void> {
    const processes = members.map((member) => member.launch(initialCluster(members), 'new'));
    for (const process of await Promise.all(processes)) await process.ready();
  }

  /** Adds a member and starts it; resolves with its id when it serves. A learner serves as one. */
  async join(member: TestMember, isLearner: boolean): Promise<bigint> {
    const others = this.running;
    const id = await retried('member add', async () => {
      const { cluster } = anyOf(others).client;
      // An earlier attempt may have worked without an answer.
      const known = (await cluster.memberList()).members;
      const found = known.find(({ peerUrls }) => peerUrls.includes(member.peerUrl));
      if (found !== undefined) return found.id;
      const added = await cluster.memberAdd([member.peerUrl], { isLearner });
      return added.member?.id ?? 0n;
    });
    await this.launchJoined(member, others);
    return id;
  }

  /** Starts a member that the cluster knows already. */
  async launchJoined(member: TestMember, others: readonly TestMember[]): Promise<void> {
    const process = await member.launch(initialCluster([...others, member]), 'existing');
    await process.ready();
  }

  /** Starts a member again on what it has. */
  async restart(member: TestMember): Promise<void> {
    const process = await member.launch(initialCluster(this.members), 'new');
    await process.ready();
  }

  async remove(member: TestMember): Promise<void> {
    this.#members.delete(member.name);
    await member.kill();
    member.client.close();
    member.wipe();
  }

  /** Promotes a learner once it has caught up. */
  async promote(id: bigint): Promise<void> {
    await retried('promote', async () => {
      const found = (await this.list()).find((member) => member.id === id);
      // An earlier attempt may have worked without an answer.
      if (found?.isLearner !== false) await this.anyClient().cluster.memberPromote(id);
    });
  }

  /** The member all running members take for the leader. */
  async leader(): Promise<TestMember> {
    return await retried('a leader', async () => {
      const running = this.running;
      const statuses = await Promise.all(running.map((member) => member.status()));
      const leaders = new Set(statuses.map(({ leader }) => leader));
      const index = statuses.findIndex(({ header, leader }) => header?.memberId === leader);
      const found = running[index];
      if (found === undefined || leaders.size !== 1) throw new Error('no leader yet');
      return found;
    });
  }

  async followers(): Promise<readonly TestMember[]> {
    const leader = await this.leader();
    return this.running.filter((member) => member !== leader);
  }

  async moveLeader(to: TestMember): Promise<void> {
    const targetId = (await to.status()).header?.memberId ?? 0n;
    await retried('move-leader', async () => {
      const leader = await this.leader();
      if (leader !== to) await leader.client.maintenance.moveLeader(targetId);
    });
    const now = await this.leader();
    if (now !== to) throw new Error(`${now.name} leads, not ${to.name}`);
  }

  async list(): Promise<readonly Member[]> {
    return (await this.anyClient().cluster.memberList()).members;
  }

  anyClient(): EtcdClient {
    return anyOf(this.running).client;
  }

  /** Compares the hash of everything up to a revision that all members have. Resolves that revision. */
  async compareHashes(): Promise<number> {
    const { header } = await this.anyClient().kv.get('hash', { timeoutMs: ANSWER_TIMEOUT_MS });
    const revision = header?.revision ?? 0;
    const told = await Promise.all(
      this.running.map(async (member) => {
        const { hash, compactRevision } = await retried(`a hash of ${member.name}`, () =>
          member.hashKv(revision),
        );
        return { name: member.name, text: `${hash} (compacted at ${compactRevision})` };
      }),
    );
    if (new Set(told.map(({ text }) => text)).size > 1) {
      const lines = told.map(({ name, text }) => `${name}: ${text}`);
      throw new Error(`hashes at revision ${revision} differ\n${lines.join('\n')}`);
    }
    return revision;
  }

  async expectNoAlarms(): Promise<void> {
    const { alarms } = await this.anyClient().maintenance.alarms();
    if (alarms.length > 0) throw new Error(`alarms: ${alarms.map(({ alarm }) => alarm)}`);
  }

  async #killAll(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    for (const member of this.members) member.client.close();
  }
}

function initialCluster(members: readonly TestMember[]): string {
  return members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
}

function anyOf(members: readonly TestMember[]): TestMember {
  const [first] = members;
  if (first === undefined) throw new Error('nobody is running');
  return first;
}

/** Until it works, within bounds; then the last failure. */
export async function retried<T>(
  what: string,
  attempt: () => Promise<T>,
  timeoutMs: number = WAIT_TIMEOUT_MS,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > endMs) throw new Error(`${what}: ${error}`, { cause: error });
      await delay(POLL_MS);
    }
  }
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Throws `text` unless it holds. */
export function expect(holds: boolean, text: string): void {
  if (!holds) throw new Error(text);
}
