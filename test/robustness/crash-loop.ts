// Owns the crash loop: load, SIGKILL at a random moment, restart on the same data, compare. At the end the log alone, without
// the store, must give the same hash: what was served came from the log and nowhere else.

import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8Bytes } from '../../server/base/bytes.ts';
import { Prng } from '../../server/base/prng.ts';
import { createPutRequest } from '../../server/proto/gen/rpc.ts';
import { EtcdCalls } from '../support/etcd-calls.ts';
import { freePorts, MemberProcess } from '../support/member-process.ts';
import type { Tally } from '../support/tally.ts';
import { checkMember, readKeys } from './checks.ts';
import { History } from './history.ts';
import { Load } from './load.ts';
import { WatchFollower } from './watch-follower.ts';

const WRITER_COUNT = 32;
const LEASE_TTL_SECONDS = 3600;
/** The shortest lease the server grants with its default election timeout. */
const SHORT_TTL_SECONDS = 2;
const SHORT_EXPIRY_TIMEOUT_MS = 60_000;
const SHORT_POLL_MS = 200;
/** Revisions that a compaction leaves. */
const COMPACTION_KEEPS = 2000;

export interface CrashLoopOptions {
  readonly name: string;
  readonly rounds: number;
  readonly seed: number;
  readonly args: readonly string[];
  readonly valueBytes: number;
  /** Every how many rounds history is compacted; 0: never. */
  readonly compactEvery: number;
  /** Whether the log is kept from its first entry on, so that it can rebuild the store. */
  readonly replay: boolean;
}

export class CrashLoop {
  readonly #options: CrashLoopOptions;
  readonly #random: Prng;
  readonly #history: History;
  readonly #follower: WatchFollower;
  readonly #root: string;
  readonly #dataDir: string;
  readonly #ports: readonly number[];
  #lease: bigint;
  #compactRevision: number;
  #checkedRevision: number;

  constructor(options: CrashLoopOptions, ports: readonly number[]) {
    this.#options = options;
    this.#random = new Prng(options.seed);
    this.#history = new History();
    this.#follower = new WatchFollower();
    this.#root = mkdtempSync(join(tmpdir(), 'etcd-crash-'));
    this.#dataDir = join(this.#root, 'data');
    this.#ports = ports;
    this.#lease = 0n;
    this.#compactRevision = 0;
    this.#checkedRevision = 1;
  }

