// Owns the Watch service: client messages to the watch hub, the hub's responses to the wire. Events are encoded once and
// shared by all watchers that see them. etcd: server/etcdserver/api/v3rpc/watch.go.

import { FAILPOINTS } from '../base/failpoint.ts';
import type { WatchHub } from '../mvcc/watch-hub.ts';
import type { WatchStream } from '../mvcc/watch-stream.ts';
import type { WatchEvent, WatchResponse, WatchSink } from '../mvcc/watch-types.ts';
import {
  decodeWatchRequest,
  encodeWatchResponse,
  FilterType,
  type WatchCreateRequest,
} from '../proto/gen/rpc.ts';
import {
  encodeEventParts,
  sizeWatchResponseParts,
  type WatchResult,
  writeWatchResult,
} from '../proto/hot.ts';
import type { BidiCall, BidiListener, MessageEncoder, ServiceTable } from './grpc/types.ts';
import type { ResponseHeaderWriter } from './response-header.ts';
import { failCall, failWith } from './status.ts';

export interface WatchServiceDeps {
  readonly hub: WatchHub;
  readonly header: ResponseHeaderWriter;
  /** Events the hub handed out and the streams have taken; counted down here. */
  readonly stats: { pendingEvents: number };
  /** From this size on a response is split for clients that asked for fragments. */
  readonly fragmentBytes: number;
  /** Calls back again and again, about every progress interval; answers how to stop. */
  readonly everyProgressInterval: (task: () => void) => () => void;
}

export function createWatchService(deps: WatchServiceDeps): ServiceTable {
  const encoder = createEventsEncoder(deps.header);
  return {
    '/etcdserverpb.Watch/Watch': {
      kind: 'bidi',
      open: (call) => new WatchCall(deps, encoder, call),
    },
  };
}

/** A part of a response, with the revision of its header. */
interface EventsMessage {
  readonly revision: number;
  readonly result: WatchResult;
}

function createEventsEncoder(header: ResponseHeaderWriter): MessageEncoder<EventsMessage> {
  return {
    sizeBytes: ({ revision, result }) => sizeWatchResponseParts(header.sizeBytes(revision), result),
    write: ({ revision, result }, out, offset) =>
      writeWatchResult(result, out, header.write(revision, out, offset)),
  };
}

/** One client stream. */
class WatchCall implements BidiListener, WatchSink {
  readonly #deps: WatchServiceDeps;
  readonly #encoder: MessageEncoder<EventsMessage>;
  readonly #call: BidiCall;
  readonly #stream: WatchStream;
  readonly #stopProgress: () => void;
  #isFull = false;

  constructor(deps: WatchServiceDeps, encoder: MessageEncoder<EventsMessage>, call: BidiCall) {
    this.#deps = deps;
    this.#encoder = encoder;
    this.#call = call;
    this.#stream = deps.hub.open(this);
    this.#stopProgress = deps.everyProgressInterval(() => this.#stream.progressTick());
  }

  // ---- the client's side

  onMessage(call: BidiCall, message: Uint8Array): void {
    try {
      const request = decodeWatchRequest(message);
      if (request.createRequest !== undefined) this.#create(request.createRequest);
      else if (request.cancelRequest !== undefined) {
        this.#stream.cancel(request.cancelRequest.watchId);
      } else if (request.progressRequest !== undefined) this.#stream.requestProgress();
    } catch (error) {
      failCall(call, error);
      this.#close();
    }
  }

  onHalfClosed(_call: BidiCall): void {
    // etcd: a client that has no more requests goes on watching until it ends the call.
  }

  onDrain(_call: BidiCall): void {
    this.#isFull = false;
    this.#stream.drained();
  }

  onCancelled(call: BidiCall): void {
    this.#close();
    failWith(call, 'watchCanceled');
  }

  // ---- the hub's side

  isFull(): boolean {
    return this.#isFull;
  }

  send(response: WatchResponse): void {
    FAILPOINTS.beforeSendWatchResponse.hit();
    this.#deps.stats.pendingEvents -= response.events.length;
    if (this.#call.finished) return;
    if (response.events.length === 0) this.#sendControl(response);
    else this.#sendEvents(response);
  }

  #create(request: WatchCreateRequest): void {
    const { watchId, key, rangeEnd, startRevision, prevKv, progressNotify, fragment } = request;
    this.#stream.create({
      watchId,
      key,
      rangeEnd,
      startRevision,
      prevKv,
      progressNotify,
      fragment,
      noPut: request.filters.includes(FilterType.noput),
      noDelete: request.filters.includes(FilterType.nodelete),
    });
  }

  #sendControl(response: WatchResponse): void {
    const { watchId, created, canceled, compactRevision, cancelReason, revision } = response;
    const bytes = encodeWatchResponse({
      header: this.#deps.header.header(revision),
      watchId,
      created,
      canceled,
      compactRevision,
      cancelReason,
      fragment: false,
      events: [],
    });
    if (!this.#call.sendBytes(bytes)) this.#isFull = true;
  }

  #sendEvents(response: WatchResponse): void {
    const events = response.events.map(eventBytes);
    const limit = response.fragment
      ? this.#deps.fragmentBytes - RESPONSE_OVERHEAD_BYTES
      : Number.POSITIVE_INFINITY;
    let from = 0;
    while (from < events.length) {
      const to = fragmentEnd(events, from, limit);
      const result = {
        watchId: response.watchId,
        fragment: to < events.length,
        events,
        from,
        to,
      };
      const message = { revision: response.revision, result };
      if (!this.#call.send(this.#encoder, message)) this.#isFull = true;
      from = to;
    }
  }

  #close(): void {
    this.#stopProgress();
    this.#stream.close();
  }
}

/** What a response holds beside its events, at most: a header of 48 bytes, the watch id, the fragment mark. */
const RESPONSE_OVERHEAD_BYTES = 64;

/** Tag and length of an event inside a response, at most. */
const EVENT_OVERHEAD_BYTES = 6;

/** The wire form of an event, made once for all watchers. */
function eventBytes(event: WatchEvent): Uint8Array {
  event.encoded ??= encodeEventParts(event.tombstone ? 1 : 0, event.kv, event.prevKv);
  return event.encoded;
}

/** Where a piece of at most `limitBytes` ends; at least one event goes into it. */
function fragmentEnd(events: readonly Uint8Array[], from: number, limitBytes: number): number {
  if (limitBytes === Number.POSITIVE_INFINITY) return events.length;
  let sizeBytes = 0;
  let to = from;
  while (to < events.length) {
    sizeBytes += (events[to] as Uint8Array).length + EVENT_OVERHEAD_BYTES;
    if (to > from && sizeBytes >= limitBytes) break;
    to++;
  }
  return to;
}
