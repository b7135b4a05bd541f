// Owns the pages of a file being written: hands out page ids in order and keeps the bytes until they are taken to
// the file. Page 0 and 1, the metas, are not among them.
import {
  ELEMENT_BYTES,
  PAGE_HEADER_BYTES,
  PageFlag,
  viewOf,
  writePageHeader,
  writeU64,
} from './page.ts';

/** Elements of a leaf, as parallel lists. */
export interface LeafElements {
  readonly keys: readonly Uint8Array[];
  readonly values: readonly Uint8Array[];
  /** One for all elements of a leaf: pairs, or buckets. */
  readonly flags: number;
}

/** Elements of a branch, as parallel lists. */
export interface BranchElements {
  /** The smallest key below each child. */
  readonly keys: readonly Uint8Array[];
  readonly children: readonly number[];
}

export class PageBuffer {
  readonly pageSize: number;
  /** Pages handed out so far, metas included. */
  pageCount = 2;
  /** `bytes[0, length)` are the pages not yet taken, the first of them at `offset` in the file. */
  bytes: Uint8Array;
  length = 0;
  offset: number;
  #view: DataView;

  constructor(pageSize: number, capacityBytes: number) {
    this.pageSize = pageSize;
    this.offset = 2 * pageSize;
    this.bytes = new Uint8Array(capacityBytes);
    this.#view = viewOf(this.bytes);
  }

  /** The caller has written what is in the buffer. */
  clear(): void {
    this.offset += this.length;
    this.length = 0;
  }

  /** Appends a leaf page; returns its id. */
  writeLeaf(elements: LeafElements, sizeBytes: number): number {
    const start = this.#reserve(sizeBytes);
    const id = this.pageCount;
    const overflow = (this.length - start) / this.pageSize - 1;
    const count = elements.keys.length;
    writePageHeader(this.#view, start, { id, flags: PageFlag.leaf, count, overflow });
    fillLeaf(this.bytes, this.#view, start, elements);
    this.pageCount += 1 + overflow;
    return id;
  }

  /** Appends a branch page; returns its id. */
  writeBranch(elements: BranchElements, sizeBytes: number): number {
    const start = this.#reserve(sizeBytes);
    const id = this.pageCount;
    const overflow = (this.length - start) / this.pageSize - 1;
    const { keys, children } = elements;
    const count = keys.length;
    writePageHeader(this.#view, start, { id, flags: PageFlag.branch, count, overflow });
    let at = start + PAGE_HEADER_BYTES;
    let data = at + count * ELEMENT_BYTES;
    for (let i = 0; i < count; i++) {
      const key = keys[i] as Uint8Array;
      this.#view.setUint32(at, data - at, true);
      this.#view.setUint32(at + 4, key.length, true);
      writeU64(this.#view, at + 8, children[i] as number);
      this.bytes.set(key, data);
      at += ELEMENT_BYTES;
      data += key.length;
    }
    this.pageCount += 1 + overflow;
    return id;
  }

  /** Makes room for whole pages of zeros; returns where they begin in the buffer. */
  #reserve(sizeBytes: number): number {
    const start = this.length;
    const end = start + Math.ceil(sizeBytes / this.pageSize) * this.pageSize;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, start));
      this.bytes = grown;
      this.#view = viewOf(grown);
    }
    this.bytes.fill(0, start, end);
    this.length = end;
    return start;
  }
}

/** A whole leaf page image of just its size: what a small bucket keeps inside its own value. */
export function inlineLeaf(elements: LeafElements, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const view = viewOf(bytes);
  const count = elements.keys.length;
  writePageHeader(view, 0, { id: 0, flags: PageFlag.leaf, count, overflow: 0 });
  fillLeaf(bytes, view, 0, elements);
  return bytes;
}

function fillLeaf(bytes: Uint8Array, view: DataView, start: number, elements: LeafElements): void {
  const { keys, values, flags } = elements;
  let at = start + PAGE_HEADER_BYTES;
  let data = at + keys.length * ELEMENT_BYTES;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as Uint8Array;
    const value = values[i] as Uint8Array;
    view.setUint32(at, flags, true);
    view.setUint32(at + 4, data - at, true);
    view.setUint32(at + 8, key.length, true);
    view.setUint32(at + 12, value.length, true);
    bytes.set(key, data);
    bytes.set(value, data + key.length);
    at += ELEMENT_BYTES;
    data += key.length + value.length;
  }
}
