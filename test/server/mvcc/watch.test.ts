// Goal: requests on a watch stream are answered as etcd answers them, and catching up keeps its promises: whole
// revisions, bounded responses, turns for everybody.
// Method: small histories; a sink that records what it is sent.
// A failure means: official clients would hang, give up, or miss events.

import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import { KeyValueReader, storedKey } from '../../../server/mvcc/key-value.ts';
import { WATCH_SLICE_RECORDS } from '../../../server/mvcc/limits.ts';
import type { MvccStore } from '../../../server/mvcc/store.ts';
import type {
  WatchCreateRequest,
  WatchResponse,
  WatchSink,
} from '../../../server/mvcc/watch-types.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';
import { compact, openStore, plain, put, remove } from '../../support/mvcc-harness.ts';

class RecordingSink implements WatchSink {
  sent: WatchResponse[] = [];
  capacity = Number.POSITIVE_INFINITY;

  isFull(): boolean {
    return this.sent.length >= this.capacity;
  }

  send(response: WatchResponse): void {
    this.sent.push(response);
  }

  take(): WatchResponse[] {
    const sent = this.sent;
    this.sent = [];
    return sent;
  }

  /** What was sent, one line each. */
  lines(): string[] {
    return this.take().map(show);
  }
}

const reader = new KeyValueReader();

function show(r: WatchResponse): string {
  const parts = [`${r.watchId}@${r.revision}`];
  if (r.created) parts.push('created');
  if (r.canceled) parts.push('canceled');
  if (r.compactRevision !== 0) parts.push(`compact ${r.compactRevision}`);
  if (r.cancelReason !== '') parts.push(r.cancelReason);
  for (const event of r.events) {
    const key = utf8Text(storedKey(event.kv, reader));
    parts.push(`${event.tombstone ? 'delete' : 'put'} ${key} ${event.modRevision}`);
  }
  return parts.join(' ');
}

function request(
  key: string,
  options: Partial<Omit<WatchCreateRequest, 'key' | 'rangeEnd'>> & { end?: string } = {},
): WatchCreateRequest {
  const { end = '', ...rest } = options;
  return {
    watchId: 0n,
    startRevision: 0,
    prevKv: false,
    progressNotify: false,
    fragment: false,
    noPut: false,
    noDelete: false,
    ...rest,
    key: utf8Bytes(key),
    rangeEnd: utf8Bytes(end),
  };
}

function open(capacity = Number.POSITIVE_INFINITY) {
  const store = openStore(new MemoryBackend());
  const sink = new RecordingSink();
  sink.capacity = capacity;
  return { store, sink, stream: store.watchHub.open(sink) };
}

function settle(store: MvccStore): void {
  for (let i = 0; store.watchHub.step(); i++) if (i > 10_000) throw new Error('no end');
}

describe('watch requests', () => {
  it('chooses free ids and refuses used ones', () => {
    const { sink, stream } = open();
    stream.create(request('a'));
    stream.create(request('b', { watchId: 1n }));
    stream.create(request('c'));
    stream.create(request('d', { watchId: 1n }));
    expect(sink.lines()).toEqual([
      '0@1 created',
      '1@1 created',
      '2@1 created',
      '-1@1 created canceled mvcc: duplicate watch ID provided on the WatchStream',
    ]);
  });

  it('refuses empty ranges and negative revisions', () => {
    const { sink, stream } = open();
    stream.create(request('b', { end: 'a' }));
    stream.create(request('b', { end: 'b' }));
    stream.create(request('b', { startRevision: -1 }));
    stream.refuse('rpc error: code = PermissionDenied desc = etcdserver: permission denied');
    expect(sink.lines()).toEqual([
      '-1@1 created canceled mvcc: watcher range is empty',
      '-1@1 created canceled mvcc: watcher range is empty',
      '-1@1 created canceled etcdserver: mvcc: required revision has been compacted',
      '-1@1 created canceled rpc error: code = PermissionDenied desc = etcdserver: permission denied',
    ]);
    expect(stream.watcherCount).toBe(0);
  });

  it('takes an empty key for the smallest one, and zero as "from the key on"', () => {
    const { store, sink, stream } = open();
    stream.create({ ...request(''), rangeEnd: new Uint8Array(1) });
    stream.create({ ...request('b'), rangeEnd: new Uint8Array(1) });
    sink.take();
    put(store, 'a', '1');
    put(store, 'c', '1');
    expect(sink.lines().sort()).toEqual(['0@2 put a 2', '0@3 put c 3', '1@3 put c 3']);
  });

  it('cancels, and ignores unknown ids', () => {
    const { store, sink, stream } = open();
    stream.create(request('a'));
    stream.cancel(5n);
    stream.cancel(0n);
    put(store, 'a', '1');
    expect(sink.lines()).toEqual(['0@1 created', '0@1 canceled']);
    expect(store.stats.watchers).toBe(0);
  });

  it('forgets everything of a closed stream', () => {
    const { store, sink, stream } = open();
    put(store, 'a', '1');
    stream.create(request('a'));
    stream.create(request('a', { startRevision: 1 }));
    stream.close();
    stream.close();
    stream.create(request('a'));
    sink.take();
    put(store, 'a', '2');
    settle(store);
    expect(sink.take()).toEqual([]);
    expect([store.stats.watchers, store.stats.slowWatchers, store.stats.watchStreams]).toEqual([
      0, 0, 0,
    ]);
  });
});

