// Owns the bytes of WAL records on their way out: frame, walpb.Record, padding and the running CRC, one pass into one
// reused buffer. Records start at multiples of 8 and are never split here; the caller writes `bytes[0, length)`.
import { crc32c } from '../../base/crc32c.ts';
import { sizeId, sizeUint64, writeId, writeUint64 } from '../../proto/writer.ts';
import type { Entry, HardState } from '../../raft/types.ts';
import { ENCODE_BUFFER_BYTES, ENCODE_BUFFER_KEEP_BYTES } from './limits.ts';

/** walpb record types. */
export const RecordType = { metadata: 1, entry: 2, state: 3, crc: 4, snapshot: 5 } as const;

/** Frame length field, type field, crc field of 5 bytes with its tag, tag of the data field. */
const HEAD_BYTES = 8 + 2 + 6 + 1;

/** Copies up to this many bytes by hand: shorter than the fixed cost of TypedArray.set. */
const SHORT_COPY_BYTES = 48;

export class RecordEncoder {
  bytes: Uint8Array = Buffer.alloc(ENCODE_BUFFER_BYTES);
  /** Bytes encoded and not yet taken by `clear`. */
  length = 0;
  /** Running CRC-32C over the data of all records so far, across segments. */
  crc: number;
  #vote = 0n;
  #voteVarint: Uint8Array = Uint8Array.of(0);

  constructor(crc: number) {
    this.crc = crc;
  }

  /** Forgets what was encoded; the CRC goes on. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > ENCODE_BUFFER_KEEP_BYTES)
      this.bytes = Buffer.alloc(ENCODE_BUFFER_BYTES);
  }

  addEntry(entry: Entry): void {
    const data = entry.data;
    const dataLength = data.length;
    let size = 3 + sizeUint64(entry.type) + sizeUint64(entry.term) + sizeUint64(entry.index);
    // An entry without data has no data field: Go writes none for a nil slice.
    if (dataLength > 0) size += 1 + sizeUint64(dataLength) + dataLength;
    const start = this.#begin(size);
    const bytes = this.bytes;
    let at = start;
    bytes[at++] = 0x08;
    at = writeUint64(entry.type, bytes, at);
    bytes[at++] = 0x10;
    at = writeUint64(entry.term, bytes, at);
    bytes[at++] = 0x18;
    at = writeUint64(entry.index, bytes, at);
    if (dataLength > 0) {
      bytes[at++] = 0x22;
      at = writeUint64(dataLength, bytes, at);
      copyInto(bytes, at, data);
    }
    this.#end(RecordType.entry, start, size);
  }

  addHardState(state: HardState): void {
    // The vote rarely changes while the commit index does with every batch: its bigint is taken apart once.
    if (state.vote !== this.#vote) {
      this.#vote = state.vote;
      this.#voteVarint = new Uint8Array(sizeId(state.vote));
      writeId(state.vote, this.#voteVarint, 0);
    }
    const vote = this.#voteVarint;
    const size = 3 + sizeUint64(state.term) + vote.length + sizeUint64(state.commit);
    const start = this.#begin(size);
    const bytes = this.bytes;
    let at = start;
    bytes[at++] = 0x08;
    at = writeUint64(state.term, bytes, at);
    bytes[at++] = 0x10;
    copyInto(bytes, at, vote);
    at += vote.length;
    bytes[at++] = 0x18;
    writeUint64(state.commit, bytes, at);
    this.#end(RecordType.state, start, size);
  }

  /** A record whose data is encoded already: metadata, snapshot. */
  addData(type: number, data: Uint8Array): void {
    const start = this.#begin(data.length);
    this.bytes.set(data, start);
    this.#end(type, start, data.length);
  }

  /** The record at the head of a segment: carries the running CRC and has no data. */
  addCrc(): void {
    this.#ensure(HEAD_BYTES + 8);
    const frame = this.length;
    const bytes = this.bytes;
    let at = frame + 8;
    bytes[at++] = 0x08;
    bytes[at++] = RecordType.crc;
    bytes[at++] = 0x10;
    at = writeUint64(this.crc, bytes, at);
    this.#frame(frame, at);
  }

  /** Makes room for a record with `size` bytes of data; returns where the data goes. */
  #begin(size: number): number {
    const head = HEAD_BYTES + sizeUint64(size);
    this.#ensure(head + size + 8);
    return this.length + head;
  }

  /**
   * Writes what stands around the data. The CRC is known only after the data is in place but its varint stands
   * before it; nearly always it takes 5 bytes, and that is where the data was put. Else the data moves back.
   */
  #end(type: number, start: number, size: number): void {
    const bytes = this.bytes;
    const crc = crc32c(this.crc, bytes, start, start + size);
    this.crc = crc;
    const shift = 5 - sizeUint64(crc);
    if (shift > 0) bytes.copyWithin(start - shift, start, start + size);
    const frame = this.length;
    let at = frame + 8;
    bytes[at++] = 0x08;
    bytes[at++] = type;
    bytes[at++] = 0x10;
    at = writeUint64(crc, bytes, at);
    bytes[at++] = 0x1a;
    at = writeUint64(size, bytes, at);
    this.#frame(frame, at + size);
  }

  /** Length field (low 56 bits length, top byte 0x80 | padding) and padding of the record that ends at `end`. */
  #frame(frame: number, end: number): void {
    const bytes = this.bytes;
    const size = end - frame - 8;
    const padding = (8 - (size & 7)) & 7;
    bytes[frame] = size & 0xff;
    bytes[frame + 1] = (size >>> 8) & 0xff;
    bytes[frame + 2] = (size >>> 16) & 0xff;
    bytes[frame + 3] = size >>> 24;
    bytes[frame + 4] = 0;
    bytes[frame + 5] = 0;
    bytes[frame + 6] = 0;
    bytes[frame + 7] = padding === 0 ? 0 : 0x80 | padding;
    for (let i = 0; i < padding; i++) bytes[end + i] = 0;
    this.length = end + padding;
  }

  #ensure(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.alloc(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

function copyInto(into: Uint8Array, at: number, from: Uint8Array): void {
  if (from.length > SHORT_COPY_BYTES) {
    into.set(from, at);
    return;
  }
  for (let i = 0; i < from.length; i++) into[at + i] = from[i] as number;
}
