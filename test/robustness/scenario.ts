// Owns what the scenarios of damage share: a directory, a member in it, a load on it, and the comparison afterwards.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from '../../server/base/prng.ts';
import { EtcdCalls } from '../support/etcd-calls.ts';
import { freePorts, type MemberOptions, MemberProcess } from '../support/member-process.ts';
import { LOAD_PREFIX, readKeys } from './checks.ts';
import { History } from './history.ts';
import { Load, type LoadOptions } from './load.ts';

export class Scenario {
  readonly root: string;
  readonly dataDir: string;
  readonly history: History;
  readonly random: Prng;
  readonly #options: MemberOptions;
  readonly #open: (() => unknown)[];

  private constructor(seed: number, ports: readonly number[]) {
    this.root = mkdtempSync(join(tmpdir(), 'etcd-damage-'));
    this.dataDir = join(this.root, 'data');
    this.history = new History();
    this.random = new Prng(seed);
    const [clientPort = 0, peerPort = 0] = ports;
    this.#options = { dataDir: this.dataDir, clientPort, peerPort };
    this.#open = [];
  }

  /** Runs `body` in a directory of its own, which is removed, with every process that was started, afterwards. */
  static async run(seed: number, body: (scenario: Scenario) => Promise<string>): Promise<string> {
    const scenario = new Scenario(seed, await freePorts(2));
    try {
      return await body(scenario);
    } finally {
      for (const close of scenario.#open.reverse()) await close();
      rmSync(scenario.root, { recursive: true, force: true });
    }
  }

  /** A member that serves. */
  async start(options: Partial<MemberOptions> = {}): Promise<MemberProcess> {
    const member = this.launch(options);
    await member.ready();
    return member;
  }

  /** A member that was only told to start. */
  launch(options: Partial<MemberOptions> = {}): MemberProcess {
    const member = new MemberProcess({ ...this.#options, ...options });
    this.#open.push(() => member.kill());
    return member;
  }

  calls(member: MemberProcess): EtcdCalls {
    const calls = new EtcdCalls(member.endpoint);
    this.#open.push(() => calls.close());
    return calls;
  }

  load(calls: EtcdCalls, options: Partial<LoadOptions> = {}): Load {
    return new Load({
      calls,
      history: this.history,
      seed: this.random.below(1_000_000),
      writerCount: 16,
      valueBytes: 1000,
      lease: 0n,
      ...options,
    });
  }

  /** Writes for a while, and stops between requests. */
  async fill(calls: EtcdCalls, milliseconds: number): Promise<void> {
    const load = this.load(calls);
    await delay(milliseconds);
    expectNothing(await load.stop());
  }

  /** What a member has is what it acknowledged. */
  async compare(calls: EtcdCalls): Promise<void> {
    const { found, revision } = await readKeys(calls, LOAD_PREFIX);
    const wrong: string[] = [];
    const told = this.history.revision;
    if (revision < told) {
      wrong.push(`the store is at revision ${revision}, clients were told ${told}`);
    }
    wrong.push(...this.history.compare(found));
    expectNothing(wrong);
  }
}

export function expectNothing(wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(wrong.slice(0, 20).join('\n'));
}

/** Throws `text` unless it holds. */
export function expect(holds: boolean, text: string): void {
  if (!holds) throw new Error(text);
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The fatal lines of a log, as objects. */
export function fatalLines(log: string): Record<string, unknown>[] {
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  const parsed = lines.map((line): Record<string, unknown> => JSON.parse(line));
  return parsed.filter(({ level }) => level === 'fatal');
}