describe('watch events', () => {
  it('come at the end of a transaction, all of a revision together', () => {
    const { store, sink, stream } = open();
    stream.create(request('a', { end: 'c', prevKv: true }));
    put(store, 'a', '1');
    sink.take();
    const txn = store.beginWrite();
    txn.deleteRange(utf8Bytes('a'), EMPTY_BYTES);
    txn.put(utf8Bytes('b'), utf8Bytes('2'), 0n);
    txn.put(utf8Bytes('x'), utf8Bytes('2'), 0n);
    expect(sink.sent).toEqual([]);
    txn.end();
    const [response] = sink.take();
    expect(response === undefined ? '' : show(response)).toBe('0@3 delete a 3 put b 3');
    const [deleted, created] = response?.events ?? [];
    expect(plain(deleted?.kv ?? EMPTY_BYTES)).toMatchObject({
      key: 'a',
      mod: 3,
      create: 0,
      version: 0,
    });
    expect(plain(deleted?.prevKv ?? EMPTY_BYTES).value).toBe('1');
    expect(created?.prevKv).toBeUndefined();
  });

  it('are shared by watchers that ask for the same', () => {
    const { store, sink, stream } = open();
    for (let i = 0; i < 3; i++) stream.create(request('a'));
    stream.create(request('a', { prevKv: true }));
    stream.create(request('a', { noPut: true }));
    sink.take();
    put(store, 'a', '1');
    const sent = sink.take().sort((a, b) => (a.watchId < b.watchId ? -1 : 1));
    expect(sent.map((r) => r.watchId)).toEqual([0n, 1n, 2n, 3n]);
    expect(sent[0]?.events).toBe(sent[2]?.events);
    expect(sent[0]?.events).not.toBe(sent[3]?.events);
    expect(store.stats.events).toBe(4);
  });

  it('pass the filters', () => {
    const { store, sink, stream } = open();
    stream.create(request('a', { noPut: true }));
    stream.create(request('a', { noDelete: true }));
    sink.take();
    put(store, 'a', '1');
    remove(store, 'a');
    expect(sink.lines()).toEqual(['1@2 put a 2', '0@3 delete a 3']);
  });

  it('begin at a future revision only then', () => {
    const { store, sink, stream } = open();
    stream.create(request('a', { startRevision: 4 }));
    sink.take();
    put(store, 'a', '2');
    put(store, 'a', '3');
    stream.requestProgress();
    expect(sink.take()).toEqual([]);
    put(store, 'a', '4');
    stream.requestProgress();
    expect(sink.lines()).toEqual(['0@4 put a 4', '-1@4']);
  });

  it('catch up from the compact revision on, not before', () => {
    const { store, sink, stream } = open();
    for (let i = 2; i <= 6; i++) put(store, 'a', String(i));
    compact(store, 4);
    stream.create(request('a', { startRevision: 3 }));
    stream.create(request('a', { startRevision: 4, prevKv: true }));
    expect(sink.lines()).toEqual(['0@6 created', '1@6 created']);
    settle(store);
    const sent = sink.take();
    expect(sent.map(show)).toEqual(['0@0 canceled compact 4', '1@6 put a 4 put a 5 put a 6']);
    expect(sent[1]?.events.map((e) => (e.prevKv === undefined ? 0 : plain(e.prevKv).mod))).toEqual([
      0, 4, 5,
    ]);
    expect(stream.watcherCount).toBe(1);
  });

  it('come in responses of at most 1000 revisions while catching up', () => {
    const { store, sink, stream } = open();
    for (let i = 0; i < 2500; i++) put(store, i % 2 === 0 ? 'a' : 'b', 'x');
    stream.create(request('a', { end: 'c', startRevision: 1 }));
    stream.create(request('b', { startRevision: 1 }));
    sink.take();
    settle(store);
    const sent = sink.take();
    const of = (id: bigint): number[] =>
      sent.filter((r) => r.watchId === id).flatMap((r) => r.events.map((e) => e.modRevision));
    expect(of(0n)).toEqual(Array.from({ length: 2500 }, (_, i) => i + 2));
    expect(of(1n)).toEqual(Array.from({ length: 1250 }, (_, i) => 2 * i + 3));
    for (const r of sent) expect(r.events.length).toBeLessThanOrEqual(WATCH_SLICE_RECORDS);
  });

  it('keep a huge revision together', () => {
    const { store, sink, stream } = open();
    put(store, 'a', '1');
    const txn = store.beginWrite();
    for (let i = 0; i < 3500; i++) txn.put(utf8Bytes(`k${i}`), EMPTY_BYTES, 0n);
    txn.end();
    put(store, 'z', '1');
    stream.create(request('\0', { end: '\0', startRevision: 1 }));
    sink.take();
    settle(store);
    expect(sink.take().map((r) => [r.events.length, r.events[0]?.modRevision])).toEqual([
      [1, 2],
      [3500, 3],
      [1, 4],
    ]);
  });

  it('give every watcher its turn, however far others are behind', () => {
    const { store, sink, stream } = open();
    for (let i = 0; i < 20_000; i++) put(store, 'a', 'x');
    for (let i = 0; i < 3; i++) stream.create(request('a', { startRevision: 1 + i * 3000 }));
    stream.create(request('a', { startRevision: 20_000 }));
    sink.take();
    let steps = 0;
    while (!sink.sent.some((r) => r.watchId === 3n)) {
      store.watchHub.step();
      steps++;
    }
    expect(steps).toBeLessThanOrEqual(4);
    settle(store);
    expect(store.stats.slowWatchers).toBe(0);
  });
});

