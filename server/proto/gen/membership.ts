// Made by scripts/gen-proto.ts from server/proto/membership.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeId,
  sizeString,
  sizeUint32,
  writeId,
  writeString,
  writeUint32,
} from '../writer.ts';

export interface Attributes {
  readonly name: string;
  readonly clientUrls: readonly string[];
}

export function createAttributes(partial: Partial<Attributes> = {}): Attributes {
  return {
    name: partial.name ?? '',
    clientUrls: partial.clientUrls ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readAttributes(r: Reader, end: number): Attributes {
  let name = '';
  const clientUrls: string[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      case 18: {
        clientUrls.push(r.string());
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Attributes: field beyond the end');
  return { name, clientUrls };
}

export function decodeAttributes(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Attributes {
  return readAttributes(new Reader(bytes, start, end), end);
}

export function sizeAttributes(m: Attributes): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  for (const item of m.clientUrls) size += 1 + sizeString(item);
  return size;
}

export function writeAttributes(m: Attributes, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  for (const item of m.clientUrls) {
    out[o++] = 18;
    o = writeString(item, out, o);
  }
  return o;
}

export function encodeAttributes(m: Attributes): Uint8Array {
  const out = allocateBytes(sizeAttributes(m));
  writeAttributes(m, out, 0);
  return out;
}

export interface ClusterVersionSetRequest {
  readonly ver: string;
}

export function createClusterVersionSetRequest(partial: Partial<ClusterVersionSetRequest> = {}): ClusterVersionSetRequest {
  return {
    ver: partial.ver ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readClusterVersionSetRequest(r: Reader, end: number): ClusterVersionSetRequest {
  let ver = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        ver = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('ClusterVersionSetRequest: field beyond the end');
  return { ver };
}

export function decodeClusterVersionSetRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ClusterVersionSetRequest {
  return readClusterVersionSetRequest(new Reader(bytes, start, end), end);
}

export function sizeClusterVersionSetRequest(m: ClusterVersionSetRequest): number {
  let size = 0;
  if (m.ver !== '') size += 1 + sizeString(m.ver);
  return size;
}

export function writeClusterVersionSetRequest(m: ClusterVersionSetRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.ver !== '') {
    out[o++] = 10;
    o = writeString(m.ver, out, o);
  }
  return o;
}

export function encodeClusterVersionSetRequest(m: ClusterVersionSetRequest): Uint8Array {
  const out = allocateBytes(sizeClusterVersionSetRequest(m));
  writeClusterVersionSetRequest(m, out, 0);
  return out;
}

export interface ClusterMemberAttrSetRequest {
  readonly memberId: bigint;
  readonly memberAttributes: Attributes | undefined;
}

export function createClusterMemberAttrSetRequest(partial: Partial<ClusterMemberAttrSetRequest> = {}): ClusterMemberAttrSetRequest {
  return {
    memberId: partial.memberId ?? 0n,
    memberAttributes: partial.memberAttributes,
  };
}

/** Reads a message that ends at `end`. */
export function readClusterMemberAttrSetRequest(r: Reader, end: number): ClusterMemberAttrSetRequest {
  let memberId = 0n;
  let memberAttributes: Attributes | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        memberId = r.uint64Id();
        break;
      }
      case 18: {
        memberAttributes = readAttributes(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('ClusterMemberAttrSetRequest: field beyond the end');
  return { memberId, memberAttributes };
}

export function decodeClusterMemberAttrSetRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ClusterMemberAttrSetRequest {
  return readClusterMemberAttrSetRequest(new Reader(bytes, start, end), end);
}

export function sizeClusterMemberAttrSetRequest(m: ClusterMemberAttrSetRequest): number {
  let size = 0;
  if (m.memberId !== 0n) size += 1 + sizeId(m.memberId);
  if (m.memberAttributes !== undefined) {
    const inner = sizeAttributes(m.memberAttributes);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeClusterMemberAttrSetRequest(m: ClusterMemberAttrSetRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.memberId !== 0n) {
    out[o++] = 8;
    o = writeId(m.memberId, out, o);
  }
  if (m.memberAttributes !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizeAttributes(m.memberAttributes), out, o);
    o = writeAttributes(m.memberAttributes, out, o);
  }
  return o;
}

export function encodeClusterMemberAttrSetRequest(m: ClusterMemberAttrSetRequest): Uint8Array {
  const out = allocateBytes(sizeClusterMemberAttrSetRequest(m));
  writeClusterMemberAttrSetRequest(m, out, 0);
  return out;
}

export interface DowngradeInfoSetRequest {
  readonly enabled: boolean;
  readonly ver: string;
}

export function createDowngradeInfoSetRequest(partial: Partial<DowngradeInfoSetRequest> = {}): DowngradeInfoSetRequest {
  return {
    enabled: partial.enabled ?? false,
    ver: partial.ver ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readDowngradeInfoSetRequest(r: Reader, end: number): DowngradeInfoSetRequest {
  let enabled = false;
  let ver = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        enabled = r.bool();
        break;
      }
      case 18: {
        ver = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('DowngradeInfoSetRequest: field beyond the end');
  return { enabled, ver };
}

export function decodeDowngradeInfoSetRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): DowngradeInfoSetRequest {
  return readDowngradeInfoSetRequest(new Reader(bytes, start, end), end);
}

export function sizeDowngradeInfoSetRequest(m: DowngradeInfoSetRequest): number {
  let size = 0;
  if (m.enabled) size += 1 + 1;
  if (m.ver !== '') size += 1 + sizeString(m.ver);
  return size;
}

export function writeDowngradeInfoSetRequest(m: DowngradeInfoSetRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.enabled) {
    out[o++] = 8;
    out[o++] = m.enabled ? 1 : 0;
  }
  if (m.ver !== '') {
    out[o++] = 18;
    o = writeString(m.ver, out, o);
  }
  return o;
}

export function encodeDowngradeInfoSetRequest(m: DowngradeInfoSetRequest): Uint8Array {
  const out = allocateBytes(sizeDowngradeInfoSetRequest(m));
  writeDowngradeInfoSetRequest(m, out, 0);
  return out;
}
