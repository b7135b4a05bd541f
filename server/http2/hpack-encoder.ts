// Owns encoding header blocks and the dynamic table kept at the peer. A field list that is used
// again and again (response headers, trailers of each status: the same array object every time) is
// put into the table on its second use; from the third on its few index bytes are kept and only
// copied. Lists seen once never touch the table, so nothing displaces the constant ones and their
// bytes stay valid.

import { FieldEntry } from './hpack-field.ts';
import { STATIC_COUNT, STATIC_INDEX_BY_FIELD, STATIC_INDEX_BY_NAME } from './hpack-static-table.ts';
import { DynamicTable } from './hpack-table.ts';
import { huffmanBytes, writeHuffman } from './huffman.ts';
import { HEADER_TABLE_BYTES, INTERN_CANDIDATES, INTERNED_LISTS_MAX } from './limits.ts';
import type { HeaderField } from './types.ts';

/**
 * Names whose values are secrets: never indexed, by us or by anyone between (RFC 7541 section
 * 7.1.3).
 */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
  'token',
]);

const INDEXED = 0x80;
const LITERAL_INDEXING = 0x40;
const RESIZE = 0x20;
const LITERAL_NEVER_INDEXED = 0x10;
const LITERAL_PLAIN = 0x00;

interface InternedList {
  readonly fields: readonly HeaderField[];
  block: Uint8Array;
  /** Version of the table that `block` holds for. */
  version: number;
}

export class HpackEncoder {
  readonly #table: DynamicTable = new DynamicTable(HEADER_TABLE_BYTES);
  readonly #interned: InternedList[] = [];
  readonly #candidates: (readonly HeaderField[])[] = [];
  #nextCandidate = 0;
  #scratch: Uint8Array = new Uint8Array(256);
  /**
   * Table sizes to announce in the next block: the smallest since the last block, and the current;
   * -1 for none.
   */
  #announcedMin = -1;
  #announced = -1;

  /** Follows the peer's SETTINGS_HEADER_TABLE_SIZE; sizes above the default are not made use of. */
  setTableLimit(sizeBytes: number): void {
    const sizeBytesMax = Math.min(sizeBytes, HEADER_TABLE_BYTES);
    if (sizeBytesMax === this.#table.sizeBytesMax) return;
    this.#table.resize(sizeBytesMax);
    if (this.#announcedMin < 0 || sizeBytesMax < this.#announcedMin) {
      this.#announcedMin = sizeBytesMax;
    }
    this.#announced = sizeBytesMax;
  }

  /** One whole header block; valid until the next call. */
  encode(fields: readonly HeaderField[]): Uint8Array {
    const interned = this.#interned;
    for (let i = 0; i < interned.length; i++) {
      const list = interned[i] as InternedList;
      if (list.fields !== fields) continue;
      if (list.version === this.#table.version) return list.block;
      return this.#encodeInterned(list);
    }
    if (this.#isSecondUse(fields)) {
      const list: InternedList = { fields, block: this.#scratch, version: -1 };
      interned.push(list);
      return this.#encodeInterned(list);
    }
    return this.#encodeList(fields, false);
  }

  #isSecondUse(fields: readonly HeaderField[]): boolean {
    if (this.#interned.length >= INTERNED_LISTS_MAX) return false;
    if (this.#candidates.includes(fields)) return true;
    this.#candidates[this.#nextCandidate] = fields;
    this.#nextCandidate = (this.#nextCandidate + 1) % INTERN_CANDIDATES;
    return false;
  }

  #encodeInterned(list: InternedList): Uint8Array {
    const isResizing = this.#announced >= 0;
    const before = this.#table.version;
    const block = this.#encodeList(list.fields, true);
    // Only a block that changed nothing means the same when it is sent again.
    if (!isResizing && this.#table.version === before) {
      list.block = block.slice();
      list.version = before;
    }
    return block;
  }

  #encodeList(fields: readonly HeaderField[], mayIndex: boolean): Uint8Array {
    let room = 16;
    for (const [name, value] of fields) room += name.length + value.length + 16;
    if (this.#scratch.length < room) this.#scratch = new Uint8Array(room);
    let at = 0;
    if (this.#announced >= 0) {
      if (this.#announcedMin < this.#announced) {
        at = writeInteger(this.#scratch, at, RESIZE, 0x1f, this.#announcedMin);
      }
      at = writeInteger(this.#scratch, at, RESIZE, 0x1f, this.#announced);
      this.#announcedMin = -1;
      this.#announced = -1;
    }
    for (const field of fields) at = this.#encodeField(at, field[0], field[1], mayIndex);
    return this.#scratch.subarray(0, at);
  }

  #encodeField(from: number, name: string, value: string, mayIndex: boolean): number {
    const buffer = this.#scratch;
    const isSecret = SECRET_NAMES.has(name);
    if (!isSecret) {
      const index = this.#findField(name, value);
      if (index > 0) return writeInteger(buffer, from, INDEXED, 0x7f, index);
    }
    // A field that takes more than half of the table would only push the others out.
    const isIndexing =
      mayIndex && !isSecret && 2 * (name.length + value.length) < this.#table.sizeBytesMax;
    let at: number;
    const nameIndex = STATIC_INDEX_BY_NAME.get(name) ?? 0;
    if (isIndexing) {
      at = writeInteger(buffer, from, LITERAL_INDEXING, 0x3f, nameIndex);
    } else {
      const pattern = isSecret ? LITERAL_NEVER_INDEXED : LITERAL_PLAIN;
      at = writeInteger(buffer, from, pattern, 0x0f, nameIndex);
    }
    if (nameIndex === 0) at = writeString(buffer, at, name);
    at = writeString(buffer, at, value);
    if (isIndexing) this.#table.insert(new FieldEntry(name, value));
    return at;
  }

  /** Wire index of the whole field, or 0. */
  #findField(name: string, value: string): number {
    const index = STATIC_INDEX_BY_FIELD.get(`${name}\0${value}`);
    if (index !== undefined) return index;
    const count = this.#table.count;
    for (let age = 0; age < count; age++) {
      const field = this.#table.get(age)?.field;
      if (field !== undefined && field[0] === name && field[1] === value) {
        return STATIC_COUNT + 1 + age;
      }
    }
    return 0;
  }
}

/** RFC 7541 section 5.1: an integer with a prefix of the bits of `mask`, under a pattern. */
function writeInteger(
  buffer: Uint8Array,
  from: number,
  pattern: number,
  mask: number,
  value: number,
): number {
  let at = from;
  if (value < mask) {
    buffer[at++] = pattern | value;
    return at;
  }
  buffer[at++] = pattern | mask;
  let rest = value - mask;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

/** A string literal, Huffman-coded where that is shorter. */
function writeString(buffer: Uint8Array, from: number, text: string): number {
  const codedBytes = huffmanBytes(text);
  if (codedBytes < text.length) {
    return writeHuffman(buffer, writeInteger(buffer, from, 0x80, 0x7f, codedBytes), text);
  }
  let at = writeInteger(buffer, from, 0x00, 0x7f, text.length);
  for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i);
  return at;
}