describe('slow streams', () => {
  it('are set aside without slowing others, and lose nothing', () => {
    const { store, sink, stream } = open(1);
    const other = new RecordingSink();
    const quick = store.watchHub.open(other);
    stream.create(request('a'));
    quick.create(request('a'));
    sink.take();
    other.take();
    for (let i = 2; i <= 5; i++) put(store, 'a', String(i));
    expect(other.take().length).toBe(4);
    expect(sink.lines()).toEqual(['0@2 put a 2']);
    expect([store.stats.slowWatchers, store.watchHub.hasWork]).toEqual([1, false]);
    let woken = 0;
    store.watchHub.onWork = () => {
      woken++;
    };
    stream.drained();
    expect([woken, store.watchHub.hasWork]).toEqual([1, true]);
    settle(store);
    expect(sink.lines()).toEqual(['0@5 put a 3 put a 4 put a 5']);
    put(store, 'a', '6');
    expect(sink.lines()).toEqual(['0@6 put a 6']);
    expect(store.stats.slowWatchers).toBe(0);
  });

  it('are canceled when a compaction overtakes them', () => {
    const { store, sink, stream } = open(1);
    stream.create(request('a'));
    for (let i = 2; i <= 5; i++) put(store, 'a', String(i));
    compact(store, 4);
    sink.take();
    stream.drained();
    settle(store);
    expect(sink.lines()).toEqual(['0@0 canceled compact 4']);
  });

  it('can be canceled and closed while they wait', () => {
    const { store, sink, stream } = open(1);
    for (let i = 0; i < 300; i++) stream.create(request('a'));
    put(store, 'a', '1');
    expect(store.stats.slowWatchers).toBe(300);
    for (let i = 0; i < 299; i++) stream.cancel(BigInt(i));
    expect(store.stats.slowWatchers).toBe(1);
    sink.take();
    stream.drained();
    settle(store);
    expect(sink.lines()).toEqual(['299@2 put a 2']);
    stream.close();
    expect(store.stats.watchers).toBe(0);
  });
});

