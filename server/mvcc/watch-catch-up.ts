// Owns the watchers that are behind the store, and bringing them up to it in slices. A slice has a leader, the watcher
// whose turn it is, and takes along those that are about as far: it reads the leader's next records once for all of
// them. Watchers that are far apart take turns, so one that begins a million revisions ago delays nobody else.
// etcd: watchable_store.go syncWatchers reads from the oldest of 512 watchers to the end in one go.

import type { RevisionRecord } from '../base/backend.ts';
import { EventBatch, type WatchSource } from './event-batch.ts';
import { KeyValueReader, storedKey } from './key-value.ts';
import {
  WATCH_SLICE_BYTES,
  WATCH_SLICE_CANDIDATES,
  WATCH_SLICE_DELIVERIES,
  WATCH_SLICE_RECORDS,
  WATCH_SLICE_RECORDS_MIN,
  WATCH_SLICE_WATCHERS,
} from './limits.ts';
import type { WatchEvent } from './watch-types.ts';
import { FLAG_VARIANTS, type Watcher } from './watcher.ts';
import { RangePlace, WatcherGroup } from './watcher-group.ts';

/** What catching up needs of the hub. */
export interface CatchUpHost {
  becomeSynced(watcher: Watcher): void;
}

export class WatchCatchUp {
  readonly #source: WatchSource;
  readonly #host: CatchUpHost;
  readonly #group: WatcherGroup = new WatcherGroup();
  readonly #batch: EventBatch;
  readonly #reader: KeyValueReader = new KeyValueReader();
  /** Watchers whose sinks have room, in no order. */
  readonly #ready: Watcher[] = [];
  /** Position of the next leader in the list. */
  #turn = 0;
  #slice = 0;
  #round = 0;
  /** Bytes of a record, from the last slice. */
  #recordBytes = 256;
  readonly #matched: RangePlace[] = [];
  readonly #variants: (WatchEvent[] | undefined)[] = new Array(FLAG_VARIANTS).fill(undefined);

  constructor(source: WatchSource, host: CatchUpHost) {
    this.#source = source;
    this.#host = host;
    this.#batch = new EventBatch(source);
  }

  get hasWork(): boolean {
    return this.#ready.length > 0;
  }

  add(watcher: Watcher): void {
    this.#group.add(watcher);
    this.makeReady(watcher);
  }

  /** Adds a watcher whose sink is full. */
  addBlocked(watcher: Watcher): void {
    this.#group.add(watcher);
    watcher.state = 'blocked';
    watcher.owner.block(watcher);
  }

  makeReady(watcher: Watcher): void {
    watcher.state = 'ready';
    watcher.readyPosition = this.#ready.length;
    this.#ready.push(watcher);
  }

  remove(watcher: Watcher): void {
    if (watcher.state === 'ready') this.#leaveReady(watcher);
    this.#group.remove(watcher);
  }

  /** One slice; true when there is more to do. */
  step(): boolean {
    const members = this.#gather();
    if (members.length > 0) this.#serve(members);
    return this.#ready.length > 0;
  }

  /** Takes the next leader and its companions; on the way settles the watchers that need no reading. */
  #gather(): Watcher[] {
    const members: Watcher[] = [];
    const candidates = Math.min(this.#ready.length, WATCH_SLICE_CANDIDATES);
    let at = this.#turn;
    let from = 0;
    this.#slice++;
    for (let looked = 0; looked < candidates && this.#ready.length > 0; looked++) {
      if (at >= this.#ready.length) at = 0;
      const watcher = this.#ready[at] as Watcher;
      // Seen before: another watcher left the list, and this one took its position.
      if (watcher.slice === this.#slice) {
        at++;
        continue;
      }
      watcher.slice = this.#slice;
      if (this.#settle(watcher)) continue;
      at++;
      if (members.length === 0) {
        from = watcher.minRevision;
        this.#turn = at;
      } else {
        const ahead = watcher.minRevision - from;
        if (ahead < 0 || ahead > WATCH_SLICE_RECORDS) continue;
      }
      members.push(watcher);
      if (members.length === WATCH_SLICE_WATCHERS) break;
    }
    return members;
  }

  /** Handles a ready watcher that needs no records now. */
  #settle(watcher: Watcher): boolean {
    const { compactRevision, revision } = this.#source;
    if (watcher.minRevision < compactRevision) {
      watcher.owner.cancelCompacted(watcher, compactRevision);
      return true;
    }
    if (watcher.minRevision > revision) {
      this.#becomeSynced(watcher);
      return true;
    }
    if (!watcher.owner.isFull()) return false;
    this.#leaveReady(watcher);
    watcher.state = 'blocked';
    watcher.owner.block(watcher);
    return true;
  }

  #serve(members: Watcher[]): void {
    const leader = members[0] as Watcher;
    const from = leader.minRevision;
    const limit = this.#recordLimit(members.length);
    const records = this.#source.backend.scanRevisions(from, 0, this.#source.revision, limit);
    const upTo = this.#completeRevisions(records, limit);
    const places = this.#sort(members);
    this.#collect(records, upTo);
    for (let i = 0; i < places.length; i++) this.#deliver(places[i] as RangePlace, upTo);
    this.#batch.clear();
  }

