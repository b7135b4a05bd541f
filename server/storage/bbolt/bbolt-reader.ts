// Owns reading a bbolt database: choosing the valid meta page, walking one bucket's tree in key order. Memory is a
// path of pages, whatever the size of the file. Free pages and the freelist are not looked at.
//
// The file comes from outside: every offset, count and page id is checked. Keys must ascend over the whole walk,
// which also ends a walk through pages that point at each other.
import { compareBytes } from '../../base/bytes.ts';
import type { DiskFile } from '../file-system.ts';
import { DEPTH_MAX, PAGE_BYTES_MAX, PAGE_BYTES_MIN, READ_AHEAD_BYTES } from './limits.ts';
import {
  BboltError,
  BUCKET_ELEMENT,
  BUCKET_HEADER_BYTES,
  ELEMENT_BYTES,
  META_BYTES,
  type Meta,
  maybeReadMeta,
  PAGE_HEADER_BYTES,
  PageFlag,
  readU64,
  viewOf,
} from './page.ts';

/** A key and its value: views that stay valid, and keep the block they were read with alive. */
export type Pair = readonly [key: Uint8Array, value: Uint8Array];

/** One page, or the page inside the value of a small bucket. */
interface Page {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly isLeaf: boolean;
  readonly count: number;
  /** For error messages. */
  readonly id: number;
}

interface Element {
  readonly flags: number;
  readonly pair: Pair;
}

export class BboltReader {
  readonly meta: Meta;
  readonly #file: DiskFile;
  readonly #fileBytes: number;
  /** The last block read, and the page it begins with. */
  #block: Uint8Array = new Uint8Array(0);
  #blockPage = 0;

  /** The file stays open while the reader is used; the caller closes it. */
  constructor(file: DiskFile) {
    this.#file = file;
    this.#fileBytes = file.sizeBytes();
    this.meta = readMeta(file);
    if (this.meta.pageCount * this.meta.pageSize > this.#fileBytes) {
      throw new BboltError(
        `${file.path}: ${this.meta.pageCount} pages in ${this.#fileBytes} bytes`,
      );
    }
  }

  /** Names of the buckets, ascending. */
  bucketNames(): Uint8Array[] {
    const names: Uint8Array[] = [];
    for (const element of this.#walk(this.#page(this.meta.rootPage))) {
      if (element.flags !== BUCKET_ELEMENT) throw new BboltError('a value beside the buckets');
      names.push(element.pair[0]);
    }
    return names;
  }

  /** Every pair of a bucket, ascending; nothing when there is no such bucket. */
  *pairs(bucketName: Uint8Array): Generator<Pair, void, void> {
    const header = this.#findBucket(bucketName);
    if (header === undefined) return;
    for (const element of this.#walk(this.#bucketRoot(header))) {
      if (element.flags !== 0) throw new BboltError('a bucket inside a bucket');
      yield element.pair;
    }
  }

  /** The same in lists of `countMax`, for consumers that work in batches. */
  *batches(bucketName: Uint8Array, countMax: number): Generator<Pair[], void, void> {
    let batch: Pair[] = [];
    for (const pair of this.pairs(bucketName)) {
      batch.push(pair);
      if (batch.length < countMax) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  #findBucket(name: Uint8Array): Uint8Array | undefined {
    for (const element of this.#walk(this.#page(this.meta.rootPage))) {
      const [key, value] = element.pair;
      if (element.flags === BUCKET_ELEMENT && compareBytes(key, name) === 0) return value;
    }
    return undefined;
  }

  /** The root page of a bucket: a page of the file, or for small ones the rest of the bucket's own value. */
  #bucketRoot(header: Uint8Array): Page {
    if (header.length < BUCKET_HEADER_BYTES) throw new BboltError('bucket header too short');
    const rootPage = readU64(viewOf(header), 0);
    if (rootPage !== 0) return this.#page(rootPage);
    return parsePage(header.subarray(BUCKET_HEADER_BYTES), 0);
  }

  /** All elements of all leaves below a page, in order. */
  *#walk(root: Page): Generator<Element, void, void> {
    const path: { page: Page; next: number }[] = [{ page: root, next: 0 }];
    let previous: Uint8Array | undefined;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { page, next } = top;
      if (next >= page.count) {
        path.pop();
        continue;
      }
      top.next++;
      if (!page.isLeaf) {
        if (path.length >= DEPTH_MAX) throw new BboltError(`page ${page.id}: tree too deep`);
        path.push({ page: this.#child(page, next), next: 0 });
        continue;
      }
      const element = leafElement(page, next);
      const key = element.pair[0];
      if (previous !== undefined && compareBytes(previous, key) >= 0) {
        throw new BboltError(`page ${page.id}: keys do not ascend`);
      }
      previous = key;
      yield element;
    }
  }

