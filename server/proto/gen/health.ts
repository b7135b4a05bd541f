// Made by scripts/gen-proto.ts from server/proto/health.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeInt32,
  sizeString,
  sizeUint32,
  writeInt32,
  writeString,
  writeUint32,
} from '../writer.ts';

export interface HealthCheckRequest {
  readonly service: string;
}

export function createHealthCheckRequest(partial: Partial<HealthCheckRequest> = {}): HealthCheckRequest {
  return {
    service: partial.service ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readHealthCheckRequest(r: Reader, end: number): HealthCheckRequest {
  let service = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        service = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('HealthCheckRequest: field beyond the end');
  return { service };
}

export function decodeHealthCheckRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HealthCheckRequest {
  return readHealthCheckRequest(new Reader(bytes, start, end), end);
}

export function sizeHealthCheckRequest(m: HealthCheckRequest): number {
  let size = 0;
  if (m.service !== '') size += 1 + sizeString(m.service);
  return size;
}

export function writeHealthCheckRequest(m: HealthCheckRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.service !== '') {
    out[o++] = 10;
    o = writeString(m.service, out, o);
  }
  return o;
}

export function encodeHealthCheckRequest(m: HealthCheckRequest): Uint8Array {
  const out = allocateBytes(sizeHealthCheckRequest(m));
  writeHealthCheckRequest(m, out, 0);
  return out;
}

export interface HealthCheckResponse {
  readonly status: number;
}

export function createHealthCheckResponse(partial: Partial<HealthCheckResponse> = {}): HealthCheckResponse {
  return {
    status: partial.status ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readHealthCheckResponse(r: Reader, end: number): HealthCheckResponse {
  let status = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        status = r.int32();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('HealthCheckResponse: field beyond the end');
  return { status };
}

export function decodeHealthCheckResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HealthCheckResponse {
  return readHealthCheckResponse(new Reader(bytes, start, end), end);
}

export function sizeHealthCheckResponse(m: HealthCheckResponse): number {
  let size = 0;
  if (m.status !== 0) size += 1 + sizeInt32(m.status);
  return size;
}

export function writeHealthCheckResponse(m: HealthCheckResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.status !== 0) {
    out[o++] = 8;
    o = writeInt32(m.status, out, o);
  }
  return o;
}

export function encodeHealthCheckResponse(m: HealthCheckResponse): Uint8Array {
  const out = allocateBytes(sizeHealthCheckResponse(m));
  writeHealthCheckResponse(m, out, 0);
  return out;
}

export const ServingStatus = {
  unknown: 0,
  serving: 1,
  notServing: 2,
  serviceUnknown: 3,
} as const;

export type HealthListRequest = Readonly<Record<string, never>>;

export function createHealthListRequest(partial: Partial<HealthListRequest> = {}): HealthListRequest {
  return partial as HealthListRequest;
}

/** Reads a message that ends at `end`. */
export function readHealthListRequest(r: Reader, end: number): HealthListRequest {
  while (r.pos < end) {
    const tag = r.tag();
    r.skip(tag);
  }
  if (r.pos !== end) throw new DecodeError('HealthListRequest: field beyond the end');
  return {};
}

export function decodeHealthListRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HealthListRequest {
  return readHealthListRequest(new Reader(bytes, start, end), end);
}

export function sizeHealthListRequest(_m: HealthListRequest): number {
  return 0;
}

export function writeHealthListRequest(_m: HealthListRequest, _out: Uint8Array, offset: number): number {
  return offset;
}

export function encodeHealthListRequest(m: HealthListRequest): Uint8Array {
  const out = allocateBytes(sizeHealthListRequest(m));
  writeHealthListRequest(m, out, 0);
  return out;
}

export interface HealthListEntry {
  readonly key: string;
  readonly value: HealthCheckResponse | undefined;
}

export function createHealthListEntry(partial: Partial<HealthListEntry> = {}): HealthListEntry {
  return {
    key: partial.key ?? '',
    value: partial.value,
  };
}

/** Reads a message that ends at `end`. */
export function readHealthListEntry(r: Reader, end: number): HealthListEntry {
  let key = '';
  let value: HealthCheckResponse | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        key = r.string();
        break;
      }
      case 18: {
        value = readHealthCheckResponse(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('HealthListEntry: field beyond the end');
  return { key, value };
}

export function decodeHealthListEntry(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HealthListEntry {
  return readHealthListEntry(new Reader(bytes, start, end), end);
}

export function sizeHealthListEntry(m: HealthListEntry): number {
  let size = 0;
  if (m.key !== '') size += 1 + sizeString(m.key);
  if (m.value !== undefined) {
    const inner = sizeHealthCheckResponse(m.value);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeHealthListEntry(m: HealthListEntry, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.key !== '') {
    out[o++] = 10;
    o = writeString(m.key, out, o);
  }
  if (m.value !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizeHealthCheckResponse(m.value), out, o);
    o = writeHealthCheckResponse(m.value, out, o);
  }
  return o;
}

export function encodeHealthListEntry(m: HealthListEntry): Uint8Array {
  const out = allocateBytes(sizeHealthListEntry(m));
  writeHealthListEntry(m, out, 0);
  return out;
}

export interface HealthListResponse {
  readonly statuses: readonly HealthListEntry[];
}

export function createHealthListResponse(partial: Partial<HealthListResponse> = {}): HealthListResponse {
  return {
    statuses: partial.statuses ?? [],
  };
}

/** Reads a message that ends at `end`. */
export function readHealthListResponse(r: Reader, end: number): HealthListResponse {
  const statuses: HealthListEntry[] = [];
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        statuses.push(readHealthListEntry(r, r.open()));
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('HealthListResponse: field beyond the end');
  return { statuses };
}

export function decodeHealthListResponse(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HealthListResponse {
  return readHealthListResponse(new Reader(bytes, start, end), end);
}

export function sizeHealthListResponse(m: HealthListResponse): number {
  let size = 0;
  for (const item of m.statuses) {
    const inner = sizeHealthListEntry(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeHealthListResponse(m: HealthListResponse, out: Uint8Array, offset: number): number {
  let o = offset;
  for (const item of m.statuses) {
    out[o++] = 10;
    o = writeUint32(sizeHealthListEntry(item), out, o);
    o = writeHealthListEntry(item, out, o);
  }
  return o;
}

export function encodeHealthListResponse(m: HealthListResponse): Uint8Array {
  const out = allocateBytes(sizeHealthListResponse(m));
  writeHealthListResponse(m, out, 0);
  return out;
}
