// Made by scripts/gen-proto.ts from server/proto/kv.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeBytes,
  sizeId,
  sizeInt32,
  sizeInt64,
  sizeUint32,
  writeBytes,
  writeId,
  writeInt32,
  writeInt64,
  writeUint32,
} from '../writer.ts';

export interface KeyValue {
  readonly key: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly value: Uint8Array;
  readonly lease: bigint;
}

export function createKeyValue(partial: Partial<KeyValue> = {}): KeyValue {
  return {
    key: partial.key ?? EMPTY_BYTES,
    createRevision: partial.createRevision ?? 0,
    modRevision: partial.modRevision ?? 0,
    version: partial.version ?? 0,
    value: partial.value ?? EMPTY_BYTES,
    lease: partial.lease ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readKeyValue(r: Reader, end: number): KeyValue {
  let key: Uint8Array = EMPTY_BYTES;
  let createRevision = 0;
  let modRevision = 0;
  let version = 0;
  let value: Uint8Array = EMPTY_BYTES;
  let lease = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        key = r.view();
        break;
      }
      case 16: {
        createRevision = r.int64();
        break;
      }
      case 24: {
        modRevision = r.int64();
        break;
      }
      case 32: {
        version = r.int64();
        break;
      }
      case 42: {
        value = r.view();
        break;
      }
      case 48: {
        lease = r.int64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('KeyValue: field beyond the end');
  return { key, createRevision, modRevision, version, value, lease };
}

export function decodeKeyValue(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): KeyValue {
  return readKeyValue(new Reader(bytes, start, end), end);
}

export function sizeKeyValue(m: KeyValue): number {
  let size = 0;
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  if (m.createRevision !== 0) size += 1 + sizeInt64(m.createRevision);
  if (m.modRevision !== 0) size += 1 + sizeInt64(m.modRevision);
  if (m.version !== 0) size += 1 + sizeInt64(m.version);
  if (m.value.length > 0) size += 1 + sizeBytes(m.value);
  if (m.lease !== 0n) size += 1 + sizeId(m.lease);
  return size;
}

export function writeKeyValue(m: KeyValue, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.key.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.key, out, o);
  }
  if (m.createRevision !== 0) {
    out[o++] = 16;
    o = writeInt64(m.createRevision, out, o);
  }
  if (m.modRevision !== 0) {
    out[o++] = 24;
    o = writeInt64(m.modRevision, out, o);
  }
  if (m.version !== 0) {
    out[o++] = 32;
    o = writeInt64(m.version, out, o);
  }
  if (m.value.length > 0) {
    out[o++] = 42;
    o = writeBytes(m.value, out, o);
  }
  if (m.lease !== 0n) {
    out[o++] = 48;
    o = writeId(m.lease, out, o);
  }
  return o;
}

export function encodeKeyValue(m: KeyValue): Uint8Array {
  const out = allocateBytes(sizeKeyValue(m));
  writeKeyValue(m, out, 0);
  return out;
}

export interface Event {
  readonly type: number;
  readonly kv: KeyValue | undefined;
  readonly prevKv: KeyValue | undefined;
}

export function createEvent(partial: Partial<Event> = {}): Event {
  return {
    type: partial.type ?? 0,
    kv: partial.kv,
    prevKv: partial.prevKv,
  };
}

/** Reads a message that ends at `end`. */
export function readEvent(r: Reader, end: number): Event {
  let type = 0;
  let kv: KeyValue | undefined;
  let prevKv: KeyValue | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        type = r.int32();
        break;
      }
      case 18: {
        kv = readKeyValue(r, r.open());
        r.depth--;
        break;
      }
      case 26: {
        prevKv = readKeyValue(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Event: field beyond the end');
  return { type, kv, prevKv };
}

export function decodeEvent(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Event {
  return readEvent(new Reader(bytes, start, end), end);
}

export function sizeEvent(m: Event): number {
  let size = 0;
  if (m.type !== 0) size += 1 + sizeInt32(m.type);
  if (m.kv !== undefined) {
    const inner = sizeKeyValue(m.kv);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.prevKv !== undefined) {
    const inner = sizeKeyValue(m.prevKv);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeEvent(m: Event, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.type !== 0) {
    out[o++] = 8;
    o = writeInt32(m.type, out, o);
  }
  if (m.kv !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizeKeyValue(m.kv), out, o);
    o = writeKeyValue(m.kv, out, o);
  }
  if (m.prevKv !== undefined) {
    out[o++] = 26;
    o = writeUint32(sizeKeyValue(m.prevKv), out, o);
    o = writeKeyValue(m.prevKv, out, o);
  }
  return o;
}

export function encodeEvent(m: Event): Uint8Array {
  const out = allocateBytes(sizeEvent(m));
  writeEvent(m, out, 0);
  return out;
}

export const EventType = {
  put: 0,
  delete: 1,
} as const;
