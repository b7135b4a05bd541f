// Owns the watchers of a robustness run, and what they write down: one that sees everything from the beginning, some on
// parts of it that are asked for progress, and many short ones that begin in the past.

import { EtcdClient } from '../../client/client.ts';
import { WatchCanceledError, type Watcher } from '../../client/watch.ts';
import { utf8Text } from '../../server/base/bytes.ts';
import type { Prng } from '../../server/base/prng.ts';
import { type Event, EventType } from '../../server/proto/gen/kv.ts';
import { pick } from '../support/pick.ts';
import { type Change, positionOf, type WatchRecord } from './record.ts';
import { delay, keyAtOf } from './traffic.ts';

const PREFIXES = ['', 'k/', 'k/3', 'l/'];
const PROGRESS_EVERY_MS = 700;
const SHORT_EVERY_MS = 2000;
const SHORT_LIFE_MS = 1500;
/** Short watchers begin this far in the past. */
const PAST_REVISIONS = 400;
const CATCH_UP_TIMEOUT_MS = 30_000;

interface Following {
  readonly record: WatchRecord;
  readonly watcher: Watcher;
  readonly client: EtcdClient;
  readonly ended: Promise<void>;
}

export class Watchers {
  readonly wrong: string[];
  /** Those that ended already. */
  readonly ended: WatchRecord[];
  readonly #random: Prng;
  readonly #following: Following[];
  #endpoints: readonly string[];
  #stopped: boolean;
  #shortLived: Promise<void>;
  #count: number;

  constructor(random: Prng, endpoints: readonly string[]) {
    this.wrong = [];
    this.ended = [];
    this.#random = random;
    this.#following = [];
    this.#endpoints = endpoints;
    this.#stopped = false;
    this.#shortLived = Promise.resolve();
    this.#count = 0;
  }

  /** The first watcher sees everything. */
  async start(): Promise<void> {
    for (const prefix of ['', ...PREFIXES]) {
      const following = this.#open(prefix, 2, this.#following.length);
      await following.watcher.whenCreated();
      this.#following.push(following);
    }
    this.#shortLived = this.#runShortLived();
  }

  get everything(): WatchRecord {
    const first = this.#following[0];
    if (first === undefined) throw new Error('nobody watches');
    return first.record;
  }

  /** Everything up to here was seen. */
  get revision(): number {
    return positionOf(this.everything);
  }

  setEndpoints(endpoints: readonly string[]): void {
    this.#endpoints = endpoints;
    for (const { client } of this.#following) client.setEndpoints(endpoints);
  }

  /** Waits until `revision` has come to all; resolves their records. */
  async finish(revision: number): Promise<readonly WatchRecord[]> {
    this.#stopped = true;
    await this.#shortLived;
    const endMs = performance.now() + CATCH_UP_TIMEOUT_MS;
    for (const { watcher, record } of this.#following) {
      while (positionOf(record) < revision && performance.now() < endMs) {
        // Without changes of its keys only a sign of progress tells where a watch is.
        watcher.requestProgress();
        await delay(50);
      }
    }
    for (const following of this.#following) await close(following);
    return this.#following.map(({ record }) => record);
  }

  /** A new watch of everything from `startRevision` to `endRevision` at one member. */
  async again(endpoint: string, startRevision: number, endRevision: number): Promise<WatchRecord> {
    const name = `a new watch at ${endpoint}`;
    const following = this.#follow([endpoint], { name, prefix: '', startRevision });
    const endMs = performance.now() + CATCH_UP_TIMEOUT_MS;
    while (positionOf(following.record) < endRevision && performance.now() < endMs) {
      await delay(20);
    }
    await close(following);
    return following.record;
  }

  #open(prefix: string, startRevision: number, turn: number): Following {
    const endpoints = this.#endpoints;
    const first = turn % endpoints.length;
    const turned = [...endpoints.slice(first), ...endpoints.slice(0, first)];
    const name = `watch ${this.#count++} of "${prefix}" from ${startRevision}`;
    return this.#follow(turned, { name, prefix, startRevision });
  }

  #follow(
    endpoints: readonly string[],
    what: Pick<WatchRecord, 'name' | 'prefix' | 'startRevision'>,
  ): Following {
    const client = new EtcdClient({ endpoints });
    const { prefix, startRevision } = what;
    const options = { prefix: true, startRevision, prevKv: true, progressNotify: true };
    const watcher = client.watches.open(prefix, options);
    const record: WatchRecord = { ...what, withPrevious: true, batches: [] };
    const ended = this.#take(watcher, record);
    return { record, watcher, client, ended };
  }

  async #take(watcher: Watcher, record: WatchRecord): Promise<void> {
    const timer = setInterval(() => watcher.requestProgress(), PROGRESS_EVERY_MS);
    try {
      for await (const { header, events } of watcher) {
        const atMs = performance.now();
        const revision = header?.revision ?? 0;
        record.batches.push({ revision, changes: events.map(changeOf), atMs });
      }
    } catch (error) {
      // What it asked for may be compacted by now: that is the answer then.
      const isCompacted = error instanceof WatchCanceledError && error.compactRevision > 0;
      if (!isCompacted) this.wrong.push(`${record.name} ended: ${error}`);
    } finally {
      clearInterval(timer);
    }
  }

  async #runShortLived(): Promise<void> {
    while (!this.#stopped) {
      await delay(this.#random.below(SHORT_EVERY_MS));
      const startRevision = Math.max(2, this.revision - this.#random.below(PAST_REVISIONS));
      const prefix = pick(this.#random, PREFIXES);
      const following = this.#open(prefix, startRevision, this.#random.below(100));
      await delay(this.#random.below(SHORT_LIFE_MS));
      await close(following);
      this.ended.push(following.record);
    }
  }
}

async function close({ watcher, client, ended }: Following): Promise<void> {
  await watcher.cancel();
  await ended;
  client.close();
}

function changeOf({ type, kv, prevKv }: Event): Change {
  if (kv === undefined) throw new Error('an event without a key');
  const { modRevision, createRevision, version, lease } = kv;
  return {
    revision: modRevision,
    key: utf8Text(kv.key),
    value: type === EventType.delete ? undefined : utf8Text(kv.value),
    createRevision,
    version,
    lease,
    previous: prevKv === undefined ? undefined : keyAtOf(prevKv),
  };
}
