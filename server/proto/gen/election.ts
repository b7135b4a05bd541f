// Made by scripts/gen-proto.ts from server/proto/election.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeBytes,
  sizeId,
  sizeInt64,
  sizeUint32,
  writeBytes,
  writeId,
  writeInt64,
  writeUint32,
} from '../writer.ts';
import {
  type KeyValue,
  readKeyValue,
  sizeKeyValue,
  writeKeyValue,
} from './kv.ts';
import {
  type ResponseHeader,
  readResponseHeader,
  sizeResponseHeader,
  writeResponseHeader,
} from './rpc.ts';

export interface LeaderKey {
  readonly name: Uint8Array;
  readonly key: Uint8Array;
  readonly rev: number;
  readonly lease: bigint;
}

export function createLeaderKey(partial: Partial<LeaderKey> = {}): LeaderKey {
  return {
    name: partial.name ?? EMPTY_BYTES,
    key: partial.key ?? EMPTY_BYTES,
    rev: partial.rev ?? 0,
    lease: partial.lease ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaderKey(r: Reader, end: number): LeaderKey {
  let name: Uint8Array = EMPTY_BYTES;
  let key: Uint8Array = EMPTY_BYTES;
  let rev = 0;
  let lease = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.view();
        break;
      }
      case 18: {
        key = r.view();
        break;
      }
      case 24: {
        rev = r.int64();
        break;
      }
      case 32: {
        lease = r.int64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaderKey: field beyond the end');
  return { name, key, rev, lease };
}

export function decodeLeaderKey(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaderKey {
  return readLeaderKey(new Reader(bytes, start, end), end);
}

export function sizeLeaderKey(m: LeaderKey): number {
  let size = 0;
  if (m.name.length > 0) size += 1 + sizeBytes(m.name);
  if (m.key.length > 0) size += 1 + sizeBytes(m.key);
  if (m.rev !== 0) size += 1 + sizeInt64(m.rev);
  if (m.lease !== 0n) size += 1 + sizeId(m.lease);
  return size;
}

export function writeLeaderKey(m: LeaderKey, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.name, out, o);
  }
  if (m.key.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.key, out, o);
  }
  if (m.rev !== 0) {
    out[o++] = 24;
    o = writeInt64(m.rev, out, o);
  }
  if (m.lease !== 0n) {
    out[o++] = 32;
    o = writeId(m.lease, out, o);
  }
  return o;
}

export function encodeLeaderKey(m: LeaderKey): Uint8Array {
  const out = allocateBytes(sizeLeaderKey(m));
  writeLeaderKey(m, out, 0);
  return out;
}

export interface CampaignRequest {
  readonly name: Uint8Array;
  readonly lease: bigint;
  readonly value: Uint8Array;
}

export function createCampaignRequest(partial: Partial<CampaignRequest> = {}): CampaignRequest {
  return {
    name: partial.name ?? EMPTY_BYTES,
    lease: partial.lease ?? 0n,
    value: partial.value ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readCampaignRequest(r: Reader, end: number): CampaignRequest {
  let name: Uint8Array = EMPTY_BYTES;
  let lease = 0n;
  let value: Uint8Array = EMPTY_BYTES;
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
      case 26: {
        value = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('CampaignRequest: field beyond the end');
  return { name, lease, value };
}

export function decodeCampaignRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): CampaignRequest {
  return readCampaignRequest(new Reader(bytes, start, end), end);
}

export function sizeCampaignRequest(m: CampaignRequest): number {
  let size = 0;
  if (m.name.length > 0) size += 1 + sizeBytes(m.name);
  if (m.lease !== 0n) size += 1 + sizeId(m.lease);
  if (m.value.length > 0) size += 1 + sizeBytes(m.value);
  return size;
}

export function writeCampaignRequest(m: CampaignRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.name, out, o);
  }
  if (m.lease !== 0n) {
    out[o++] = 16;
    o = writeId(m.lease, out, o);
  }
  if (m.value.length > 0) {
    out[o++] = 26;
    o = writeBytes(m.value, out, o);
  }
  return o;
}

