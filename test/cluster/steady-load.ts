// Owns a load that goes on while a test changes the cluster under it: puts at a fixed rate, and watchers that go on where
// they stopped. Every put has a value of its own, so that each event belongs to one put. At the end everything must fit:
// what was acknowledged happened at the revision told, what a watcher saw happened once and in order, and all watchers saw
// the same.

import { EtcdClient } from '../../client/client.ts';
import type { Watcher } from '../../client/watch.ts';
import { utf8Text } from '../../server/base/bytes.ts';
import { EventType } from '../../server/proto/gen/kv.ts';
import { delay } from './test-cluster.ts';

const PREFIX = 'steady/';
const KEYS = 50;
const PUT_TIMEOUT_MS = 8000;
const IN_FLIGHT_MAX = 2000;
const CATCH_UP_TIMEOUT_MS = 20_000;
const WRONG_SHOWN = 20;

interface Put {
  readonly key: string;
  readonly value: string;
  /** 0 while nobody said whether it happened. */
  revision: number;
}

/** One event as a watcher saw it. */
interface Seen {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

export interface SteadyLoadOptions {
  readonly endpoints: readonly string[];
  readonly putsPerSecond: number;
  readonly watcherCount: number;
  readonly valueBytes?: number;
}

export class SteadyLoad {
  readonly #writer: EtcdClient;
  readonly #watchClients: EtcdClient[];
  readonly #watchers: Watcher[];
  readonly #seen: Seen[][];
  readonly #puts: Put[];
  readonly #byValue: Map<string, Put>;
  readonly #padding: string;
  readonly #wrong: string[];
  readonly #reasons: Map<string, number>;
  #inFlight: number;
  #stopped: boolean;
  #lastAnswerMs: number;
  #longestPauseMs: number;
  #failures: number;
  #running: Promise<void>;

  private constructor(options: SteadyLoadOptions) {
    this.#writer = new EtcdClient({ endpoints: options.endpoints, dialTimeoutMs: PUT_TIMEOUT_MS });
    this.#watchClients = [];
    this.#watchers = [];
    this.#seen = [];
    this.#puts = [];
    this.#byValue = new Map();
    this.#padding = 'x'.repeat(options.valueBytes ?? 100);
    this.#wrong = [];
    this.#reasons = new Map();
    this.#inFlight = 0;
    this.#stopped = false;
    this.#lastAnswerMs = performance.now();
    this.#longestPauseMs = 0;
    this.#failures = 0;
    this.#running = Promise.resolve();
  }

  static async start(options: SteadyLoadOptions): Promise<SteadyLoad> {
    const load = new SteadyLoad(options);
    for (let index = 0; index < options.watcherCount; index++) {
      await load.#watch(options.endpoints, index);
    }
    load.#begin(options.putsPerSecond);
    return load;
  }

  #begin(putsPerSecond: number): void {
    this.#lastAnswerMs = performance.now();
    this.#running = this.#run(putsPerSecond);
  }

  get acknowledged(): number {
    return this.#puts.reduce((count, put) => count + (put.revision > 0 ? 1 : 0), 0);
  }

  get failures(): number {
    return this.#failures;
  }

