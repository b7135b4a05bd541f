// Owns reading an image of the index (its form is in index-image.ts) and deciding whether it may be used: it must be whole,
// of this store, and not be older than what was compacted.

import { assert } from '../base/assert.ts';
import type { Backend } from '../base/backend.ts';
import { EMPTY_BYTES, equalBytes } from '../base/bytes.ts';
import { END_PIECE, HEAD_PIECE, ROWS_PIECE, recordChecksum } from './index-image.ts';
import { KeyIndex } from './key-index.ts';
import { INDEX_IMAGE_VERSION } from './limits.ts';

/** Gives the pieces back in their order. They are as they were written: who keeps them has seen to that. */
export interface ImageSource {
  /** The next piece, valid until the next call; undefined where the image ends or is broken. */
  next(): Uint8Array | undefined;
}

export interface IndexImage {
  readonly index: KeyIndex;
  /** The image knows all records up to this revision... */
  readonly begun: number;
  /** ...none after this one, and some in between. */
  readonly ended: number;
  /** Lease of every live key that has one, by index row. */
  readonly leases: Map<number, bigint>;
}

/** How far compaction has come, as the store's own marks say; -1 when it was never compacted. */
export interface CompactMarks {
  readonly finished: number;
  readonly scheduled: number;
}

/** Reads an image; undefined when it cannot be used with this store. */
export function loadImage(
  source: ImageSource,
  backend: Backend,
  marks: CompactMarks,
): IndexImage | undefined {
  const head = new PieceReader(source.next());
  if (head.kind !== HEAD_PIECE || head.number() !== INDEX_IMAGE_VERSION) return undefined;
  const begun = head.number();
  // What compaction has deleted since might be missing in the image.
  if (Math.max(marks.finished, marks.scheduled) > begun) return undefined;
  const loader = new RowLoader();
  for (;;) {
    const piece = new PieceReader(source.next());
    if (piece.kind === ROWS_PIECE) {
      loader.load(piece);
      continue;
    }
    if (piece.kind !== END_PIECE) return undefined;
    const ended = piece.number();
    if (recordChecksum(backend, ended) !== piece.number()) return undefined;
    const { index, leases } = loader;
    index.endAppend();
    compactRows(index, marks.finished);
    return { index, leases, begun, ended };
  }
}

/** Drops what a compaction has dropped since, or while, the image was made. */
function compactRows(index: KeyIndex, revision: number): void {
  if (revision < 0) return;
  const end = index.endId;
  for (let id = 1; id < end; id++) index.compactRow(id, revision);
}

class RowLoader {
  readonly index: KeyIndex = new KeyIndex();
  readonly leases: Map<number, bigint> = new Map();
  #buffer: Uint8Array = new Uint8Array(1024);
  #key: Uint8Array = EMPTY_BYTES;
  #row = 0;

  load(piece: PieceReader): void {
    // A key with very many records goes on in the next piece.
    for (let isFirst = true; !piece.isAtEnd; isFirst = false) this.#loadRow(piece, isFirst);
  }

  #loadRow(piece: PieceReader, isFirst: boolean): void {
    const { index } = this;
    const key = this.#readKey(piece);
    const goesOn = isFirst && this.#row !== 0 && equalBytes(index.keyView(this.#row), key);
    let row = goesOn ? this.#row : 0;
    const head = piece.number();
    for (let count = Math.floor(head / 2); count > 0; count--) {
      const main = piece.number();
      const sub = piece.number();
      const version = piece.number();
      const create = version === 0 ? 0 : main - piece.number();
      row = index.append(row, key, main, sub, create, version);
    }
    this.#row = row;
    if (head % 2 === 1) this.leases.set(row, piece.lease());
  }

  /** The next key, valid until the next call. */
  #readKey(piece: PieceReader): Uint8Array {
    const shared = piece.number();
    const own = piece.number();
    const length = shared + own;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#buffer);
      this.#buffer = larger;
      this.#key = larger.subarray(0, length);
    }
    piece.copy(this.#buffer, shared, own);
    // Neighbours often are of one length: then the view need not be made again.
    if (this.#key.length !== length) this.#key = this.#buffer.subarray(0, length);
    return this.#key;
  }
}

const NO_KIND = 0;

/** Reads the numbers and bytes of a piece. */
class PieceReader {
  readonly kind: number;
  readonly #bytes: Uint8Array;
  #at = 1;

  constructor(bytes: Uint8Array | undefined) {
    this.#bytes = bytes ?? new Uint8Array(1);
    this.kind = this.#bytes[0] ?? NO_KIND;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++] as number;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let unit = 0x80; ; unit *= 0x80) {
      byte = bytes[this.#at++] as number;
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      assert(byte !== undefined, 'a number ends inside its piece');
    }
  }

  lease(): bigint {
    const { buffer, byteOffset } = this.#bytes;
    const lease = new DataView(buffer, byteOffset).getBigInt64(this.#at, true);
    this.#at += 8;
    return lease;
  }

  copy(target: Uint8Array, at: number, count: number): void {
    const bytes = this.#bytes;
    const from = this.#at;
    for (let i = 0; i < count; i++) target[at + i] = bytes[from + i] as number;
    this.#at = from + count;
  }
}
