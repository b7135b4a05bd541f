// Owns one member in a process of its own for the suites outside vitest: start, wait until it serves, kill, stop.

import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { SERVER_BIN } from './paths.ts';

const READY_LINE = 'ready to serve client requests';
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
/** Of the log, the end is kept: what a failure is read from. */
const LOG_CHARACTERS_KEPT = 200_000;

export interface MemberOptions {
  readonly dataDir: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** The peer port others are told, from which ids come; `peerPort` when absent. */
  readonly advertisedPeerPort?: number;
  /** More flags. */
  readonly args?: readonly string[];
  /** Another server than ours. */
  readonly bin?: string;
  /** A shell to start the launcher from, as the arguments before it: limits, another user. */
  readonly prefix?: readonly string[];
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class MemberProcess {
  readonly options: MemberOptions;
  readonly endpoint: string;
  /** Resolves when the process has ended and its output is read. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #log: string;
  #ready: boolean;
  #onReady: (() => void) | undefined;

  constructor(options: MemberOptions) {
    this.options = options;
    this.endpoint = `127.0.0.1:${options.clientPort}`;
    this.#log = '';
    this.#ready = false;
    this.#onReady = undefined;
    const command = [
      ...(options.prefix ?? []),
      options.bin ?? SERVER_BIN,
      ...flags(options),
      ...(options.args ?? []),
    ];
    this.#child = spawn(command[0] ?? '', command.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...launcherEnvironment() },
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#take(chunk));
    this.exited = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Starts a member and waits until it serves. */
  static async start(options: MemberOptions): Promise<MemberProcess> {
    const member = new MemberProcess(options);
    await member.ready();
    return member;
  }

  get log(): string {
    return this.#log;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves once clients are served; rejects when the process ends first, or takes too long. */
  async ready(): Promise<void> {
    if (this.#ready) return;
    const isReady = new Promise<'ready'>((resolve) => {
      this.#onReady = () => resolve('ready');
    });
    const outcome = await withTimeout(Promise.race([isReady, this.exited]), READY_TIMEOUT_MS);
    if (outcome === 'ready') return;
    await this.kill();
    const why = outcome === undefined ? 'is not ready in time' : `ended: ${describe(outcome)}`;
    throw new Error(`the member ${why}\n${lastLines(this.#log)}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The end without warning. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** The orderly end. */
  async stop(): Promise<Exit> {
    this.#child.kill('SIGTERM');
    const exit = await withTimeout(this.exited, STOP_TIMEOUT_MS);
    if (exit !== undefined) return exit;
    await this.kill();
    throw new Error(`the member did not stop in time\n${lastLines(this.#log)}`);
  }

  #take(chunk: Buffer): void {
    this.#log = (this.#log + chunk.toString('utf8')).slice(-LOG_CHARACTERS_KEPT);
    if (this.#ready || !this.#log.includes(READY_LINE)) return;
    this.#ready = true;
    this.#onReady?.();
  }
}

function flags(options: MemberOptions): string[] {
  const { dataDir, clientPort, peerPort, advertisedPeerPort = peerPort } = options;
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${advertisedPeerPort}`;
  return [
    `--data-dir=${dataDir}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}

/** What the launcher reads, and nothing that a server would take for a flag. */
function launcherEnvironment(): Record<string, string> {
  const names = ['ETCD_TS_NODE', 'ETCD_TS_NODE_FLAGS', 'HOME'];
  return Object.fromEntries(names.flatMap((name) => entryOf(name)));
}

function entryOf(name: string): [string, string][] {
  const value = process.env[name];
  return value === undefined ? [] : [[name, value]];
}

export function describe({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}

/** The end of a log, for an error's text. */
export function lastLines(log: string, count = 12): string {
  const lines = log.trimEnd().split('\n').slice(-count);
  return lines.map((line) => line.slice(0, 600)).join('\n');
}

/** Undefined when the time is over first. */
export function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Ports nobody listens on; somebody may take them before the member does, so they are taken late. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, openServer));
  const ports = servers.map((server) => {
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  });
  for (const server of servers) server.close();
  return ports;
}

function openServer(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