  /** Why puts were not acknowledged, with counts. */
  get reasons(): string {
    return [...this.#reasons].map(([reason, count]) => `${count} x ${reason}`).join('; ');
  }

  /** The longest time without an acknowledged put since the last call; starts to measure anew. */
  takeLongestPauseMs(): number {
    const pauseMs = Math.max(this.#longestPauseMs, performance.now() - this.#lastAnswerMs);
    this.#longestPauseMs = 0;
    return pauseMs;
  }

  setEndpoints(endpoints: readonly string[]): void {
    this.#writer.setEndpoints(endpoints);
    for (const client of this.#watchClients) client.setEndpoints(endpoints);
  }

  /** Many puts as fast as they go, beside the steady ones. */
  async fill(count: number): Promise<void> {
    let left = count;
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await this.#put();
      }
    };
    await Promise.all(Array.from({ length: 64 }, work));
  }

  /** Stops writing, lets the watchers catch up, compares. Returns what is wrong. */
  async finish(): Promise<readonly string[]> {
    this.#stopped = true;
    await this.#running;
    while (this.#inFlight > 0) await delay(10);
    const last = await this.#writer.kv.put(`${PREFIX}end`, 'end');
    const end = last.header?.revision ?? 0;
    const endMs = performance.now() + CATCH_UP_TIMEOUT_MS;
    while (this.#seen.some((seen) => (seen.at(-1)?.revision ?? 0) < end)) {
      if (performance.now() > endMs) break;
      await delay(20);
    }
    await this.#compare(end);
    for (const watcher of this.#watchers) await watcher.cancel();
    this.close();
    return this.#wrong.slice(0, WRONG_SHOWN);
  }

  close(): void {
    this.#stopped = true;
    this.#writer.close();
    for (const client of this.#watchClients) client.close();
  }

  async #run(putsPerSecond: number): Promise<void> {
    const startMs = performance.now();
    let sent = 0;
    while (!this.#stopped) {
      const due = ((performance.now() - startMs) * putsPerSecond) / 1000;
      while (sent < due) {
        sent += 1;
        // A cluster without a leader must not be met by a crowd when it has one again.
        if (this.#inFlight < IN_FLIGHT_MAX) void this.#put();
      }
      await delay(5);
    }
  }

  async #put(): Promise<void> {
    const number = this.#puts.length;
    const key = `${PREFIX}${number % KEYS}`;
    const put: Put = { key, value: `${number} ${this.#padding}`, revision: 0 };
    this.#puts.push(put);
    this.#byValue.set(put.value, put);
    this.#inFlight += 1;
    try {
      const { header } = await this.#writer.kv.put(key, put.value, { timeoutMs: PUT_TIMEOUT_MS });
      put.revision = header?.revision ?? 0;
      const nowMs = performance.now();
      this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - this.#lastAnswerMs);
      this.#lastAnswerMs = nowMs;
    } catch (error) {
      this.#failures += 1;
      const reason = error instanceof Error ? error.message : String(error);
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    }
    this.#inFlight -= 1;
  }

  async #watch(endpoints: readonly string[], index: number): Promise<void> {
    // Each watcher begins at another member.
    const turned = [...endpoints.slice(index), ...endpoints.slice(0, index)];
    const client = new EtcdClient({ endpoints: turned.length > 0 ? turned : endpoints });
    const watcher = client.watches.open(PREFIX, { prefix: true });
    const seen: Seen[] = [];
    this.#watchClients.push(client);
    this.#watchers.push(watcher);
    this.#seen.push(seen);
    await watcher.whenCreated();
    void this.#follow(watcher, seen, index);
  }

  async #follow(watcher: Watcher, seen: Seen[], index: number): Promise<void> {
    try {
      for await (const { events } of watcher) {
        for (const { type, kv } of events) {
          if (kv === undefined || type === EventType.delete) {
            this.#wrong.push(`watcher ${index} saw something nobody did`);
            continue;
          }
          const before = seen.at(-1)?.revision ?? 0;
          if (kv.modRevision <= before) {
            this.#wrong.push(`watcher ${index} saw revision ${kv.modRevision} after ${before}`);
          }
          const value = utf8Text(kv.value);
          seen.push({ key: utf8Text(kv.key), value, revision: kv.modRevision });
        }
      }
    } catch (error) {
      this.#wrong.push(`watcher ${index} ended: ${error}`);
    }
  }

  async #compare(end: number): Promise<void> {
    const [first = []] = this.#seen;
    for (const [index, seen] of this.#seen.entries()) {
      const last = seen.at(-1)?.revision ?? 0;
      if (last !== end) this.#wrong.push(`watcher ${index} is at ${last}, not ${end}`);
      if (seen.length !== first.length) {
        this.#wrong.push(`watcher ${index} saw ${seen.length} events, watcher 0 ${first.length}`);
      }
    }
    const happened = new Map<string, Seen>();
    for (const seen of first) {
      if (happened.has(seen.value)) this.#wrong.push(`${seen.value} happened twice`);
      happened.set(seen.value, seen);
      const put = this.#byValue.get(seen.value);
      if (put?.key !== seen.key && seen.value !== 'end') {
        this.#wrong.push(`nobody wrote ${seen.key} at revision ${seen.revision}`);
      }
    }
    for (const [index, seen] of this.#seen.entries()) {
      const wrong = seen.findIndex((one, at) => one.revision !== first[at]?.revision);
      if (wrong >= 0) this.#wrong.push(`watcher ${index} differs at event ${wrong}`);
    }
    for (const put of this.#puts) {
      if (put.revision === 0) continue;
      const seen = happened.get(put.value);
      if (seen?.revision !== put.revision) {
        const what = seen === undefined ? 'was lost' : `happened at ${seen.revision}`;
        this.#wrong.push(`a put acknowledged at revision ${put.revision} ${what}`);
      }
    }
    await this.#compareStore(first);
  }

  /** What the store has now is the last event of every key. */
  async #compareStore(events: readonly Seen[]): Promise<void> {
    const { kvs } = await this.#writer.kv.get(PREFIX, { prefix: true });
    const stored = new Map(kvs.map((kv) => [utf8Text(kv.key), utf8Text(kv.value)]));
    const expected = new Map(events.map(({ key, value }) => [key, value]));
    for (const [key, value] of expected) {
      if (stored.get(key) !== value) this.#wrong.push(`${key} is not what was last written`);
    }
    if (stored.size !== expected.size) this.#wrong.push(`${stored.size} keys are stored`);
  }
}
