// Made by scripts/gen-proto.ts from server/proto/wal.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeBytes,
  sizeInt64,
  sizeUint32,
  sizeUint64,
  writeBytes,
  writeInt64,
  writeUint32,
  writeUint64,
} from '../writer.ts';
import {
  type ConfState,
  readConfState,
  sizeConfState,
  writeConfState,
} from './raft.ts';

export interface Record {
  readonly type: number;
  readonly crc: number;
  readonly data: Uint8Array;
}

export function createRecord(partial: Partial<Record> = {}): Record {
  return {
    type: partial.type ?? 0,
    crc: partial.crc ?? 0,
    data: partial.data ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readRecord(r: Reader, end: number): Record {
  let type = 0;
  let crc = 0;
  let data: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        type = r.int64();
        break;
      }
      case 16: {
        crc = r.uint32();
        break;
      }
      case 26: {
        data = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Record: field beyond the end');
  return { type, crc, data };
}

export function decodeRecord(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Record {
  return readRecord(new Reader(bytes, start, end), end);
}

export function sizeRecord(m: Record): number {
  let size = 0;
  size += 1 + sizeInt64(m.type);
  size += 1 + sizeUint32(m.crc);
  if (m.data.length > 0) size += 1 + sizeBytes(m.data);
  return size;
}

export function writeRecord(m: Record, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 8;
    o = writeInt64(m.type, out, o);
  }
  {
    out[o++] = 16;
    o = writeUint32(m.crc, out, o);
  }
  if (m.data.length > 0) {
    out[o++] = 26;
    o = writeBytes(m.data, out, o);
  }
  return o;
}

export function encodeRecord(m: Record): Uint8Array {
  const out = allocateBytes(sizeRecord(m));
  writeRecord(m, out, 0);
  return out;
}

export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState | undefined;
}

export function createSnapshot(partial: Partial<Snapshot> = {}): Snapshot {
  return {
    index: partial.index ?? 0,
    term: partial.term ?? 0,
    confState: partial.confState,
  };
}

/** Reads a message that ends at `end`. */
export function readSnapshot(r: Reader, end: number): Snapshot {
  let index = 0;
  let term = 0;
  let confState: ConfState | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        index = r.uint64();
        break;
      }
      case 16: {
        term = r.uint64();
        break;
      }
      case 26: {
        confState = readConfState(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Snapshot: field beyond the end');
  return { index, term, confState };
}

export function decodeSnapshot(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Snapshot {
  return readSnapshot(new Reader(bytes, start, end), end);
}

export function sizeSnapshot(m: Snapshot): number {
  let size = 0;
  size += 1 + sizeUint64(m.index);
  size += 1 + sizeUint64(m.term);
  if (m.confState !== undefined) {
    const inner = sizeConfState(m.confState);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeSnapshot(m: Snapshot, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 8;
    o = writeUint64(m.index, out, o);
  }
  {
    out[o++] = 16;
    o = writeUint64(m.term, out, o);
  }
  if (m.confState !== undefined) {
    out[o++] = 26;
    o = writeUint32(sizeConfState(m.confState), out, o);
    o = writeConfState(m.confState, out, o);
  }
  return o;
}

export function encodeSnapshot(m: Snapshot): Uint8Array {
  const out = allocateBytes(sizeSnapshot(m));
  writeSnapshot(m, out, 0);
  return out;
}
