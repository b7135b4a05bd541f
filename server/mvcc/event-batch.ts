// Owns the events of one work unit of the watch hub, a transaction or a catch-up slice, made from stored records only
// when some watcher needs them, and shared by all watchers that see them alike.

import type { Backend } from '../base/backend.ts';
import type { KeyIndex } from './key-index.ts';
import { KeyValueReader, KeyValueWriter, storedKey } from './key-value.ts';
import { WatchEvent } from './watch-types.ts';
import { NO_DELETE, NO_PUT, WITH_PREV_KV } from './watcher.ts';

/** What the hub reads from; the store. */
export interface WatchSource {
  readonly backend: Backend;
  readonly index: KeyIndex;
  readonly revision: number;
  readonly compactRevision: number;
  readonly isReady: boolean;
  readonly stats: WatchCounters;
  valueAt(row: number, revision: number): Uint8Array | undefined;
}

/** The counters the hub moves; see MvccStats. */
export interface WatchCounters {
  events: number;
  pendingEvents: number;
  watchStreams: number;
  watchers: number;
  slowWatchers: number;
}

export class EventBatch {
  readonly #source: WatchSource;
  readonly #reader: KeyValueReader = new KeyValueReader();
  readonly #writer: KeyValueWriter = new KeyValueWriter();
  #mains: number[] = [];
  #tombstones: boolean[] = [];
  #values: Uint8Array[] = [];
  #plain: (WatchEvent | undefined)[] = [];
  #withPrev: (WatchEvent | undefined)[] = [];

  constructor(source: WatchSource) {
    this.#source = source;
  }

  /** Forgets all items. */
  clear(): void {
    if (this.#mains.length === 0) return;
    this.#mains = [];
    this.#tombstones = [];
    this.#values = [];
    this.#plain = [];
    this.#withPrev = [];
  }

  /** Adds a stored record and returns its position. */
  add(main: number, tombstone: boolean, value: Uint8Array): number {
    this.#mains.push(main);
    this.#tombstones.push(tombstone);
    this.#values.push(value);
    this.#plain.push(undefined);
    this.#withPrev.push(undefined);
    return this.#mains.length - 1;
  }

  /** The events at `items` as a watcher with `flags` sees them. */
  list(items: readonly number[], flags: number): WatchEvent[] {
    const events: WatchEvent[] = [];
    const withPrev = (flags & WITH_PREV_KV) !== 0;
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as number;
      const filter = this.#tombstones[item] === true ? NO_DELETE : NO_PUT;
      if ((flags & filter) === 0) events.push(this.#event(item, withPrev));
    }
    return events;
  }

  #event(item: number, withPrev: boolean): WatchEvent {
    const known = withPrev ? this.#withPrev[item] : this.#plain[item];
    if (known !== undefined) return known;
    const main = this.#mains[item] as number;
    const tombstone = this.#tombstones[item] === true;
    const value = this.#values[item] as Uint8Array;
    const kv = tombstone ? this.#writer.encodeDeleted(value, main) : value;
    const prevKv = withPrev ? this.#previous(main, tombstone, value) : undefined;
    const event = new WatchEvent(tombstone, main, kv, prevKv);
    if (withPrev) this.#withPrev[item] = event;
    else this.#plain[item] = event;
    return event;
  }

  /** The key's KeyValue one revision earlier. etcd: v3rpc/watch.go, a range at mod_revision - 1. */
  #previous(main: number, tombstone: boolean, value: Uint8Array): Uint8Array | undefined {
    const source = this.#source;
    if (main - 1 < source.compactRevision) return undefined;
    if (!tombstone) {
      this.#reader.read(value);
      if (this.#reader.create === this.#reader.mod) return undefined;
    }
    const row = source.index.find(storedKey(value, this.#reader));
    return row === 0 ? undefined : source.valueAt(row, main - 1);
  }
}
