// Owns checking every rule of the tree's structure, for tests. It visits all nodes in key order and counts what it sees.

import { assert } from '../base/assert.ts';
import type { EntryTable } from './entry-table.ts';
import type { KeyArena } from './key-arena.ts';
import {
  CHILD,
  DEAD_BIT,
  ID_MASK,
  type InnerPool,
  type LeafPool,
  LIVE,
  SEPARATOR,
} from './tree-nodes.ts';

export interface TreeParts {
  readonly arena: KeyArena;
  readonly entries: EntryTable;
  readonly leaves: LeafPool;
  readonly inners: InnerPool;
}

export class TreeCheck {
  readonly #parts: TreeParts;
  /** Inner levels above the leaves. */
  readonly #height: number;
  keys = 0;
  live = 0;
  /** Entry id of the key seen last. */
  #last = 0;

  constructor(parts: TreeParts, height: number) {
    this.#parts = parts;
    this.#height = height;
  }

  /** Checks a node and what is below it; returns the live keys there. */
  visit(node: number, level: number): number {
    return level === this.#height ? this.#visitLeaf(node) : this.#visitInner(node, level);
  }

  #visitLeaf(leaf: number): number {
    const { leaves, entries, arena } = this.#parts;
    const words = leaves.words(leaf);
    const base = leaves.base(leaf) + 1;
    const count = words[base - 1] as number;
    assert(count > 0 || this.#height === 0, 'only the root leaf may be empty');
    let live = 0;
    for (let i = 0; i < count; i++) {
      const slot = words[base + i] as number;
      const id = slot & ID_MASK;
      if (slot < DEAD_BIT) live++;
      assert(slot < DEAD_BIT === entries.version(id) > 0, `dead bit of ${id}`);
      if (this.#last !== 0) {
        const previous = arena.view(entries.keyRef(this.#last));
        assert(arena.compareFrom(entries.keyRef(id), previous, 0) > 0, 'keys ascend');
      }
      this.#last = id;
      this.keys++;
    }
    this.live += live;
    return live;
  }

  #visitInner(node: number, level: number): number {
    const { inners, entries, arena } = this.#parts;
    const words = inners.words(node);
    const base = inners.base(node);
    const count = words[base] as number;
    assert(count > 0, 'an inner node has children');
    let total = 0;
    for (let i = 0; i < count; i++) {
      if (i > 0) {
        const separator = arena.view(words[base + SEPARATOR + i] as number);
        const last = arena.compareFrom(entries.keyRef(this.#last), separator, 0);
        assert(last < 0, 'a separator sorts after the keys before it');
      }
      const live = this.visit(words[base + CHILD + i] as number, level + 1);
      assert(live === words[base + LIVE + i], `live count of child ${i}`);
      total += live;
    }
    return total;
  }
}