describe('a sink that fails', () => {
  it.each([
    ['in step', 0],
    ['catching up', 1],
  ])('may close its stream while it is sent events, %s', (_name, startRevision) => {
    const store = openStore(new MemoryBackend());
    put(store, 'a', '1');
    const other = new RecordingSink();
    const quick = store.watchHub.open(other);
    const failing: WatchSink = {
      isFull: () => false,
      send: (response) => {
        if (response.events.length > 0) stream.close();
      },
    };
    const stream = store.watchHub.open(failing);
    for (let i = 0; i < 10; i++) {
      stream.create(request('a', { startRevision }));
      quick.create(request('a', { startRevision }));
    }
    other.take();
    if (startRevision === 0) put(store, 'a', '2');
    settle(store);
    expect(
      other
        .take()
        .map((r) => r.watchId)
        .sort(),
    ).toEqual(Array.from({ length: 10 }, (_, i) => BigInt(i)));
    expect([store.stats.watchers, store.stats.slowWatchers]).toEqual([10, 0]);
  });

  it('may close its stream while a watcher is created', () => {
    const store = openStore(new MemoryBackend());
    const stream = store.watchHub.open({ isFull: () => false, send: () => stream.close() });
    stream.create(request('a'));
    expect([store.stats.watchers, store.stats.watchStreams]).toEqual([0, 0]);
  });
});

describe('progress', () => {
  it('is told only when all watchers of the stream have seen everything', () => {
    const { store, sink, stream } = open();
    stream.requestProgress();
    expect(sink.take()).toEqual([]);
    put(store, 'a', '1');
    stream.create(request('b'));
    stream.requestProgress();
    stream.create(request('a', { startRevision: 1 }));
    stream.requestProgress();
    expect(sink.lines()).toEqual(['0@2 created', '-1@2', '1@2 created']);
    settle(store);
    stream.requestProgress();
    expect(sink.lines()).toEqual(['1@2 put a 2', '-1@2']);
  });

  it('is notified to watchers that asked and got no event since', () => {
    const { store, sink, stream } = open();
    stream.create(request('a', { progressNotify: true }));
    stream.create(request('b', { progressNotify: true }));
    stream.create(request('c'));
    sink.take();
    put(store, 'b', '1');
    sink.take();
    stream.progressTick();
    expect(sink.lines()).toEqual(['0@2']);
    stream.progressTick();
    expect(sink.lines()).toEqual(['0@2', '1@2']);
  });
});

describe('restore', () => {
  it('does not count watchers in step as behind what was compacted since they began', () => {
    const { store, sink, stream } = open();
    stream.create(request('quiet'));
    for (let i = 0; i < 5; i++) put(store, 'a', String(i));
    stream.requestProgress();
    expect(sink.lines().at(-1)).toBe('-1@6');
    const leader = new MemoryBackend();
    const other = openStore(leader);
    for (let i = 0; i < 5; i++) put(other, 'a', String(i));
    put(other, 'quiet', 'x');
    compact(other, 5);
    leader.commit();
    store.restore(undefined, leader.lost()).run();
    settle(store);
    expect(sink.lines()).toEqual(['0@7 put quiet 7']);
  });

  it('keeps watchers and sends what they missed', () => {
    const { store, sink, stream } = open();
    put(store, 'a', '1');
    stream.create(request('a'));
    stream.create(request('a', { startRevision: 9 }));
    sink.take();
    const leader = new MemoryBackend();
    const other = openStore(leader);
    for (let i = 1; i <= 4; i++) put(other, 'a', String(i));
    leader.commit();
    const job = store.restore(undefined, leader.lost());
    stream.create(request('a'));
    expect(store.watchHub.step()).toBe(false);
    job.run();
    settle(store);
    expect(sink.lines()).toEqual([
      '2@2 created',
      '2@5 put a 3 put a 4 put a 5',
      '0@5 put a 3 put a 4 put a 5',
    ]);
    for (let i = 6; i <= 9; i++) put(store, 'a', 'x');
    expect(
      sink
        .take()
        .filter((r) => r.watchId === 1n)
        .map(show),
    ).toEqual(['1@9 put a 9']);
  });
});
