// Made by scripts/gen-proto.ts from server/proto/rpc.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeBytes,
  sizeId,
  sizeInt32,
  sizeInt64,
  sizeString,
  sizeUint32,
  sizeUint64,
  writeBytes,
  writeId,
  writeInt32,
  writeInt64,
  writeString,
  writeUint32,
  writeUint64,
} from '../writer.ts';
import {
  type UserAddOptions,
  readUserAddOptions,
  sizeUserAddOptions,
  writeUserAddOptions,
  type Permission,
  readPermission,
  sizePermission,
  writePermission,
} from './auth.ts';
import {
  type KeyValue,
  readKeyValue,
  sizeKeyValue,
  writeKeyValue,
  type Event,
  readEvent,
  sizeEvent,
  writeEvent,
} from './kv.ts';

export interface ResponseHeader {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly revision: number;
  readonly raftTerm: number;
}

export function createResponseHeader(partial: Partial<ResponseHeader> = {}): ResponseHeader {
  return {
    clusterId: partial.clusterId ?? 0n,
    memberId: partial.memberId ?? 0n,
    revision: partial.revision ?? 0,
    raftTerm: partial.raftTerm ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readResponseHeader(r: Reader, end: number): ResponseHeader {
  let clusterId = 0n;
  let memberId = 0n;
  let revision = 0;
  let raftTerm = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        clusterId = r.uint64Id();
        break;
      }
      case 16: {
        memberId = r.uint64Id();
        break;
      }
      case 24: {
        revision = r.int64();
        break;
      }
      case 32: {
        raftTerm = r.uint64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('ResponseHeader: field beyond the end');
  return { clusterId, memberId, revision, raftTerm };
}

export function decodeResponseHeader(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ResponseHeader {
  return readResponseHeader(new Reader(bytes, start, end), end);
}

export function sizeResponseHeader(m: ResponseHeader): number {
  let size = 0;
  if (m.clusterId !== 0n) size += 1 + sizeId(m.clusterId);
  if (m.memberId !== 0n) size += 1 + sizeId(m.memberId);
  if (m.revision !== 0) size += 1 + sizeInt64(m.revision);
  if (m.raftTerm !== 0) size += 1 + sizeUint64(m.raftTerm);
  return size;
}

export function writeResponseHeader(m: ResponseHeader, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.clusterId !== 0n) {
    out[o++] = 8;
    o = writeId(m.clusterId, out, o);
  }
  if (m.memberId !== 0n) {
    out[o++] = 16;
    o = writeId(m.memberId, out, o);
  }
  if (m.revision !== 0) {
    out[o++] = 24;
    o = writeInt64(m.revision, out, o);
  }
  if (m.raftTerm !== 0) {
    out[o++] = 32;
    o = writeUint64(m.raftTerm, out, o);
  }
  return o;
}

export function encodeResponseHeader(m: ResponseHeader): Uint8Array {
  const out = allocateBytes(sizeResponseHeader(m));
  writeResponseHeader(m, out, 0);
  return out;
}

export interface RangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly limit: number;
  readonly revision: number;
  readonly sortOrder: number;
  readonly sortTarget: number;
  readonly serializable: boolean;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  readonly minModRevision: number;
  readonly maxModRevision: number;
  readonly minCreateRevision: number;
  readonly maxCreateRevision: number;
}

export function createRangeRequest(partial: Partial<RangeRequest> = {}): RangeRequest {
  return {
    key: partial.key ?? EMPTY_BYTES,
    rangeEnd: partial.rangeEnd ?? EMPTY_BYTES,
    limit: partial.limit ?? 0,
    revision: partial.revision ?? 0,
    sortOrder: partial.sortOrder ?? 0,
    sortTarget: partial.sortTarget ?? 0,
    serializable: partial.serializable ?? false,
    keysOnly: partial.keysOnly ?? false,
    countOnly: partial.countOnly ?? false,
    minModRevision: partial.minModRevision ?? 0,
    maxModRevision: partial.maxModRevision ?? 0,
    minCreateRevision: partial.minCreateRevision ?? 0,
    maxCreateRevision: partial.maxCreateRevision ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readRangeRequest(r: Reader, end: number): RangeRequest {
  let key: Uint8Array = EMPTY_BYTES;
  let rangeEnd: Uint8Array = EMPTY_BYTES;
  let limit = 0;
  let revision = 0;
  let sortOrder = 0;
  let sortTarget = 0;
  let serializable = false;
  let keysOnly = false;
  let countOnly = false;
  let minModRevision = 0;
  let maxModRevision = 0;
  let minCreateRevision = 0;
  let maxCreateRevision = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        key = r.view();
        break;
      }
      case 18: {
        rangeEnd = r.view();
        break;
      }
      case 24: {
        limit = r.int64();
        break;
      }
      case 32: {
        revision = r.int64();
        break;
      }
      case 40: {
        sortOrder = r.int32();
        break;
      }
      case 48: {
        sortTarget = r.int32();
        break;
      }
      case 56: {
        serializable = r.bool();
        break;
      }
      case 64: {
        keysOnly = r.bool();
        break;
      }
      case 72: {
        countOnly = r.bool();
        break;
      }
      case 80: {
        minModRevision = r.int64();
        break;
      }
      case 88: {
        maxModRevision = r.int64();
        break;
      }
      case 96: {
        minCreateRevision = r.int64();
        break;
      }
      case 104: {
        maxCreateRevision = r.int64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('RangeRequest: field beyond the end');
  return { key, rangeEnd, limit, revision, sortOrder, sortTarget, serializable, keysOnly, countOnly, minModRevision, maxModRevision, minCreateRevision, maxCreateRevision };
}

export function decodeRangeRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): RangeRequest {
  return readRangeRequest(new Reader(bytes, start, end), end);
}

export function sizeRangeRequest(m: RangeRequest): number {
  let size = 0;
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length > 0) size += 1 + sizeBytes(m.rangeEnd);
  if (m.limit !== 0) size += 1 + sizeInt64(m.limit);
  if (m.revision !== 0) size += 1 + sizeInt64(m.revision);
  if (m.sortOrder !== 0) size += 1 + sizeInt32(m.sortOrder);
  if (m.sortTarget !== 0) size += 1 + sizeInt32(m.sortTarget);
  if (m.serializable) size += 1 + 1;
  if (m.keysOnly) size += 1 + 1;
  if (m.countOnly) size += 1 + 1;
  if (m.minModRevision !== 0) size += 1 + sizeInt64(m.minModRevision);
  if (m.maxModRevision !== 0) size += 1 + sizeInt64(m.maxModRevision);
  if (m.minCreateRevision !== 0) size += 1 + sizeInt64(m.minCreateRevision);
  if (m.maxCreateRevision !== 0) size += 1 + sizeInt64(m.maxCreateRevision);
  return size;
}

export function writeRangeRequest(m: RangeRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.key.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.key, out, o);
  }
  if (m.rangeEnd.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.rangeEnd, out, o);
  }
  if (m.limit !== 0) {
    out[o++] = 24;
    o = writeInt64(m.limit, out, o);
  }
  if (m.revision !== 0) {
    out[o++] = 32;
    o = writeInt64(m.revision, out, o);
  }
  if (m.sortOrder !== 0) {
    out[o++] = 40;
    o = writeInt32(m.sortOrder, out, o);
  }
  if (m.sortTarget !== 0) {
    out[o++] = 48;
    o = writeInt32(m.sortTarget, out, o);
  }
  if (m.serializable) {
    out[o++] = 56;
    out[o++] = m.serializable ? 1 : 0;
  }
  if (m.keysOnly) {
    out[o++] = 64;
    out[o++] = m.keysOnly ? 1 : 0;
  }
  if (m.countOnly) {
    out[o++] = 72;
    out[o++] = m.countOnly ? 1 : 0;
  }
  if (m.minModRevision !== 0) {
    out[o++] = 80;
    o = writeInt64(m.minModRevision, out, o);
  }
  if (m.maxModRevision !== 0) {
    out[o++] = 88;
    o = writeInt64(m.maxModRevision, out, o);
  }
  if (m.minCreateRevision !== 0) {
    out[o++] = 96;
    o = writeInt64(m.minCreateRevision, out, o);
  }
  if (m.maxCreateRevision !== 0) {
    out[o++] = 104;
    o = writeInt64(m.maxCreateRevision, out, o);
  }
  return o;
}

export function encodeRangeRequest(m: RangeRequest): Uint8Array {
  const out = allocateBytes(sizeRangeRequest(m));
  writeRangeRequest(m, out, 0);
  return out;
}

export const SortOrder = {
  none: 0,
  ascend: 1,
  descend: 2,
} as const;

export const SortTarget = {
  key: 0,
  version: 1,
  create: 2,
  mod: 3,
  value: 4,
} as const;

export interface RangeResponse {
  readonly header: ResponseHeader | undefined;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}

export function createRangeResponse(partial: Partial<RangeResponse> = {}): RangeResponse {
  return {
    header: partial.header,
    kvs: partial.kvs ?? [],
    more: partial.more ?? false,
    count: partial.count ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readRangeResponse(r: Reader, end: number): RangeResponse {
  let header: ResponseHeader | undefined;
  const kvs: KeyValue[] = [];
  let more = false;
  let count = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        kvs.push(readKeyValue(r, r.open()));
        r.depth--;
        break;
      }
      case 24: {
        more = r.bool();
        break;
      }
      case 32: {
        count = r.int64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('RangeResponse: field beyond the end');
  return { header, kvs, more, count };
}

export function decodeRangeResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): RangeResponse {
  return readRangeResponse(new Reader(bytes, start, end), end);
}

export function sizeRangeResponse(m: RangeResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.kvs) {
    const inner = sizeKeyValue(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.more) size += 1 + 1;
  if (m.count !== 0) size += 1 + sizeInt64(m.count);
  return size;
}

export function writeRangeResponse(m: RangeResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.kvs) {
    out[o++] = 18;
    o = writeUint32(sizeKeyValue(item), out, o);
    o = writeKeyValue(item, out, o);
  }
  if (m.more) {
    out[o++] = 24;
    out[o++] = m.more ? 1 : 0;
  }
  if (m.count !== 0) {
    out[o++] = 32;
    o = writeInt64(m.count, out, o);
  }
  return o;
}

export function encodeRangeResponse(m: RangeResponse): Uint8Array {
  const out = allocateBytes(sizeRangeResponse(m));
  writeRangeResponse(m, out, 0);
  return out;
}

export interface RangeStreamResponse {
  readonly rangeResponse: RangeResponse | undefined;
}

export function createRangeStreamResponse(partial: Partial<RangeStreamResponse> = {}): RangeStreamResponse {
  return {
    rangeResponse: partial.rangeResponse,
  };
}

/** Reads a message that ends at `end`. */
export function readRangeStreamResponse(r: Reader, end: number): RangeStreamResponse {
  let rangeResponse: RangeResponse | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        rangeResponse = readRangeResponse(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('RangeStreamResponse: field beyond the end');
  return { rangeResponse };
}

export function decodeRangeStreamResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): RangeStreamResponse {
  return readRangeStreamResponse(new Reader(bytes, start, end), end);
}

export function sizeRangeStreamResponse(m: RangeStreamResponse): number {
  let size = 0;
  if (m.rangeResponse !== undefined) {
    const inner = sizeRangeResponse(m.rangeResponse);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeRangeStreamResponse(m: RangeStreamResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.rangeResponse !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeRangeResponse(m.rangeResponse), out, o);
    o = writeRangeResponse(m.rangeResponse, out, o);
  }
  return o;
}

export function encodeRangeStreamResponse(m: RangeStreamResponse): Uint8Array {
  const out = allocateBytes(sizeRangeStreamResponse(m));
  writeRangeStreamResponse(m, out, 0);
  return out;
}

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: bigint;
  readonly prevKv: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}

export function createPutRequest(partial: Partial<PutRequest> = {}): PutRequest {
  return {
    key: partial.key ?? EMPTY_BYTES,
    value: partial.value ?? EMPTY_BYTES,
    lease: partial.lease ?? 0n,
    prevKv: partial.prevKv ?? false,
    ignoreValue: partial.ignoreValue ?? false,
    ignoreLease: partial.ignoreLease ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readPutRequest(r: Reader, end: number): PutRequest {
  let key: Uint8Array = EMPTY_BYTES;
  let value: Uint8Array = EMPTY_BYTES;
  let lease = 0n;
  let prevKv = false;
  let ignoreValue = false;
  let ignoreLease = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        key = r.view();
        break;
      }
      case 18: {
        value = r.view();
        break;
      }
      case 24: {
        lease = r.int64Id();
        break;
      }
      case 32: {
        prevKv = r.bool();
        break;
      }
      case 40: {
        ignoreValue = r.bool();
        break;
      }
      case 48: {
        ignoreLease = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('PutRequest: field beyond the end');
  return { key, value, lease, prevKv, ignoreValue, ignoreLease };
}

export function decodePutRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): PutRequest {
  return readPutRequest(new Reader(bytes, start, end), end);
}

export function sizePutRequest(m: PutRequest): number {
  let size = 0;
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  if (m.value.length > 0) size += 1 + sizeBytes(m.value);
  if (m.lease !== 0n) size += 1 + sizeId(m.lease);
  if (m.prevKv) size += 1 + 1;
  if (m.ignoreValue) size += 1 + 1;
  if (m.ignoreLease) size += 1 + 1;
  return size;
}

export function writePutRequest(m: PutRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.key.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.key, out, o);
  }
  if (m.value.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.value, out, o);
  }
  if (m.lease !== 0n) {
    out[o++] = 24;
    o = writeId(m.lease, out, o);
  }
  if (m.prevKv) {
    out[o++] = 32;
    out[o++] = m.prevKv ? 1 : 0;
  }
  if (m.ignoreValue) {
    out[o++] = 40;
    out[o++] = m.ignoreValue ? 1 : 0;
  }
  if (m.ignoreLease) {
    out[o++] = 48;
    out[o++] = m.ignoreLease ? 1 : 0;
  }
  return o;
}

export function encodePutRequest(m: PutRequest): Uint8Array {
  const out = allocateBytes(sizePutRequest(m));
  writePutRequest(m, out, 0);
  return out;
}

export interface PutResponse {
  readonly header: ResponseHeader | undefined;
  readonly prevKv: KeyValue | undefined;
}

export function createPutResponse(partial: Partial<PutResponse> = {}): PutResponse {
  return {
    header: partial.header,
    prevKv: partial.prevKv,
  };
}

/** Reads a message that ends at `end`. */
export function readPutResponse(r: Reader, end: number): PutResponse {
  let header: ResponseHeader | undefined;
  let prevKv: KeyValue | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        prevKv = readKeyValue(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('PutResponse: field beyond the end');
  return { header, prevKv };
}

export function decodePutResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): PutResponse {
  return readPutResponse(new Reader(bytes, start, end), end);
}

export function sizePutResponse(m: PutResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.prevKv !== undefined) {
    const inner = sizeKeyValue(m.prevKv);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writePutResponse(m: PutResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.prevKv !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizeKeyValue(m.prevKv), out, o);
    o = writeKeyValue(m.prevKv, out, o);
  }
  return o;
}

export function encodePutResponse(m: PutResponse): Uint8Array {
  const out = allocateBytes(sizePutResponse(m));
  writePutResponse(m, out, 0);
  return out;
}

export interface DeleteRangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly prevKv: boolean;
}

export function createDeleteRangeRequest(partial: Partial<DeleteRangeRequest> = {}): DeleteRangeRequest {
  return {
    key: partial.key ?? EMPTY_BYTES,
    rangeEnd: partial.rangeEnd ?? EMPTY_BYTES,
    prevKv: partial.prevKv ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readDeleteRangeRequest(r: Reader, end: number): DeleteRangeRequest {
  let key: Uint8Array = EMPTY_BYTES;
  let rangeEnd: Uint8Array = EMPTY_BYTES;
  let prevKv = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        key = r.view();
        break;
      }
      case 18: {
        rangeEnd = r.view();
        break;
      }
      case 24: {
        prevKv = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('DeleteRangeRequest: field beyond the end');
  return { key, rangeEnd, prevKv };
}

export function decodeDeleteRangeRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): DeleteRangeRequest {
  return readDeleteRangeRequest(new Reader(bytes, start, end), end);
}

export function sizeDeleteRangeRequest(m: DeleteRangeRequest): number {
  let size = 0;
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length > 0) size += 1 + sizeBytes(m.rangeEnd);
  if (m.prevKv) size += 1 + 1;
  return size;
}

export function writeDeleteRangeRequest(m: DeleteRangeRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.key.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.key, out, o);
  }
  if (m.rangeEnd.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.rangeEnd, out, o);
  }
  if (m.prevKv) {
    out[o++] = 24;
    out[o++] = m.prevKv ? 1 : 0;
  }
  return o;
}

export function encodeDeleteRangeRequest(m: DeleteRangeRequest): Uint8Array {
  const out = allocateBytes(sizeDeleteRangeRequest(m));
  writeDeleteRangeRequest(m, out, 0);
  return out;
}

export interface DeleteRangeResponse {
  readonly header: ResponseHeader | undefined;
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
}

