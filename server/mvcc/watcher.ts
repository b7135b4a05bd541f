// Owns the state of one watcher.
//
//   create --(start revision in the past)--> ready <--> blocked          ready: waits for a catch-up slice
//      |                                       |           ^             blocked: its stream's sink is full
//      +--(now or later)--> synced <-----------+           |
//                             +-----(sink is full)---------+             any --(cancel, compacted)--> gone
//
// Invariant: every event with a revision below `minRevision` that the watcher asks for was sent to its sink, and none
// with a higher one; therefore a watcher can leave the fast path at any time and catch up from the backend.

import type { WatchCreateRequest, WatchEvent } from './watch-types.ts';

export type WatcherState = 'synced' | 'ready' | 'blocked' | 'gone';

/** Bits of `Watcher.flags`; together they choose a variant of an event list. */
export const WITH_PREV_KV = 1;
export const NO_PUT = 2;
export const NO_DELETE = 4;
export const FLAG_VARIANTS = 8;

/** Watchers of one range, of one group; see watcher-group.ts. */
export interface WatcherPlace {
  readonly watchers: Watcher[];
}

/** A watcher's stream, as the hub sees it. */
export interface WatcherOwner {
  /** True when the stream's sink takes no events now. */
  isFull(): boolean;
  sendEvents(watcher: Watcher, revision: number, events: readonly WatchEvent[]): void;
  /** Ends the watcher: what it still has to see is gone. */
  cancelCompacted(watcher: Watcher, compactRevision: number): void;
  /** Makes the watcher wait until the sink has room. */
  block(watcher: Watcher): void;
}

export class Watcher {
  readonly id: bigint;
  readonly owner: WatcherOwner;
  readonly key: Uint8Array;
  /** Empty for the one key; undefined for no upper bound. */
  readonly end: Uint8Array | undefined;
  readonly flags: number;
  readonly fragment: boolean;
  readonly progressNotify: boolean;
  /** What the client asked for; progress is not told before the store is there. */
  readonly startRevision: number;
  state: WatcherState = 'gone';
  /** The next revision the watcher has to see. */
  minRevision: number;
  /** True when the next progress tick should tell this watcher: no event was sent since the last one. */
  progressDue: boolean;
  /** Where the watcher is in its group, and at which position. */
  place: WatcherPlace | undefined = undefined;
  position = 0;
  /** Position in the list of ready watchers, and the last slice that looked at the watcher. */
  readyPosition = 0;
  slice = 0;

  constructor(owner: WatcherOwner, id: bigint, request: WatchCreateRequest, minRevision: number) {
    this.id = id;
    this.owner = owner;
    this.key = request.key;
    this.end = isFromKey(request.rangeEnd) ? undefined : request.rangeEnd;
    this.flags =
      (request.prevKv ? WITH_PREV_KV : 0) |
      (request.noPut ? NO_PUT : 0) |
      (request.noDelete ? NO_DELETE : 0);
    this.fragment = request.fragment;
    this.progressNotify = request.progressNotify;
    this.startRevision = request.startRevision;
    this.minRevision = minRevision;
    this.progressDue = request.progressNotify;
  }
}

/** True for the range end that means "no upper bound". */
export function isFromKey(rangeEnd: Uint8Array): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0;
}
