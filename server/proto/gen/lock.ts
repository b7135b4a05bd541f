// Made by scripts/gen-proto.ts from server/proto/lock.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeBytes,
  sizeId,
  sizeUint32,
  writeBytes,
  writeId,
  writeUint32,
} from '../writer.ts';
import {
  type ResponseHeader,
  readResponseHeader,
  sizeResponseHeader,
  writeResponseHeader,
} from './rpc.ts';

export interface LockRequest {
  readonly name: Uint8Array;
  readonly lease: bigint;
}

export function createLockRequest(partial: Partial<LockRequest> = {}): LockRequest {
  return {
    name: partial.name ?? EMPTY_BYTES,
    lease: partial.lease ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readLockRequest(r: Reader, end: number): LockRequest {
  let name: Uint8Array = EMPTY_BYTES;
  let lease = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.view();
        break;
      }
      case 16: {
        lease = r.int64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LockRequest: field beyond the end');
  return { name, lease };
}

export function decodeLockRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LockRequest {
  return readLockRequest(new Reader(bytes, start, end), end);
}

export function sizeLockRequest(m: LockRequest): number {
  let size = 0;
  if (m.name.length > 0) size += 1 + sizeBytes(m.name);
  if (m.lease !== 0n) size += 1 + sizeId(m.lease);
  return size;
}

export function writeLockRequest(m: LockRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.name, out, o);
  }
  if (m.lease !== 0n) {
    out[o++] = 16;
    o = writeId(m.lease, out, o);
  }
  return o;
}

export function encodeLockRequest(m: LockRequest): Uint8Array {
  const out = allocateBytes(sizeLockRequest(m));
  writeLockRequest(m, out, 0);
  return out;
}

export interface LockResponse {
  readonly header: ResponseHeader | undefined;
  readonly key: Uint8Array;
}

export function createLockResponse(partial: Partial<LockResponse> = {}): LockResponse {
  return {
    header: partial.header,
    key: partial.key ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readLockResponse(r: Reader, end: number): LockResponse {
  let header: ResponseHeader | undefined;
  let key: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        key = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LockResponse: field beyond the end');
  return { header, key };
}

export function decodeLockResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LockResponse {
  return readLockResponse(new Reader(bytes, start, end), end);
}

export function sizeLockResponse(m: LockResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  return size;
}

export function writeLockResponse(m: LockResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.key.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.key, out, o);
  }
  return o;
}

export function encodeLockResponse(m: LockResponse): Uint8Array {
  const out = allocateBytes(sizeLockResponse(m));
  writeLockResponse(m, out, 0);
  return out;
}

export interface UnlockRequest {
  readonly key: Uint8Array;
}

export function createUnlockRequest(partial: Partial<UnlockRequest> = {}): UnlockRequest {
  return {
    key: partial.key ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readUnlockRequest(r: Reader, end: number): UnlockRequest {
  let key: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        key = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('UnlockRequest: field beyond the end');
  return { key };
}

export function decodeUnlockRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): UnlockRequest {
  return readUnlockRequest(new Reader(bytes, start, end), end);
}

export function sizeUnlockRequest(m: UnlockRequest): number {
  let size = 0;
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  return size;
}

export function writeUnlockRequest(m: UnlockRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.key.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.key, out, o);
  }
  return o;
}

export function encodeUnlockRequest(m: UnlockRequest): Uint8Array {
  const out = allocateBytes(sizeUnlockRequest(m));
  writeUnlockRequest(m, out, 0);
  return out;
}

export interface UnlockResponse {
  readonly header: ResponseHeader | undefined;
}

export function createUnlockResponse(partial: Partial<UnlockResponse> = {}): UnlockResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readUnlockResponse(r: Reader, end: number): UnlockResponse {
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
  if (r.pos !== end) throw new DecodeError('UnlockResponse: field beyond the end');
  return { header };
}

export function decodeUnlockResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): UnlockResponse {
  return readUnlockResponse(new Reader(bytes, start, end), end);
}

export function sizeUnlockResponse(m: UnlockResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeUnlockResponse(m: UnlockResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeUnlockResponse(m: UnlockResponse): Uint8Array {
  const out = allocateBytes(sizeUnlockResponse(m));
  writeUnlockResponse(m, out, 0);
  return out;
}