  #child(page: Page, index: number): Page {
    const at = PAGE_HEADER_BYTES + index * ELEMENT_BYTES;
    const child = this.#page(readU64(page.view, at + 8));
    // Only the root of a tree may be empty; this bounds the walk together with the order of keys.
    if (child.count === 0) throw new BboltError(`page ${child.id}: empty`);
    return child;
  }

  #page(id: number): Page {
    if (id < 2 || id >= this.meta.pageCount) throw new BboltError(`page ${id} out of range`);
    const pageSize = this.meta.pageSize;
    let bytes = this.#load(id, 1);
    const overflow = viewOf(bytes).getUint32(12, true);
    if (overflow > 0) {
      if (id + overflow >= this.meta.pageCount) {
        throw new BboltError(`page ${id}: overflow ${overflow} out of range`);
      }
      bytes = this.#load(id, 1 + overflow);
    }
    const page = parsePage(bytes.subarray(0, (1 + overflow) * pageSize), id);
    if (readU64(page.view, 0) !== id) throw new BboltError(`page ${id} has another id`);
    return page;
  }

  /**
   * At least `count` pages from `id`. Pages that follow the last block are read with a good many more: a file made
   * in one go, like a snapshot, is then read from front to end. A file with pages in any order is read page by page.
   */
  #load(id: number, count: number): Uint8Array {
    const pageSize = this.meta.pageSize;
    const blockPages = this.#block.length / pageSize;
    const offset = id - this.#blockPage;
    if (offset >= 0 && offset + count <= blockPages) {
      return this.#block.subarray(offset * pageSize, (offset + count) * pageSize);
    }
    const isNext = offset >= 0 && offset <= blockPages;
    const wanted = isNext ? Math.max(count, Math.ceil(READ_AHEAD_BYTES / pageSize)) : count;
    const pages = Math.min(wanted, this.meta.pageCount - id);
    const block = new Uint8Array(pages * pageSize);
    if (this.#file.read(block, id * pageSize) < block.length) {
      throw new BboltError(`page ${id}: file ends`);
    }
    this.#block = block;
    this.#blockPage = id;
    return block.subarray(0, count * pageSize);
  }
}

/** The valid meta page of the newer transaction. */
function readMeta(file: DiskFile): Meta {
  const first = maybeReadMetaAt(file, 0);
  if (first !== undefined) {
    const second = maybeReadMetaAt(file, first.pageSize);
    return second !== undefined && second.txid > first.txid ? second : first;
  }
  // Page 0 is damaged: the second meta is at the page size, which it tells itself.
  for (let pageSize = PAGE_BYTES_MIN; pageSize <= PAGE_BYTES_MAX; pageSize *= 2) {
    const second = maybeReadMetaAt(file, pageSize);
    if (second !== undefined && second.pageSize === pageSize) return second;
  }
  throw new BboltError(`${file.path}: invalid database`);
}

function maybeReadMetaAt(file: DiskFile, position: number): Meta | undefined {
  const bytes = new Uint8Array(META_BYTES);
  if (file.read(bytes, position) < META_BYTES) return undefined;
  const meta = maybeReadMeta(bytes);
  if (meta === undefined) return undefined;
  const { pageSize } = meta;
  const isPowerOfTwo = (pageSize & (pageSize - 1)) === 0;
  if (!isPowerOfTwo || pageSize < PAGE_BYTES_MIN || pageSize > PAGE_BYTES_MAX) return undefined;
  return meta;
}

function parsePage(bytes: Uint8Array, id: number): Page {
  if (bytes.length < PAGE_HEADER_BYTES) throw new BboltError(`page ${id}: too short`);
  const view = viewOf(bytes);
  const flags = view.getUint16(8, true);
  if (flags !== PageFlag.leaf && flags !== PageFlag.branch) {
    throw new BboltError(`page ${id}: flags ${flags}`);
  }
  const isLeaf = flags === PageFlag.leaf;
  const count = view.getUint16(10, true);
  if (PAGE_HEADER_BYTES + count * ELEMENT_BYTES > bytes.length || (!isLeaf && count === 0)) {
    throw new BboltError(`page ${id}: ${count} elements`);
  }
  return { bytes, view, isLeaf, count, id };
}

function leafElement(page: Page, index: number): Element {
  const at = PAGE_HEADER_BYTES + index * ELEMENT_BYTES;
  const start = at + page.view.getUint32(at + 4, true);
  const middle = start + page.view.getUint32(at + 8, true);
  const end = middle + page.view.getUint32(at + 12, true);
  if (start < PAGE_HEADER_BYTES + page.count * ELEMENT_BYTES || end > page.bytes.length) {
    throw new BboltError(`page ${page.id}: element ${index} outside of it`);
  }
  const pair: Pair = [page.bytes.subarray(start, middle), page.bytes.subarray(middle, end)];
  return { flags: page.view.getUint32(at, true), pair };
}
