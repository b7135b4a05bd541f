// Owns decoding header blocks (RFC 7541 section 6) and the dynamic table that this side keeps for
// the peer's encoder. Input is untrusted: an illegal block answers false, which ends the connection
// with COMPRESSION_ERROR.

import { FieldEntry } from './hpack-field.ts';
import { STATIC_COUNT, STATIC_ENTRIES } from './hpack-static-table.ts';
import { DynamicTable } from './hpack-table.ts';
import { decodeHuffman } from './huffman.ts';

/**
 * Integers above this are refused: nothing legal comes near it and 32-bit arithmetic stays exact.
 */
const INTEGER_MAX = 1 << 24;

export class HpackDecoder {
  /** Fields of the last block, reused by the next. */
  readonly entries: FieldEntry[] = [];
  /**
   * True when the last block's fields exceeded the list limit: `entries` is then only its
   * beginning.
   */
  overflowed = false;
  readonly #table: DynamicTable;
  readonly #tableBytesLimit: number;
  readonly #listBytesMax: number;
  #listBytes = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** `tableBytesLimit`: the SETTINGS_HEADER_TABLE_SIZE of this side. */
  constructor(tableBytesLimit: number, listBytesMax: number) {
    this.#table = new DynamicTable(tableBytesLimit);
    this.#tableBytesLimit = tableBytesLimit;
    this.#listBytesMax = listBytesMax;
  }

  /**
   * Changes when the table changes: an identical block decodes to the same fields while it stays.
   */
  get tableVersion(): number {
    return this.#table.version;
  }

  /**
   * Decodes a whole block into `entries`; false when it is illegal. The block's bytes are not kept.
   */
  decode(bytes: Uint8Array, start: number, end: number): boolean {
    this.entries.length = 0;
    this.overflowed = false;
    this.#listBytes = 0;
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    let mayResize = true;
    while (this.#at < this.#end) {
      const first = bytes[this.#at] as number;
      if ((first & 0xe0) === 0x20) {
        if (!mayResize || !this.#decodeResize()) return false;
        continue;
      }
      mayResize = false;
      const isLegal = (first & 0x80) !== 0 ? this.#decodeIndexed() : this.#decodeLiteral(first);
      if (!isLegal) return false;
    }
    return true;
  }

  #decodeIndexed(): boolean {
    const entry = this.#lookUp(this.#readInteger(0x7f));
    if (entry === undefined) return false;
    this.#emit(entry);
    return true;
  }

  #decodeLiteral(first: number): boolean {
    const isIndexing = (first & 0x40) !== 0;
    const nameIndex = this.#readInteger(isIndexing ? 0x3f : 0x0f);
    const entry = nameIndex === 0 ? this.#readField() : this.#readValueFor(nameIndex);
    if (entry === undefined) return false;
    if (isIndexing) this.#table.insert(entry);
    this.#emit(entry);
    return true;
  }

  /** A field whose name and value are both spelled out. */
  #readField(): FieldEntry | undefined {
    const name = this.#readString();
    if (name === undefined) return undefined;
    const value = this.#readString();
    return value === undefined ? undefined : new FieldEntry(name, value);
  }

  /** A field with the name of a table entry; what was found out about the name is found out. */
  #readValueFor(nameIndex: number): FieldEntry | undefined {
    const named = this.#lookUp(nameIndex);
    if (named === undefined) return undefined;
    const value = this.#readString();
    return value === undefined ? undefined : new FieldEntry(named.field[0], value, named.nameKind);
  }

  #decodeResize(): boolean {
    const sizeBytesMax = this.#readInteger(0x1f);
    if (sizeBytesMax < 0 || sizeBytesMax > this.#tableBytesLimit) return false;
    if (sizeBytesMax !== this.#table.sizeBytesMax) this.#table.resize(sizeBytesMax);
    return true;
  }

  #emit(entry: FieldEntry): void {
    this.#listBytes += entry.sizeBytes;
    if (this.#listBytes > this.#listBytesMax) this.overflowed = true;
    else this.entries.push(entry);
  }

  #lookUp(index: number): FieldEntry | undefined {
    if (index <= 0) return undefined;
    if (index <= STATIC_COUNT) return STATIC_ENTRIES[index - 1];
    return this.#table.get(index - STATIC_COUNT - 1);
  }

  /**
   * An integer whose prefix has the bits of `mask` (section 5.1); -1 when it is cut short or too
   * large.
   */
  #readInteger(mask: number): number {
    const bytes = this.#bytes;
    let value = (bytes[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) return -1;
      const octet = bytes[this.#at++] as number;
      value += (octet & 0x7f) << shift;
      if ((octet & 0x80) === 0) return value > INTEGER_MAX ? -1 : value;
    }
    return -1;
  }

  #readString(): string | undefined {
    if (this.#at >= this.#end) return undefined;
    const isHuffman = ((this.#bytes[this.#at] as number) & 0x80) !== 0;
    const length = this.#readInteger(0x7f);
    const start = this.#at;
    if (length < 0 || length > this.#end - start) return undefined;
    this.#at = start + length;
    if (isHuffman) return decodeHuffman(this.#bytes, start, this.#at);
    let text = '';
    for (let i = start; i < this.#at; i++) text += String.fromCharCode(this.#bytes[i] as number);
    return text;
  }
}
