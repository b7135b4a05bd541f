// Owns the codecs of what every request touches, written by hand because they take their parts as they lie around:
// requests that stay encoded, stored keys that stay encoded, a response header whose ids never change. Their bytes
// are those of the generated code; the tests compare the two.
import { EMPTY_BYTES } from '../base/bytes.ts';
import { allocateBytes } from '../base/slab.ts';
import { DecodeError, Reader } from './reader.ts';
import {
  sizeBytes,
  sizeId,
  sizeInt64,
  sizeString,
  sizeUint32,
  sizeUint64,
  writeBytes,
  writeId,
  writeInt64,
  writeString,
  writeUint32,
  writeUint64,
} from './writer.ts';

const TAG_HEADER = 100 * 8 + 2;

// ---- stored keys

/** Bytes of a mvccpb.KeyValue made of these parts. */
export function sizeKeyValueParts(
  key: Uint8Array,
  createRevision: number,
  modRevision: number,
  version: number,
  value: Uint8Array,
  lease: bigint,
): number {
  let size = 0;
  if (key.length > 0) size += 1 + sizeBytes(key);
  if (createRevision !== 0) size += 1 + sizeInt64(createRevision);
  if (modRevision !== 0) size += 1 + sizeInt64(modRevision);
  if (version !== 0) size += 1 + sizeInt64(version);
  if (value.length > 0) size += 1 + sizeBytes(value);
  if (lease !== 0n) size += 1 + sizeId(lease);
  return size;
}

/** Writes a mvccpb.KeyValue; answers the offset after it. */
export function writeKeyValueParts(
  out: Uint8Array,
  offset: number,
  key: Uint8Array,
  createRevision: number,
  modRevision: number,
  version: number,
  value: Uint8Array,
  lease: bigint,
): number {
  let o = offset;
  if (key.length > 0) {
    out[o++] = 0x0a;
    o = writeBytes(key, out, o);
  }
  if (createRevision !== 0) {
    out[o++] = 0x10;
    o = writeInt64(createRevision, out, o);
  }
  if (modRevision !== 0) {
    out[o++] = 0x18;
    o = writeInt64(modRevision, out, o);
  }
  if (version !== 0) {
    out[o++] = 0x20;
    o = writeInt64(version, out, o);
  }
  if (value.length > 0) {
    out[o++] = 0x2a;
    o = writeBytes(value, out, o);
  }
  if (lease !== 0n) {
    out[o++] = 0x30;
    o = writeId(lease, out, o);
  }
  return o;
}

/** A mvccpb.KeyValue as bytes of its own. */
export function encodeKeyValueParts(
  key: Uint8Array,
  createRevision: number,
  modRevision: number,
  version: number,
  value: Uint8Array,
  lease: bigint,
): Uint8Array {
  const size = sizeKeyValueParts(key, createRevision, modRevision, version, value, lease);
  const out = allocateBytes(size);
  writeKeyValueParts(out, 0, key, createRevision, modRevision, version, value, lease);
  return out;
}

// ---- InternalRaftRequest

/** Who proposes: the halves of the request id as unsigned 32 bits, and the user when authentication is on. */
export interface RaftRequestOrigin {
  idHigh: number;
  idLow: number;
  username: string;
  authRevision: number;
}

function sizeVarintHalves(high: number, low: number): number {
  return high === 0 ? sizeUint32(low) : Math.ceil((64 - Math.clz32(high)) / 7);
}

function writeVarintHalves(high: number, low: number, out: Uint8Array, offset: number): number {
  let o = offset;
  let hi = high;
  let lo = low;
  while (hi !== 0) {
    out[o++] = (lo & 0x7f) | 0x80;
    lo = ((lo >>> 7) | (hi << 25)) >>> 0;
    hi >>>= 7;
  }
  return writeUint32(lo, out, o);
}

function sizeOrigin(origin: RaftRequestOrigin): number {
  let size = 0;
  if ((origin.idHigh | origin.idLow) !== 0) {
    size += 1 + sizeVarintHalves(origin.idHigh, origin.idLow);
  }
  if (origin.username !== '') size += 1 + sizeString(origin.username);
  if (origin.authRevision !== 0) size += 1 + sizeUint64(origin.authRevision);
  return size;
}

function writeOrigin(
  origin: RaftRequestOrigin,
  size: number,
  out: Uint8Array,
  offset: number,
): number {
  out[offset] = (TAG_HEADER & 0x7f) | 0x80;
  out[offset + 1] = TAG_HEADER >>> 7;
  let o = writeUint32(size, out, offset + 2);
  if ((origin.idHigh | origin.idLow) !== 0) {
    out[o++] = 0x08;
    o = writeVarintHalves(origin.idHigh, origin.idLow, out, o);
  }
  if (origin.username !== '') {
    out[o++] = 0x12;
    o = writeString(origin.username, out, o);
  }
  if (origin.authRevision !== 0) {
    out[o++] = 0x18;
    o = writeUint64(origin.authRevision, out, o);
  }
  return o;
}

