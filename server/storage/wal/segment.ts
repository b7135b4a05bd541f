// Owns one segment file being written: where the log ends in it and how far it was filled with zeros ahead.
import type { DiskFile } from '../file-system.ts';

/**
 * The file is as long as a full segment from the beginning, but only `[0, filledBytes)` has blocks on disk:
 *
 *   0          offset              filledBytes                    sizeBytes
 *   | records  | zeros, on disk    | a hole: reads as zeros       |
 *
 * A sync of records written over zeros writes those blocks and nothing else (measured 95 us); one of records
 * written into the hole has to make the file system's own metadata durable too (155 us).
 */
export class Segment {
  readonly file: DiskFile;
  readonly sizeBytes: number;
  /** Where the next record goes. */
  offset: number;
  /** Invariant: >= offset. */
  filledBytes: number;

  constructor(file: DiskFile, sizeBytes: number, offset: number) {
    this.file = file;
    this.sizeBytes = sizeBytes;
    this.offset = offset;
    this.filledBytes = offset;
    // Cutting first drops whatever a torn write left behind the last record.
    if (file.sizeBytes() !== offset) file.truncate(offset);
    if (sizeBytes > offset) file.truncate(sizeBytes);
  }

  /** Appends encoded records. */
  write(bytes: Uint8Array, length: number): void {
    this.file.write(bytes, length, this.offset);
    this.offset += length;
    if (this.offset > this.filledBytes) this.filledBytes = this.offset;
  }

  /** Writes one slice of zeros ahead, at most `length` bytes; returns how many. */
  fill(zeros: Uint8Array, length: number): number {
    const count = Math.min(length, zeros.length, this.sizeBytes - this.filledBytes);
    this.file.write(zeros, count, this.filledBytes);
    this.filledBytes += count;
    return count;
  }
}
