// Goal: what a watcher is told is the history of its keys: in order, each event once, revisions whole, no gaps, with
// the right previous values, whatever the sinks, compactions and restores do meanwhile.
// Method: random writes, watchers, slow sinks, cancellations, compactions and restores against a list of everything
// that was ever written; progress answers are checked when they come, the rest after all sinks were drained.
// A failure means: a client would miss a change, see one twice, or trust a revision too early.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, utf8Bytes } from '../../server/base/bytes.ts';
import type { MvccStore } from '../../server/mvcc/store.ts';
import type { WatchStream } from '../../server/mvcc/watch-stream.ts';
import type { WatchResponse, WatchSink } from '../../server/mvcc/watch-types.ts';
import { MemoryBackend } from '../support/memory-backend.ts';
import { openStore, plain } from '../support/mvcc-harness.ts';

interface HistoryEvent {
  readonly main: number;
  readonly key: string;
  readonly tombstone: boolean;
  readonly text: string;
  readonly previous: string | undefined;
}

interface Expected {
  readonly key: string;
  readonly end: string;
  readonly from: number;
  readonly prevKv: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  received: HistoryEvent[];
  created: boolean;
  ended: 'no' | 'canceled' | 'compacted';
  /** Revision of the store when it was canceled. */
  until: number;
}

class TestSink implements WatchSink {
  readonly capacity: number;
  readonly queue: WatchResponse[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  isFull(): boolean {
    return this.queue.length >= this.capacity;
  }

  send(response: WatchResponse): void {
    this.queue.push(response);
  }
}

class Client {
  readonly sink: TestSink;
  readonly stream: WatchStream;
  readonly watchers = new Map<bigint, Expected>();
  readonly ended: Expected[] = [];
  readonly waiting: Expected[] = [];
  lastRevision = 0;

  constructor(store: MvccStore, capacity: number) {
    this.sink = new TestSink(capacity);
    this.stream = store.watchHub.open(this.sink);
  }
}

class World {
  backend = new MemoryBackend();
  readonly store = openStore(this.backend, { valueCacheBytes: 300 });
  readonly history: HistoryEvent[] = [];
  readonly live = new Map<string, string>();
  readonly clients: Client[] = [];

  write(ops: readonly { key: string; remove: boolean }[]): void {
    const txn = this.store.beginWrite();
    const before = new Map(this.live);
    const events: HistoryEvent[] = [];
    for (const { key, remove } of ops) {
      const main = txn.main;
      const previous = before.get(key);
      if (remove) {
        if (txn.deleteRange(utf8Bytes(key), new Uint8Array(0)) === 0) continue;
        this.live.delete(key);
        events.push({ main, key, tombstone: true, text: `${key}@${main}`, previous });
      } else {
        txn.put(utf8Bytes(key), utf8Bytes(`v${main}`), 0n);
        const text = show(txn.valueOf(txn.count - 1));
        this.live.set(key, text);
        events.push({ main, key, tombstone: false, text, previous });
      }
    }
    txn.end();
    this.history.push(...events);
  }

  matching(expected: Expected, from: number, to: number): HistoryEvent[] {
    return this.history.filter(
      (event) =>
        event.main >= from &&
        event.main <= to &&
        inRange(event.key, expected.key, expected.end) &&
        !(event.tombstone ? expected.noDelete : expected.noPut),
    );
  }

  /** Takes up to `count` responses from a client's sink, as the rpc layer does when the socket drains. */
  drain(client: Client, count: number): void {
    for (const response of client.sink.queue.splice(0, count)) this.receive(client, response);
    client.stream.drained();
  }

  receive(client: Client, response: WatchResponse): void {
    if (response.revision !== 0) {
      expect(response.revision).toBeGreaterThanOrEqual(client.lastRevision);
      client.lastRevision = response.revision;
    }
    if (response.created) {
      const expected = client.waiting.shift();
      expect(expected).toBeDefined();
      expect(response.canceled).toBe(false);
      if (expected !== undefined) {
        expected.created = true;
        client.watchers.set(response.watchId, expected);
      }
      return;
    }
    if (response.watchId === -1n) {
      for (const watcher of client.watchers.values()) this.checkSeen(watcher, response.revision);
      return;
    }
    const watcher = client.watchers.get(response.watchId);
    if (watcher === undefined) throw new Error(`response for unknown watcher ${response.watchId}`);
    if (response.canceled) {
      client.watchers.delete(response.watchId);
      client.ended.push(watcher);
      watcher.ended = response.compactRevision > 0 ? 'compacted' : 'canceled';
      if (watcher.ended === 'compacted') watcher.until = response.compactRevision;
      return;
    }
    if (response.events.length === 0) this.checkSeen(watcher, response.revision);
    else this.receiveEvents(watcher, response);
  }

  receiveEvents(watcher: Expected, response: WatchResponse): void {
    const last = watcher.received.at(-1)?.main ?? watcher.from - 1;
    expect(response.events[0]?.modRevision).toBeGreaterThan(last);
    expect(new Set(response.events.map((event) => event.modRevision)).size).toBeLessThanOrEqual(
      1000,
    );
    for (const event of response.events) {
      expect(event.modRevision).toBeLessThanOrEqual(response.revision);
      const kv = plain(event.kv);
      expect(kv.mod).toBe(event.modRevision);
      watcher.received.push({
        main: event.modRevision,
        key: kv.key,
        tombstone: event.tombstone,
        text: event.tombstone ? `${kv.key}@${kv.mod}` : show(event.kv),
        previous: event.prevKv === undefined ? undefined : show(event.prevKv),
      });
    }
  }

