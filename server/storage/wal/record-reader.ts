// Owns taking one segment apart into records: frames, padding, the running CRC, and telling a write that was torn by
// a crash from bytes that went bad. etcd: server/storage/wal/decoder.go.
import { crc32c } from '../../base/crc32c.ts';
import { DecodeError, Reader } from '../../proto/reader.ts';
import type { DiskFile } from '../file-system.ts';
import { READ_BLOCK_BYTES, RECORD_BYTES_MAX, SECTOR_BYTES } from './limits.ts';
import { RecordType } from './record-encoder.ts';
import { WalError } from './wal-error.ts';

// walpb.Record, read by hand so that the data stays where it is: gen/wal.ts would make a view of every record's.
const TYPE_TAG = 8;
const CRC_TAG = 16;
const DATA_TAG = 26;

/** 'end': clean end of the segment. 'torn': what follows `offset` was not written completely. */
export type ReadOutcome = 'record' | 'end' | 'torn';

export interface RecordReaderOptions {
  /** Running CRC before this segment; 0 lets the segment's own first record set it. */
  readonly crc: number;
  /** Only the last segment may end in a torn write: all others were synced before the next was made. */
  readonly isLast: boolean;
  /** False only looks at frames: for a scan that a checked read follows. */
  readonly checked: boolean;
}

export class RecordReader {
  /** After 'record': its type, and its data as `bytes[dataStart, dataEnd)`, valid until the next call. */
  type = 0;
  bytes: Uint8Array;
  dataStart = 0;
  dataEnd = 0;
  /** Running CRC after the last record. */
  crc: number;
  /** File offset after the last good record. */
  offset = 0;

  readonly #file: DiskFile;
  readonly #sizeBytes: number;
  readonly #isLast: boolean;
  readonly #checked: boolean;
  /** `bytes[0, #blockLength)` is the file from `#blockOffset`. */
  #blockOffset = 0;
  #blockLength = 0;
  #recordCrc = 0;

  constructor(file: DiskFile, options: RecordReaderOptions) {
    this.crc = options.crc;
    this.#file = file;
    this.#sizeBytes = file.sizeBytes();
    this.bytes = new Uint8Array(Math.min(this.#sizeBytes, READ_BLOCK_BYTES));
    this.#isLast = options.isLast;
    this.#checked = options.checked;
  }

  next(): ReadOutcome {
    const remaining = this.#sizeBytes - this.offset;
    if (remaining === 0) return 'end';
    if (remaining < 8) return 'torn';
    const frame = this.#load(8);
    const bytes = this.bytes;
    const low = readU32(bytes, frame);
    const high = readU32(bytes, frame + 4);
    if (low === 0 && high === 0) return 'end';
    const size = low + (high & 0xffffff) * 0x1_0000_0000;
    const padding = high >= 0x8000_0000 ? (high >>> 24) & 7 : 0;
    if (size > RECORD_BYTES_MAX) {
      throw new WalError('malformed', `${this.#file.path}, offset ${this.offset}, ${size} bytes`);
    }
    if (size + padding > remaining - 8) return 'torn';
    const start = this.#load(8 + size + padding) + 8;
    const problem = this.#parse(start, start + size);
    if (problem === undefined) {
      this.offset += 8 + size + padding;
      return 'record';
    }
    if (this.#isLast && this.#isTorn(start, size + padding)) return 'torn';
    throw new WalError(problem, `${this.#file.path}, offset ${this.offset}`);
  }

  #parse(start: number, end: number): 'malformed' | 'crcMismatch' | undefined {
    try {
      this.#parseFields(start, end);
    } catch (error) {
      if (error instanceof DecodeError) return 'malformed';
      throw error;
    }
    if (!this.#checked) return undefined;
    if (this.type === RecordType.crc) {
      // A running CRC of 0 means that reading begins here: the segment says what came before it.
      if (this.crc !== 0 && this.crc !== this.#recordCrc) return 'crcMismatch';
      this.crc = this.#recordCrc;
      return undefined;
    }
    const crc = crc32c(this.crc, this.bytes, this.dataStart, this.dataEnd);
    if (crc !== this.#recordCrc) return 'crcMismatch';
    this.crc = crc;
    return undefined;
  }

  #parseFields(start: number, end: number): void {
    const fields = new Reader(this.bytes, start, end);
    this.type = 0;
    this.#recordCrc = 0;
    this.dataStart = end;
    this.dataEnd = end;
    while (fields.pos < end) {
      const tag = fields.tag();
      if (tag === TYPE_TAG) this.type = fields.int64();
      else if (tag === CRC_TAG) this.#recordCrc = fields.uint32();
      else if (tag === DATA_TAG) {
        this.dataEnd = fields.end();
        this.dataStart = fields.pos;
        fields.pos = this.dataEnd;
      } else fields.skip(tag);
    }
  }

  /** True when a whole sector of the record is zeros: that sector never reached the disk. */
  #isTorn(start: number, length: number): boolean {
    let fileOffset = this.offset + 8;
    let at = start;
    const end = start + length;
    while (at < end) {
      const chunk = Math.min(SECTOR_BYTES - (fileOffset % SECTOR_BYTES), end - at);
      if (isZero(this.bytes, at, at + chunk)) return true;
      at += chunk;
      fileOffset += chunk;
    }
    return false;
  }

  /** Brings `count` bytes from `offset` into the block; returns where they begin in it. */
  #load(count: number): number {
    const at = this.offset - this.#blockOffset;
    if (at + count <= this.#blockLength) return at;
    if (count > this.bytes.length) this.bytes = new Uint8Array(count);
    this.#blockOffset = this.offset;
    this.#blockLength = this.#file.read(this.bytes, this.offset);
    if (this.#blockLength < count) {
      throw new WalError('unexpectedEof', `${this.#file.path} shrank while being read`);
    }
    return 0;
  }
}

function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i] !== 0) return false;
  }
  return true;
}