export function encodeCampaignRequest(m: CampaignRequest): Uint8Array {
  const out = allocateBytes(sizeCampaignRequest(m));
  writeCampaignRequest(m, out, 0);
  return out;
}

export interface CampaignResponse {
  readonly header: ResponseHeader | undefined;
  readonly leader: LeaderKey | undefined;
}

export function createCampaignResponse(partial: Partial<CampaignResponse> = {}): CampaignResponse {
  return {
    header: partial.header,
    leader: partial.leader,
  };
}

/** Reads a message that ends at `end`. */
export function readCampaignResponse(r: Reader, end: number): CampaignResponse {
  let header: ResponseHeader | undefined;
  let leader: LeaderKey | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        leader = readLeaderKey(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('CampaignResponse: field beyond the end');
  return { header, leader };
}

export function decodeCampaignResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): CampaignResponse {
  return readCampaignResponse(new Reader(bytes, start, end), end);
}

export function sizeCampaignResponse(m: CampaignResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.leader !== undefined) {
    const inner = sizeLeaderKey(m.leader);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeCampaignResponse(m: CampaignResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.leader !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizeLeaderKey(m.leader), out, o);
    o = writeLeaderKey(m.leader, out, o);
  }
  return o;
}

export function encodeCampaignResponse(m: CampaignResponse): Uint8Array {
  const out = allocateBytes(sizeCampaignResponse(m));
  writeCampaignResponse(m, out, 0);
  return out;
}

export interface LeaderRequest {
  readonly name: Uint8Array;
}

export function createLeaderRequest(partial: Partial<LeaderRequest> = {}): LeaderRequest {
  return {
    name: partial.name ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaderRequest(r: Reader, end: number): LeaderRequest {
  let name: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaderRequest: field beyond the end');
  return { name };
}

export function decodeLeaderRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaderRequest {
  return readLeaderRequest(new Reader(bytes, start, end), end);
}

export function sizeLeaderRequest(m: LeaderRequest): number {
  let size = 0;
  if (m.name.length > 0) size += 1 + sizeBytes(m.name);
  return size;
}

export function writeLeaderRequest(m: LeaderRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.name, out, o);
  }
  return o;
}

export function encodeLeaderRequest(m: LeaderRequest): Uint8Array {
  const out = allocateBytes(sizeLeaderRequest(m));
  writeLeaderRequest(m, out, 0);
  return out;
}

export interface LeaderResponse {
  readonly header: ResponseHeader | undefined;
  readonly kv: KeyValue | undefined;
}

export function createLeaderResponse(partial: Partial<LeaderResponse> = {}): LeaderResponse {
  return {
    header: partial.header,
    kv: partial.kv,
  };
}

