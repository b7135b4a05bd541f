// Made by scripts/gen-proto.ts from server/proto/snap.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeBytes,
  sizeUint32,
  writeBytes,
  writeUint32,
} from '../writer.ts';

export interface Snapshot {
  readonly crc: number;
  readonly data: Uint8Array;
}

export function createSnapshot(partial: Partial<Snapshot> = {}): Snapshot {
  return {
    crc: partial.crc ?? 0,
    data: partial.data ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readSnapshot(r: Reader, end: number): Snapshot {
  let crc = 0;
  let data: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        crc = r.uint32();
        break;
      }
      case 18: {
        data = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Snapshot: field beyond the end');
  return { crc, data };
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
  size += 1 + sizeUint32(m.crc);
  if (m.data.length > 0) size += 1 + sizeBytes(m.data);
  return size;
}

export function writeSnapshot(m: Snapshot, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 8;
    o = writeUint32(m.crc, out, o);
  }
  if (m.data.length > 0) {
    out[o++] = 18;
    o = writeBytes(m.data, out, o);
  }
  return o;
}

export function encodeSnapshot(m: Snapshot): Uint8Array {
  const out = allocateBytes(sizeSnapshot(m));
  writeSnapshot(m, out, 0);
  return out;
}