/**
 * An InternalRaftRequest around a request that is encoded already: `request` becomes field `field` as it is. Bytes equal
 * Go's, which writes fields in ascending order: the header (100) after a plain payload, before the others.
 */
export function encodeRaftRequest(
  field: number,
  request: Uint8Array,
  origin: RaftRequestOrigin,
): Uint8Array {
  const originSize = sizeOrigin(origin);
  const tag = field * 8 + 2;
  const size = sizeUint32(tag) + sizeBytes(request) + 2 + sizeUint32(originSize) + originSize;
  const out = allocateBytes(size);
  let o = 0;
  if (field > 100) o = writeOrigin(origin, originSize, out, o);
  o = writeUint32(tag, out, o);
  o = writeBytes(request, out, o);
  if (field < 100) writeOrigin(origin, originSize, out, o);
  return out;
}

/** The outside of an InternalRaftRequest: who asked, and where the payload lies. */
export interface RaftRequestEnvelope extends RaftRequestOrigin {
  /** Number of the payload's field; 0 when there is none. */
  field: number;
  /** The payload's bytes: a view of the input. */
  payload: Uint8Array;
}

const FIELD_V2 = 2;

/** Reads the outside of an InternalRaftRequest. Field 1 (the id of v2 requests) counts when the header has none. */
export function decodeRaftRequestEnvelope(data: Uint8Array): RaftRequestEnvelope {
  const r = new Reader(data, 0, data.length);
  const envelope: RaftRequestEnvelope = {
    idHigh: 0,
    idLow: 0,
    username: '',
    authRevision: 0,
    field: 0,
    payload: EMPTY_BYTES,
  };
  while (r.pos < data.length) {
    const tag = r.tag();
    if (tag === TAG_HEADER) {
      readOrigin(r, r.end(), envelope);
    } else if (tag === 8) {
      r.varint();
      if ((r.hi | r.lo) !== 0) {
        envelope.idHigh = r.hi >>> 0;
        envelope.idLow = r.lo >>> 0;
      }
    } else if ((tag & 7) === 2 && tag >>> 3 >= FIELD_V2) {
      envelope.field = tag >>> 3;
      envelope.payload = r.view();
    } else {
      r.skip(tag);
    }
  }
  return envelope;
}

function readOrigin(r: Reader, end: number, origin: RaftRequestOrigin): void {
  while (r.pos < end) {
    const tag = r.tag();
    if (tag === 8) {
      r.varint();
      if (origin.idHigh === 0 && origin.idLow === 0) {
        origin.idHigh = r.hi >>> 0;
        origin.idLow = r.lo >>> 0;
      }
    } else if (tag === 18) {
      origin.username = r.string();
    } else if (tag === 24) {
      origin.authRevision = r.uint64();
    } else {
      r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('RequestHeader: field beyond the end');
}

// ---- responses

/** A mvccpb.Event as bytes, from encoded keys: made once, sent to every watcher that wants it. */
export function encodeEventParts(
  type: number,
  kv: Uint8Array,
  prevKv: Uint8Array | undefined,
): Uint8Array {
  let size = 1 + sizeBytes(kv);
  if (type !== 0) size += 1 + sizeUint32(type);
  if (prevKv !== undefined) size += 1 + sizeBytes(prevKv);
  const out = allocateBytes(size);
  let o = 0;
  if (type !== 0) {
    out[o++] = 0x08;
    o = writeUint32(type, out, o);
  }
  out[o++] = 0x12;
  o = writeBytes(kv, out, o);
  if (prevKv !== undefined) {
    out[o++] = 0x1a;
    writeBytes(prevKv, out, o);
  }
  return out;
}

/** What a WatchResponse with events holds beside its header: the encoded events [from, to) of a list. */
export interface WatchResult {
  readonly watchId: bigint;
  /** More of the same revision follows in another response. */
  readonly fragment: boolean;
  readonly events: readonly Uint8Array[];
  readonly from: number;
  readonly to: number;
}

/** Bytes of a WatchResponse whose header takes `headerSize`. */
export function sizeWatchResponseParts(headerSize: number, result: WatchResult): number {
  let size = headerSize;
  if (result.watchId !== 0n) size += 1 + sizeId(result.watchId);
  if (result.fragment) size += 2;
  for (let i = result.from; i < result.to; i++) {
    size += 1 + sizeBytes(result.events[i] as Uint8Array);
  }
  return size;
}

/** Writes what follows the header of a WatchResponse. */
export function writeWatchResult(result: WatchResult, out: Uint8Array, offset: number): number {
  let o = offset;
  if (result.watchId !== 0n) {
    out[o++] = 0x10;
    o = writeId(result.watchId, out, o);
  }
  if (result.fragment) {
    out[o++] = 0x38;
    out[o++] = 1;
  }
  for (let i = result.from; i < result.to; i++) {
    out[o++] = 0x5a;
    o = writeBytes(result.events[i] as Uint8Array, out, o);
  }
  return o;
}