  static async run(options: CrashLoopOptions, tally: Tally): Promise<void> {
    const loop = new CrashLoop(options, await freePorts(2));
    try {
      for (let round = 0; round < options.rounds; round++) {
        const ok = await tally.run(`${options.name} round ${round}`, () => loop.#round(round));
        if (!ok) return;
      }
      await tally.run(`${options.name} end`, () => loop.#end());
    } finally {
      if (tally.failed === 0) rmSync(loop.#root, { recursive: true, force: true });
      else console.log(`the data is kept in ${loop.#root}`);
    }
  }

  #start(dataDir = this.#dataDir): Promise<MemberProcess> {
    return MemberProcess.start(this.#memberOptions(dataDir));
  }

  #memberOptions(dataDir: string): ConstructorParameters<typeof MemberProcess>[0] {
    const [clientPort = 0, peerPort = 0] = this.#ports;
    return { dataDir, clientPort, peerPort, args: this.#options.args };
  }

  async #round(round: number): Promise<string> {
    const { seed, valueBytes, compactEvery } = this.#options;
    if (round > 0 && this.#random.below(4) === 0) await this.#crashWhileStarting();
    const startMs = performance.now();
    const member = await this.#start();
    const readyMs = performance.now() - startMs;
    const calls = new EtcdCalls(member.endpoint);
    try {
      this.#follower.follow(calls);
      if (this.#lease === 0n) this.#lease = (await calls.leaseGrant(LEASE_TTL_SECONDS)).id;
      await this.#check(calls);
      if (compactEvery > 0 && round % compactEvery === compactEvery - 1) await this.#compact(calls);
      await this.#putShortLived(calls, round);
      const load = new Load({
        calls,
        history: this.#history,
        seed: seed + round,
        writerCount: WRITER_COUNT,
        valueBytes,
        lease: this.#lease,
      });
      const before = this.#history.writeCount;
      await delay(50 + this.#random.below(1200));
      const fatal = member.log.includes('"level":"fatal"');
      await member.kill();
      const wrong = await load.stop();
      if (fatal) throw new Error(`the member logged a fatal error\n${member.log.slice(-2000)}`);
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
      const written = this.#history.writeCount - before;
      return `${written} writes, ${this.#history.doubtCount} in doubt, ready in ${readyMs.toFixed(0)} ms`;
    } finally {
      this.#follower.unfollow();
      calls.close();
      await member.kill();
    }
  }

  /** A crash during recovery is a crash as well. */
  async #crashWhileStarting(): Promise<void> {
    const member = new MemberProcess(this.#memberOptions(this.#dataDir));
    await delay(100 + this.#random.below(500));
    await member.kill();
  }

  async #check(calls: EtcdCalls): Promise<void> {
    const { wrong, revision } = await checkMember({
      calls,
      history: this.#history,
      follower: this.#follower,
      random: this.#random,
      lease: this.#lease,
      leaseTtlSeconds: LEASE_TTL_SECONDS,
      compactRevision: this.#compactRevision,
      checkedRevision: this.#checkedRevision,
    });
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    this.#checkedRevision = revision;
  }

  async #compact(calls: EtcdCalls): Promise<void> {
    const revision = this.#checkedRevision - COMPACTION_KEEPS;
    if (revision <= this.#compactRevision) return;
    this.#compactRevision = revision;
    await calls.compact(revision);
  }

  async #putShortLived(calls: EtcdCalls, round: number): Promise<void> {
    const { id } = await calls.leaseGrant(SHORT_TTL_SECONDS);
    const key = utf8Bytes(`short/${round}`);
    await calls.put(createPutRequest({ key, value: key, lease: id }));
  }

  /** Checks once more, waits for leases to end, and compares hashes with a store made from the log alone. */
  async #end(): Promise<string> {
    const member = await this.#start();
    const calls = new EtcdCalls(member.endpoint);
    try {
      this.#follower.follow(calls);
      await this.#check(calls);
      await expire(calls);
      const hash = await hashOf(calls);
      const exit = await member.stop();
      if (exit.signal !== 'SIGTERM' && exit.code !== 0)
        throw new Error(`stopped with ${exit.code}`);
      const again = await this.#hashOfStart(this.#dataDir);
      if (again !== hash) throw new Error(`hash ${hash} became ${again} by a restart`);
      if (!this.#options.replay) return `hash ${hash}, ${this.#logFiles()}`;
      const copy = join(this.#root, 'replay');
      cpSync(this.#dataDir, copy, { recursive: true });
      rmSync(join(copy, 'member/rocks'), { recursive: true });
      const replayed = await this.#hashOfStart(copy);
      if (replayed !== hash) throw new Error(`hash ${hash}, from the log alone ${replayed}`);
      return `hash ${hash}, the same from the log alone`;
    } finally {
      this.#follower.unfollow();
      calls.close();
      await member.kill();
    }
  }

  async #hashOfStart(dataDir: string): Promise<string> {
    const member = await this.#start(dataDir);
    const calls = new EtcdCalls(member.endpoint);
    try {
      return await hashOf(calls);
    } finally {
      calls.close();
      await member.kill();
    }
  }

  #logFiles(): string {
    const count = (folder: string, ending: string): number => {
      const path = join(this.#dataDir, 'member', folder);
      return existsSync(path)
        ? readdirSync(path).filter((name) => name.endsWith(ending)).length
        : 0;
    };
    return `${count('wal', '.wal')} log files, ${count('snap', '.snap')} snapshots`;
  }
}

/** Hash, revision and compaction in one text. */
async function hashOf(calls: EtcdCalls): Promise<string> {
  const { hash, compactRevision, hashRevision } = await calls.hashKv();
  return `${hash} at ${hashRevision} compacted ${compactRevision}`;
}

/** Keys of short leases go away, however many crashes came between. */
async function expire(calls: EtcdCalls): Promise<void> {
  const endMs = performance.now() + SHORT_EXPIRY_TIMEOUT_MS;
  for (;;) {
    const { found } = await readKeys(calls, 'short/');
    if (found.size === 0) return;
    if (performance.now() > endMs) throw new Error(`leases never ended: ${[...found.keys()]}`);
    await delay(SHORT_POLL_MS);
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
