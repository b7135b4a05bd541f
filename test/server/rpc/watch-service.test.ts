// Goal: watches behave on the wire as etcd's do: created first, events in order and complete, fragments, progress,
// cancels, compaction, slow clients. Method: fake bidirectional calls over a store in memory, answers decoded by the
// generated code. A failure means informers that miss or repeat events.
import { beforeEach, describe, expect, it } from 'vitest';
import { utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import { WatchPump } from '../../../server/node/watch-pump.ts';
import {
  createWatchCreateRequest,
  createWatchRequest,
  decodeWatchResponse,
  encodeWatchRequest,
  FilterType,
  type WatchCreateRequest,
  type WatchResponse,
} from '../../../server/proto/gen/rpc.ts';
import type { ServiceTable } from '../../../server/rpc/grpc/types.ts';
import { createWatchService } from '../../../server/rpc/watch-service.ts';
import { endOf, type FakeBidi, openBidi } from '../../support/fake-call.ts';
import { compact, put, remove } from '../../support/mvcc-harness.ts';
import { RpcWorld } from '../../support/rpc-harness.ts';

const PROGRESS_MS = 600_000;
const FRAGMENT_BYTES = 1000;

let world: RpcWorld;
let table: ServiceTable;

beforeEach(() => {
  world = new RpcWorld();
  world.start();
  const { time, store, header } = world;
  new WatchPump(store.watchHub, { clock: time, scheduler: time }, () => undefined);
  table = createWatchService({
    hub: store.watchHub,
    header,
    stats: store.stats,
    fragmentBytes: FRAGMENT_BYTES,
    everyProgressInterval: (task) => time.every(PROGRESS_MS, task),
  });
});

class Client {
  readonly call: FakeBidi;
  #read = 0;

  constructor(room?: number) {
    this.call = openBidi(table, '/etcdserverpb.Watch/Watch', room === undefined ? {} : { room });
  }

  create(key: string, more: Partial<WatchCreateRequest> = {}): void {
    const createRequest = createWatchCreateRequest({ key: utf8Bytes(key), ...more });
    this.call.receive(encodeWatchRequest(createWatchRequest({ createRequest })));
  }

  cancel(watchId: bigint): void {
    const cancelRequest = { watchId };
    this.call.receive(encodeWatchRequest(createWatchRequest({ cancelRequest })));
  }

  progress(): void {
    this.call.receive(encodeWatchRequest(createWatchRequest({ progressRequest: {} })));
  }

  /** Responses since the last look. */
  responses(): WatchResponse[] {
    world.time.settle();
    const fresh = this.call.sent.slice(this.#read);
    this.#read = this.call.sent.length;
    return fresh.map((bytes) => decodeWatchResponse(bytes));
  }

  /** Events since the last look, as "+key=value" and "-key". */
  events(): string[] {
    return this.responses().flatMap((response) => response.events.map(textOf));
  }
}

function textOf({ type, kv }: WatchResponse['events'][number]): string {
  const key = utf8Text(kv?.key ?? new Uint8Array(0));
  return type === 1 ? `-${key}` : `+${key}=${utf8Text(kv?.value ?? new Uint8Array(0))}`;
}

const ALL = { rangeEnd: Uint8Array.of(0) };

describe('creating', () => {
  it('answers first, with the revision of now and ids from 0 on', () => {
    put(world.store, 'a', '1');
    const client = new Client();
    client.create('a');
    client.create('b', { watchId: 7n });
    client.create('c');
    expect(client.responses()).toMatchObject([
      { header: world.fullHeader(2), watchId: 0n, created: true, canceled: false, events: [] },
      { watchId: 7n, created: true },
      { watchId: 1n, created: true },
    ]);
    put(world.store, 'a', '2');
    expect(client.responses()).toMatchObject([
      {
        header: world.fullHeader(3),
        watchId: 0n,
        created: false,
        events: [{ type: 0, kv: { createRevision: 2, modRevision: 3, version: 2 } }],
      },
    ]);
  });

  it.each<[string, Partial<WatchCreateRequest> & { readonly name: string }, string]>([
    [
      'a negative revision',
      { name: 'a', startRevision: -1 },
      'etcdserver: mvcc: required revision has been compacted',
    ],
    ['an empty range', { name: 'b', rangeEnd: utf8Bytes('a') }, 'mvcc: watcher range is empty'],
    ['a range of nothing', { name: 'b', rangeEnd: utf8Bytes('b') }, 'mvcc: watcher range is empty'],
    [
      'an id that is taken',
      { name: 'a', watchId: 5n },
      'mvcc: duplicate watch ID provided on the WatchStream',
    ],
  ])(
    'refuses %s in one answer, and the stream goes on',
    (_name, { name, ...more }, cancelReason) => {
      const client = new Client();
      client.create('x', { watchId: 5n });
      client.create(name, more);
      expect(client.responses()[1]).toMatchObject({
        header: world.fullHeader(1),
        watchId: -1n,
        created: true,
        canceled: true,
        cancelReason,
      });
      put(world.store, 'x', '1');
      expect(client.events()).toEqual(['+x=1']);
    },
  );

  it('an empty key begins with the first one', () => {
    const client = new Client();
    client.create('', ALL);
    put(world.store, '\0', 'zero');
    put(world.store, 'z', 'last');
    expect(client.events()).toEqual(['+\0=zero', '+z=last']);
  });
});

describe('events', () => {
  it('of one revision come together, deletions with the key alone', () => {
    put(world.store, 'a', '1');
    const client = new Client();
    client.create('a', ALL);
    client.responses();
    const txn = world.store.beginWrite();
    txn.put(utf8Bytes('b'), utf8Bytes('2'), 0n);
    txn.deleteRange(utf8Bytes('a'), new Uint8Array(0));
    txn.end();
    const [response, ...rest] = client.responses();
    expect(rest).toEqual([]);
    expect(response?.events.map(textOf)).toEqual(['+b=2', '-a']);
    expect(response?.events[1]?.kv).toEqual({
      key: utf8Bytes('a'),
      value: new Uint8Array(0),
      createRevision: 0,
      modRevision: 3,
      version: 0,
      lease: 0n,
    });
  });

  it('of the past are caught up with, without loss or repetition', () => {
    for (let i = 0; i < 2500; i++) put(world.store, `k${i % 10}`, String(i));
    const client = new Client();
    client.create('k', { ...ALL, startRevision: 2 });
    put(world.store, 'k0', 'during');
    const events = client.events();
    put(world.store, 'k0', 'after');
    events.push(...client.events());
    expect(events).toHaveLength(2502);
    expect(events.slice(-2)).toEqual(['+k0=during', '+k0=after']);
    expect(new Set(events).size).toBe(2502);
  });

  it('of the future wait until they are there', () => {
    const client = new Client();
    client.create('a', { startRevision: 4 });
    for (const value of ['2', '3', '4', '5']) put(world.store, 'a', value);
    expect(client.events()).toEqual(['+a=4', '+a=5']);
  });

  it('carry the value before when asked, and are filtered when asked', () => {
    put(world.store, 'a', '1');
    const client = new Client();
    client.create('a', { prevKv: true });
    client.create('a', { filters: [FilterType.noput] });
    client.create('a', { filters: [FilterType.nodelete] });
    client.responses();
    put(world.store, 'a', '2');
    remove(world.store, 'a');
    put(world.store, 'a', '3');
    const seen = client.responses();
    const of = (watchId: bigint): WatchResponse['events'] =>
      seen.filter((response) => response.watchId === watchId).flatMap(({ events }) => events);
    expect(of(0n).map(({ prevKv }) => prevKv && utf8Text(prevKv.value))).toEqual([
      '1',
      '2',
      undefined,
    ]);
    expect(of(1n).map(textOf)).toEqual(['-a']);
    expect(of(2n).map(textOf)).toEqual(['+a=2', '+a=3']);
    expect(of(2n).every(({ prevKv }) => prevKv === undefined)).toBe(true);
  });

  it('reach many watchers with the same bytes', () => {
    const clients = [new Client(), new Client()];
    for (const client of clients) client.create('a');
    for (const client of clients) client.responses();
    put(world.store, 'a', 'x');
    const [first, second] = clients.map((client) => client.call.sent.at(-1));
    expect(first).toEqual(second);
    expect(world.store.stats.pendingEvents).toBe(0);
  });
});

describe('big responses', () => {
  function putMany(count: number, bytes: number): void {
    const txn = world.store.beginWrite();
    for (let i = 0; i < count; i++) txn.put(utf8Bytes(`k${i}`), new Uint8Array(bytes).fill(65), 0n);
    txn.end();
  }

  it('are split for who asked, all but the last piece marked, no piece over the limit', () => {
    const client = new Client();
    client.create('k', { ...ALL, fragment: true });
    client.responses();
    putMany(20, 150);
    const sizes = client.call.sent.slice(1).map((bytes) => bytes.length);
    const pieces = client.responses();
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.map(({ fragment }) => fragment)).toEqual(
      pieces.map((_, i) => i < pieces.length - 1),
    );
    expect(pieces.flatMap(({ events }) => events)).toHaveLength(20);
    for (const piece of pieces) expect(piece.header).toEqual(world.fullHeader(2));
    for (const size of sizes) expect(size).toBeLessThanOrEqual(FRAGMENT_BYTES);
  });

  it('one event is never split', () => {
    const client = new Client();
    client.create('k', { ...ALL, fragment: true });
    client.responses();
    putMany(2, 3000);
    expect(client.responses().map(({ events }) => events.length)).toEqual([1, 1]);
  });

  it('are whole for who did not ask', () => {
    const client = new Client();
    client.create('k', ALL);
    client.responses();
    putMany(20, 150);
    expect(client.responses()).toMatchObject([{ fragment: false }]);
  });
});

describe('ending', () => {
  it('one watch is answered, unknown ones are not', () => {
    const client = new Client();
    client.create('a');
    client.create('b');
    client.responses();
    client.cancel(9n);
    client.cancel(0n);
    expect(client.responses()).toMatchObject([
      {
        header: world.fullHeader(1),
        watchId: 0n,
        canceled: true,
        created: false,
        cancelReason: '',
      },
    ]);
    put(world.store, 'a', '1');
    put(world.store, 'b', '1');
    expect(client.events()).toEqual(['+b=1']);
  });

  it('by compaction tells from where it can go on, without a revision', () => {
    for (let i = 0; i < 10; i++) put(world.store, 'a', String(i));
    compact(world.store, 8);
    const client = new Client();
    client.create('a', { startRevision: 3 });
    client.create('a', { startRevision: 8 });
    const seen = client.responses();
    expect(seen.filter(({ created }) => created)).toHaveLength(2);
    expect(seen.find(({ canceled }) => canceled)).toMatchObject({
      header: world.fullHeader(0),
      watchId: 0n,
      canceled: true,
      compactRevision: 8,
      cancelReason: '',
    });
    const events = seen.flatMap((response) => response.events.map(textOf));
    expect(events).toEqual(['+a=6', '+a=7', '+a=8', '+a=9']);
  });

  it('a client without more requests goes on watching', () => {
    const client = new Client();
    client.create('a');
    client.call.halfClose();
    put(world.store, 'a', '1');
    expect(client.events()).toEqual(['+a=1']);
    expect(endOf(client.call)).toMatch(/^open/);
  });

  it('of the call lets everything go', () => {
    const { timerCount } = world.time;
    const client = new Client();
    client.create('a');
    client.call.cancel();
    expect(world.store.stats).toMatchObject({ watchers: 0, watchStreams: 0 });
    expect(world.time.timerCount).toBe(timerCount);
    put(world.store, 'a', '1');
    expect(world.store.stats.pendingEvents).toBe(0);
  });

  it('by the server too', () => {
    const client = new Client();
    client.create('a');
    client.call.stop(14, 'etcdserver: no leader');
    expect(endOf(client.call)).toBe('14 etcdserver: no leader');
    expect(world.store.stats).toMatchObject({ watchers: 0, watchStreams: 0 });
  });

  it('by bytes that are no request', () => {
    const client = new Client();
    client.create('a');
    client.call.receive(Uint8Array.of(0x0a, 9));
    expect(endOf(client.call)).toMatch(/^13 grpc: error unmarshalling request/);
    expect(world.store.stats).toMatchObject({ watchers: 0, watchStreams: 0 });
  });

  it('a request without content is nothing', () => {
    const client = new Client();
    client.call.receive(new Uint8Array(0));
    expect(client.responses()).toEqual([]);
  });
});

describe('progress', () => {
  it('on request: one answer for the stream, when all watchers have seen everything', () => {
    const client = new Client();
    client.progress();
    expect(client.responses()).toEqual([]);
    client.create('a');
    client.create('b');
    client.responses();
    put(world.store, 'x', '1');
    client.progress();
    expect(client.responses()).toMatchObject([
      { header: world.fullHeader(2), watchId: -1n, events: [], created: false, canceled: false },
    ]);
    client.create('c', { startRevision: 10 });
    client.responses();
    client.progress();
    expect(client.responses()).toEqual([]);
  });

  it('each interval for who asked and saw no event', () => {
    const client = new Client();
    client.create('a', { progressNotify: true });
    client.create('b');
    client.responses();
    world.time.advance(PROGRESS_MS);
    expect(client.responses()).toMatchObject([
      { header: world.fullHeader(1), watchId: 0n, events: [] },
    ]);
    put(world.store, 'a', '1');
    client.responses();
    world.time.advance(PROGRESS_MS);
    expect(client.responses()).toEqual([]);
    world.time.advance(PROGRESS_MS);
    expect(client.responses()).toMatchObject([{ header: world.fullHeader(2), watchId: 0n }]);
  });
});

describe('a slow client', () => {
  it('is set aside, and gets everything once it takes more', () => {
    const client = new Client(3);
    client.create('a');
    for (let i = 0; i < 100; i++) put(world.store, 'a', String(i));
    const before = client.events();
    expect(before.length).toBeLessThan(5);
    for (let i = 0; i < 50; i++) {
      client.call.drain(2);
      world.time.settle();
    }
    client.call.drain();
    const events = [...before, ...client.events()];
    expect(events).toEqual(Array.from({ length: 100 }, (_, i) => `+a=${i}`));
    expect(world.store.stats.pendingEvents).toBe(0);
  });
});
