// Owns what crosses the border between the watch hub and the rpc layer: requests in, responses out.

/** Asks for a new watcher. `rangeEnd` as on the wire: empty for one key, a single zero byte for no upper bound. */
export interface WatchCreateRequest {
  /** 0n lets the stream choose. */
  readonly watchId: bigint;
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  /** 0 for what happens from now on. */
  readonly startRevision: number;
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
  readonly fragment: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
}

/** One change of one key. Shared by all watchers that see it; nobody changes it but for `encoded`. */
export class WatchEvent {
  readonly tombstone: boolean;
  readonly modRevision: number;
  /** The encoded KeyValue as sent: of a deletion, key and mod_revision. */
  readonly kv: Uint8Array;
  /** The encoded KeyValue before the change; undefined when not asked for, not there, or compacted. */
  readonly prevKv: Uint8Array | undefined;
  /** The wire form of the whole event, filled by the rpc layer when it first needs it. */
  encoded: Uint8Array | undefined = undefined;

  constructor(
    tombstone: boolean,
    modRevision: number,
    kv: Uint8Array,
    prevKv: Uint8Array | undefined,
  ) {
    this.tombstone = tombstone;
    this.modRevision = modRevision;
    this.kv = kv;
    this.prevKv = prevKv;
  }
}

/** Watch id of responses that belong to no watcher. */
export const NO_WATCH_ID = -1n;

/** One WatchResponse. */
export interface WatchResponse {
  readonly watchId: bigint;
  /** The header's revision: the store's when it was sent; 0 with compactRevision, as etcd does. */
  readonly revision: number;
  /** Often one array for many watchers: not to be changed. Empty in control and progress responses. */
  readonly events: readonly WatchEvent[];
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compactRevision: number;
  readonly cancelReason: string;
  /** True when the client asked for big responses to be split. */
  readonly fragment: boolean;
}

/**
 * Where a stream's responses go, in order. The hub asks `isFull` before it sends events or progress; answers to
 * requests are sent always, so that a client bounds them by the requests it sends. From inside `send` a sink may close
 * its stream, and must not call the hub or a stream otherwise.
 */
export interface WatchSink {
  /** True when WATCH_PENDING_RESPONSES_MAX responses wait; `WatchStream.drained` tells that this is over. */
  isFull(): boolean;
  send(response: WatchResponse): void;
}
