// Owns building one B+ tree from ascending pairs, bottom up: full leaves go to pages at once, and what is above them
// is built while they go. Memory is two nodes per level, whatever the number of pairs.
//
// bbolt wants at least two children in a branch. So a full branch is held back until the one after it is full too;
// at the end the last two share their children if the last got only one.
import { must } from '../../base/assert.ts';
import { compareBytes } from '../../base/bytes.ts';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from './limits.ts';
import { BboltError, ELEMENT_BYTES, PAGE_HEADER_BYTES } from './page.ts';
import { inlineLeaf, type PageBuffer } from './page-buffer.ts';

/** Where a finished tree is: at a page, or small enough to be kept by whoever refers to it. */
export type BuiltTree =
  | { readonly kind: 'page'; readonly rootPage: number }
  | { readonly kind: 'inline'; readonly page: Uint8Array };

class Branch {
  readonly keys: Uint8Array[] = [];
  readonly children: number[] = [];
  sizeBytes: number = PAGE_HEADER_BYTES;

  push(key: Uint8Array, child: number): void {
    this.keys.push(key);
    this.children.push(child);
    this.sizeBytes += ELEMENT_BYTES + key.length;
  }

  /** Takes over all children of `next`, which follow its own. */
  merge(next: Branch): void {
    next.keys.forEach((key, i) => {
      this.push(key, must(next.children[i], 'child of a key'));
    });
  }

  /** Gives its last child to `next`, in front of that one's own. */
  giveLastTo(next: Branch): void {
    const key = must(this.keys.pop(), 'last key');
    const child = must(this.children.pop(), 'last child');
    this.sizeBytes -= ELEMENT_BYTES + key.length;
    next.keys.unshift(key);
    next.children.unshift(child);
    next.sizeBytes += ELEMENT_BYTES + key.length;
  }
}

interface Level {
  /** Full, and written once the current one is full too. */
  held: Branch | undefined;
  current: Branch;
}

export class TreeBuilder {
  readonly #pages: PageBuffer;
  readonly #flags: number;
  readonly #levels: Level[] = [];
  #keys: Uint8Array[] = [];
  #values: Uint8Array[] = [];
  #leafBytes: number = PAGE_HEADER_BYTES;
  #lastKey: Uint8Array | undefined = undefined;

  constructor(pages: PageBuffer, flags: number) {
    this.#pages = pages;
    this.#flags = flags;
  }

  /** Adds a pair. Keys ascend; both byte strings must stay unchanged until the tree is finished. */
  add(key: Uint8Array, value: Uint8Array): void {
    if (this.#lastKey !== undefined && compareBytes(this.#lastKey, key) >= 0) {
      throw new BboltError('keys to write do not ascend');
    }
    if (key.length === 0 || key.length > KEY_BYTES_MAX || value.length > VALUE_BYTES_MAX) {
      throw new BboltError(`key of ${key.length} bytes, value of ${value.length}`);
    }
    const sizeBytes = ELEMENT_BYTES + key.length + value.length;
    const isFull = this.#leafBytes + sizeBytes > this.#pages.pageSize;
    if (isFull && this.#keys.length > 0) this.#flushLeaf();
    this.#keys.push(key);
    this.#values.push(value);
    this.#leafBytes += sizeBytes;
    this.#lastKey = key;
  }

  /** Writes what is left. A single leaf of at most `inlineBytesMax` is handed back instead of written. */
  finish(inlineBytesMax: number): BuiltTree {
    if (this.#levels.length === 0) {
      const elements = { keys: this.#keys, values: this.#values, flags: this.#flags };
      if (this.#leafBytes <= inlineBytesMax) {
        return { kind: 'inline', page: inlineLeaf(elements, this.#leafBytes) };
      }
      return { kind: 'page', rootPage: this.#pages.writeLeaf(elements, this.#leafBytes) };
    }
    this.#flushLeaf();
    // Closing a level may add the one above it.
    for (let i = 0; ; i++) {
      const level = must(this.#levels[i], 'level of a branch');
      const rootPage = this.#maybeFinishLevel(level, i);
      if (rootPage !== undefined) return { kind: 'page', rootPage };
    }
  }

  /** Writes the last branches of a level; the page, if it turned out to be the root. */
  #maybeFinishLevel(level: Level, i: number): number | undefined {
    const { held, current } = level;
    if (held === undefined) {
      return this.#pages.writeBranch(current, current.sizeBytes);
    }
    const hasOneChild = current.children.length < 2;
    if (hasOneChild && held.children.length > 2) held.giveLastTo(current);
    else if (hasOneChild) {
      // Only keys of nearly a page give such small branches; an overflowing page takes them all.
      held.merge(current);
      level.held = undefined;
      level.current = held;
      const isRoot = this.#levels[i + 1] === undefined;
      if (isRoot) return this.#pages.writeBranch(held, held.sizeBytes);
      this.#writeBranch(i, held);
      return undefined;
    }
    this.#writeBranch(i, held);
    this.#writeBranch(i, current);
    return undefined;
  }

  #flushLeaf(): void {
    const keys = this.#keys;
    const firstKey = must(keys[0], 'first key of a leaf');
    const elements = { keys, values: this.#values, flags: this.#flags };
    const page = this.#pages.writeLeaf(elements, this.#leafBytes);
    this.#keys = [];
    this.#values = [];
    this.#leafBytes = PAGE_HEADER_BYTES;
    this.#addChild(0, firstKey, page);
  }

  #addChild(i: number, key: Uint8Array, page: number): void {
    let level = this.#levels[i];
    if (level === undefined) {
      level = { held: undefined, current: new Branch() };
      this.#levels.push(level);
    }
    const { held, current } = level;
    const sizeBytes = current.sizeBytes + ELEMENT_BYTES + key.length;
    if (sizeBytes > this.#pages.pageSize && current.children.length >= 2) {
      level.held = current;
      level.current = new Branch();
      if (held !== undefined) this.#writeBranch(i, held);
    }
    level.current.push(key, page);
  }

  #writeBranch(i: number, branch: Branch): void {
    const page = this.#pages.writeBranch(branch, branch.sizeBytes);
    this.#addChild(i + 1, must(branch.keys[0], 'first key of a branch'), page);
  }
}