  #recordLimit(members: number): number {
    const byBytes = Math.floor(WATCH_SLICE_BYTES / this.#recordBytes);
    const byDeliveries = Math.floor(WATCH_SLICE_DELIVERIES / members);
    const limit = Math.min(WATCH_SLICE_RECORDS, byBytes, byDeliveries);
    return Math.max(WATCH_SLICE_RECORDS_MIN, limit);
  }

  /**
   * The revision up to which `records` is complete. All events of a revision go into one response, so a last revision
   * that may be cut is left to the next slice; when it is the only one, the rest of it is read however long it is.
   */
  #completeRevisions(records: RevisionRecord[], limit: number): number {
    const current = this.#source.revision;
    if (records.length < limit) return current;
    const first = records[0] as RevisionRecord;
    let last = records[records.length - 1] as RevisionRecord;
    if (first.main < last.main) return last.main - 1;
    for (;;) {
      const more = this.#source.backend.scanRevisions(last.main, last.sub + 1, last.main, limit);
      for (let i = 0; i < more.length; i++) records.push(more[i] as RevisionRecord);
      if (more.length < limit) return last.main;
      last = more[more.length - 1] as RevisionRecord;
    }
  }

  /** Puts every member on the list of its place. */
  #sort(members: Watcher[]): RangePlace[] {
    const places: RangePlace[] = [];
    this.#round++;
    for (let i = 0; i < members.length; i++) {
      const watcher = members[i] as Watcher;
      const place = watcher.place;
      if (!(place instanceof RangePlace)) continue;
      if (place.join(this.#round)) places.push(place);
      place.batch.push(watcher);
    }
    return places;
  }

  #collect(records: RevisionRecord[], upTo: number): void {
    let sizeBytes = 0;
    for (let i = 0; i < records.length; i++) {
      const record = records[i] as RevisionRecord;
      sizeBytes += record.value.length;
      if (record.main > upTo) continue;
      this.#group.match(storedKey(record.value, this.#reader), this.#matched);
      let item = -1;
      for (let m = 0; m < this.#matched.length; m++) {
        const place = this.#matched[m] as RangePlace;
        if (place.round !== this.#round) continue;
        if (item < 0) item = this.#batch.add(record.main, record.tombstone, record.value);
        place.items.push(item);
      }
      this.#matched.length = 0;
    }
    if (records.length > 0) this.#recordBytes = Math.max(1, sizeBytes / records.length);
  }

  #deliver(place: RangePlace, upTo: number): void {
    this.#variants.fill(undefined);
    for (let i = 0; i < place.batch.length; i++) {
      const watcher = place.batch[i] as Watcher;
      // A sink that closed its stream meanwhile has taken its watchers out.
      if (watcher.state !== 'ready' || watcher.minRevision > upTo) continue;
      const events = this.#eventsFor(watcher, place);
      if (events.length > 0) {
        if (watcher.owner.isFull()) {
          this.#leaveReady(watcher);
          watcher.state = 'blocked';
          watcher.owner.block(watcher);
          continue;
        }
        this.#source.stats.events += events.length;
        this.#source.stats.pendingEvents += events.length;
        watcher.owner.sendEvents(watcher, this.#source.revision, events);
      }
      watcher.minRevision = upTo + 1;
      if (upTo === this.#source.revision && isReady(watcher)) this.#becomeSynced(watcher);
    }
  }

  /** The place's events from the watcher's revision on; the whole list is shared by those that need all of it. */
  #eventsFor(watcher: Watcher, place: RangePlace): WatchEvent[] {
    let events = this.#variants[watcher.flags];
    if (events === undefined) {
      events = this.#batch.list(place.items, watcher.flags);
      this.#variants[watcher.flags] = events;
    }
    let first = 0;
    while (
      first < events.length &&
      (events[first] as WatchEvent).modRevision < watcher.minRevision
    ) {
      first++;
    }
    return first === 0 ? events : events.slice(first);
  }

  #becomeSynced(watcher: Watcher): void {
    this.#leaveReady(watcher);
    this.#group.remove(watcher);
    this.#source.stats.slowWatchers--;
    this.#host.becomeSynced(watcher);
  }

  #leaveReady(watcher: Watcher): void {
    const last = this.#ready.pop();
    if (last === undefined || last === watcher) return;
    this.#ready[watcher.readyPosition] = last;
    last.readyPosition = watcher.readyPosition;
  }
}

/** Asked again after sending, which may have ended the watcher. */
function isReady(watcher: Watcher): boolean {
  return watcher.state === 'ready';
}
