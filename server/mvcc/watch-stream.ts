// Owns the watchers of one client stream: their ids, and the answers to the client's requests. Events are the hub's.
// etcd: server/storage/mvcc/watcher.go, server/etcdserver/api/v3rpc/watch.go.

import { compareBytes } from '../base/bytes.ts';
import { ERROR_TABLE } from '../base/errors.ts';
import { WATCHERS_PER_STREAM_MAX } from './limits.ts';
import {
  NO_WATCH_ID,
  type WatchCreateRequest,
  type WatchEvent,
  type WatchResponse,
  type WatchSink,
} from './watch-types.ts';
import { isFromKey, Watcher, type WatcherOwner } from './watcher.ts';

/** What a stream needs of the hub. */
export interface StreamHost {
  /** The store's revision. */
  readonly revision: number;
  start(watcher: Watcher): void;
  stop(watcher: Watcher): void;
  /** The stream's sink has room again: these watchers were waiting for it. */
  unblock(watchers: Watcher[]): void;
  forget(stream: WatchStream): void;
}

/** Blocked watchers that are not worth a sweep. */
const BLOCKED_SWEPT = 64;

const NO_EVENTS: readonly WatchEvent[] = [];

export class WatchStream implements WatcherOwner {
  readonly #host: StreamHost;
  readonly #sink: WatchSink;
  readonly #watchers: Map<bigint, Watcher> = new Map();
  #blocked: Watcher[] = [];
  #nextId = 0;
  #closed = false;

  constructor(host: StreamHost, sink: WatchSink) {
    this.#host = host;
    this.#sink = sink;
  }

  /** Watchers of the stream. */
  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** Creates a watcher and answers; the answer comes before any of its events. */
  create(request: WatchCreateRequest): void {
    if (this.#closed) return;
    if (request.startRevision < 0) {
      this.refuse(ERROR_TABLE.compacted[1]);
      return;
    }
    // etcd: an empty key stands for the smallest one.
    const key = request.key.length === 0 ? new Uint8Array(1) : request.key;
    const { rangeEnd } = request;
    if (rangeEnd.length > 0 && !isFromKey(rangeEnd) && compareBytes(key, rangeEnd) >= 0) {
      this.refuse('mvcc: watcher range is empty');
      return;
    }
    if (this.#watchers.has(request.watchId) && request.watchId !== 0n) {
      this.refuse('mvcc: duplicate watch ID provided on the WatchStream');
      return;
    }
    if (this.#watchers.size >= WATCHERS_PER_STREAM_MAX) {
      this.refuse('mvcc: too many watchers on the WatchStream');
      return;
    }
    this.#start(request, key);
  }

  /** Answers a create request with a refusal: also used by the rpc layer when a permission is missing. */
  refuse(reason: string): void {
    if (!this.#closed) this.#control(NO_WATCH_ID, true, true, 0, reason);
  }

  /** Cancels a watcher and answers; unknown ids are ignored. */
  cancel(watchId: bigint): void {
    const watcher = this.#watchers.get(watchId);
    if (watcher === undefined) return;
    this.#remove(watcher);
    this.#control(watchId, false, true, 0, '');
  }

  /**
   * Tells the store's revision in one response for the whole stream, when every watcher has seen everything up to it.
   * Otherwise, and without watchers, the request is dropped: that is what etcd does.
   */
  requestProgress(): void {
    if (this.#watchers.size === 0 || this.#sink.isFull()) return;
    for (const watcher of this.#watchers.values()) if (!this.#hasSeenAll(watcher)) return;
    this.#control(NO_WATCH_ID, false, false, 0, '');
  }

  /** The progress interval passed: tells the revision to watchers that asked for it and got no event meanwhile. */
  progressTick(): void {
    for (const watcher of this.#watchers.values()) {
      if (!watcher.progressNotify) continue;
      if (watcher.progressDue && this.#hasSeenAll(watcher) && !this.#sink.isFull()) {
        this.#control(watcher.id, false, false, 0, '');
      }
      watcher.progressDue = true;
    }
  }

  /** The sink has room again. */
  drained(): void {
    if (this.#blocked.length === 0 || this.#sink.isFull()) return;
    const waiting = this.#blocked.filter(isBlocked);
    this.#blocked = [];
    this.#host.unblock(waiting);
  }

  /** Ends all watchers without an answer. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const watcher of this.#watchers.values()) {
      if (watcher.state !== 'gone') this.#host.stop(watcher);
    }
    this.#watchers.clear();
    this.#blocked = [];
    this.#host.forget(this);
  }

  isFull(): boolean {
    return this.#sink.isFull();
  }

  /** For the hub: events of a watcher. */
  sendEvents(watcher: Watcher, revision: number, events: readonly WatchEvent[]): void {
    watcher.progressDue = false;
    this.#sink.send({
      watchId: watcher.id,
      revision,
      events,
      created: false,
      canceled: false,
      compactRevision: 0,
      cancelReason: '',
      fragment: watcher.fragment,
    });
  }

  /** For the hub: what the watcher still has to see is gone. etcd: the header of this response has no revision. */
  cancelCompacted(watcher: Watcher, compactRevision: number): void {
    this.#remove(watcher);
    this.#control(watcher.id, false, true, compactRevision, '');
  }

  /** For the hub: the watcher waits until `drained`. */
  block(watcher: Watcher): void {
    this.#blocked.push(watcher);
  }

  #start(request: WatchCreateRequest, key: Uint8Array): void {
    const current = this.#host.revision;
    const { startRevision } = request;
    const minRevision = startRevision === 0 ? current + 1 : startRevision;
    const id = request.watchId === 0n ? this.#chooseId() : request.watchId;
    const owned = { ...request, key: key.slice(), rangeEnd: request.rangeEnd.slice() };
    const watcher = new Watcher(this, id, owned, minRevision);
    this.#watchers.set(id, watcher);
    this.#control(id, true, false, 0, '');
    if (!this.#closed) this.#host.start(watcher);
  }

  #chooseId(): bigint {
    while (this.#watchers.has(BigInt(this.#nextId))) this.#nextId++;
    return BigInt(this.#nextId++);
  }

  #remove(watcher: Watcher): void {
    this.#watchers.delete(watcher.id);
    this.#host.stop(watcher);
    // Watchers that ended while blocked are swept out when they are the greater part of the list.
    if (this.#blocked.length > 2 * this.#watchers.size + BLOCKED_SWEPT) {
      this.#blocked = this.#blocked.filter(isBlocked);
    }
  }

  #hasSeenAll(watcher: Watcher): boolean {
    return watcher.state === 'synced' && watcher.startRevision <= this.#host.revision;
  }

  #control(
    watchId: bigint,
    created: boolean,
    canceled: boolean,
    compactRevision: number,
    cancelReason: string,
  ): void {
    const response: WatchResponse = {
      watchId,
      revision: compactRevision === 0 ? this.#host.revision : 0,
      events: NO_EVENTS,
      created,
      canceled,
      compactRevision,
      cancelReason,
      fragment: false,
    };
    this.#sink.send(response);
  }
}

function isBlocked(watcher: Watcher): boolean {
  return watcher.state === 'blocked';
}