/** Reads a message that ends at `end`. */
export function readLeaderResponse(r: Reader, end: number): LeaderResponse {
  let header: ResponseHeader | undefined;
  let kv: KeyValue | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        header = readResponseHeader(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        kv = readKeyValue(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('LeaderResponse: field beyond the end');
  return { header, kv };
}

export function decodeLeaderResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): LeaderResponse {
  return readLeaderResponse(new Reader(bytes, start, end), end);
}

export function sizeLeaderResponse(m: LeaderResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.kv !== undefined) {
    const inner = sizeKeyValue(m.kv);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeLeaderResponse(m: LeaderResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  if (m.kv !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizeKeyValue(m.kv), out, o);
    o = writeKeyValue(m.kv, out, o);
  }
  return o;
}

export function encodeLeaderResponse(m: LeaderResponse): Uint8Array {
  const out = allocateBytes(sizeLeaderResponse(m));
  writeLeaderResponse(m, out, 0);
  return out;
}

export interface ResignRequest {
  readonly leader: LeaderKey | undefined;
}

export function createResignRequest(partial: Partial<ResignRequest> = {}): ResignRequest {
  return {
    leader: partial.leader,
  };
}

/** Reads a message that ends at `end`. */
export function readResignRequest(r: Reader, end: number): ResignRequest {
  let leader: LeaderKey | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        leader = readLeaderKey(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('ResignRequest: field beyond the end');
  return { leader };
}

export function decodeResignRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ResignRequest {
  return readResignRequest(new Reader(bytes, start, end), end);
}

export function sizeResignRequest(m: ResignRequest): number {
  let size = 0;
  if (m.leader !== undefined) {
    const inner = sizeLeaderKey(m.leader);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeResignRequest(m: ResignRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.leader !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeLeaderKey(m.leader), out, o);
    o = writeLeaderKey(m.leader, out, o);
  }
  return o;
}

export function encodeResignRequest(m: ResignRequest): Uint8Array {
  const out = allocateBytes(sizeResignRequest(m));
  writeResignRequest(m, out, 0);
  return out;
}

export interface ResignResponse {
  readonly header: ResponseHeader | undefined;
}

export function createResignResponse(partial: Partial<ResignResponse> = {}): ResignResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readResignResponse(r: Reader, end: number): ResignResponse {
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
  if (r.pos !== end) throw new DecodeError('ResignResponse: field beyond the end');
  return { header };
}

export function decodeResignResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ResignResponse {
  return readResignResponse(new Reader(bytes, start, end), end);
}

export function sizeResignResponse(m: ResignResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeResignResponse(m: ResignResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeResignResponse(m: ResignResponse): Uint8Array {
  const out = allocateBytes(sizeResignResponse(m));
  writeResignResponse(m, out, 0);
  return out;
}

export interface ProclaimRequest {
  readonly leader: LeaderKey | undefined;
  readonly value: Uint8Array;
}

export function createProclaimRequest(partial: Partial<ProclaimRequest> = {}): ProclaimRequest {
  return {
    leader: partial.leader,
    value: partial.value ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readProclaimRequest(r: Reader, end: number): ProclaimRequest {
  let leader: LeaderKey | undefined;
  let value: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        leader = readLeaderKey(r, r.open());
        r.depth--;
        break;
      }
      case 18: {
        value = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('ProclaimRequest: field beyond the end');
  return { leader, value };
}

export function decodeProclaimRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ProclaimRequest {
  return readProclaimRequest(new Reader(bytes, start, end), end);
}

export function sizeProclaimRequest(m: ProclaimRequest): number {
  let size = 0;
  if (m.leader !== undefined) {
    const inner = sizeLeaderKey(m.leader);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.value.length > 0) size += 1 + sizeBytes(m.value);
  return size;
}

export function writeProclaimRequest(m: ProclaimRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.leader !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeLeaderKey(m.leader), out, o);
    o = writeLeaderKey(m.leader, out, o);
  }
  if (m.value.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.value, out, o);
  }
  return o;
}

export function encodeProclaimRequest(m: ProclaimRequest): Uint8Array {
  const out = allocateBytes(sizeProclaimRequest(m));
  writeProclaimRequest(m, out, 0);
  return out;
}

export interface ProclaimResponse {
  readonly header: ResponseHeader | undefined;
}

export function createProclaimResponse(partial: Partial<ProclaimResponse> = {}): ProclaimResponse {
  return {
    header: partial.header,
  };
}

/** Reads a message that ends at `end`. */
export function readProclaimResponse(r: Reader, end: number): ProclaimResponse {
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
  if (r.pos !== end) throw new DecodeError('ProclaimResponse: field beyond the end');
  return { header };
}

export function decodeProclaimResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ProclaimResponse {
  return readProclaimResponse(new Reader(bytes, start, end), end);
}

export function sizeProclaimResponse(m: ProclaimResponse): number {
  let size = 0;
  if (m.header !== undefined) {
    const inner = sizeResponseHeader(m.header);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeProclaimResponse(m: ProclaimResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.header !== undefined) {
    out[o++] = 10;
    o = writeUint32(sizeResponseHeader(m.header), out, o);
    o = writeResponseHeader(m.header, out, o);
  }
  return o;
}

export function encodeProclaimResponse(m: ProclaimResponse): Uint8Array {
  const out = allocateBytes(sizeProclaimResponse(m));
  writeProclaimResponse(m, out, 0);
  return out;
}
