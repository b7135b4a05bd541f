// Owns starting and stopping the servers that are measured: a cluster of one or more members on free local ports, with
// the same flags for every program, in a directory that is removed at the end.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const READY_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 10;

/** 8 GiB: the largest etcd advises, so that no load meets the quota. */
const QUOTA_BYTES = 8 * 1024 ** 3;

interface Member {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly dataDir: string;
  process: ChildProcess | undefined;
}

export class Cluster {
  readonly #binary: string;
  readonly #directory: string;
  readonly #members: Member[];
  readonly #flags: readonly string[];

  private constructor(
    binary: string,
    directory: string,
    members: Member[],
    flags: readonly string[],
  ) {
    this.#flags = flags;
    this.#binary = binary;
    this.#directory = directory;
    this.#members = members;
  }

  /** Starts a new cluster, its members with `flags` beside the usual ones, and waits until every member serves. */
  static async start(
    binary: string,
    memberCount: number,
    flags: readonly string[] = [],
  ): Promise<Cluster> {
    const directory = await mkdtemp(path.join(tmpdir(), 'etcd-bench-'));
    const ports = await freePorts(2 * memberCount);
    const members = Array.from({ length: memberCount }, (_, i) =>
      memberOf(directory, i, ports[2 * i] ?? 0, ports[2 * i + 1] ?? 0),
    );
    const cluster = new Cluster(binary, directory, members, flags);
    await cluster.startMembers();
    return cluster;
  }

  get endpoints(): string[] {
    return this.#members.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
  }

  get pids(): number[] {
    return this.#members.map((member) => member.process?.pid ?? 0);
  }

  get directory(): string {
    return this.#directory;
  }

  /** Starts all members and waits until they serve; returns the milliseconds it took. */
  async startMembers(): Promise<number> {
    const startedAt = performance.now();
    for (const member of this.#members) this.#spawn(member);
    await Promise.all(this.#members.map((member) => this.#waitUntilServing(member)));
    return performance.now() - startedAt;
  }

  /** Ends a member at once, as a crash would. */
  async kill(member: number): Promise<void> {
    const child = this.#members[member]?.process;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Starts a member that was killed, and waits until it serves. */
  async restart(member: number): Promise<void> {
    const found = this.#members[member];
    if (found === undefined) return;
    this.#spawn(found);
    await this.#waitUntilServing(found);
  }

  /** Makes room for one more member: its peer address, to tell the cluster, and a function that then starts it. */
  async prepareMember(): Promise<{ peerUrl: string; start: () => void }> {
    const [clientPort = 0, peerPort = 0] = await freePorts(2);
    const member = memberOf(this.#directory, this.#members.length, clientPort, peerPort);
    this.#members.push(member);
    return {
      peerUrl: `http://127.0.0.1:${peerPort}`,
      start: () => this.#spawn(member, ['--initial-cluster-state', 'existing']),
    };
  }

  /** Ends all members as an operator would. */
  async stopMembers(): Promise<void> {
    await Promise.all(this.#members.map((member) => stopProcess(member)));
  }

  async remove(): Promise<void> {
    await this.stopMembers();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #spawn(member: Member, more: readonly string[] = []): void {
    const clientUrl = `http://127.0.0.1:${member.clientPort}`;
    const peerUrl = `http://127.0.0.1:${member.peerPort}`;
    const initialCluster = this.#members
      .map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`)
      .join(',');
    const log = openSync(`${member.dataDir}.log`, 'a');
    const argv = [
      ...['--name', member.name, '--data-dir', member.dataDir],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', initialCluster, '--initial-cluster-token', this.#directory],
      ...['--quota-backend-bytes', String(QUOTA_BYTES), '--log-level', 'error'],
      ...this.#flags,
      ...more,
    ];
    member.process = spawn(this.#binary, argv, { stdio: ['ignore', log, log] });
  }

  async #waitUntilServing(member: Member): Promise<void> {
    const deadline = performance.now() + READY_MS;
    while (performance.now() < deadline) {
      if (member.process?.exitCode !== null) break;
      if (await isHealthy(member.clientPort)) return;
      await sleep(POLL_MS);
    }
    const log = await readFile(`${member.dataDir}.log`, 'utf8').catch(() => '');
    throw new Error(`${this.#binary} does not serve:\n${log.slice(-2000)}`);
  }
}

function memberOf(directory: string, i: number, clientPort: number, peerPort: number): Member {
  const name = `m${i}`;
  return { name, clientPort, peerPort, dataDir: path.join(directory, name), process: undefined };
}

async function stopProcess(member: Member): Promise<void> {
  const child = member.process;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/health', timeout: 1000 }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
    });
    request.once('error', () => resolve(false));
    request.once('timeout', () => request.destroy());
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
