// Made by scripts/gen-proto.ts from server/proto/etcdserver.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeId,
  sizeInt64,
  sizeString,
  sizeUint64,
  writeId,
  writeInt64,
  writeString,
  writeUint64,
} from '../writer.ts';

export interface Metadata {
  readonly nodeId: bigint;
  readonly clusterId: bigint;
}

export function createMetadata(partial: Partial<Metadata> = {}): Metadata {
  return {
    nodeId: partial.nodeId ?? 0n,
    clusterId: partial.clusterId ?? 0n,
  };
}

/** Reads a message that ends at `end`. */
export function readMetadata(r: Reader, end: number): Metadata {
  let nodeId = 0n;
  let clusterId = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        nodeId = r.uint64Id();
        break;
      }
      case 16: {
        clusterId = r.uint64Id();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Metadata: field beyond the end');
  return { nodeId, clusterId };
}

export function decodeMetadata(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Metadata {
  return readMetadata(new Reader(bytes, start, end), end);
}

export function sizeMetadata(m: Metadata): number {
  let size = 0;
  size += 1 + sizeId(m.nodeId);
  size += 1 + sizeId(m.clusterId);
  return size;
}

export function writeMetadata(m: Metadata, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 8;
    o = writeId(m.nodeId, out, o);
  }
  {
    out[o++] = 16;
    o = writeId(m.clusterId, out, o);
  }
  return o;
}

export function encodeMetadata(m: Metadata): Uint8Array {
  const out = allocateBytes(sizeMetadata(m));
  writeMetadata(m, out, 0);
  return out;
}

export interface Request {
  readonly id: bigint;
  readonly method: string;
  readonly path: string;
  readonly val: string;
  readonly dir: boolean;
  readonly prevValue: string;
  readonly prevIndex: number;
  readonly prevExist: boolean | undefined;
  readonly expiration: number;
  readonly wait: boolean;
  readonly since: number;
  readonly recursive: boolean;
  readonly sorted: boolean;
  readonly quorum: boolean;
  readonly time: number;
  readonly stream: boolean;
  readonly refresh: boolean | undefined;
}

export function createRequest(partial: Partial<Request> = {}): Request {
  return {
    id: partial.id ?? 0n,
    method: partial.method ?? '',
    path: partial.path ?? '',
    val: partial.val ?? '',
    dir: partial.dir ?? false,
    prevValue: partial.prevValue ?? '',
    prevIndex: partial.prevIndex ?? 0,
    prevExist: partial.prevExist,
    expiration: partial.expiration ?? 0,
    wait: partial.wait ?? false,
    since: partial.since ?? 0,
    recursive: partial.recursive ?? false,
    sorted: partial.sorted ?? false,
    quorum: partial.quorum ?? false,
    time: partial.time ?? 0,
    stream: partial.stream ?? false,
    refresh: partial.refresh,
  };
}

/** Reads a message that ends at `end`. */
export function readRequest(r: Reader, end: number): Request {
  let id = 0n;
  let method = '';
  let path = '';
  let val = '';
  let dir = false;
  let prevValue = '';
  let prevIndex = 0;
  let prevExist: boolean | undefined;
  let expiration = 0;
  let wait = false;
  let since = 0;
  let recursive = false;
  let sorted = false;
  let quorum = false;
  let time = 0;
  let stream = false;
  let refresh: boolean | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.uint64Id();
        break;
      }
      case 18: {
        method = r.string();
        break;
      }
      case 26: {
        path = r.string();
        break;
      }
      case 34: {
        val = r.string();
        break;
      }
      case 40: {
        dir = r.bool();
        break;
      }
      case 50: {
        prevValue = r.string();
        break;
      }
      case 56: {
        prevIndex = r.uint64();
        break;
      }
      case 64: {
        prevExist = r.bool();
        break;
      }
      case 72: {
        expiration = r.int64();
        break;
      }
      case 80: {
        wait = r.bool();
        break;
      }
      case 88: {
        since = r.uint64();
        break;
      }
      case 96: {
        recursive = r.bool();
        break;
      }
      case 104: {
        sorted = r.bool();
        break;
      }
      case 112: {
        quorum = r.bool();
        break;
      }
      case 120: {
        time = r.int64();
        break;
      }
      case 128: {
        stream = r.bool();
        break;
      }
      case 136: {
        refresh = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Request: field beyond the end');
  return { id, method, path, val, dir, prevValue, prevIndex, prevExist, expiration, wait, since, recursive, sorted, quorum, time, stream, refresh };
}

export function decodeRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Request {
  return readRequest(new Reader(bytes, start, end), end);
}

export function sizeRequest(m: Request): number {
  let size = 0;
  size += 1 + sizeId(m.id);
  size += 1 + sizeString(m.method);
  size += 1 + sizeString(m.path);
  size += 1 + sizeString(m.val);
  size += 1 + 1;
  size += 1 + sizeString(m.prevValue);
  size += 1 + sizeUint64(m.prevIndex);
  if (m.prevExist !== undefined) size += 1 + 1;
  size += 1 + sizeInt64(m.expiration);
  size += 1 + 1;
  size += 1 + sizeUint64(m.since);
  size += 1 + 1;
  size += 1 + 1;
  size += 1 + 1;
  size += 1 + sizeInt64(m.time);
  size += 2 + 1;
  if (m.refresh !== undefined) size += 2 + 1;
  return size;
}

export function writeRequest(m: Request, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  {
    out[o++] = 18;
    o = writeString(m.method, out, o);
  }
  {
    out[o++] = 26;
    o = writeString(m.path, out, o);
  }
  {
    out[o++] = 34;
    o = writeString(m.val, out, o);
  }
  {
    out[o++] = 40;
    out[o++] = m.dir ? 1 : 0;
  }
  {
    out[o++] = 50;
    o = writeString(m.prevValue, out, o);
  }
  {
    out[o++] = 56;
    o = writeUint64(m.prevIndex, out, o);
  }
  if (m.prevExist !== undefined) {
    out[o++] = 64;
    out[o++] = m.prevExist ? 1 : 0;
  }
  {
    out[o++] = 72;
    o = writeInt64(m.expiration, out, o);
  }
  {
    out[o++] = 80;
    out[o++] = m.wait ? 1 : 0;
  }
  {
    out[o++] = 88;
    o = writeUint64(m.since, out, o);
  }
  {
    out[o++] = 96;
    out[o++] = m.recursive ? 1 : 0;
  }
  {
    out[o++] = 104;
    out[o++] = m.sorted ? 1 : 0;
  }
  {
    out[o++] = 112;
    out[o++] = m.quorum ? 1 : 0;
  }
  {
    out[o++] = 120;
    o = writeInt64(m.time, out, o);
  }
  {
    out[o++] = 128;
    out[o++] = 1;
    out[o++] = m.stream ? 1 : 0;
  }
  if (m.refresh !== undefined) {
    out[o++] = 136;
    out[o++] = 1;
    out[o++] = m.refresh ? 1 : 0;
  }
  return o;
}

export function encodeRequest(m: Request): Uint8Array {
  const out = allocateBytes(sizeRequest(m));
  writeRequest(m, out, 0);
  return out;
}
