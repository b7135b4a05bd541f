// Made by scripts/gen-proto.ts from server/proto/lease.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeId,
  sizeInt64,
  sizeUint32,
  writeId,
  writeInt64,
  writeUint32,
} from '../writer.ts';
import {
  type LeaseTimeToLiveRequest,
  readLeaseTimeToLiveRequest,
  sizeLeaseTimeToLiveRequest,
  writeLeaseTimeToLiveRequest,
  type LeaseTimeToLiveResponse,
  readLeaseTimeToLiveResponse,
  sizeLeaseTimeToLiveResponse,
  writeLeaseTimeToLiveResponse,
} from './rpc.ts';

export interface Lease {
  readonly id: bigint;
  readonly ttl: number;
  readonly remainingTtl: number;
}

export function createLease(partial: Partial<Lease> = {}): Lease {
  return {
    id: partial.id ?? 0n,
    ttl: partial.ttl ?? 0,
    remainingTtl: partial.remainingTtl ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readLease(r: Reader, end: number): Lease {
  let id = 0n;
  let ttl = 0;
  let remainingTtl = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.int64Id();
        break;
      }
      case 16: {
        ttl = r.int64();
        break;
      }
      case 24: {
        remainingTtl = r.int64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Lease: field beyond the end');
  return { id, ttl, remainingTtl };
}

export function decodeLease(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Lease {
  return readLease(new Reader(bytes, start, end), end);
}

export function sizeLease(m: Lease): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  if (m.ttl !== 0) size += 1 + sizeInt64(m.ttl);
  if (m.remainingTtl !== 0) size += 1 + sizeInt64(m.remainingTtl);
  return size;
}

export function writeLease(m: Lease, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  if (m.ttl !== 0) {
    out[o++] = 16;
    o = writeInt64(m.ttl, out, o);
  }
  if (m.remainingTtl !== 0) {
    out[o++] = 24;
    o = writeInt64(m.remainingTtl, out, o);
  }
  return o;
}

export function encodeLease(m: Lease): Uint8Array {
  const out = allocateBytes(sizeLease(m));
  writeLease(m, out, 0);
  return out;
}

export interface LeaseInternalRequest {
  readonly leaseTimeToLiveRequest: LeaseTimeToLiveRequest | undefined;
}

export function createLeaseInternalRequest(partial: Partial<LeaseInternalRequest> = {}): LeaseInternalRequest {
  return {
    leaseTimeToLiveRequest: partial.leaseTimeToLiveRequest,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseInternalRequest(r: Reader, end: number): LeaseInternalRequest {
  let leaseTimeToLiveRequest: LeaseTimeToLiveRequest | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        leaseTimeToLiveRequest = readLeaseTimeToLiveRequest(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseInternalRequest: field beyond the end');
  return { leaseTimeToLiveRequest };
}

export function decodeLeaseInternalRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseInternalRequest {
  return readLeaseInternalRequest(new Reader(bytes, start, end), end);
}

export function sizeLeaseInternalRequest(m: LeaseInternalRequest): number {
  let size = 0;
  if (m.leaseTimeToLiveRequest !== undefined) {
    const inner = sizeLeaseTimeToLiveRequest(m.leaseTimeToLiveRequest);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeLeaseInternalRequest(m: LeaseInternalRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.leaseTimeToLiveRequest !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeLeaseTimeToLiveRequest(m.leaseTimeToLiveRequest), out, o);
    o = writeLeaseTimeToLiveRequest(m.leaseTimeToLiveRequest, out, o);
  }
  return o;
}

export function encodeLeaseInternalRequest(m: LeaseInternalRequest): Uint8Array {
  const out = allocateBytes(sizeLeaseInternalRequest(m));
  writeLeaseInternalRequest(m, out, 0);
  return out;
}

export interface LeaseInternalResponse {
  readonly leaseTimeToLiveResponse: LeaseTimeToLiveResponse | undefined;
}

export function createLeaseInternalResponse(partial: Partial<LeaseInternalResponse> = {}): LeaseInternalResponse {
  return {
    leaseTimeToLiveResponse: partial.leaseTimeToLiveResponse,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaseInternalResponse(r: Reader, end: number): LeaseInternalResponse {
  let leaseTimeToLiveResponse: LeaseTimeToLiveResponse | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        leaseTimeToLiveResponse = readLeaseTimeToLiveResponse(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaseInternalResponse: field beyond the end');
  return { leaseTimeToLiveResponse };
}

export function decodeLeaseInternalResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaseInternalResponse {
  return readLeaseInternalResponse(new Reader(bytes, start, end), end);
}

export function sizeLeaseInternalResponse(m: LeaseInternalResponse): number {
  let size = 0;
  if (m.leaseTimeToLiveResponse !== undefined) {
    const inner = sizeLeaseTimeToLiveResponse(m.leaseTimeToLiveResponse);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeLeaseInternalResponse(m: LeaseInternalResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.leaseTimeToLiveResponse !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeLeaseTimeToLiveResponse(m.leaseTimeToLiveResponse), out, o);
    o = writeLeaseTimeToLiveResponse(m.leaseTimeToLiveResponse, out, o);
  }
  return o;
}

export function encodeLeaseInternalResponse(m: LeaseInternalResponse): Uint8Array {
  const out = allocateBytes(sizeLeaseInternalResponse(m));
  writeLeaseInternalResponse(m, out, 0);
  return out;
}
