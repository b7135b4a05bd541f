// Owns the real server as a process of its own, for tests of programs that talk to it: started from the sources on random
// ports with a data directory that is removed, killed and started again on demand.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = resolve(import.meta.dirname, '../..');

/** Arguments of node with which the TypeScript sources run. */
export const TS_LOADER_ARGS: readonly string[] = [
  '--import',
  pathToFileURL(resolve(ROOT, 'test/support/ts-loader.mjs')).href,
];

export const SERVER_MAIN: string = resolve(ROOT, 'server/cli/main.ts');

const READY = 'ready to serve client requests';
const START_TIMEOUT_MS = 20_000;

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => done(port));
    });
  });
}

/** A single member. */
export class ServerProcess {
  readonly clientPort: number;
  readonly peerPort: number;
  readonly dataDir: string;
  readonly #flags: readonly string[];
  readonly #scheme: 'http' | 'https';
  #child: ChildProcess | undefined;
  #output: string;

  private constructor(
    clientPort: number,
    peerPort: number,
    flags: readonly string[],
    scheme: 'http' | 'https',
  ) {
    this.clientPort = clientPort;
    this.peerPort = peerPort;
    this.dataDir = mkdtempSync(join(tmpdir(), 'etcd-ts-server-'));
    this.#flags = flags;
    this.#scheme = scheme;
    this.#child = undefined;
    this.#output = '';
  }

  /** Resolves when the member serves clients; `scheme` is that of the client port. */
  static async start(
    flags: readonly string[] = [],
    scheme: 'http' | 'https' = 'http',
  ): Promise<ServerProcess> {
    const member = await ServerProcess.prepare(flags, scheme);
    try {
      await member.restart();
    } catch (error) {
      await member.remove();
      throw error;
    }
    return member;
  }

  /** A member with ports and an empty data directory, to be started with `restart`. */
  static async prepare(
    flags: readonly string[] = [],
    scheme: 'http' | 'https' = 'http',
  ): Promise<ServerProcess> {
    return new ServerProcess(await freePort(), await freePort(), flags, scheme);
  }

  /** host:port, as users write it. */
  get endpoint(): string {
    return `127.0.0.1:${this.clientPort}`;
  }

  /** What the member wrote since it was last started. */
  get output(): string {
    return this.#output;
  }

  /** Starts the member again on its data and its ports. */
  async restart(): Promise<void> {
    await this.kill();
    const client = `${this.#scheme}://127.0.0.1:${this.clientPort}`;
    const peer = `http://127.0.0.1:${this.peerPort}`;
    this.#output = '';
    const child = spawn(
      process.execPath,
      [
        ...TS_LOADER_ARGS,
        SERVER_MAIN,
        ...['--data-dir', this.dataDir],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', `default=${peer}`],
        ...this.#flags,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '' } },
    );
    this.#child = child;
    await this.#whenReady(child);
  }

  /** Ends the process at once, as a crash would. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('close', done));
    child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  #whenReady(child: ChildProcess): Promise<void> {
    return new Promise((done, fail) => {
      const timer = setTimeout(() => end('was not ready in time'), START_TIMEOUT_MS);
      const end = (problem: string | undefined): void => {
        clearTimeout(timer);
        if (problem === undefined) done();
        else fail(new Error(`the server ${problem}:\n${this.#output}`));
      };
      const take = (part: unknown): void => {
        this.#output += String(part);
        if (this.#output.includes(READY)) end(undefined);
      };
      child.stdout?.on('data', take);
      child.stderr?.on('data', take);
      child.once('close', () => end('ended'));
    });
  }
}