export function createDeleteRangeResponse(partial: Partial<DeleteRangeResponse> = {}): DeleteRangeResponse {
  return {
    header: partial.header,
    deleted: partial.deleted ?? 0,
    prevKvs: partial.prevKvs ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readDeleteRangeResponse(r: Reader, end: number): DeleteRangeResponse {
  let header: ResponseHeader | undefined;
  let deleted = 0;
  const prevKvs: KeyValue[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        deleted = r.int64();
        break;
      }
      case 26: {
        prevKvs.push(readKeyValue(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('DeleteRangeResponse: field beyond the end');
  return { header, deleted, prevKvs };
}

export function decodeDeleteRangeResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): DeleteRangeResponse {
  return readDeleteRangeResponse(new Reader(bytes, start, end), end);
}

export function sizeDeleteRangeResponse(m: DeleteRangeResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.deleted !== 0) size += 1 + sizeInt64(m.deleted);
  for (const item of m.prevKvs) {
    const inner = sizeKeyValue(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeDeleteRangeResponse(m: DeleteRangeResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.deleted !== 0) {
    out[o++] = 16;
    o = writeInt64(m.deleted, out, o);
  }
  for (const item of m.prevKvs) {
    out[o++] = 26;
    o = writeUint32(sizeKeyValue(item), out, o);
    o = writeKeyValue(item, out, o);
  }
  return o;
}

export function encodeDeleteRangeResponse(m: DeleteRangeResponse): Uint8Array {
  const out = allocateBytes(sizeDeleteRangeResponse(m));
  writeDeleteRangeResponse(m, out, 0);
  return out;
}

export interface RequestOp {
  readonly requestRange: RangeRequest | undefined;
  readonly requestPut: PutRequest | undefined;
  readonly requestDeleteRange: DeleteRangeRequest | undefined;
  readonly requestTxn: TxnRequest | undefined;
}

export function createRequestOp(partial: Partial<RequestOp> = {}): RequestOp {
  return {
    requestRange: partial.requestRange,
    requestPut: partial.requestPut,
    requestDeleteRange: partial.requestDeleteRange,
    requestTxn: partial.requestTxn,
  };
}

/** Reads a message that ends at `end`. */
export function readRequestOp(r: Reader, end: number): RequestOp {
  let requestRange: RangeRequest | undefined;
  let requestPut: PutRequest | undefined;
  let requestDeleteRange: DeleteRangeRequest | undefined;
  let requestTxn: TxnRequest | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        requestRange = readRangeRequest(r, r.open());
        r.depth--;
        requestPut = undefined;
        requestDeleteRange = undefined;
        requestTxn = undefined;
        break;
      }
      case 18: {
        requestPut = readPutRequest(r, r.open());
        r.depth--;
        requestRange = undefined;
        requestDeleteRange = undefined;
        requestTxn = undefined;
        break;
      }
      case 26: {
        requestDeleteRange = readDeleteRangeRequest(r, r.open());
        r.depth--;
        requestRange = undefined;
        requestPut = undefined;
        requestTxn = undefined;
        break;
      }
      case 34: {
        requestTxn = readTxnRequest(r, r.open());
        r.depth--;
        requestRange = undefined;
        requestPut = undefined;
        requestDeleteRange = undefined;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('RequestOp: field beyond the end');
  return { requestRange, requestPut, requestDeleteRange, requestTxn };
}

export function decodeRequestOp(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): RequestOp {
  return readRequestOp(new Reader(bytes, start, end), end);
}

export function sizeRequestOp(m: RequestOp): number {
  let size = 0;
  if (m.requestRange !== undefined) {
    const inner = sizeRangeRequest(m.requestRange);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.requestPut !== undefined) {
    const inner = sizePutRequest(m.requestPut);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.requestDeleteRange !== undefined) {
    const inner = sizeDeleteRangeRequest(m.requestDeleteRange);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.requestTxn !== undefined) {
    const inner = sizeTxnRequest(m.requestTxn);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeRequestOp(m: RequestOp, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.requestRange !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeRangeRequest(m.requestRange), out, o);
    o = writeRangeRequest(m.requestRange, out, o);
  }
  if (m.requestPut !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizePutRequest(m.requestPut), out, o);
    o = writePutRequest(m.requestPut, out, o);
  }
  if (m.requestDeleteRange !== undefined) {
    out[o++] = 26;
    o = writeUint32(sizeDeleteRangeRequest(m.requestDeleteRange), out, o);
    o = writeDeleteRangeRequest(m.requestDeleteRange, out, o);
  }
  if (m.requestTxn !== undefined) {
    out[o++] = 34;
    o = writeUint32(sizeTxnRequest(m.requestTxn), out, o);
    o = writeTxnRequest(m.requestTxn, out, o);
  }
  return o;
}

export function encodeRequestOp(m: RequestOp): Uint8Array {
  const out = allocateBytes(sizeRequestOp(m));
  writeRequestOp(m, out, 0);
  return out;
}

export interface ResponseOp {
  readonly responseRange: RangeResponse | undefined;
  readonly responsePut: PutResponse | undefined;
  readonly responseDeleteRange: DeleteRangeResponse | undefined;
  readonly responseTxn: TxnResponse | undefined;
}

export function createResponseOp(partial: Partial<ResponseOp> = {}): ResponseOp {
  return {
    responseRange: partial.responseRange,
    responsePut: partial.responsePut,
    responseDeleteRange: partial.responseDeleteRange,
    responseTxn: partial.responseTxn,
  };
}

/** Reads a message that ends at `end`. */
export function readResponseOp(r: Reader, end: number): ResponseOp {
  let responseRange: RangeResponse | undefined;
  let responsePut: PutResponse | undefined;
  let responseDeleteRange: DeleteRangeResponse | undefined;
  let responseTxn: TxnResponse | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        responseRange = readRangeResponse(r, r.open());
        r.depth--;
        responsePut = undefined;
        responseDeleteRange = undefined;
        responseTxn = undefined;
        break;
      }
      case 18: {
        responsePut = readPutResponse(r, r.open());
        r.depth--;
        responseRange = undefined;
        responseDeleteRange = undefined;
        responseTxn = undefined;
        break;
      }
      case 26: {
        responseDeleteRange = readDeleteRangeResponse(r, r.open());
        r.depth--;
        responseRange = undefined;
        responsePut = undefined;
        responseTxn = undefined;
        break;
      }
      case 34: {
        responseTxn = readTxnResponse(r, r.open());
        r.depth--;
        responseRange = undefined;
        responsePut = undefined;
        responseDeleteRange = undefined;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('ResponseOp: field beyond the end');
  return { responseRange, responsePut, responseDeleteRange, responseTxn };
}

export function decodeResponseOp(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ResponseOp {
  return readResponseOp(new Reader(bytes, start, end), end);
}

export function sizeResponseOp(m: ResponseOp): number {
  let size = 0;
  if (m.responseRange !== undefined) {
    const inner = sizeRangeResponse(m.responseRange);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.responsePut !== undefined) {
    const inner = sizePutResponse(m.responsePut);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.responseDeleteRange !== undefined) {
    const inner = sizeDeleteRangeResponse(m.responseDeleteRange);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.responseTxn !== undefined) {
    const inner = sizeTxnResponse(m.responseTxn);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeResponseOp(m: ResponseOp, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.responseRange !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeRangeResponse(m.responseRange), out, o);
    o = writeRangeResponse(m.responseRange, out, o);
  }
  if (m.responsePut !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizePutResponse(m.responsePut), out, o);
    o = writePutResponse(m.responsePut, out, o);
  }
  if (m.responseDeleteRange !== undefined) {
    out[o++] = 26;
    o = writeUint32(sizeDeleteRangeResponse(m.responseDeleteRange), out, o);
    o = writeDeleteRangeResponse(m.responseDeleteRange, out, o);
  }
  if (m.responseTxn !== undefined) {
    out[o++] = 34;
    o = writeUint32(sizeTxnResponse(m.responseTxn), out, o);
    o = writeTxnResponse(m.responseTxn, out, o);
  }
  return o;
}

export function encodeResponseOp(m: ResponseOp): Uint8Array {
  const out = allocateBytes(sizeResponseOp(m));
  writeResponseOp(m, out, 0);
  return out;
}

export interface Compare {
  readonly result: number;
  readonly target: number;
  readonly key: Uint8Array;
  readonly version: number;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly value: Uint8Array;
  readonly lease: bigint;
  readonly rangeEnd: Uint8Array;
}

export function createCompare(partial: Partial<Compare> = {}): Compare {
  return {
    result: partial.result ?? 0,
    target: partial.target ?? 0,
    key: partial.key ?? EMPTY_BYTES,
    version: partial.version ?? 0,
    createRevision: partial.createRevision ?? 0,
    modRevision: partial.modRevision ?? 0,
    value: partial.value ?? EMPTY_BYTES,
    lease: partial.lease ?? 0n,
    rangeEnd: partial.rangeEnd ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readCompare(r: Reader, end: number): Compare {
  let result = 0;
  let target = 0;
  let key: Uint8Array = EMPTY_BYTES;
  let version = 0;
  let createRevision = 0;
  let modRevision = 0;
  let value: Uint8Array = EMPTY_BYTES;
  let lease = 0n;
  let rangeEnd: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        result = r.int32();
        break;
      }
      case 16: {
        target = r.int32();
        break;
      }
      case 26: {
        key = r.view();
        break;
      }
      case 32: {
        version = r.int64();
        break;
      }
      case 40: {
        createRevision = r.int64();
        break;
      }
      case 48: {
        modRevision = r.int64();
        break;
      }
      case 58: {
        value = r.view();
        break;
      }
      case 64: {
        lease = r.int64Id();
        break;
      }
      case 514: {
        rangeEnd = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Compare: field beyond the end');
  return { result, target, key, version, createRevision, modRevision, value, lease, rangeEnd };
}

export function decodeCompare(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Compare {
  return readCompare(new Reader(bytes, start, end), end);
}

export function sizeCompare(m: Compare): number {
  let size = 0;
  if (m.result !== 0) size += 1 + sizeInt32(m.result);
  if (m.target !== 0) size += 1 + sizeInt32(m.target);
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  if (m.version !== 0) size += 1 + sizeInt64(m.version);
  if (m.createRevision !== 0) size += 1 + sizeInt64(m.createRevision);
  if (m.modRevision !== 0) size += 1 + sizeInt64(m.modRevision);
  if (m.value.length > 0) size += 1 + sizeBytes(m.value);
  if (m.lease !== 0n) size += 1 + sizeId(m.lease);
  if (m.rangeEnd.length > 0) size += 2 + sizeBytes(m.rangeEnd);
  return size;
}

export function writeCompare(m: Compare, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.result !== 0) {
    out[o++] = 8;
    o = writeInt32(m.result, out, o);
  }
  if (m.target !== 0) {
    out[o++] = 16;
    o = writeInt32(m.target, out, o);
  }
  if (m.key.length > 0) {
    out[o++] = 26;
    o = writeBytes(m.key, out, o);
  }
  if (m.version !== 0) {
    out[o++] = 32;
    o = writeInt64(m.version, out, o);
  }
  if (m.createRevision !== 0) {
    out[o++] = 40;
    o = writeInt64(m.createRevision, out, o);
  }
  if (m.modRevision !== 0) {
    out[o++] = 48;
    o = writeInt64(m.modRevision, out, o);
  }
  if (m.value.length > 0) {
    out[o++] = 58;
    o = writeBytes(m.value, out, o);
  }
  if (m.lease !== 0n) {
    out[o++] = 64;
    o = writeId(m.lease, out, o);
  }
  if (m.rangeEnd.length > 0) {
    out[o++] = 130;
    out[o++] = 4;
    o = writeBytes(m.rangeEnd, out, o);
  }
  return o;
}

export function encodeCompare(m: Compare): Uint8Array {
  const out = allocateBytes(sizeCompare(m));
  writeCompare(m, out, 0);
  return out;
}

export const CompareResult = {
  equal: 0,
  greater: 1,
  less: 2,
  notEqual: 3,
} as const;

export const CompareTarget = {
  version: 0,
  create: 1,
  mod: 2,
  value: 3,
  lease: 4,
} as const;

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export function createTxnRequest(partial: Partial<TxnRequest> = {}): TxnRequest {
  return {
    compare: partial.compare ?? [],
    success: partial.success ?? [],
    failure: partial.failure ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readTxnRequest(r: Reader, end: number): TxnRequest {
  const compare: Compare[] = [];
  const success: RequestOp[] = [];
  const failure: RequestOp[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        compare.push(readCompare(r, r.open()));
        r.depth--;
        break;
      }
      case 18: {
        success.push(readRequestOp(r, r.open()));
        r.depth--;
        break;
      }
      case 26: {
        failure.push(readRequestOp(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('TxnRequest: field beyond the end');
  return { compare, success, failure };
}

export function decodeTxnRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): TxnRequest {
  return readTxnRequest(new Reader(bytes, start, end), end);
}

export function sizeTxnRequest(m: TxnRequest): number {
  let size = 0;
  for (const item of m.compare) {
    const inner = sizeCompare(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.success) {
    const inner = sizeRequestOp(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.failure) {
    const inner = sizeRequestOp(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeTxnRequest(m: TxnRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  for (const item of m.compare) {
    out[o++] = 10;
    o = writeUint32(sizeCompare(item), out, o);
    o = writeCompare(item, out, o);
  }
  for (const item of m.success) {
    out[o++] = 18;
    o = writeUint32(sizeRequestOp(item), out, o);
    o = writeRequestOp(item, out, o);
  }
  for (const item of m.failure) {
    out[o++] = 26;
    o = writeUint32(sizeRequestOp(item), out, o);
    o = writeRequestOp(item, out, o);
  }
  return o;
}

export function encodeTxnRequest(m: TxnRequest): Uint8Array {
  const out = allocateBytes(sizeTxnRequest(m));
  writeTxnRequest(m, out, 0);
  return out;
}

export interface TxnResponse {
  readonly header: ResponseHeader | undefined;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

export function createTxnResponse(partial: Partial<TxnResponse> = {}): TxnResponse {
  return {
    header: partial.header,
    succeeded: partial.succeeded ?? false,
    responses: partial.responses ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readTxnResponse(r: Reader, end: number): TxnResponse {
  let header: ResponseHeader | undefined;
  let succeeded = false;
  const responses: ResponseOp[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        succeeded = r.bool();
        break;
      }
      case 26: {
        responses.push(readResponseOp(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('TxnResponse: field beyond the end');
  return { header, succeeded, responses };
}

export function decodeTxnResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): TxnResponse {
  return readTxnResponse(new Reader(bytes, start, end), end);
}

export function sizeTxnResponse(m: TxnResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.succeeded) size += 1 + 1;
  for (const item of m.responses) {
    const inner = sizeResponseOp(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeTxnResponse(m: TxnResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.succeeded) {
    out[o++] = 16;
    out[o++] = m.succeeded ? 1 : 0;
  }
  for (const item of m.responses) {
    out[o++] = 26;
    o = writeUint32(sizeResponseOp(item), out, o);
    o = writeResponseOp(item, out, o);
  }
  return o;
}

export function encodeTxnResponse(m: TxnResponse): Uint8Array {
  const out = allocateBytes(sizeTxnResponse(m));
  writeTxnResponse(m, out, 0);
  return out;
}

export interface CompactionRequest {
  readonly revision: number;
  readonly physical: boolean;
}

export function createCompactionRequest(partial: Partial<CompactionRequest> = {}): CompactionRequest {
  return {
    revision: partial.revision ?? 0,
    physical: partial.physical ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readCompactionRequest(r: Reader, end: number): CompactionRequest {
  let revision = 0;
  let physical = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        revision = r.int64();
        break;
      }
      case 16: {
        physical = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('CompactionRequest: field beyond the end');
  return { revision, physical };
}

export function decodeCompactionRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): CompactionRequest {
  return readCompactionRequest(new Reader(bytes, start, end), end);
}

export function sizeCompactionRequest(m: CompactionRequest): number {
  let size = 0;
  if (m.revision !== 0) size += 1 + sizeInt64(m.revision);
  if (m.physical) size += 1 + 1;
  return size;
}

export function writeCompactionRequest(m: CompactionRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.revision !== 0) {
    out[o++] = 8;
    o = writeInt64(m.revision, out, o);
  }
  if (m.physical) {
    out[o++] = 16;
    out[o++] = m.physical ? 1 : 0;
  }
  return o;
}

export function encodeCompactionRequest(m: CompactionRequest): Uint8Array {
  const out = allocateBytes(sizeCompactionRequest(m));
  writeCompactionRequest(m, out, 0);
  return out;
}

export interface CompactionResponse {
  readonly header: ResponseHeader | undefined;
}

export function createCompactionResponse(partial: Partial<CompactionResponse> = {}): CompactionResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readCompactionResponse(r: Reader, end: number): CompactionResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('CompactionResponse: field beyond the end');
  return { header };
}

export function decodeCompactionResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): CompactionResponse {
  return readCompactionResponse(new Reader(bytes, start, end), end);
}

export function sizeCompactionResponse(m: CompactionResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeCompactionResponse(m: CompactionResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeCompactionResponse(m: CompactionResponse): Uint8Array {
  const out = allocateBytes(sizeCompactionResponse(m));
  writeCompactionResponse(m, out, 0);
  return out;
}

export type HashRequest = Readonly<Record<string, never>>;

export function createHashRequest(partial: Partial<HashRequest> = {}): HashRequest {
  return partial as HashRequest;
}

/** Reads a message that ends at `end`. */
export function readHashRequest(r: Reader, end: number): HashRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('HashRequest: field beyond the end');
  return {};
}

export function decodeHashRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HashRequest {
  return readHashRequest(new Reader(bytes, start, end), end);
}

export function sizeHashRequest(_m: HashRequest): number {
  return 0;
}

export function writeHashRequest(_m: HashRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeHashRequest(m: HashRequest): Uint8Array {
  const out = allocateBytes(sizeHashRequest(m));
  writeHashRequest(m, out, 0);
  return out;
}

export interface HashResponse {
  readonly header: ResponseHeader | undefined;
  readonly hash: number;
}

export function createHashResponse(partial: Partial<HashResponse> = {}): HashResponse {
  return {
    header: partial.header,
    hash: partial.hash ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readHashResponse(r: Reader, end: number): HashResponse {
  let header: ResponseHeader | undefined;
  let hash = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        hash = r.uint32();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('HashResponse: field beyond the end');
  return { header, hash };
}

export function decodeHashResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HashResponse {
  return readHashResponse(new Reader(bytes, start, end), end);
}

export function sizeHashResponse(m: HashResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.hash !== 0) size += 1 + sizeUint32(m.hash);
  return size;
}

export function writeHashResponse(m: HashResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.hash !== 0) {
    out[o++] = 16;
    o = writeUint32(m.hash, out, o);
  }
  return o;
}

export function encodeHashResponse(m: HashResponse): Uint8Array {
  const out = allocateBytes(sizeHashResponse(m));
  writeHashResponse(m, out, 0);
  return out;
}

export interface HashKVRequest {
  readonly revision: number;
}

export function createHashKVRequest(partial: Partial<HashKVRequest> = {}): HashKVRequest {
  return {
    revision: partial.revision ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readHashKVRequest(r: Reader, end: number): HashKVRequest {
  let revision = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        revision = r.int64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('HashKVRequest: field beyond the end');
  return { revision };
}

export function decodeHashKVRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HashKVRequest {
  return readHashKVRequest(new Reader(bytes, start, end), end);
}

export function sizeHashKVRequest(m: HashKVRequest): number {
  let size = 0;
  if (m.revision !== 0) size += 1 + sizeInt64(m.revision);
  return size;
}

export function writeHashKVRequest(m: HashKVRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.revision !== 0) {
    out[o++] = 8;
    o = writeInt64(m.revision, out, o);
  }
  return o;
}

export function encodeHashKVRequest(m: HashKVRequest): Uint8Array {
  const out = allocateBytes(sizeHashKVRequest(m));
  writeHashKVRequest(m, out, 0);
  return out;
}

export interface HashKVResponse {
  readonly header: ResponseHeader | undefined;
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
}

export function createHashKVResponse(partial: Partial<HashKVResponse> = {}): HashKVResponse {
  return {
    header: partial.header,
    hash: partial.hash ?? 0,
    compactRevision: partial.compactRevision ?? 0,
    hashRevision: partial.hashRevision ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readHashKVResponse(r: Reader, end: number): HashKVResponse {
  let header: ResponseHeader | undefined;
  let hash = 0;
  let compactRevision = 0;
  let hashRevision = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        hash = r.uint32();
        break;
      }
      case 24: {
        compactRevision = r.int64();
        break;
      }
      case 32: {
        hashRevision = r.int64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('HashKVResponse: field beyond the end');
  return { header, hash, compactRevision, hashRevision };
}

export function decodeHashKVResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HashKVResponse {
  return readHashKVResponse(new Reader(bytes, start, end), end);
}

export function sizeHashKVResponse(m: HashKVResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.hash !== 0) size += 1 + sizeUint32(m.hash);
  if (m.compactRevision !== 0) size += 1 + sizeInt64(m.compactRevision);
  if (m.hashRevision !== 0) size += 1 + sizeInt64(m.hashRevision);
  return size;
}

export function writeHashKVResponse(m: HashKVResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.hash !== 0) {
    out[o++] = 16;
    o = writeUint32(m.hash, out, o);
  }
  if (m.compactRevision !== 0) {
    out[o++] = 24;
    o = writeInt64(m.compactRevision, out, o);
  }
  if (m.hashRevision !== 0) {
    out[o++] = 32;
    o = writeInt64(m.hashRevision, out, o);
  }
  return o;
}

export function encodeHashKVResponse(m: HashKVResponse): Uint8Array {
  const out = allocateBytes(sizeHashKVResponse(m));
  writeHashKVResponse(m, out, 0);
  return out;
}

export type SnapshotRequest = Readonly<Record<string, never>>;

export function createSnapshotRequest(partial: Partial<SnapshotRequest> = {}): SnapshotRequest {
  return partial as SnapshotRequest;
}

/** Reads a message that ends at `end`. */
export function readSnapshotRequest(r: Reader, end: number): SnapshotRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('SnapshotRequest: field beyond the end');
  return {};
}

export function decodeSnapshotRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): SnapshotRequest {
  return readSnapshotRequest(new Reader(bytes, start, end), end);
}

export function sizeSnapshotRequest(_m: SnapshotRequest): number {
  return 0;
}

export function writeSnapshotRequest(_m: SnapshotRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeSnapshotRequest(m: SnapshotRequest): Uint8Array {
  const out = allocateBytes(sizeSnapshotRequest(m));
  writeSnapshotRequest(m, out, 0);
  return out;
}

export interface SnapshotResponse {
  readonly header: ResponseHeader | undefined;
  readonly remainingBytes: number;
  readonly blob: Uint8Array;
  readonly version: string;
}

export function createSnapshotResponse(partial: Partial<SnapshotResponse> = {}): SnapshotResponse {
  return {
    header: partial.header,
    remainingBytes: partial.remainingBytes ?? 0,
    blob: partial.blob ?? EMPTY_BYTES,
    version: partial.version ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readSnapshotResponse(r: Reader, end: number): SnapshotResponse {
  let header: ResponseHeader | undefined;
  let remainingBytes = 0;
  let blob: Uint8Array = EMPTY_BYTES;
  let version = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        remainingBytes = r.uint64();
        break;
      }
      case 26: {
        blob = r.view();
        break;
      }
      case 34: {
        version = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('SnapshotResponse: field beyond the end');
  return { header, remainingBytes, blob, version };
}

export function decodeSnapshotResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): SnapshotResponse {
  return readSnapshotResponse(new Reader(bytes, start, end), end);
}

export function sizeSnapshotResponse(m: SnapshotResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.remainingBytes !== 0) size += 1 + sizeUint64(m.remainingBytes);
  if (m.blob.length > 0) size += 1 + sizeBytes(m.blob);
  if (m.version !== '') size += 1 + sizeString(m.version);
  return size;
}

export function writeSnapshotResponse(m: SnapshotResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.remainingBytes !== 0) {
    out[o++] = 16;
    o = writeUint64(m.remainingBytes, out, o);
  }
  if (m.blob.length > 0) {
    out[o++] = 26;
    o = writeBytes(m.blob, out, o);
  }
  if (m.version !== '') {
    out[o++] = 34;
    o = writeString(m.version, out, o);
  }
  return o;
}

export function encodeSnapshotResponse(m: SnapshotResponse): Uint8Array {
  const out = allocateBytes(sizeSnapshotResponse(m));
  writeSnapshotResponse(m, out, 0);
  return out;
}

export interface WatchRequest {
  readonly createRequest: WatchCreateRequest | undefined;
  readonly cancelRequest: WatchCancelRequest | undefined;
  readonly progressRequest: WatchProgressRequest | undefined;
}

export function createWatchRequest(partial: Partial<WatchRequest> = {}): WatchRequest {
  return {
    createRequest: partial.createRequest,
    cancelRequest: partial.cancelRequest,
    progressRequest: partial.progressRequest,
  };
}

/** Reads a message that ends at `end`. */
export function readWatchRequest(r: Reader, end: number): WatchRequest {
  let createRequest: WatchCreateRequest | undefined;
  let cancelRequest: WatchCancelRequest | undefined;
  let progressRequest: WatchProgressRequest | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        createRequest = readWatchCreateRequest(r, r.open());
        r.depth--;
        cancelRequest = undefined;
        progressRequest = undefined;
        break;
      }
      case 18: {
        cancelRequest = readWatchCancelRequest(r, r.open());
        r.depth--;
        createRequest = undefined;
        progressRequest = undefined;
        break;
      }
      case 26: {
        progressRequest = readWatchProgressRequest(r, r.open());
        r.depth--;
        createRequest = undefined;
        cancelRequest = undefined;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('WatchRequest: field beyond the end');
  return { createRequest, cancelRequest, progressRequest };
}

export function decodeWatchRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): WatchRequest {
  return readWatchRequest(new Reader(bytes, start, end), end);
}

export function sizeWatchRequest(m: WatchRequest): number {
  let size = 0;
  if (m.createRequest !== undefined) {
    const inner = sizeWatchCreateRequest(m.createRequest);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.cancelRequest !== undefined) {
    const inner = sizeWatchCancelRequest(m.cancelRequest);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.progressRequest !== undefined) {
    const inner = sizeWatchProgressRequest(m.progressRequest);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeWatchRequest(m: WatchRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.createRequest !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeWatchCreateRequest(m.createRequest), out, o);
    o = writeWatchCreateRequest(m.createRequest, out, o);
  }
  if (m.cancelRequest !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizeWatchCancelRequest(m.cancelRequest), out, o);
    o = writeWatchCancelRequest(m.cancelRequest, out, o);
  }
  if (m.progressRequest !== undefined) {
    out[o++] = 26;
    o = writeUint32(sizeWatchProgressRequest(m.progressRequest), out, o);
    o = writeWatchProgressRequest(m.progressRequest, out, o);
  }
  return o;
}

export function encodeWatchRequest(m: WatchRequest): Uint8Array {
  const out = allocateBytes(sizeWatchRequest(m));
  writeWatchRequest(m, out, 0);
  return out;
}

export interface WatchCreateRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly startRevision: number;
  readonly progressNotify: boolean;
  readonly filters: readonly number[];
  readonly prevKv: boolean;
  readonly watchId: bigint;
  readonly fragment: boolean;
}

export function createWatchCreateRequest(partial: Partial<WatchCreateRequest> = {}): WatchCreateRequest {
  return {
    key: partial.key ?? EMPTY_BYTES,
    rangeEnd: partial.rangeEnd ?? EMPTY_BYTES,
    startRevision: partial.startRevision ?? 0,
    progressNotify: partial.progressNotify ?? false,
    filters: partial.filters ?? [],
    prevKv: partial.prevKv ?? false,
    watchId: partial.watchId ?? 0n,
    fragment: partial.fragment ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readWatchCreateRequest(r: Reader, end: number): WatchCreateRequest {
  let key: Uint8Array = EMPTY_BYTES;
  let rangeEnd: Uint8Array = EMPTY_BYTES;
  let startRevision = 0;
  let progressNotify = false;
  const filters: number[] = [];
  let prevKv = false;
  let watchId = 0n;
  let fragment = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        key = r.view();
        break;
      }
      case 18: {
        rangeEnd = r.view();
        break;
      }
      case 24: {
        startRevision = r.int64();
        break;
      }
      case 32: {
        progressNotify = r.bool();
        break;
      }
      case 40: {
        filters.push(r.int32());
        break;
      }
      case 42: {
        const packedEnd = r.end();
        while (r.pos < packedEnd) filters.push(r.int32());
        if (r.pos !== packedEnd) throw new DecodeError('packed field beyond its end');
        break;
      }
      case 48: {
        prevKv = r.bool();
        break;
      }
      case 56: {
        watchId = r.int64Id();
        break;
      }
      case 64: {
        fragment = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('WatchCreateRequest: field beyond the end');
  return { key, rangeEnd, startRevision, progressNotify, filters, prevKv, watchId, fragment };
}

export function decodeWatchCreateRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): WatchCreateRequest {
  return readWatchCreateRequest(new Reader(bytes, start, end), end);
}

export function sizeWatchCreateRequest(m: WatchCreateRequest): number {
  let size = 0;
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length > 0) size += 1 + sizeBytes(m.rangeEnd);
  if (m.startRevision !== 0) size += 1 + sizeInt64(m.startRevision);
  if (m.progressNotify) size += 1 + 1;
  for (const item of m.filters) size += 1 + sizeInt32(item);
  if (m.prevKv) size += 1 + 1;
  if (m.watchId !== 0n) size += 1 + sizeId(m.watchId);
  if (m.fragment) size += 1 + 1;
  return size;
}

export function writeWatchCreateRequest(m: WatchCreateRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.key.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.key, out, o);
  }
  if (m.rangeEnd.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.rangeEnd, out, o);
  }
  if (m.startRevision !== 0) {
    out[o++] = 24;
    o = writeInt64(m.startRevision, out, o);
  }
  if (m.progressNotify) {
    out[o++] = 32;
    out[o++] = m.progressNotify ? 1 : 0;
  }
  for (const item of m.filters) {
    out[o++] = 40;
    o = writeInt32(item, out, o);
  }
  if (m.prevKv) {
    out[o++] = 48;
    out[o++] = m.prevKv ? 1 : 0;
  }
  if (m.watchId !== 0n) {
    out[o++] = 56;
    o = writeId(m.watchId, out, o);
  }
  if (m.fragment) {
    out[o++] = 64;
    out[o++] = m.fragment ? 1 : 0;
  }
  return o;
}

export function encodeWatchCreateRequest(m: WatchCreateRequest): Uint8Array {
  const out = allocateBytes(sizeWatchCreateRequest(m));
  writeWatchCreateRequest(m, out, 0);
  return out;
}

export const FilterType = {
  noput: 0,
  nodelete: 1,
} as const;

export interface WatchCancelRequest {
  readonly watchId: bigint;
}

export function createWatchCancelRequest(partial: Partial<WatchCancelRequest> = {}): WatchCancelRequest {
  return {
    watchId: partial.watchId ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readWatchCancelRequest(r: Reader, end: number): WatchCancelRequest {
  let watchId = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        watchId = r.int64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('WatchCancelRequest: field beyond the end');
  return { watchId };
}

export function decodeWatchCancelRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): WatchCancelRequest {
  return readWatchCancelRequest(new Reader(bytes, start, end), end);
}

export function sizeWatchCancelRequest(m: WatchCancelRequest): number {
  let size = 0;
  if (m.watchId !== 0n) size += 1 + sizeId(m.watchId);
  return size;
}

export function writeWatchCancelRequest(m: WatchCancelRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.watchId !== 0n) {
    out[o++] = 8;
    o = writeId(m.watchId, out, o);
  }
  return o;
}

export function encodeWatchCancelRequest(m: WatchCancelRequest): Uint8Array {
  const out = allocateBytes(sizeWatchCancelRequest(m));
  writeWatchCancelRequest(m, out, 0);
  return out;
}

export type WatchProgressRequest = Readonly<Record<string, never>>;

export function createWatchProgressRequest(partial: Partial<WatchProgressRequest> = {}): WatchProgressRequest {
  return partial as WatchProgressRequest;
}

/** Reads a message that ends at `end`. */
export function readWatchProgressRequest(r: Reader, end: number): WatchProgressRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('WatchProgressRequest: field beyond the end');
  return {};
}

export function decodeWatchProgressRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): WatchProgressRequest {
  return readWatchProgressRequest(new Reader(bytes, start, end), end);
}

export function sizeWatchProgressRequest(_m: WatchProgressRequest): number {
  return 0;
}

export function writeWatchProgressRequest(_m: WatchProgressRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeWatchProgressRequest(m: WatchProgressRequest): Uint8Array {
  const out = allocateBytes(sizeWatchProgressRequest(m));
  writeWatchProgressRequest(m, out, 0);
  return out;
}

export interface WatchResponse {
  readonly header: ResponseHeader | undefined;
  readonly watchId: bigint;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compactRevision: number;
  readonly cancelReason: string;
  readonly fragment: boolean;
  readonly events: readonly Event[];
}

export function createWatchResponse(partial: Partial<WatchResponse> = {}): WatchResponse {
  return {
    header: partial.header,
    watchId: partial.watchId ?? 0n,
    created: partial.created ?? false,
    canceled: partial.canceled ?? false,
    compactRevision: partial.compactRevision ?? 0,
    cancelReason: partial.cancelReason ?? '',
    fragment: partial.fragment ?? false,
    events: partial.events ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readWatchResponse(r: Reader, end: number): WatchResponse {
  let header: ResponseHeader | undefined;
  let watchId = 0n;
  let created = false;
  let canceled = false;
  let compactRevision = 0;
  let cancelReason = '';
  let fragment = false;
  const events: Event[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        watchId = r.int64Id();
        break;
      }
      case 24: {
        created = r.bool();
        break;
      }
      case 32: {
        canceled = r.bool();
        break;
      }
      case 40: {
        compactRevision = r.int64();
        break;
      }
      case 50: {
        cancelReason = r.string();
        break;
      }
      case 56: {
        fragment = r.bool();
        break;
      }
      case 90: {
        events.push(readEvent(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('WatchResponse: field beyond the end');
  return { header, watchId, created, canceled, compactRevision, cancelReason, fragment, events };
}

export function decodeWatchResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): WatchResponse {
  return readWatchResponse(new Reader(bytes, start, end), end);
}

export function sizeWatchResponse(m: WatchResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.watchId !== 0n) size += 1 + sizeId(m.watchId);
  if (m.created) size += 1 + 1;
  if (m.canceled) size += 1 + 1;
  if (m.compactRevision !== 0) size += 1 + sizeInt64(m.compactRevision);
  if (m.cancelReason !== '') size += 1 + sizeString(m.cancelReason);
  if (m.fragment) size += 1 + 1;
  for (const item of m.events) {
    const inner = sizeEvent(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeWatchResponse(m: WatchResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.watchId !== 0n) {
    out[o++] = 16;
    o = writeId(m.watchId, out, o);
  }
  if (m.created) {
    out[o++] = 24;
    out[o++] = m.created ? 1 : 0;
  }
  if (m.canceled) {
    out[o++] = 32;
    out[o++] = m.canceled ? 1 : 0;
  }
  if (m.compactRevision !== 0) {
    out[o++] = 40;
    o = writeInt64(m.compactRevision, out, o);
  }
  if (m.cancelReason !== '') {
    out[o++] = 50;
    o = writeString(m.cancelReason, out, o);
  }
  if (m.fragment) {
    out[o++] = 56;
    out[o++] = m.fragment ? 1 : 0;
  }
  for (const item of m.events) {
    out[o++] = 90;
    o = writeUint32(sizeEvent(item), out, o);
    o = writeEvent(item, out, o);
  }
  return o;
}

export function encodeWatchResponse(m: WatchResponse): Uint8Array {
  const out = allocateBytes(sizeWatchResponse(m));
  writeWatchResponse(m, out, 0);
  return out;
}

export interface LeaseGrantRequest {
  readonly ttl: number;
  readonly id: bigint;
}

export function createLeaseGrantRequest(partial: Partial<LeaseGrantRequest> = {}): LeaseGrantRequest {
  return {
    ttl: partial.ttl ?? 0,
    id: partial.id ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseGrantRequest(r: Reader, end: number): LeaseGrantRequest {
  let ttl = 0;
  let id = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        ttl = r.int64();
        break;
      }
      case 16: {
        id = r.int64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseGrantRequest: field beyond the end');
  return { ttl, id };
}

export function decodeLeaseGrantRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseGrantRequest {
  return readLeaseGrantRequest(new Reader(bytes, start, end), end);
}

export function sizeLeaseGrantRequest(m: LeaseGrantRequest): number {
  let size = 0;
  if (m.ttl !== 0) size += 1 + sizeInt64(m.ttl);
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  return size;
}

export function writeLeaseGrantRequest(m: LeaseGrantRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.ttl !== 0) {
    out[o++] = 8;
    o = writeInt64(m.ttl, out, o);
  }
  if (m.id !== 0n) {
    out[o++] = 16;
    o = writeId(m.id, out, o);
  }
  return o;
}

export function encodeLeaseGrantRequest(m: LeaseGrantRequest): Uint8Array {
  const out = allocateBytes(sizeLeaseGrantRequest(m));
  writeLeaseGrantRequest(m, out, 0);
  return out;
}

export interface LeaseGrantResponse {
  readonly header: ResponseHeader | undefined;
  readonly id: bigint;
  readonly ttl: number;
  readonly error: string;
}

export function createLeaseGrantResponse(partial: Partial<LeaseGrantResponse> = {}): LeaseGrantResponse {
  return {
    header: partial.header,
    id: partial.id ?? 0n,
    ttl: partial.ttl ?? 0,
    error: partial.error ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseGrantResponse(r: Reader, end: number): LeaseGrantResponse {
  let header: ResponseHeader | undefined;
  let id = 0n;
  let ttl = 0;
  let error = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        id = r.int64Id();
        break;
      }
      case 24: {
        ttl = r.int64();
        break;
      }
      case 34: {
        error = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseGrantResponse: field beyond the end');
  return { header, id, ttl, error };
}

export function decodeLeaseGrantResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseGrantResponse {
  return readLeaseGrantResponse(new Reader(bytes, start, end), end);
}

export function sizeLeaseGrantResponse(m: LeaseGrantResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  if (m.ttl !== 0) size += 1 + sizeInt64(m.ttl);
  if (m.error !== '') size += 1 + sizeString(m.error);
  return size;
}

export function writeLeaseGrantResponse(m: LeaseGrantResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.id !== 0n) {
    out[o++] = 16;
    o = writeId(m.id, out, o);
  }
  if (m.ttl !== 0) {
    out[o++] = 24;
    o = writeInt64(m.ttl, out, o);
  }
  if (m.error !== '') {
    out[o++] = 34;
    o = writeString(m.error, out, o);
  }
  return o;
}

export function encodeLeaseGrantResponse(m: LeaseGrantResponse): Uint8Array {
  const out = allocateBytes(sizeLeaseGrantResponse(m));
  writeLeaseGrantResponse(m, out, 0);
  return out;
}

export interface LeaseRevokeRequest {
  readonly id: bigint;
}

export function createLeaseRevokeRequest(partial: Partial<LeaseRevokeRequest> = {}): LeaseRevokeRequest {
  return {
    id: partial.id ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseRevokeRequest(r: Reader, end: number): LeaseRevokeRequest {
  let id = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.int64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseRevokeRequest: field beyond the end');
  return { id };
}

export function decodeLeaseRevokeRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseRevokeRequest {
  return readLeaseRevokeRequest(new Reader(bytes, start, end), end);
}

export function sizeLeaseRevokeRequest(m: LeaseRevokeRequest): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  return size;
}

export function writeLeaseRevokeRequest(m: LeaseRevokeRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  return o;
}

export function encodeLeaseRevokeRequest(m: LeaseRevokeRequest): Uint8Array {
  const out = allocateBytes(sizeLeaseRevokeRequest(m));
  writeLeaseRevokeRequest(m, out, 0);
  return out;
}

export interface LeaseRevokeResponse {
  readonly header: ResponseHeader | undefined;
}

export function createLeaseRevokeResponse(partial: Partial<LeaseRevokeResponse> = {}): LeaseRevokeResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseRevokeResponse(r: Reader, end: number): LeaseRevokeResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseRevokeResponse: field beyond the end');
  return { header };
}

export function decodeLeaseRevokeResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseRevokeResponse {
  return readLeaseRevokeResponse(new Reader(bytes, start, end), end);
}

export function sizeLeaseRevokeResponse(m: LeaseRevokeResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeLeaseRevokeResponse(m: LeaseRevokeResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeLeaseRevokeResponse(m: LeaseRevokeResponse): Uint8Array {
  const out = allocateBytes(sizeLeaseRevokeResponse(m));
  writeLeaseRevokeResponse(m, out, 0);
  return out;
}

export interface LeaseCheckpoint {
  readonly id: bigint;
  readonly remainingTtl: number;
}

export function createLeaseCheckpoint(partial: Partial<LeaseCheckpoint> = {}): LeaseCheckpoint {
  return {
    id: partial.id ?? 0n,
    remainingTtl: partial.remainingTtl ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseCheckpoint(r: Reader, end: number): LeaseCheckpoint {
  let id = 0n;
  let remainingTtl = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.int64Id();
        break;
      }
      case 16: {
        remainingTtl = r.int64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseCheckpoint: field beyond the end');
  return { id, remainingTtl };
}

export function decodeLeaseCheckpoint(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseCheckpoint {
  return readLeaseCheckpoint(new Reader(bytes, start, end), end);
}

export function sizeLeaseCheckpoint(m: LeaseCheckpoint): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  if (m.remainingTtl !== 0) size += 1 + sizeInt64(m.remainingTtl);
  return size;
}

export function writeLeaseCheckpoint(m: LeaseCheckpoint, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  if (m.remainingTtl !== 0) {
    out[o++] = 16;
    o = writeInt64(m.remainingTtl, out, o);
  }
  return o;
}

export function encodeLeaseCheckpoint(m: LeaseCheckpoint): Uint8Array {
  const out = allocateBytes(sizeLeaseCheckpoint(m));
  writeLeaseCheckpoint(m, out, 0);
  return out;
}

export interface LeaseCheckpointRequest {
  readonly checkpoints: readonly LeaseCheckpoint[];
}

export function createLeaseCheckpointRequest(partial: Partial<LeaseCheckpointRequest> = {}): LeaseCheckpointRequest {
  return {
    checkpoints: partial.checkpoints ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseCheckpointRequest(r: Reader, end: number): LeaseCheckpointRequest {
  const checkpoints: LeaseCheckpoint[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        checkpoints.push(readLeaseCheckpoint(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseCheckpointRequest: field beyond the end');
  return { checkpoints };
}

export function decodeLeaseCheckpointRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseCheckpointRequest {
  return readLeaseCheckpointRequest(new Reader(bytes, start, end), end);
}

export function sizeLeaseCheckpointRequest(m: LeaseCheckpointRequest): number {
  let size = 0;
  for (const item of m.checkpoints) {
    const inner = sizeLeaseCheckpoint(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeLeaseCheckpointRequest(m: LeaseCheckpointRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  for (const item of m.checkpoints) {
    out[o++] = 10;
    o = writeUint32(sizeLeaseCheckpoint(item), out, o);
    o = writeLeaseCheckpoint(item, out, o);
  }
  return o;
}

export function encodeLeaseCheckpointRequest(m: LeaseCheckpointRequest): Uint8Array {
  const out = allocateBytes(sizeLeaseCheckpointRequest(m));
  writeLeaseCheckpointRequest(m, out, 0);
  return out;
}

export interface LeaseCheckpointResponse {
  readonly header: ResponseHeader | undefined;
}

export function createLeaseCheckpointResponse(partial: Partial<LeaseCheckpointResponse> = {}): LeaseCheckpointResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseCheckpointResponse(r: Reader, end: number): LeaseCheckpointResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseCheckpointResponse: field beyond the end');
  return { header };
}

export function decodeLeaseCheckpointResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseCheckpointResponse {
  return readLeaseCheckpointResponse(new Reader(bytes, start, end), end);
}

export function sizeLeaseCheckpointResponse(m: LeaseCheckpointResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeLeaseCheckpointResponse(m: LeaseCheckpointResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeLeaseCheckpointResponse(m: LeaseCheckpointResponse): Uint8Array {
  const out = allocateBytes(sizeLeaseCheckpointResponse(m));
  writeLeaseCheckpointResponse(m, out, 0);
  return out;
}

export interface LeaseKeepAliveRequest {
  readonly id: bigint;
}

export function createLeaseKeepAliveRequest(partial: Partial<LeaseKeepAliveRequest> = {}): LeaseKeepAliveRequest {
  return {
    id: partial.id ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseKeepAliveRequest(r: Reader, end: number): LeaseKeepAliveRequest {
  let id = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.int64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseKeepAliveRequest: field beyond the end');
  return { id };
}

export function decodeLeaseKeepAliveRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseKeepAliveRequest {
  return readLeaseKeepAliveRequest(new Reader(bytes, start, end), end);
}

export function sizeLeaseKeepAliveRequest(m: LeaseKeepAliveRequest): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  return size;
}

export function writeLeaseKeepAliveRequest(m: LeaseKeepAliveRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  return o;
}

export function encodeLeaseKeepAliveRequest(m: LeaseKeepAliveRequest): Uint8Array {
  const out = allocateBytes(sizeLeaseKeepAliveRequest(m));
  writeLeaseKeepAliveRequest(m, out, 0);
  return out;
}

export interface LeaseKeepAliveResponse {
  readonly header: ResponseHeader | undefined;
  readonly id: bigint;
  readonly ttl: number;
}

export function createLeaseKeepAliveResponse(partial: Partial<LeaseKeepAliveResponse> = {}): LeaseKeepAliveResponse {
  return {
    header: partial.header,
    id: partial.id ?? 0n,
    ttl: partial.ttl ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseKeepAliveResponse(r: Reader, end: number): LeaseKeepAliveResponse {
  let header: ResponseHeader | undefined;
  let id = 0n;
  let ttl = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        id = r.int64Id();
        break;
      }
      case 24: {
        ttl = r.int64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseKeepAliveResponse: field beyond the end');
  return { header, id, ttl };
}

export function decodeLeaseKeepAliveResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseKeepAliveResponse {
  return readLeaseKeepAliveResponse(new Reader(bytes, start, end), end);
}

export function sizeLeaseKeepAliveResponse(m: LeaseKeepAliveResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  if (m.ttl !== 0) size += 1 + sizeInt64(m.ttl);
  return size;
}

export function writeLeaseKeepAliveResponse(m: LeaseKeepAliveResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.id !== 0n) {
    out[o++] = 16;
    o = writeId(m.id, out, o);
  }
  if (m.ttl !== 0) {
    out[o++] = 24;
    o = writeInt64(m.ttl, out, o);
  }
  return o;
}

export function encodeLeaseKeepAliveResponse(m: LeaseKeepAliveResponse): Uint8Array {
  const out = allocateBytes(sizeLeaseKeepAliveResponse(m));
  writeLeaseKeepAliveResponse(m, out, 0);
  return out;
}

export interface LeaseTimeToLiveRequest {
  readonly id: bigint;
  readonly keys: boolean;
}

export function createLeaseTimeToLiveRequest(partial: Partial<LeaseTimeToLiveRequest> = {}): LeaseTimeToLiveRequest {
  return {
    id: partial.id ?? 0n,
    keys: partial.keys ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseTimeToLiveRequest(r: Reader, end: number): LeaseTimeToLiveRequest {
  let id = 0n;
  let keys = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.int64Id();
        break;
      }
      case 16: {
        keys = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseTimeToLiveRequest: field beyond the end');
  return { id, keys };
}

export function decodeLeaseTimeToLiveRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseTimeToLiveRequest {
  return readLeaseTimeToLiveRequest(new Reader(bytes, start, end), end);
}

export function sizeLeaseTimeToLiveRequest(m: LeaseTimeToLiveRequest): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  if (m.keys) size += 1 + 1;
  return size;
}

export function writeLeaseTimeToLiveRequest(m: LeaseTimeToLiveRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  if (m.keys) {
    out[o++] = 16;
    out[o++] = m.keys ? 1 : 0;
  }
  return o;
}

export function encodeLeaseTimeToLiveRequest(m: LeaseTimeToLiveRequest): Uint8Array {
  const out = allocateBytes(sizeLeaseTimeToLiveRequest(m));
  writeLeaseTimeToLiveRequest(m, out, 0);
  return out;
}

export interface LeaseTimeToLiveResponse {
  readonly header: ResponseHeader | undefined;
  readonly id: bigint;
  readonly ttl: number;
  readonly grantedTtl: number;
  readonly keys: readonly Uint8Array[];
}

export function createLeaseTimeToLiveResponse(partial: Partial<LeaseTimeToLiveResponse> = {}): LeaseTimeToLiveResponse {
  return {
    header: partial.header,
    id: partial.id ?? 0n,
    ttl: partial.ttl ?? 0,
    grantedTtl: partial.grantedTtl ?? 0,
    keys: partial.keys ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseTimeToLiveResponse(r: Reader, end: number): LeaseTimeToLiveResponse {
  let header: ResponseHeader | undefined;
  let id = 0n;
  let ttl = 0;
  let grantedTtl = 0;
  const keys: Uint8Array[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        id = r.int64Id();
        break;
      }
      case 24: {
        ttl = r.int64();
        break;
      }
      case 32: {
        grantedTtl = r.int64();
        break;
      }
      case 42: {
        keys.push(r.view());
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseTimeToLiveResponse: field beyond the end');
  return { header, id, ttl, grantedTtl, keys };
}

export function decodeLeaseTimeToLiveResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseTimeToLiveResponse {
  return readLeaseTimeToLiveResponse(new Reader(bytes, start, end), end);
}

export function sizeLeaseTimeToLiveResponse(m: LeaseTimeToLiveResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  if (m.ttl !== 0) size += 1 + sizeInt64(m.ttl);
  if (m.grantedTtl !== 0) size += 1 + sizeInt64(m.grantedTtl);
  for (const item of m.keys) size += 1 + sizeBytes(item);
  return size;
}

export function writeLeaseTimeToLiveResponse(m: LeaseTimeToLiveResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.id !== 0n) {
    out[o++] = 16;
    o = writeId(m.id, out, o);
  }
  if (m.ttl !== 0) {
    out[o++] = 24;
    o = writeInt64(m.ttl, out, o);
  }
  if (m.grantedTtl !== 0) {
    out[o++] = 32;
    o = writeInt64(m.grantedTtl, out, o);
  }
  for (const item of m.keys) {
    out[o++] = 42;
    o = writeBytes(item, out, o);
  }
  return o;
}

export function encodeLeaseTimeToLiveResponse(m: LeaseTimeToLiveResponse): Uint8Array {
  const out = allocateBytes(sizeLeaseTimeToLiveResponse(m));
  writeLeaseTimeToLiveResponse(m, out, 0);
  return out;
}

export type LeaseLeasesRequest = Readonly<Record<string, never>>;

export function createLeaseLeasesRequest(partial: Partial<LeaseLeasesRequest> = {}): LeaseLeasesRequest {
  return partial as LeaseLeasesRequest;
}

/** Reads a message that ends at `end`. */
export function readLeaseLeasesRequest(r: Reader, end: number): LeaseLeasesRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('LeaseLeasesRequest: field beyond the end');
  return {};
}

export function decodeLeaseLeasesRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseLeasesRequest {
  return readLeaseLeasesRequest(new Reader(bytes, start, end), end);
}

export function sizeLeaseLeasesRequest(_m: LeaseLeasesRequest): number {
  return 0;
}

export function writeLeaseLeasesRequest(_m: LeaseLeasesRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeLeaseLeasesRequest(m: LeaseLeasesRequest): Uint8Array {
  const out = allocateBytes(sizeLeaseLeasesRequest(m));
  writeLeaseLeasesRequest(m, out, 0);
  return out;
}

export interface LeaseStatus {
  readonly id: bigint;
}

export function createLeaseStatus(partial: Partial<LeaseStatus> = {}): LeaseStatus {
  return {
    id: partial.id ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseStatus(r: Reader, end: number): LeaseStatus {
  let id = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.int64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseStatus: field beyond the end');
  return { id };
}

export function decodeLeaseStatus(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseStatus {
  return readLeaseStatus(new Reader(bytes, start, end), end);
}

export function sizeLeaseStatus(m: LeaseStatus): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  return size;
}

export function writeLeaseStatus(m: LeaseStatus, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  return o;
}

export function encodeLeaseStatus(m: LeaseStatus): Uint8Array {
  const out = allocateBytes(sizeLeaseStatus(m));
  writeLeaseStatus(m, out, 0);
  return out;
}

export interface LeaseLeasesResponse {
  readonly header: ResponseHeader | undefined;
  readonly leases: readonly LeaseStatus[];
}

export function createLeaseLeasesResponse(partial: Partial<LeaseLeasesResponse> = {}): LeaseLeasesResponse {
  return {
    header: partial.header,
    leases: partial.leases ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseLeasesResponse(r: Reader, end: number): LeaseLeasesResponse {
  let header: ResponseHeader | undefined;
  const leases: LeaseStatus[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        leases.push(readLeaseStatus(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseLeasesResponse: field beyond the end');
  return { header, leases };
}

export function decodeLeaseLeasesResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseLeasesResponse {
  return readLeaseLeasesResponse(new Reader(bytes, start, end), end);
}

export function sizeLeaseLeasesResponse(m: LeaseLeasesResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.leases) {
    const inner = sizeLeaseStatus(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeLeaseLeasesResponse(m: LeaseLeasesResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.leases) {
    out[o++] = 18;
    o = writeUint32(sizeLeaseStatus(item), out, o);
    o = writeLeaseStatus(item, out, o);
  }
  return o;
}

export function encodeLeaseLeasesResponse(m: LeaseLeasesResponse): Uint8Array {
  const out = allocateBytes(sizeLeaseLeasesResponse(m));
  writeLeaseLeasesResponse(m, out, 0);
  return out;
}

export interface Member {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export function createMember(partial: Partial<Member> = {}): Member {
  return {
    id: partial.id ?? 0n,
    name: partial.name ?? '',
    peerUrls: partial.peerUrls ?? [],
    clientUrls: partial.clientUrls ?? [],
    isLearner: partial.isLearner ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readMember(r: Reader, end: number): Member {
  let id = 0n;
  let name = '';
  const peerUrls: string[] = [];
  const clientUrls: string[] = [];
  let isLearner = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.uint64Id();
        break;
      }
      case 18: {
        name = r.string();
        break;
      }
      case 26: {
        peerUrls.push(r.string());
        break;
      }
      case 34: {
        clientUrls.push(r.string());
        break;
      }
      case 40: {
        isLearner = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Member: field beyond the end');
  return { id, name, peerUrls, clientUrls, isLearner };
}

export function decodeMember(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Member {
  return readMember(new Reader(bytes, start, end), end);
}

export function sizeMember(m: Member): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  if (m.name !== '') size += 1 + sizeString(m.name);
  for (const item of m.peerUrls) size += 1 + sizeString(item);
  for (const item of m.clientUrls) size += 1 + sizeString(item);
  if (m.isLearner) size += 1 + 1;
  return size;
}

export function writeMember(m: Member, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  if (m.name !== '') {
    out[o++] = 18;
    o = writeString(m.name, out, o);
  }
  for (const item of m.peerUrls) {
    out[o++] = 26;
    o = writeString(item, out, o);
  }
  for (const item of m.clientUrls) {
    out[o++] = 34;
    o = writeString(item, out, o);
  }
  if (m.isLearner) {
    out[o++] = 40;
    out[o++] = m.isLearner ? 1 : 0;
  }
  return o;
}

export function encodeMember(m: Member): Uint8Array {
  const out = allocateBytes(sizeMember(m));
  writeMember(m, out, 0);
  return out;
}

export interface MemberAddRequest {
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
}

export function createMemberAddRequest(partial: Partial<MemberAddRequest> = {}): MemberAddRequest {
  return {
    peerUrls: partial.peerUrls ?? [],
    isLearner: partial.isLearner ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readMemberAddRequest(r: Reader, end: number): MemberAddRequest {
  const peerUrls: string[] = [];
  let isLearner = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        peerUrls.push(r.string());
        break;
      }
      case 16: {
        isLearner = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberAddRequest: field beyond the end');
  return { peerUrls, isLearner };
}

export function decodeMemberAddRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberAddRequest {
  return readMemberAddRequest(new Reader(bytes, start, end), end);
}

export function sizeMemberAddRequest(m: MemberAddRequest): number {
  let size = 0;
  for (const item of m.peerUrls) size += 1 + sizeString(item);
  if (m.isLearner) size += 1 + 1;
  return size;
}

export function writeMemberAddRequest(m: MemberAddRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  for (const item of m.peerUrls) {
    out[o++] = 10;
    o = writeString(item, out, o);
  }
  if (m.isLearner) {
    out[o++] = 16;
    out[o++] = m.isLearner ? 1 : 0;
  }
  return o;
}

export function encodeMemberAddRequest(m: MemberAddRequest): Uint8Array {
  const out = allocateBytes(sizeMemberAddRequest(m));
  writeMemberAddRequest(m, out, 0);
  return out;
}

export interface MemberAddResponse {
  readonly header: ResponseHeader | undefined;
  readonly member: Member | undefined;
  readonly members: readonly Member[];
}

export function createMemberAddResponse(partial: Partial<MemberAddResponse> = {}): MemberAddResponse {
  return {
    header: partial.header,
    member: partial.member,
    members: partial.members ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readMemberAddResponse(r: Reader, end: number): MemberAddResponse {
  let header: ResponseHeader | undefined;
  let member: Member | undefined;
  const members: Member[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        member = readMember(r, r.open());
        r.depth--;
        break;
      }
      case 26: {
        members.push(readMember(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberAddResponse: field beyond the end');
  return { header, member, members };
}

export function decodeMemberAddResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberAddResponse {
  return readMemberAddResponse(new Reader(bytes, start, end), end);
}

export function sizeMemberAddResponse(m: MemberAddResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.member !== undefined) {
    const inner = sizeMember(m.member);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.members) {
    const inner = sizeMember(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeMemberAddResponse(m: MemberAddResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.member !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizeMember(m.member), out, o);
    o = writeMember(m.member, out, o);
  }
  for (const item of m.members) {
    out[o++] = 26;
    o = writeUint32(sizeMember(item), out, o);
    o = writeMember(item, out, o);
  }
  return o;
}

export function encodeMemberAddResponse(m: MemberAddResponse): Uint8Array {
  const out = allocateBytes(sizeMemberAddResponse(m));
  writeMemberAddResponse(m, out, 0);
  return out;
}

export interface MemberRemoveRequest {
  readonly id: bigint;
}

export function createMemberRemoveRequest(partial: Partial<MemberRemoveRequest> = {}): MemberRemoveRequest {
  return {
    id: partial.id ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readMemberRemoveRequest(r: Reader, end: number): MemberRemoveRequest {
  let id = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.uint64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberRemoveRequest: field beyond the end');
  return { id };
}

export function decodeMemberRemoveRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberRemoveRequest {
  return readMemberRemoveRequest(new Reader(bytes, start, end), end);
}

export function sizeMemberRemoveRequest(m: MemberRemoveRequest): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  return size;
}

export function writeMemberRemoveRequest(m: MemberRemoveRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  return o;
}

export function encodeMemberRemoveRequest(m: MemberRemoveRequest): Uint8Array {
  const out = allocateBytes(sizeMemberRemoveRequest(m));
  writeMemberRemoveRequest(m, out, 0);
  return out;
}

export interface MemberRemoveResponse {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
}

export function createMemberRemoveResponse(partial: Partial<MemberRemoveResponse> = {}): MemberRemoveResponse {
  return {
    header: partial.header,
    members: partial.members ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readMemberRemoveResponse(r: Reader, end: number): MemberRemoveResponse {
  let header: ResponseHeader | undefined;
  const members: Member[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        members.push(readMember(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberRemoveResponse: field beyond the end');
  return { header, members };
}

export function decodeMemberRemoveResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberRemoveResponse {
  return readMemberRemoveResponse(new Reader(bytes, start, end), end);
}

export function sizeMemberRemoveResponse(m: MemberRemoveResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.members) {
    const inner = sizeMember(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeMemberRemoveResponse(m: MemberRemoveResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.members) {
    out[o++] = 18;
    o = writeUint32(sizeMember(item), out, o);
    o = writeMember(item, out, o);
  }
  return o;
}

export function encodeMemberRemoveResponse(m: MemberRemoveResponse): Uint8Array {
  const out = allocateBytes(sizeMemberRemoveResponse(m));
  writeMemberRemoveResponse(m, out, 0);
  return out;
}

export interface MemberUpdateRequest {
  readonly id: bigint;
  readonly peerUrls: readonly string[];
}

export function createMemberUpdateRequest(partial: Partial<MemberUpdateRequest> = {}): MemberUpdateRequest {
  return {
    id: partial.id ?? 0n,
    peerUrls: partial.peerUrls ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readMemberUpdateRequest(r: Reader, end: number): MemberUpdateRequest {
  let id = 0n;
  const peerUrls: string[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.uint64Id();
        break;
      }
      case 18: {
        peerUrls.push(r.string());
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberUpdateRequest: field beyond the end');
  return { id, peerUrls };
}

export function decodeMemberUpdateRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberUpdateRequest {
  return readMemberUpdateRequest(new Reader(bytes, start, end), end);
}

export function sizeMemberUpdateRequest(m: MemberUpdateRequest): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  for (const item of m.peerUrls) size += 1 + sizeString(item);
  return size;
}

export function writeMemberUpdateRequest(m: MemberUpdateRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  for (const item of m.peerUrls) {
    out[o++] = 18;
    o = writeString(item, out, o);
  }
  return o;
}

export function encodeMemberUpdateRequest(m: MemberUpdateRequest): Uint8Array {
  const out = allocateBytes(sizeMemberUpdateRequest(m));
  writeMemberUpdateRequest(m, out, 0);
  return out;
}

export interface MemberUpdateResponse {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
}

export function createMemberUpdateResponse(partial: Partial<MemberUpdateResponse> = {}): MemberUpdateResponse {
  return {
    header: partial.header,
    members: partial.members ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readMemberUpdateResponse(r: Reader, end: number): MemberUpdateResponse {
  let header: ResponseHeader | undefined;
  const members: Member[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        members.push(readMember(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberUpdateResponse: field beyond the end');
  return { header, members };
}

export function decodeMemberUpdateResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberUpdateResponse {
  return readMemberUpdateResponse(new Reader(bytes, start, end), end);
}

export function sizeMemberUpdateResponse(m: MemberUpdateResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.members) {
    const inner = sizeMember(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeMemberUpdateResponse(m: MemberUpdateResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.members) {
    out[o++] = 18;
    o = writeUint32(sizeMember(item), out, o);
    o = writeMember(item, out, o);
  }
  return o;
}

export function encodeMemberUpdateResponse(m: MemberUpdateResponse): Uint8Array {
  const out = allocateBytes(sizeMemberUpdateResponse(m));
  writeMemberUpdateResponse(m, out, 0);
  return out;
}

export interface MemberListRequest {
  readonly linearizable: boolean;
}

export function createMemberListRequest(partial: Partial<MemberListRequest> = {}): MemberListRequest {
  return {
    linearizable: partial.linearizable ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readMemberListRequest(r: Reader, end: number): MemberListRequest {
  let linearizable = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        linearizable = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberListRequest: field beyond the end');
  return { linearizable };
}

export function decodeMemberListRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberListRequest {
  return readMemberListRequest(new Reader(bytes, start, end), end);
}

export function sizeMemberListRequest(m: MemberListRequest): number {
  let size = 0;
  if (m.linearizable) size += 1 + 1;
  return size;
}

export function writeMemberListRequest(m: MemberListRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.linearizable) {
    out[o++] = 8;
    out[o++] = m.linearizable ? 1 : 0;
  }
  return o;
}

export function encodeMemberListRequest(m: MemberListRequest): Uint8Array {
  const out = allocateBytes(sizeMemberListRequest(m));
  writeMemberListRequest(m, out, 0);
  return out;
}

export interface MemberListResponse {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
}

export function createMemberListResponse(partial: Partial<MemberListResponse> = {}): MemberListResponse {
  return {
    header: partial.header,
    members: partial.members ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readMemberListResponse(r: Reader, end: number): MemberListResponse {
  let header: ResponseHeader | undefined;
  const members: Member[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        members.push(readMember(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberListResponse: field beyond the end');
  return { header, members };
}

export function decodeMemberListResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberListResponse {
  return readMemberListResponse(new Reader(bytes, start, end), end);
}

export function sizeMemberListResponse(m: MemberListResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.members) {
    const inner = sizeMember(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeMemberListResponse(m: MemberListResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.members) {
    out[o++] = 18;
    o = writeUint32(sizeMember(item), out, o);
    o = writeMember(item, out, o);
  }
  return o;
}

export function encodeMemberListResponse(m: MemberListResponse): Uint8Array {
  const out = allocateBytes(sizeMemberListResponse(m));
  writeMemberListResponse(m, out, 0);
  return out;
}

export interface MemberPromoteRequest {
  readonly id: bigint;
}

export function createMemberPromoteRequest(partial: Partial<MemberPromoteRequest> = {}): MemberPromoteRequest {
  return {
    id: partial.id ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readMemberPromoteRequest(r: Reader, end: number): MemberPromoteRequest {
  let id = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.uint64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberPromoteRequest: field beyond the end');
  return { id };
}

export function decodeMemberPromoteRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberPromoteRequest {
  return readMemberPromoteRequest(new Reader(bytes, start, end), end);
}

export function sizeMemberPromoteRequest(m: MemberPromoteRequest): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  return size;
}

export function writeMemberPromoteRequest(m: MemberPromoteRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  return o;
}

export function encodeMemberPromoteRequest(m: MemberPromoteRequest): Uint8Array {
  const out = allocateBytes(sizeMemberPromoteRequest(m));
  writeMemberPromoteRequest(m, out, 0);
  return out;
}

export interface MemberPromoteResponse {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
}

export function createMemberPromoteResponse(partial: Partial<MemberPromoteResponse> = {}): MemberPromoteResponse {
  return {
    header: partial.header,
    members: partial.members ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readMemberPromoteResponse(r: Reader, end: number): MemberPromoteResponse {
  let header: ResponseHeader | undefined;
  const members: Member[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        members.push(readMember(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MemberPromoteResponse: field beyond the end');
  return { header, members };
}

export function decodeMemberPromoteResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MemberPromoteResponse {
  return readMemberPromoteResponse(new Reader(bytes, start, end), end);
}

export function sizeMemberPromoteResponse(m: MemberPromoteResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.members) {
    const inner = sizeMember(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeMemberPromoteResponse(m: MemberPromoteResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.members) {
    out[o++] = 18;
    o = writeUint32(sizeMember(item), out, o);
    o = writeMember(item, out, o);
  }
  return o;
}

export function encodeMemberPromoteResponse(m: MemberPromoteResponse): Uint8Array {
  const out = allocateBytes(sizeMemberPromoteResponse(m));
  writeMemberPromoteResponse(m, out, 0);
  return out;
}

export type DefragmentRequest = Readonly<Record<string, never>>;

export function createDefragmentRequest(partial: Partial<DefragmentRequest> = {}): DefragmentRequest {
  return partial as DefragmentRequest;
}

/** Reads a message that ends at `end`. */
export function readDefragmentRequest(r: Reader, end: number): DefragmentRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('DefragmentRequest: field beyond the end');
  return {};
}

export function decodeDefragmentRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): DefragmentRequest {
  return readDefragmentRequest(new Reader(bytes, start, end), end);
}

export function sizeDefragmentRequest(_m: DefragmentRequest): number {
  return 0;
}

export function writeDefragmentRequest(_m: DefragmentRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeDefragmentRequest(m: DefragmentRequest): Uint8Array {
  const out = allocateBytes(sizeDefragmentRequest(m));
  writeDefragmentRequest(m, out, 0);
  return out;
}

export interface DefragmentResponse {
  readonly header: ResponseHeader | undefined;
}

export function createDefragmentResponse(partial: Partial<DefragmentResponse> = {}): DefragmentResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readDefragmentResponse(r: Reader, end: number): DefragmentResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('DefragmentResponse: field beyond the end');
  return { header };
}

export function decodeDefragmentResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): DefragmentResponse {
  return readDefragmentResponse(new Reader(bytes, start, end), end);
}

export function sizeDefragmentResponse(m: DefragmentResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeDefragmentResponse(m: DefragmentResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeDefragmentResponse(m: DefragmentResponse): Uint8Array {
  const out = allocateBytes(sizeDefragmentResponse(m));
  writeDefragmentResponse(m, out, 0);
  return out;
}

export interface MoveLeaderRequest {
  readonly targetId: bigint;
}

export function createMoveLeaderRequest(partial: Partial<MoveLeaderRequest> = {}): MoveLeaderRequest {
  return {
    targetId: partial.targetId ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readMoveLeaderRequest(r: Reader, end: number): MoveLeaderRequest {
  let targetId = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        targetId = r.uint64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MoveLeaderRequest: field beyond the end');
  return { targetId };
}

export function decodeMoveLeaderRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MoveLeaderRequest {
  return readMoveLeaderRequest(new Reader(bytes, start, end), end);
}

export function sizeMoveLeaderRequest(m: MoveLeaderRequest): number {
  let size = 0;
  if (m.targetId !== 0n) size += 1 + sizeId(m.targetId);
  return size;
}

export function writeMoveLeaderRequest(m: MoveLeaderRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.targetId !== 0n) {
    out[o++] = 8;
    o = writeId(m.targetId, out, o);
  }
  return o;
}

export function encodeMoveLeaderRequest(m: MoveLeaderRequest): Uint8Array {
  const out = allocateBytes(sizeMoveLeaderRequest(m));
  writeMoveLeaderRequest(m, out, 0);
  return out;
}

export interface MoveLeaderResponse {
  readonly header: ResponseHeader | undefined;
}

export function createMoveLeaderResponse(partial: Partial<MoveLeaderResponse> = {}): MoveLeaderResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readMoveLeaderResponse(r: Reader, end: number): MoveLeaderResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('MoveLeaderResponse: field beyond the end');
  return { header };
}

export function decodeMoveLeaderResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): MoveLeaderResponse {
  return readMoveLeaderResponse(new Reader(bytes, start, end), end);
}

export function sizeMoveLeaderResponse(m: MoveLeaderResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeMoveLeaderResponse(m: MoveLeaderResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeMoveLeaderResponse(m: MoveLeaderResponse): Uint8Array {
  const out = allocateBytes(sizeMoveLeaderResponse(m));
  writeMoveLeaderResponse(m, out, 0);
  return out;
}

export const AlarmType = {
  none: 0,
  nospace: 1,
  corrupt: 2,
} as const;

export interface AlarmRequest {
  readonly action: number;
  readonly memberId: bigint;
  readonly alarm: number;
}

export function createAlarmRequest(partial: Partial<AlarmRequest> = {}): AlarmRequest {
  return {
    action: partial.action ?? 0,
    memberId: partial.memberId ?? 0n,
    alarm: partial.alarm ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readAlarmRequest(r: Reader, end: number): AlarmRequest {
  let action = 0;
  let memberId = 0n;
  let alarm = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        action = r.int32();
        break;
      }
      case 16: {
        memberId = r.uint64Id();
        break;
      }
      case 24: {
        alarm = r.int32();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AlarmRequest: field beyond the end');
  return { action, memberId, alarm };
}

export function decodeAlarmRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AlarmRequest {
  return readAlarmRequest(new Reader(bytes, start, end), end);
}

export function sizeAlarmRequest(m: AlarmRequest): number {
  let size = 0;
  if (m.action !== 0) size += 1 + sizeInt32(m.action);
  if (m.memberId !== 0n) size += 1 + sizeId(m.memberId);
  if (m.alarm !== 0) size += 1 + sizeInt32(m.alarm);
  return size;
}

export function writeAlarmRequest(m: AlarmRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.action !== 0) {
    out[o++] = 8;
    o = writeInt32(m.action, out, o);
  }
  if (m.memberId !== 0n) {
    out[o++] = 16;
    o = writeId(m.memberId, out, o);
  }
  if (m.alarm !== 0) {
    out[o++] = 24;
    o = writeInt32(m.alarm, out, o);
  }
  return o;
}

export function encodeAlarmRequest(m: AlarmRequest): Uint8Array {
  const out = allocateBytes(sizeAlarmRequest(m));
  writeAlarmRequest(m, out, 0);
  return out;
}

export const AlarmAction = {
  get: 0,
  activate: 1,
  deactivate: 2,
} as const;

export interface AlarmMember {
  readonly memberId: bigint;
  readonly alarm: number;
}

export function createAlarmMember(partial: Partial<AlarmMember> = {}): AlarmMember {
  return {
    memberId: partial.memberId ?? 0n,
    alarm: partial.alarm ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readAlarmMember(r: Reader, end: number): AlarmMember {
  let memberId = 0n;
  let alarm = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        memberId = r.uint64Id();
        break;
      }
      case 16: {
        alarm = r.int32();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AlarmMember: field beyond the end');
  return { memberId, alarm };
}

export function decodeAlarmMember(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AlarmMember {
  return readAlarmMember(new Reader(bytes, start, end), end);
}

export function sizeAlarmMember(m: AlarmMember): number {
  let size = 0;
  if (m.memberId !== 0n) size += 1 + sizeId(m.memberId);
  if (m.alarm !== 0) size += 1 + sizeInt32(m.alarm);
  return size;
}

export function writeAlarmMember(m: AlarmMember, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.memberId !== 0n) {
    out[o++] = 8;
    o = writeId(m.memberId, out, o);
  }
  if (m.alarm !== 0) {
    out[o++] = 16;
    o = writeInt32(m.alarm, out, o);
  }
  return o;
}

export function encodeAlarmMember(m: AlarmMember): Uint8Array {
  const out = allocateBytes(sizeAlarmMember(m));
  writeAlarmMember(m, out, 0);
  return out;
}

export interface AlarmResponse {
  readonly header: ResponseHeader | undefined;
  readonly alarms: readonly AlarmMember[];
}

export function createAlarmResponse(partial: Partial<AlarmResponse> = {}): AlarmResponse {
  return {
    header: partial.header,
    alarms: partial.alarms ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readAlarmResponse(r: Reader, end: number): AlarmResponse {
  let header: ResponseHeader | undefined;
  const alarms: AlarmMember[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        alarms.push(readAlarmMember(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AlarmResponse: field beyond the end');
  return { header, alarms };
}

export function decodeAlarmResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AlarmResponse {
  return readAlarmResponse(new Reader(bytes, start, end), end);
}

export function sizeAlarmResponse(m: AlarmResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.alarms) {
    const inner = sizeAlarmMember(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAlarmResponse(m: AlarmResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.alarms) {
    out[o++] = 18;
    o = writeUint32(sizeAlarmMember(item), out, o);
    o = writeAlarmMember(item, out, o);
  }
  return o;
}

export function encodeAlarmResponse(m: AlarmResponse): Uint8Array {
  const out = allocateBytes(sizeAlarmResponse(m));
  writeAlarmResponse(m, out, 0);
  return out;
}

export interface DowngradeRequest {
  readonly action: number;
  readonly version: string;
}

export function createDowngradeRequest(partial: Partial<DowngradeRequest> = {}): DowngradeRequest {
  return {
    action: partial.action ?? 0,
    version: partial.version ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readDowngradeRequest(r: Reader, end: number): DowngradeRequest {
  let action = 0;
  let version = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        action = r.int32();
        break;
      }
      case 18: {
        version = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('DowngradeRequest: field beyond the end');
  return { action, version };
}

export function decodeDowngradeRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): DowngradeRequest {
  return readDowngradeRequest(new Reader(bytes, start, end), end);
}

export function sizeDowngradeRequest(m: DowngradeRequest): number {
  let size = 0;
  if (m.action !== 0) size += 1 + sizeInt32(m.action);
  if (m.version !== '') size += 1 + sizeString(m.version);
  return size;
}

export function writeDowngradeRequest(m: DowngradeRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.action !== 0) {
    out[o++] = 8;
    o = writeInt32(m.action, out, o);
  }
  if (m.version !== '') {
    out[o++] = 18;
    o = writeString(m.version, out, o);
  }
  return o;
}

export function encodeDowngradeRequest(m: DowngradeRequest): Uint8Array {
  const out = allocateBytes(sizeDowngradeRequest(m));
  writeDowngradeRequest(m, out, 0);
  return out;
}

export const DowngradeAction = {
  validate: 0,
  enable: 1,
  cancel: 2,
} as const;

export interface DowngradeResponse {
  readonly header: ResponseHeader | undefined;
  readonly version: string;
}

export function createDowngradeResponse(partial: Partial<DowngradeResponse> = {}): DowngradeResponse {
  return {
    header: partial.header,
    version: partial.version ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readDowngradeResponse(r: Reader, end: number): DowngradeResponse {
  let header: ResponseHeader | undefined;
  let version = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        version = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('DowngradeResponse: field beyond the end');
  return { header, version };
}

export function decodeDowngradeResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): DowngradeResponse {
  return readDowngradeResponse(new Reader(bytes, start, end), end);
}

export function sizeDowngradeResponse(m: DowngradeResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.version !== '') size += 1 + sizeString(m.version);
  return size;
}

export function writeDowngradeResponse(m: DowngradeResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.version !== '') {
    out[o++] = 18;
    o = writeString(m.version, out, o);
  }
  return o;
}

export function encodeDowngradeResponse(m: DowngradeResponse): Uint8Array {
  const out = allocateBytes(sizeDowngradeResponse(m));
  writeDowngradeResponse(m, out, 0);
  return out;
}

export type StatusRequest = Readonly<Record<string, never>>;

export function createStatusRequest(partial: Partial<StatusRequest> = {}): StatusRequest {
  return partial as StatusRequest;
}

/** Reads a message that ends at `end`. */
export function readStatusRequest(r: Reader, end: number): StatusRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('StatusRequest: field beyond the end');
  return {};
}

export function decodeStatusRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): StatusRequest {
  return readStatusRequest(new Reader(bytes, start, end), end);
}

export function sizeStatusRequest(_m: StatusRequest): number {
  return 0;
}

export function writeStatusRequest(_m: StatusRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeStatusRequest(m: StatusRequest): Uint8Array {
  const out = allocateBytes(sizeStatusRequest(m));
  writeStatusRequest(m, out, 0);
  return out;
}

export interface DowngradeInfo {
  readonly enabled: boolean;
  readonly targetVersion: string;
}

export function createDowngradeInfo(partial: Partial<DowngradeInfo> = {}): DowngradeInfo {
  return {
    enabled: partial.enabled ?? false,
    targetVersion: partial.targetVersion ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readDowngradeInfo(r: Reader, end: number): DowngradeInfo {
  let enabled = false;
  let targetVersion = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        enabled = r.bool();
        break;
      }
      case 18: {
        targetVersion = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('DowngradeInfo: field beyond the end');
  return { enabled, targetVersion };
}

export function decodeDowngradeInfo(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): DowngradeInfo {
  return readDowngradeInfo(new Reader(bytes, start, end), end);
}

export function sizeDowngradeInfo(m: DowngradeInfo): number {
  let size = 0;
  if (m.enabled) size += 1 + 1;
  if (m.targetVersion !== '') size += 1 + sizeString(m.targetVersion);
  return size;
}

export function writeDowngradeInfo(m: DowngradeInfo, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.enabled) {
    out[o++] = 8;
    out[o++] = m.enabled ? 1 : 0;
  }
  if (m.targetVersion !== '') {
    out[o++] = 18;
    o = writeString(m.targetVersion, out, o);
  }
  return o;
}

export function encodeDowngradeInfo(m: DowngradeInfo): Uint8Array {
  const out = allocateBytes(sizeDowngradeInfo(m));
  writeDowngradeInfo(m, out, 0);
  return out;
}

export interface StatusResponse {
  readonly header: ResponseHeader | undefined;
  readonly version: string;
  readonly dbSize: number;
  readonly leader: bigint;
  readonly raftIndex: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  readonly errors: readonly string[];
  readonly dbSizeInUse: number;
  readonly isLearner: boolean;
  readonly storageVersion: string;
  readonly dbSizeQuota: number;
  readonly downgradeInfo: DowngradeInfo | undefined;
}

export function createStatusResponse(partial: Partial<StatusResponse> = {}): StatusResponse {
  return {
    header: partial.header,
    version: partial.version ?? '',
    dbSize: partial.dbSize ?? 0,
    leader: partial.leader ?? 0n,
    raftIndex: partial.raftIndex ?? 0,
    raftTerm: partial.raftTerm ?? 0,
    raftAppliedIndex: partial.raftAppliedIndex ?? 0,
    errors: partial.errors ?? [],
    dbSizeInUse: partial.dbSizeInUse ?? 0,
    isLearner: partial.isLearner ?? false,
    storageVersion: partial.storageVersion ?? '',
    dbSizeQuota: partial.dbSizeQuota ?? 0,
    downgradeInfo: partial.downgradeInfo,
  };
}

/** Reads a message that ends at `end`. */
export function readStatusResponse(r: Reader, end: number): StatusResponse {
  let header: ResponseHeader | undefined;
  let version = '';
  let dbSize = 0;
  let leader = 0n;
  let raftIndex = 0;
  let raftTerm = 0;
  let raftAppliedIndex = 0;
  const errors: string[] = [];
  let dbSizeInUse = 0;
  let isLearner = false;
  let storageVersion = '';
  let dbSizeQuota = 0;
  let downgradeInfo: DowngradeInfo | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        version = r.string();
        break;
      }
      case 24: {
        dbSize = r.int64();
        break;
      }
      case 32: {
        leader = r.uint64Id();
        break;
      }
      case 40: {
        raftIndex = r.uint64();
        break;
      }
      case 48: {
        raftTerm = r.uint64();
        break;
      }
      case 56: {
        raftAppliedIndex = r.uint64();
        break;
      }
      case 66: {
        errors.push(r.string());
        break;
      }
      case 72: {
        dbSizeInUse = r.int64();
        break;
      }
      case 80: {
        isLearner = r.bool();
        break;
      }
      case 90: {
        storageVersion = r.string();
        break;
      }
      case 96: {
        dbSizeQuota = r.int64();
        break;
      }
      case 106: {
        downgradeInfo = readDowngradeInfo(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('StatusResponse: field beyond the end');
  return { header, version, dbSize, leader, raftIndex, raftTerm, raftAppliedIndex, errors, dbSizeInUse, isLearner, storageVersion, dbSizeQuota, downgradeInfo };
}

export function decodeStatusResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): StatusResponse {
  return readStatusResponse(new Reader(bytes, start, end), end);
}

export function sizeStatusResponse(m: StatusResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.version !== '') size += 1 + sizeString(m.version);
  if (m.dbSize !== 0) size += 1 + sizeInt64(m.dbSize);
  if (m.leader !== 0n) size += 1 + sizeId(m.leader);
  if (m.raftIndex !== 0) size += 1 + sizeUint64(m.raftIndex);
  if (m.raftTerm !== 0) size += 1 + sizeUint64(m.raftTerm);
  if (m.raftAppliedIndex !== 0) size += 1 + sizeUint64(m.raftAppliedIndex);
  for (const item of m.errors) size += 1 + sizeString(item);
  if (m.dbSizeInUse !== 0) size += 1 + sizeInt64(m.dbSizeInUse);
  if (m.isLearner) size += 1 + 1;
  if (m.storageVersion !== '') size += 1 + sizeString(m.storageVersion);
  if (m.dbSizeQuota !== 0) size += 1 + sizeInt64(m.dbSizeQuota);
  if (m.downgradeInfo !== undefined) {
    const inner = sizeDowngradeInfo(m.downgradeInfo);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeStatusResponse(m: StatusResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.version !== '') {
    out[o++] = 18;
    o = writeString(m.version, out, o);
  }
  if (m.dbSize !== 0) {
    out[o++] = 24;
    o = writeInt64(m.dbSize, out, o);
  }
  if (m.leader !== 0n) {
    out[o++] = 32;
    o = writeId(m.leader, out, o);
  }
  if (m.raftIndex !== 0) {
    out[o++] = 40;
    o = writeUint64(m.raftIndex, out, o);
  }
  if (m.raftTerm !== 0) {
    out[o++] = 48;
    o = writeUint64(m.raftTerm, out, o);
  }
  if (m.raftAppliedIndex !== 0) {
    out[o++] = 56;
    o = writeUint64(m.raftAppliedIndex, out, o);
  }
  for (const item of m.errors) {
    out[o++] = 66;
    o = writeString(item, out, o);
  }
  if (m.dbSizeInUse !== 0) {
    out[o++] = 72;
    o = writeInt64(m.dbSizeInUse, out, o);
  }
  if (m.isLearner) {
    out[o++] = 80;
    out[o++] = m.isLearner ? 1 : 0;
  }
  if (m.storageVersion !== '') {
    out[o++] = 90;
    o = writeString(m.storageVersion, out, o);
  }
  if (m.dbSizeQuota !== 0) {
    out[o++] = 96;
    o = writeInt64(m.dbSizeQuota, out, o);
  }
  if (m.downgradeInfo !== undefined) {
    out[o++] = 106;
    o = writeUint32(sizeDowngradeInfo(m.downgradeInfo), out, o);
    o = writeDowngradeInfo(m.downgradeInfo, out, o);
  }
  return o;
}

export function encodeStatusResponse(m: StatusResponse): Uint8Array {
  const out = allocateBytes(sizeStatusResponse(m));
  writeStatusResponse(m, out, 0);
  return out;
}

export type AuthEnableRequest = Readonly<Record<string, never>>;

export function createAuthEnableRequest(partial: Partial<AuthEnableRequest> = {}): AuthEnableRequest {
  return partial as AuthEnableRequest;
}

/** Reads a message that ends at `end`. */
export function readAuthEnableRequest(r: Reader, end: number): AuthEnableRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('AuthEnableRequest: field beyond the end');
  return {};
}

export function decodeAuthEnableRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthEnableRequest {
  return readAuthEnableRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthEnableRequest(_m: AuthEnableRequest): number {
  return 0;
}

export function writeAuthEnableRequest(_m: AuthEnableRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeAuthEnableRequest(m: AuthEnableRequest): Uint8Array {
  const out = allocateBytes(sizeAuthEnableRequest(m));
  writeAuthEnableRequest(m, out, 0);
  return out;
}

export type AuthDisableRequest = Readonly<Record<string, never>>;

export function createAuthDisableRequest(partial: Partial<AuthDisableRequest> = {}): AuthDisableRequest {
  return partial as AuthDisableRequest;
}

/** Reads a message that ends at `end`. */
export function readAuthDisableRequest(r: Reader, end: number): AuthDisableRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('AuthDisableRequest: field beyond the end');
  return {};
}

export function decodeAuthDisableRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthDisableRequest {
  return readAuthDisableRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthDisableRequest(_m: AuthDisableRequest): number {
  return 0;
}

export function writeAuthDisableRequest(_m: AuthDisableRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeAuthDisableRequest(m: AuthDisableRequest): Uint8Array {
  const out = allocateBytes(sizeAuthDisableRequest(m));
  writeAuthDisableRequest(m, out, 0);
  return out;
}

export type AuthStatusRequest = Readonly<Record<string, never>>;

export function createAuthStatusRequest(partial: Partial<AuthStatusRequest> = {}): AuthStatusRequest {
  return partial as AuthStatusRequest;
}

/** Reads a message that ends at `end`. */
export function readAuthStatusRequest(r: Reader, end: number): AuthStatusRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('AuthStatusRequest: field beyond the end');
  return {};
}

export function decodeAuthStatusRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthStatusRequest {
  return readAuthStatusRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthStatusRequest(_m: AuthStatusRequest): number {
  return 0;
}

export function writeAuthStatusRequest(_m: AuthStatusRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeAuthStatusRequest(m: AuthStatusRequest): Uint8Array {
  const out = allocateBytes(sizeAuthStatusRequest(m));
  writeAuthStatusRequest(m, out, 0);
  return out;
}

export interface AuthenticateRequest {
  readonly name: string;
  readonly password: string;
}

export function createAuthenticateRequest(partial: Partial<AuthenticateRequest> = {}): AuthenticateRequest {
  return {
    name: partial.name ?? '',
    password: partial.password ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthenticateRequest(r: Reader, end: number): AuthenticateRequest {
  let name = '';
  let password = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      case 18: {
        password = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthenticateRequest: field beyond the end');
  return { name, password };
}

export function decodeAuthenticateRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthenticateRequest {
  return readAuthenticateRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthenticateRequest(m: AuthenticateRequest): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  if (m.password !== '') size += 1 + sizeString(m.password);
  return size;
}

export function writeAuthenticateRequest(m: AuthenticateRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  if (m.password !== '') {
    out[o++] = 18;
    o = writeString(m.password, out, o);
  }
  return o;
}

export function encodeAuthenticateRequest(m: AuthenticateRequest): Uint8Array {
  const out = allocateBytes(sizeAuthenticateRequest(m));
  writeAuthenticateRequest(m, out, 0);
  return out;
}

export interface AuthUserAddRequest {
  readonly name: string;
  readonly password: string;
  readonly options: UserAddOptions | undefined;
  readonly hashedPassword: string;
}

export function createAuthUserAddRequest(partial: Partial<AuthUserAddRequest> = {}): AuthUserAddRequest {
  return {
    name: partial.name ?? '',
    password: partial.password ?? '',
    options: partial.options,
    hashedPassword: partial.hashedPassword ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserAddRequest(r: Reader, end: number): AuthUserAddRequest {
  let name = '';
  let password = '';
  let options: UserAddOptions | undefined;
  let hashedPassword = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      case 18: {
        password = r.string();
        break;
      }
      case 26: {
        options = readUserAddOptions(r, r.open());
        r.depth--;
        break;
      }
      case 34: {
        hashedPassword = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserAddRequest: field beyond the end');
  return { name, password, options, hashedPassword };
}

export function decodeAuthUserAddRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserAddRequest {
  return readAuthUserAddRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthUserAddRequest(m: AuthUserAddRequest): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  if (m.password !== '') size += 1 + sizeString(m.password);
  if (m.options !== undefined) {
    const inner = sizeUserAddOptions(m.options);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.hashedPassword !== '') size += 1 + sizeString(m.hashedPassword);
  return size;
}

export function writeAuthUserAddRequest(m: AuthUserAddRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  if (m.password !== '') {
    out[o++] = 18;
    o = writeString(m.password, out, o);
  }
  if (m.options !== undefined) {
    out[o++] = 26;
    o = writeUint32(sizeUserAddOptions(m.options), out, o);
    o = writeUserAddOptions(m.options, out, o);
  }
  if (m.hashedPassword !== '') {
    out[o++] = 34;
    o = writeString(m.hashedPassword, out, o);
  }
  return o;
}

export function encodeAuthUserAddRequest(m: AuthUserAddRequest): Uint8Array {
  const out = allocateBytes(sizeAuthUserAddRequest(m));
  writeAuthUserAddRequest(m, out, 0);
  return out;
}

export interface AuthUserGetRequest {
  readonly name: string;
}

export function createAuthUserGetRequest(partial: Partial<AuthUserGetRequest> = {}): AuthUserGetRequest {
  return {
    name: partial.name ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserGetRequest(r: Reader, end: number): AuthUserGetRequest {
  let name = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserGetRequest: field beyond the end');
  return { name };
}

export function decodeAuthUserGetRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserGetRequest {
  return readAuthUserGetRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthUserGetRequest(m: AuthUserGetRequest): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  return size;
}

export function writeAuthUserGetRequest(m: AuthUserGetRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  return o;
}

export function encodeAuthUserGetRequest(m: AuthUserGetRequest): Uint8Array {
  const out = allocateBytes(sizeAuthUserGetRequest(m));
  writeAuthUserGetRequest(m, out, 0);
  return out;
}

export interface AuthUserDeleteRequest {
  readonly name: string;
}

export function createAuthUserDeleteRequest(partial: Partial<AuthUserDeleteRequest> = {}): AuthUserDeleteRequest {
  return {
    name: partial.name ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserDeleteRequest(r: Reader, end: number): AuthUserDeleteRequest {
  let name = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserDeleteRequest: field beyond the end');
  return { name };
}

export function decodeAuthUserDeleteRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserDeleteRequest {
  return readAuthUserDeleteRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthUserDeleteRequest(m: AuthUserDeleteRequest): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  return size;
}

export function writeAuthUserDeleteRequest(m: AuthUserDeleteRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  return o;
}

export function encodeAuthUserDeleteRequest(m: AuthUserDeleteRequest): Uint8Array {
  const out = allocateBytes(sizeAuthUserDeleteRequest(m));
  writeAuthUserDeleteRequest(m, out, 0);
  return out;
}

export interface AuthUserChangePasswordRequest {
  readonly name: string;
  readonly password: string;
  readonly hashedPassword: string;
}

export function createAuthUserChangePasswordRequest(partial: Partial<AuthUserChangePasswordRequest> = {}): AuthUserChangePasswordRequest {
  return {
    name: partial.name ?? '',
    password: partial.password ?? '',
    hashedPassword: partial.hashedPassword ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserChangePasswordRequest(r: Reader, end: number): AuthUserChangePasswordRequest {
  let name = '';
  let password = '';
  let hashedPassword = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      case 18: {
        password = r.string();
        break;
      }
      case 26: {
        hashedPassword = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserChangePasswordRequest: field beyond the end');
  return { name, password, hashedPassword };
}

export function decodeAuthUserChangePasswordRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserChangePasswordRequest {
  return readAuthUserChangePasswordRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthUserChangePasswordRequest(m: AuthUserChangePasswordRequest): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  if (m.password !== '') size += 1 + sizeString(m.password);
  if (m.hashedPassword !== '') size += 1 + sizeString(m.hashedPassword);
  return size;
}

export function writeAuthUserChangePasswordRequest(m: AuthUserChangePasswordRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  if (m.password !== '') {
    out[o++] = 18;
    o = writeString(m.password, out, o);
  }
  if (m.hashedPassword !== '') {
    out[o++] = 26;
    o = writeString(m.hashedPassword, out, o);
  }
  return o;
}

export function encodeAuthUserChangePasswordRequest(m: AuthUserChangePasswordRequest): Uint8Array {
  const out = allocateBytes(sizeAuthUserChangePasswordRequest(m));
  writeAuthUserChangePasswordRequest(m, out, 0);
  return out;
}

export interface AuthUserGrantRoleRequest {
  readonly user: string;
  readonly role: string;
}

export function createAuthUserGrantRoleRequest(partial: Partial<AuthUserGrantRoleRequest> = {}): AuthUserGrantRoleRequest {
  return {
    user: partial.user ?? '',
    role: partial.role ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserGrantRoleRequest(r: Reader, end: number): AuthUserGrantRoleRequest {
  let user = '';
  let role = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        user = r.string();
        break;
      }
      case 18: {
        role = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserGrantRoleRequest: field beyond the end');
  return { user, role };
}

export function decodeAuthUserGrantRoleRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserGrantRoleRequest {
  return readAuthUserGrantRoleRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthUserGrantRoleRequest(m: AuthUserGrantRoleRequest): number {
  let size = 0;
  if (m.user !== '') size += 1 + sizeString(m.user);
  if (m.role !== '') size += 1 + sizeString(m.role);
  return size;
}

export function writeAuthUserGrantRoleRequest(m: AuthUserGrantRoleRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.user !== '') {
    out[o++] = 10;
    o = writeString(m.user, out, o);
  }
  if (m.role !== '') {
    out[o++] = 18;
    o = writeString(m.role, out, o);
  }
  return o;
}

export function encodeAuthUserGrantRoleRequest(m: AuthUserGrantRoleRequest): Uint8Array {
  const out = allocateBytes(sizeAuthUserGrantRoleRequest(m));
  writeAuthUserGrantRoleRequest(m, out, 0);
  return out;
}

export interface AuthUserRevokeRoleRequest {
  readonly name: string;
  readonly role: string;
}

export function createAuthUserRevokeRoleRequest(partial: Partial<AuthUserRevokeRoleRequest> = {}): AuthUserRevokeRoleRequest {
  return {
    name: partial.name ?? '',
    role: partial.role ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserRevokeRoleRequest(r: Reader, end: number): AuthUserRevokeRoleRequest {
  let name = '';
  let role = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      case 18: {
        role = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserRevokeRoleRequest: field beyond the end');
  return { name, role };
}

export function decodeAuthUserRevokeRoleRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserRevokeRoleRequest {
  return readAuthUserRevokeRoleRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthUserRevokeRoleRequest(m: AuthUserRevokeRoleRequest): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  if (m.role !== '') size += 1 + sizeString(m.role);
  return size;
}

export function writeAuthUserRevokeRoleRequest(m: AuthUserRevokeRoleRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  if (m.role !== '') {
    out[o++] = 18;
    o = writeString(m.role, out, o);
  }
  return o;
}

export function encodeAuthUserRevokeRoleRequest(m: AuthUserRevokeRoleRequest): Uint8Array {
  const out = allocateBytes(sizeAuthUserRevokeRoleRequest(m));
  writeAuthUserRevokeRoleRequest(m, out, 0);
  return out;
}

export interface AuthRoleAddRequest {
  readonly name: string;
}

export function createAuthRoleAddRequest(partial: Partial<AuthRoleAddRequest> = {}): AuthRoleAddRequest {
  return {
    name: partial.name ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleAddRequest(r: Reader, end: number): AuthRoleAddRequest {
  let name = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleAddRequest: field beyond the end');
  return { name };
}

export function decodeAuthRoleAddRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleAddRequest {
  return readAuthRoleAddRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleAddRequest(m: AuthRoleAddRequest): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  return size;
}

export function writeAuthRoleAddRequest(m: AuthRoleAddRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  return o;
}

export function encodeAuthRoleAddRequest(m: AuthRoleAddRequest): Uint8Array {
  const out = allocateBytes(sizeAuthRoleAddRequest(m));
  writeAuthRoleAddRequest(m, out, 0);
  return out;
}

export interface AuthRoleGetRequest {
  readonly role: string;
}

export function createAuthRoleGetRequest(partial: Partial<AuthRoleGetRequest> = {}): AuthRoleGetRequest {
  return {
    role: partial.role ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleGetRequest(r: Reader, end: number): AuthRoleGetRequest {
  let role = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        role = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleGetRequest: field beyond the end');
  return { role };
}

export function decodeAuthRoleGetRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleGetRequest {
  return readAuthRoleGetRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleGetRequest(m: AuthRoleGetRequest): number {
  let size = 0;
  if (m.role !== '') size += 1 + sizeString(m.role);
  return size;
}

export function writeAuthRoleGetRequest(m: AuthRoleGetRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.role !== '') {
    out[o++] = 10;
    o = writeString(m.role, out, o);
  }
  return o;
}

export function encodeAuthRoleGetRequest(m: AuthRoleGetRequest): Uint8Array {
  const out = allocateBytes(sizeAuthRoleGetRequest(m));
  writeAuthRoleGetRequest(m, out, 0);
  return out;
}

export type AuthUserListRequest = Readonly<Record<string, never>>;

export function createAuthUserListRequest(partial: Partial<AuthUserListRequest> = {}): AuthUserListRequest {
  return partial as AuthUserListRequest;
}

/** Reads a message that ends at `end`. */
export function readAuthUserListRequest(r: Reader, end: number): AuthUserListRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('AuthUserListRequest: field beyond the end');
  return {};
}

export function decodeAuthUserListRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserListRequest {
  return readAuthUserListRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthUserListRequest(_m: AuthUserListRequest): number {
  return 0;
}

export function writeAuthUserListRequest(_m: AuthUserListRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeAuthUserListRequest(m: AuthUserListRequest): Uint8Array {
  const out = allocateBytes(sizeAuthUserListRequest(m));
  writeAuthUserListRequest(m, out, 0);
  return out;
}

export type AuthRoleListRequest = Readonly<Record<string, never>>;

export function createAuthRoleListRequest(partial: Partial<AuthRoleListRequest> = {}): AuthRoleListRequest {
  return partial as AuthRoleListRequest;
}

/** Reads a message that ends at `end`. */
export function readAuthRoleListRequest(r: Reader, end: number): AuthRoleListRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleListRequest: field beyond the end');
  return {};
}

export function decodeAuthRoleListRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleListRequest {
  return readAuthRoleListRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleListRequest(_m: AuthRoleListRequest): number {
  return 0;
}

export function writeAuthRoleListRequest(_m: AuthRoleListRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeAuthRoleListRequest(m: AuthRoleListRequest): Uint8Array {
  const out = allocateBytes(sizeAuthRoleListRequest(m));
  writeAuthRoleListRequest(m, out, 0);
  return out;
}

export interface AuthRoleDeleteRequest {
  readonly role: string;
}

export function createAuthRoleDeleteRequest(partial: Partial<AuthRoleDeleteRequest> = {}): AuthRoleDeleteRequest {
  return {
    role: partial.role ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleDeleteRequest(r: Reader, end: number): AuthRoleDeleteRequest {
  let role = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        role = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleDeleteRequest: field beyond the end');
  return { role };
}

export function decodeAuthRoleDeleteRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleDeleteRequest {
  return readAuthRoleDeleteRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleDeleteRequest(m: AuthRoleDeleteRequest): number {
  let size = 0;
  if (m.role !== '') size += 1 + sizeString(m.role);
  return size;
}

export function writeAuthRoleDeleteRequest(m: AuthRoleDeleteRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.role !== '') {
    out[o++] = 10;
    o = writeString(m.role, out, o);
  }
  return o;
}

export function encodeAuthRoleDeleteRequest(m: AuthRoleDeleteRequest): Uint8Array {
  const out = allocateBytes(sizeAuthRoleDeleteRequest(m));
  writeAuthRoleDeleteRequest(m, out, 0);
  return out;
}

export interface AuthRoleGrantPermissionRequest {
  readonly name: string;
  readonly perm: Permission | undefined;
}

export function createAuthRoleGrantPermissionRequest(partial: Partial<AuthRoleGrantPermissionRequest> = {}): AuthRoleGrantPermissionRequest {
  return {
    name: partial.name ?? '',
    perm: partial.perm,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleGrantPermissionRequest(r: Reader, end: number): AuthRoleGrantPermissionRequest {
  let name = '';
  let perm: Permission | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      case 18: {
        perm = readPermission(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleGrantPermissionRequest: field beyond the end');
  return { name, perm };
}

export function decodeAuthRoleGrantPermissionRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleGrantPermissionRequest {
  return readAuthRoleGrantPermissionRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleGrantPermissionRequest(m: AuthRoleGrantPermissionRequest): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  if (m.perm !== undefined) {
    const inner = sizePermission(m.perm);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthRoleGrantPermissionRequest(m: AuthRoleGrantPermissionRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  if (m.perm !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizePermission(m.perm), out, o);
    o = writePermission(m.perm, out, o);
  }
  return o;
}

export function encodeAuthRoleGrantPermissionRequest(m: AuthRoleGrantPermissionRequest): Uint8Array {
  const out = allocateBytes(sizeAuthRoleGrantPermissionRequest(m));
  writeAuthRoleGrantPermissionRequest(m, out, 0);
  return out;
}

export interface AuthRoleRevokePermissionRequest {
  readonly role: string;
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

export function createAuthRoleRevokePermissionRequest(partial: Partial<AuthRoleRevokePermissionRequest> = {}): AuthRoleRevokePermissionRequest {
  return {
    role: partial.role ?? '',
    key: partial.key ?? EMPTY_BYTES,
    rangeEnd: partial.rangeEnd ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleRevokePermissionRequest(r: Reader, end: number): AuthRoleRevokePermissionRequest {
  let role = '';
  let key: Uint8Array = EMPTY_BYTES;
  let rangeEnd: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        role = r.string();
        break;
      }
      case 18: {
        key = r.view();
        break;
      }
      case 26: {
        rangeEnd = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleRevokePermissionRequest: field beyond the end');
  return { role, key, rangeEnd };
}

export function decodeAuthRoleRevokePermissionRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleRevokePermissionRequest {
  return readAuthRoleRevokePermissionRequest(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleRevokePermissionRequest(m: AuthRoleRevokePermissionRequest): number {
  let size = 0;
  if (m.role !== '') size += 1 + sizeString(m.role);
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length > 0) size += 1 + sizeBytes(m.rangeEnd);
  return size;
}

export function writeAuthRoleRevokePermissionRequest(m: AuthRoleRevokePermissionRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.role !== '') {
    out[o++] = 10;
    o = writeString(m.role, out, o);
  }
  if (m.key.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.key, out, o);
  }
  if (m.rangeEnd.length > 0) {
    out[o++] = 26;
    o = writeBytes(m.rangeEnd, out, o);
  }
  return o;
}

export function encodeAuthRoleRevokePermissionRequest(m: AuthRoleRevokePermissionRequest): Uint8Array {
  const out = allocateBytes(sizeAuthRoleRevokePermissionRequest(m));
  writeAuthRoleRevokePermissionRequest(m, out, 0);
  return out;
}

export interface AuthEnableResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthEnableResponse(partial: Partial<AuthEnableResponse> = {}): AuthEnableResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthEnableResponse(r: Reader, end: number): AuthEnableResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthEnableResponse: field beyond the end');
  return { header };
}

export function decodeAuthEnableResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthEnableResponse {
  return readAuthEnableResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthEnableResponse(m: AuthEnableResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthEnableResponse(m: AuthEnableResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthEnableResponse(m: AuthEnableResponse): Uint8Array {
  const out = allocateBytes(sizeAuthEnableResponse(m));
  writeAuthEnableResponse(m, out, 0);
  return out;
}

export interface AuthDisableResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthDisableResponse(partial: Partial<AuthDisableResponse> = {}): AuthDisableResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthDisableResponse(r: Reader, end: number): AuthDisableResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthDisableResponse: field beyond the end');
  return { header };
}

export function decodeAuthDisableResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthDisableResponse {
  return readAuthDisableResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthDisableResponse(m: AuthDisableResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthDisableResponse(m: AuthDisableResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthDisableResponse(m: AuthDisableResponse): Uint8Array {
  const out = allocateBytes(sizeAuthDisableResponse(m));
  writeAuthDisableResponse(m, out, 0);
  return out;
}

export interface AuthStatusResponse {
  readonly header: ResponseHeader | undefined;
  readonly enabled: boolean;
  readonly authRevision: number;
}

export function createAuthStatusResponse(partial: Partial<AuthStatusResponse> = {}): AuthStatusResponse {
  return {
    header: partial.header,
    enabled: partial.enabled ?? false,
    authRevision: partial.authRevision ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthStatusResponse(r: Reader, end: number): AuthStatusResponse {
  let header: ResponseHeader | undefined;
  let enabled = false;
  let authRevision = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        enabled = r.bool();
        break;
      }
      case 24: {
        authRevision = r.uint64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthStatusResponse: field beyond the end');
  return { header, enabled, authRevision };
}

export function decodeAuthStatusResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthStatusResponse {
  return readAuthStatusResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthStatusResponse(m: AuthStatusResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.enabled) size += 1 + 1;
  if (m.authRevision !== 0) size += 1 + sizeUint64(m.authRevision);
  return size;
}

export function writeAuthStatusResponse(m: AuthStatusResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.enabled) {
    out[o++] = 16;
    out[o++] = m.enabled ? 1 : 0;
  }
  if (m.authRevision !== 0) {
    out[o++] = 24;
    o = writeUint64(m.authRevision, out, o);
  }
  return o;
}

export function encodeAuthStatusResponse(m: AuthStatusResponse): Uint8Array {
  const out = allocateBytes(sizeAuthStatusResponse(m));
  writeAuthStatusResponse(m, out, 0);
  return out;
}

export interface AuthenticateResponse {
  readonly header: ResponseHeader | undefined;
  readonly token: string;
}

export function createAuthenticateResponse(partial: Partial<AuthenticateResponse> = {}): AuthenticateResponse {
  return {
    header: partial.header,
    token: partial.token ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readAuthenticateResponse(r: Reader, end: number): AuthenticateResponse {
  let header: ResponseHeader | undefined;
  let token = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        token = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthenticateResponse: field beyond the end');
  return { header, token };
}

export function decodeAuthenticateResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthenticateResponse {
  return readAuthenticateResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthenticateResponse(m: AuthenticateResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.token !== '') size += 1 + sizeString(m.token);
  return size;
}

export function writeAuthenticateResponse(m: AuthenticateResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.token !== '') {
    out[o++] = 18;
    o = writeString(m.token, out, o);
  }
  return o;
}

export function encodeAuthenticateResponse(m: AuthenticateResponse): Uint8Array {
  const out = allocateBytes(sizeAuthenticateResponse(m));
  writeAuthenticateResponse(m, out, 0);
  return out;
}

export interface AuthUserAddResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthUserAddResponse(partial: Partial<AuthUserAddResponse> = {}): AuthUserAddResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserAddResponse(r: Reader, end: number): AuthUserAddResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserAddResponse: field beyond the end');
  return { header };
}

export function decodeAuthUserAddResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserAddResponse {
  return readAuthUserAddResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthUserAddResponse(m: AuthUserAddResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthUserAddResponse(m: AuthUserAddResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthUserAddResponse(m: AuthUserAddResponse): Uint8Array {
  const out = allocateBytes(sizeAuthUserAddResponse(m));
  writeAuthUserAddResponse(m, out, 0);
  return out;
}

export interface AuthUserGetResponse {
  readonly header: ResponseHeader | undefined;
  readonly roles: readonly string[];
}

export function createAuthUserGetResponse(partial: Partial<AuthUserGetResponse> = {}): AuthUserGetResponse {
  return {
    header: partial.header,
    roles: partial.roles ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserGetResponse(r: Reader, end: number): AuthUserGetResponse {
  let header: ResponseHeader | undefined;
  const roles: string[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        roles.push(r.string());
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserGetResponse: field beyond the end');
  return { header, roles };
}

export function decodeAuthUserGetResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserGetResponse {
  return readAuthUserGetResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthUserGetResponse(m: AuthUserGetResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.roles) size += 1 + sizeString(item);
  return size;
}

export function writeAuthUserGetResponse(m: AuthUserGetResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.roles) {
    out[o++] = 18;
    o = writeString(item, out, o);
  }
  return o;
}

export function encodeAuthUserGetResponse(m: AuthUserGetResponse): Uint8Array {
  const out = allocateBytes(sizeAuthUserGetResponse(m));
  writeAuthUserGetResponse(m, out, 0);
  return out;
}

export interface AuthUserDeleteResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthUserDeleteResponse(partial: Partial<AuthUserDeleteResponse> = {}): AuthUserDeleteResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserDeleteResponse(r: Reader, end: number): AuthUserDeleteResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserDeleteResponse: field beyond the end');
  return { header };
}

export function decodeAuthUserDeleteResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserDeleteResponse {
  return readAuthUserDeleteResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthUserDeleteResponse(m: AuthUserDeleteResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthUserDeleteResponse(m: AuthUserDeleteResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthUserDeleteResponse(m: AuthUserDeleteResponse): Uint8Array {
  const out = allocateBytes(sizeAuthUserDeleteResponse(m));
  writeAuthUserDeleteResponse(m, out, 0);
  return out;
}

export interface AuthUserChangePasswordResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthUserChangePasswordResponse(partial: Partial<AuthUserChangePasswordResponse> = {}): AuthUserChangePasswordResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserChangePasswordResponse(r: Reader, end: number): AuthUserChangePasswordResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserChangePasswordResponse: field beyond the end');
  return { header };
}

export function decodeAuthUserChangePasswordResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserChangePasswordResponse {
  return readAuthUserChangePasswordResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthUserChangePasswordResponse(m: AuthUserChangePasswordResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthUserChangePasswordResponse(m: AuthUserChangePasswordResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthUserChangePasswordResponse(m: AuthUserChangePasswordResponse): Uint8Array {
  const out = allocateBytes(sizeAuthUserChangePasswordResponse(m));
  writeAuthUserChangePasswordResponse(m, out, 0);
  return out;
}

export interface AuthUserGrantRoleResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthUserGrantRoleResponse(partial: Partial<AuthUserGrantRoleResponse> = {}): AuthUserGrantRoleResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserGrantRoleResponse(r: Reader, end: number): AuthUserGrantRoleResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserGrantRoleResponse: field beyond the end');
  return { header };
}

export function decodeAuthUserGrantRoleResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserGrantRoleResponse {
  return readAuthUserGrantRoleResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthUserGrantRoleResponse(m: AuthUserGrantRoleResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthUserGrantRoleResponse(m: AuthUserGrantRoleResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthUserGrantRoleResponse(m: AuthUserGrantRoleResponse): Uint8Array {
  const out = allocateBytes(sizeAuthUserGrantRoleResponse(m));
  writeAuthUserGrantRoleResponse(m, out, 0);
  return out;
}

export interface AuthUserRevokeRoleResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthUserRevokeRoleResponse(partial: Partial<AuthUserRevokeRoleResponse> = {}): AuthUserRevokeRoleResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserRevokeRoleResponse(r: Reader, end: number): AuthUserRevokeRoleResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserRevokeRoleResponse: field beyond the end');
  return { header };
}

export function decodeAuthUserRevokeRoleResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserRevokeRoleResponse {
  return readAuthUserRevokeRoleResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthUserRevokeRoleResponse(m: AuthUserRevokeRoleResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthUserRevokeRoleResponse(m: AuthUserRevokeRoleResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthUserRevokeRoleResponse(m: AuthUserRevokeRoleResponse): Uint8Array {
  const out = allocateBytes(sizeAuthUserRevokeRoleResponse(m));
  writeAuthUserRevokeRoleResponse(m, out, 0);
  return out;
}

export interface AuthRoleAddResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthRoleAddResponse(partial: Partial<AuthRoleAddResponse> = {}): AuthRoleAddResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleAddResponse(r: Reader, end: number): AuthRoleAddResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleAddResponse: field beyond the end');
  return { header };
}

export function decodeAuthRoleAddResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleAddResponse {
  return readAuthRoleAddResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleAddResponse(m: AuthRoleAddResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthRoleAddResponse(m: AuthRoleAddResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthRoleAddResponse(m: AuthRoleAddResponse): Uint8Array {
  const out = allocateBytes(sizeAuthRoleAddResponse(m));
  writeAuthRoleAddResponse(m, out, 0);
  return out;
}

export interface AuthRoleGetResponse {
  readonly header: ResponseHeader | undefined;
  readonly perm: readonly Permission[];
}

export function createAuthRoleGetResponse(partial: Partial<AuthRoleGetResponse> = {}): AuthRoleGetResponse {
  return {
    header: partial.header,
    perm: partial.perm ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleGetResponse(r: Reader, end: number): AuthRoleGetResponse {
  let header: ResponseHeader | undefined;
  const perm: Permission[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        perm.push(readPermission(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleGetResponse: field beyond the end');
  return { header, perm };
}

export function decodeAuthRoleGetResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleGetResponse {
  return readAuthRoleGetResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleGetResponse(m: AuthRoleGetResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.perm) {
    const inner = sizePermission(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthRoleGetResponse(m: AuthRoleGetResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.perm) {
    out[o++] = 18;
    o = writeUint32(sizePermission(item), out, o);
    o = writePermission(item, out, o);
  }
  return o;
}

export function encodeAuthRoleGetResponse(m: AuthRoleGetResponse): Uint8Array {
  const out = allocateBytes(sizeAuthRoleGetResponse(m));
  writeAuthRoleGetResponse(m, out, 0);
  return out;
}

export interface AuthRoleListResponse {
  readonly header: ResponseHeader | undefined;
  readonly roles: readonly string[];
}

export function createAuthRoleListResponse(partial: Partial<AuthRoleListResponse> = {}): AuthRoleListResponse {
  return {
    header: partial.header,
    roles: partial.roles ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleListResponse(r: Reader, end: number): AuthRoleListResponse {
  let header: ResponseHeader | undefined;
  const roles: string[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        roles.push(r.string());
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleListResponse: field beyond the end');
  return { header, roles };
}

export function decodeAuthRoleListResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleListResponse {
  return readAuthRoleListResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleListResponse(m: AuthRoleListResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.roles) size += 1 + sizeString(item);
  return size;
}

export function writeAuthRoleListResponse(m: AuthRoleListResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.roles) {
    out[o++] = 18;
    o = writeString(item, out, o);
  }
  return o;
}

export function encodeAuthRoleListResponse(m: AuthRoleListResponse): Uint8Array {
  const out = allocateBytes(sizeAuthRoleListResponse(m));
  writeAuthRoleListResponse(m, out, 0);
  return out;
}

export interface AuthUserListResponse {
  readonly header: ResponseHeader | undefined;
  readonly users: readonly string[];
}

export function createAuthUserListResponse(partial: Partial<AuthUserListResponse> = {}): AuthUserListResponse {
  return {
    header: partial.header,
    users: partial.users ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readAuthUserListResponse(r: Reader, end: number): AuthUserListResponse {
  let header: ResponseHeader | undefined;
  const users: string[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        users.push(r.string());
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthUserListResponse: field beyond the end');
  return { header, users };
}

export function decodeAuthUserListResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthUserListResponse {
  return readAuthUserListResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthUserListResponse(m: AuthUserListResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  for (const item of m.users) size += 1 + sizeString(item);
  return size;
}

export function writeAuthUserListResponse(m: AuthUserListResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  for (const item of m.users) {
    out[o++] = 18;
    o = writeString(item, out, o);
  }
  return o;
}

export function encodeAuthUserListResponse(m: AuthUserListResponse): Uint8Array {
  const out = allocateBytes(sizeAuthUserListResponse(m));
  writeAuthUserListResponse(m, out, 0);
  return out;
}

export interface AuthRoleDeleteResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthRoleDeleteResponse(partial: Partial<AuthRoleDeleteResponse> = {}): AuthRoleDeleteResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleDeleteResponse(r: Reader, end: number): AuthRoleDeleteResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleDeleteResponse: field beyond the end');
  return { header };
}

export function decodeAuthRoleDeleteResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleDeleteResponse {
  return readAuthRoleDeleteResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleDeleteResponse(m: AuthRoleDeleteResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthRoleDeleteResponse(m: AuthRoleDeleteResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthRoleDeleteResponse(m: AuthRoleDeleteResponse): Uint8Array {
  const out = allocateBytes(sizeAuthRoleDeleteResponse(m));
  writeAuthRoleDeleteResponse(m, out, 0);
  return out;
}

export interface AuthRoleGrantPermissionResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthRoleGrantPermissionResponse(partial: Partial<AuthRoleGrantPermissionResponse> = {}): AuthRoleGrantPermissionResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleGrantPermissionResponse(r: Reader, end: number): AuthRoleGrantPermissionResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleGrantPermissionResponse: field beyond the end');
  return { header };
}

export function decodeAuthRoleGrantPermissionResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleGrantPermissionResponse {
  return readAuthRoleGrantPermissionResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleGrantPermissionResponse(m: AuthRoleGrantPermissionResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthRoleGrantPermissionResponse(m: AuthRoleGrantPermissionResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthRoleGrantPermissionResponse(m: AuthRoleGrantPermissionResponse): Uint8Array {
  const out = allocateBytes(sizeAuthRoleGrantPermissionResponse(m));
  writeAuthRoleGrantPermissionResponse(m, out, 0);
  return out;
}

export interface AuthRoleRevokePermissionResponse {
  readonly header: ResponseHeader | undefined;
}

export function createAuthRoleRevokePermissionResponse(partial: Partial<AuthRoleRevokePermissionResponse> = {}): AuthRoleRevokePermissionResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readAuthRoleRevokePermissionResponse(r: Reader, end: number): AuthRoleRevokePermissionResponse {
  let header: ResponseHeader | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('AuthRoleRevokePermissionResponse: field beyond the end');
  return { header };
}

export function decodeAuthRoleRevokePermissionResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): AuthRoleRevokePermissionResponse {
  return readAuthRoleRevokePermissionResponse(new Reader(bytes, start, end), end);
}

export function sizeAuthRoleRevokePermissionResponse(m: AuthRoleRevokePermissionResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeAuthRoleRevokePermissionResponse(m: AuthRoleRevokePermissionResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeAuthRoleRevokePermissionResponse(m: AuthRoleRevokePermissionResponse): Uint8Array {
  const out = allocateBytes(sizeAuthRoleRevokePermissionResponse(m));
  writeAuthRoleRevokePermissionResponse(m, out, 0);
  return out;
}
