// Owns handing events to watchers. A transaction's events go at its end to all watchers that have seen everything
// before it ("synced"); the others catch up from the backend in slices (watch-catch-up.ts). A watcher whose stream
// takes no more is set aside and catches up later, so nobody waits for it. etcd: server/storage/mvcc/watchable_store.go;
// its "victims", which keep undelivered events in memory, are not needed here: the backend still has them.

import { EventBatch, type WatchSource } from './event-batch.ts';
import { type CatchUpHost, WatchCatchUp } from './watch-catch-up.ts';
import { type StreamHost, WatchStream } from './watch-stream.ts';
import type { WatchEvent, WatchSink } from './watch-types.ts';
import { FLAG_VARIANTS, type Watcher } from './watcher.ts';
import { type RangePlace, WatcherGroup } from './watcher-group.ts';
import type { TxnChanges } from './write-txn.ts';

export class WatchHub implements StreamHost, CatchUpHost {
  /** Told when there is work for `step` after there was none. */
  onWork: (() => void) | undefined = undefined;
  readonly #source: WatchSource;
  readonly #synced: WatcherGroup = new WatcherGroup();
  readonly #batch: EventBatch;
  readonly #catchUp: WatchCatchUp;
  readonly #streams: Set<WatchStream> = new Set();
  #round = 0;
  // Used again by every transaction.
  readonly #matched: RangePlace[] = [];
  readonly #touched: RangePlace[] = [];
  readonly #variants: (WatchEvent[] | undefined)[] = new Array(FLAG_VARIANTS).fill(undefined);

  constructor(source: WatchSource) {
    this.#source = source;
    this.#batch = new EventBatch(source);
    this.#catchUp = new WatchCatchUp(source, this);
  }

  get revision(): number {
    return this.#source.revision;
  }

  /** True when `step` has something to do. */
  get hasWork(): boolean {
    return this.#catchUp.hasWork;
  }

  /** Watchers in step with the store. */
  get syncedCount(): number {
    return this.#synced.size;
  }

  /** A new client stream; its owner closes it. */
  open(sink: WatchSink): WatchStream {
    const stream = new WatchStream(this, sink);
    this.#streams.add(stream);
    this.#source.stats.watchStreams++;
    return stream;
  }

  /** One slice of catching up; true when there is more to do. */
  step(): boolean {
    return this.#source.isReady && this.#catchUp.step();
  }

  /** Called by the store at the end of a transaction that changed something. */
  notify(changes: TxnChanges): void {
    if (this.#synced.size === 0) return;
    this.#round++;
    const matched = this.#matched;
    const touched = this.#touched;
    for (let i = 0; i < changes.count; i++) {
      this.#synced.match(changes.keyOf(i), matched);
      if (matched.length === 0) continue;
      const item = this.#batch.add(changes.main, changes.isTombstone(i), changes.valueOf(i));
      for (let m = 0; m < matched.length; m++) {
        const place = matched[m] as RangePlace;
        if (place.join(this.#round)) touched.push(place);
        place.items.push(item);
      }
      matched.length = 0;
    }
    for (let i = 0; i < touched.length; i++) this.#deliver(touched[i] as RangePlace, changes.main);
    touched.length = 0;
    this.#batch.clear();
  }

  /**
   * Called by the store when it was rebuilt; until then it was at `revision`, and the watchers in step had seen everything
   * up to there. What came after it they have missed. etcd forgets the former: a watcher of quiet keys that was told of
   * progress is canceled there as if it had been behind the compaction. (watchable_store.go Restore)
   */
  afterRestore(revision: number): void {
    this.#synced.forEach((watcher) => {
      this.#synced.remove(watcher);
      watcher.minRevision = Math.max(watcher.minRevision, revision + 1);
      this.#source.stats.slowWatchers++;
      this.#catchUp.add(watcher);
    });
    if (this.#catchUp.hasWork) this.onWork?.();
  }

  start(watcher: Watcher): void {
    this.#source.stats.watchers++;
    if (watcher.minRevision > this.#source.revision && this.#source.isReady) {
      this.becomeSynced(watcher);
      return;
    }
    this.#source.stats.slowWatchers++;
    this.#catchUp.add(watcher);
    this.onWork?.();
  }

  stop(watcher: Watcher): void {
    this.#source.stats.watchers--;
    if (watcher.state === 'synced') {
      this.#synced.remove(watcher);
    } else {
      this.#source.stats.slowWatchers--;
      this.#catchUp.remove(watcher);
    }
    watcher.state = 'gone';
  }

  unblock(watchers: Watcher[]): void {
    for (let i = 0; i < watchers.length; i++) this.#catchUp.makeReady(watchers[i] as Watcher);
    this.onWork?.();
  }

  forget(stream: WatchStream): void {
    if (this.#streams.delete(stream)) this.#source.stats.watchStreams--;
  }

  becomeSynced(watcher: Watcher): void {
    watcher.state = 'synced';
    this.#synced.add(watcher);
  }

  /** Gives the events of this round to the watchers of one place. */
  #deliver(place: RangePlace, main: number): void {
    const stats = this.#source.stats;
    const variants = this.#variants.fill(undefined);
    // Backwards, because a watcher that cannot take the events leaves the place; a sink that closes its stream may
    // even take several away, which moves others that were served already to their positions.
    for (let i = place.watchers.length - 1; i >= 0; i--) {
      const watcher = place.watchers[i];
      if (watcher === undefined || watcher.minRevision > main) continue;
      let events = variants[watcher.flags];
      if (events === undefined) {
        events = this.#batch.list(place.items, watcher.flags);
        variants[watcher.flags] = events;
      }
      if (events.length > 0) {
        if (watcher.owner.isFull()) {
          this.#setAside(watcher, main);
          continue;
        }
        stats.events += events.length;
        stats.pendingEvents += events.length;
        watcher.minRevision = main + 1;
        watcher.owner.sendEvents(watcher, main, events);
      }
      watcher.minRevision = main + 1;
    }
  }

  /** The watcher's sink is full: it sees nothing from `main` on until there is room. */
  #setAside(watcher: Watcher, main: number): void {
    this.#synced.remove(watcher);
    watcher.minRevision = main;
    this.#source.stats.slowWatchers++;
    this.#catchUp.addBlocked(watcher);
  }
}