  checkSeen(watcher: Expected, revision: number): void {
    const due = this.matching(watcher, watcher.from, revision).length;
    expect(watcher.received.length).toBeGreaterThanOrEqual(due);
  }

  checkWatcher(watcher: Expected): void {
    expect(watcher.created).toBe(true);
    const all = this.matching(watcher, watcher.from, this.store.revision);
    expect(watcher.received.map(bare)).toEqual(all.slice(0, watcher.received.length).map(bare));
    const next = all[watcher.received.length];
    if (watcher.ended === 'no') expect(next).toBeUndefined();
    // What was not delivered before a cancellation for compaction is what the compaction took away, or later.
    if (watcher.ended === 'compacted') {
      const seen = watcher.received.at(-1)?.main ?? 0;
      expect(Math.max(seen + 1, watcher.from)).toBeLessThanOrEqual(watcher.until);
    }
    for (const [i, event] of watcher.received.entries()) {
      const expected = all[i];
      if (!watcher.prevKv) expect(event.previous).toBeUndefined();
      else if (event.previous !== undefined || event.main - 1 >= this.store.compactRevision) {
        expect(event.previous).toBe(expected?.previous);
      }
    }
  }

  finish(): void {
    for (let round = 0; ; round++) {
      if (round > 100_000) throw new Error('watchers never come to rest');
      const worked = this.store.watchHub.step();
      let drained = 0;
      for (const client of this.clients) {
        drained += client.sink.queue.length;
        this.drain(client, client.sink.queue.length);
      }
      if (!worked && drained === 0 && !this.store.watchHub.hasWork) break;
    }
    for (const client of this.clients) {
      expect(client.waiting).toEqual([]);
      for (const watcher of client.watchers.values()) this.checkWatcher(watcher);
      for (const watcher of client.ended) this.checkWatcher(watcher);
    }
    expect(this.store.stats.slowWatchers).toBe(0);
    expect(this.store.stats.watchers).toBe(this.store.watchHub.syncedCount);
  }
}

function show(bytes: Uint8Array): string {
  const kv = plain(bytes);
  return `${kv.key}=${kv.value} c${kv.create} m${kv.mod} v${kv.version}`;
}

function bare(event: HistoryEvent): string {
  return `${event.main} ${event.tombstone ? 'delete' : 'put'} ${event.text}`;
}

function inRange(key: string, from: string, end: string): boolean {
  if (end === '') return key === from;
  if (compareBytes(utf8Bytes(key), utf8Bytes(from)) < 0) return false;
  return end === '\0' || compareBytes(utf8Bytes(key), utf8Bytes(end)) < 0;
}

const key = fc.constantFrom('a', 'a1', 'a2', 'b', 'b1', 'c', 'd');
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('write' as const),
      ops: fc.uniqueArray(fc.record({ key, remove: fc.boolean() }), {
        selector: (one) => one.key,
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('watch' as const),
      client: fc.nat(3),
      key,
      end: fc.constantFrom('', '\0', 'b', 'c', 'zz', 'a2'),
      back: fc.integer({ min: -3, max: 15 }),
      prevKv: fc.boolean(),
      noPut: fc.boolean(),
      noDelete: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('step' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('drain' as const),
      client: fc.nat(3),
      count: fc.nat(4),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('compact' as const), back: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('compactStep' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const), client: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('progress' as const), client: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('restore' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function perform(world: World, s: Step): void {
  const { store } = world;
  switch (s.op) {
    case 'write':
      world.write(s.ops);
      return;
    case 'watch':
      watch(world, s);
      return;
    case 'step':
      store.watchHub.step();
      return;
    case 'drain': {
      const client = world.clients[s.client];
      if (client !== undefined) world.drain(client, s.count);
      return;
    }
    case 'compact': {
      const revision = store.revision - s.back;
      if (revision > store.compactRevision && revision > 0) store.scheduleCompaction(revision);
      return;
    }
    case 'compactStep':
      store.pendingCompaction?.step(5);
      return;
    case 'cancel': {
      const client = world.clients[s.client];
      const first = client?.watchers.keys().next().value;
      if (client !== undefined && first !== undefined) client.stream.cancel(first);
      return;
    }
    case 'progress': {
      const client = world.clients[s.client];
      client?.stream.requestProgress();
      client?.stream.progressTick();
      return;
    }
    case 'restore':
      world.backend.commit();
      world.backend = world.backend.lost();
      store.restore(undefined, world.backend).run();
  }
}

function watch(world: World, s: Extract<Step, { op: 'watch' }>): void {
  const client = world.clients[s.client];
  if (client === undefined) return;
  if (s.end !== '' && s.end !== '\0' && s.key >= s.end) return;
  const current = world.store.revision;
  const startRevision = Math.max(0, current - s.back);
  client.waiting.push({
    key: s.key,
    end: s.end,
    from: startRevision === 0 ? current + 1 : startRevision,
    prevKv: s.prevKv,
    noPut: s.noPut,
    noDelete: s.noDelete,
    received: [],
    created: false,
    ended: 'no',
    until: 0,
  });
  client.stream.create({
    watchId: 0n,
    key: utf8Bytes(s.key),
    rangeEnd: utf8Bytes(s.end),
    startRevision,
    prevKv: s.prevKv,
    progressNotify: s.noPut,
    fragment: false,
    noPut: s.noPut,
    noDelete: s.noDelete,
  });
}

describe('watch', () => {
  it('tells the history', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const world = new World();
        for (const capacity of [1, 2, 5, 1000]) {
          world.clients.push(new Client(world.store, capacity));
        }
        for (const s of steps) perform(world, s);
        world.finish();
      }),
      { numRuns: 400 },
    );
  });
});
