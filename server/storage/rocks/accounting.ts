// Owns the sizes the store shows to the world: `inUse`, the exact sum over live records, and `size`, the largest
// `inUse` since the last defragmentation.
//
// RocksDB's own sizes are not usable for this. They lag in both directions: a written record shows up in the files
// only after a flush, a deleted one leaves them whenever a compaction happens to pass by. The space quota, its
// alarm, the operators' rule "defragment when in use is far below size", and every dashboard expect what bbolt
// does: size grows with data, stays when data is deleted (the freed pages are used again by later writes) and
// drops to what is in use at a defragmentation. A high-water mark is exactly that.
//
//   put 10 MiB        inUse 10  size 10
//   compact 6 MiB     inUse  4  size 10
//   put 3 MiB         inUse  7  size 10      (later writes fill the gap)
//   defragment        inUse  7  size  7
//
// Both numbers are written with every batch that changes them, so they survive a restart exactly.

import { PAGE_BYTES, RECORD_OVERHEAD_BYTES, SIZE_BYTES_MIN } from './limits.ts';

const VERSION = 1;
const STAT_BYTES = 17;
const TWO_32 = 0x1_0000_0000;

export class Accounting {
  #inUseBytes: number;
  #markBytes: number;
  readonly #encoded: Uint8Array;
  readonly #view: DataView;

  constructor(inUseBytes: number, markBytes: number) {
    this.#inUseBytes = inUseBytes;
    this.#markBytes = markBytes;
    this.#encoded = new Uint8Array(STAT_BYTES);
    this.#view = new DataView(this.#encoded.buffer);
  }

  /** From a stored record, or undefined when the bytes are not one. */
  static decode(bytes: Uint8Array): Accounting | undefined {
    if (bytes.length !== STAT_BYTES || bytes[0] !== VERSION) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const inUseBytes = view.getUint32(1) * TWO_32 + view.getUint32(5);
    const markBytes = view.getUint32(9) * TWO_32 + view.getUint32(13);
    return new Accounting(inUseBytes, markBytes);
  }

  addRecord(keyBytes: number, valueBytes: number): void {
    this.#inUseBytes += keyBytes + valueBytes + RECORD_OVERHEAD_BYTES;
  }

  removeRecord(keyBytes: number, valueBytes: number): void {
    this.#inUseBytes -= keyBytes + valueBytes + RECORD_OVERHEAD_BYTES;
  }

  /** Takes over what is in use from the accounting of a generation with the same records. */
  follow(inUseBytes: number): void {
    this.#inUseBytes = inUseBytes;
  }

  /** The record to store with the batch; moves the mark. Valid until the next call. */
  settle(): Uint8Array {
    if (this.#inUseBytes > this.#markBytes) this.#markBytes = this.#inUseBytes;
    const view = this.#view;
    view.setUint8(0, VERSION);
    view.setUint32(1, Math.floor(this.#inUseBytes / TWO_32));
    view.setUint32(5, this.#inUseBytes >>> 0);
    view.setUint32(9, Math.floor(this.#markBytes / TWO_32));
    view.setUint32(13, this.#markBytes >>> 0);
    return this.#encoded;
  }

  /** Bytes of live records. */
  get inUseBytes(): number {
    return this.#inUseBytes;
  }

  /** What is in use or was since the last defragmentation, in whole pages. */
  get sizeBytes(): number {
    const bytes = Math.max(this.#inUseBytes, this.#markBytes);
    const rounded = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    return Math.max(rounded, SIZE_BYTES_MIN);
  }
}
