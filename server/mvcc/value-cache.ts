// Owns the encoded KeyValues written or read last, so that reads of hot keys do not reach the backend. A table with
// one place per revision hash: a newer value simply takes the place, which costs nothing to maintain, and revisions
// written one after the other fall into different places. A ring of places in the order of writing bounds the bytes:
// what came in first goes first, so that the shared buffers behind small values become garbage together.

import { VALUE_CACHE_ITEM_BYTES_MAX, VALUE_CACHE_SLOTS } from './limits.ts';

/** No encoded KeyValue is smaller. */
const VALUE_BYTES_MIN = 16;

export class ValueCache {
  readonly #budgetBytes: number;
  readonly #slots: number;
  readonly #values: (Uint8Array | undefined)[];
  readonly #mains: Float64Array;
  readonly #subs: Uint32Array;
  /** Places in the order they were filled. A place that was filled twice is here twice; see #order. */
  readonly #ring: Uint32Array;
  /** The ring position at which a place was filled last: an older position of it means nothing any more. */
  readonly #order: Uint32Array;
  #head = 0;
  #tail = 0;
  #bytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
    this.#slots = slotCountFor(budgetBytes);
    this.#values = new Array(this.#slots).fill(undefined);
    this.#mains = new Float64Array(this.#slots);
    this.#subs = new Uint32Array(this.#slots);
    this.#ring = new Uint32Array(this.#slots);
    this.#order = new Uint32Array(this.#slots);
  }

  /** Bytes of the values held. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  get(main: number, sub: number): Uint8Array | undefined {
    const slot = slotOf(main, sub, this.#slots);
    if (this.#mains[slot] !== main || this.#subs[slot] !== sub) return undefined;
    return this.#values[slot];
  }

  /** Remembers a value; it must not change afterwards. */
  add(main: number, sub: number, value: Uint8Array): void {
    if (value.length > VALUE_CACHE_ITEM_BYTES_MAX || this.#budgetBytes === 0) return;
    const slot = slotOf(main, sub, this.#slots);
    const old = this.#values[slot];
    if (old !== undefined) this.#bytes -= old.length;
    this.#values[slot] = value;
    this.#mains[slot] = main;
    this.#subs[slot] = sub;
    this.#bytes += value.length;
    // Marked first: when the ring is full, the oldest position may be of this very place.
    this.#order[slot] = this.#head;
    if (this.#head - this.#tail === this.#slots) this.#dropOldest();
    this.#ring[this.#head & (this.#slots - 1)] = slot;
    this.#head++;
    while (this.#bytes > this.#budgetBytes) this.#dropOldest();
  }

  /** Forgets everything: the store was replaced. */
  clear(): void {
    this.#values.fill(undefined);
    this.#mains.fill(0);
    this.#head = 0;
    this.#tail = 0;
    this.#bytes = 0;
  }

  #dropOldest(): void {
    const position = this.#tail++;
    const slot = this.#ring[position & (this.#slots - 1)] as number;
    const value = this.#values[slot];
    // Positions are kept modulo 2^32; a ring of 2^16 places cannot confuse two of them.
    if (value === undefined || this.#order[slot] !== position >>> 0) return;
    this.#bytes -= value.length;
    this.#values[slot] = undefined;
    this.#mains[slot] = 0;
  }
}

/** A power of two: as many places as the budget can fill. */
function slotCountFor(budgetBytes: number): number {
  let slots = 1;
  while (slots < VALUE_CACHE_SLOTS && slots * VALUE_BYTES_MIN < budgetBytes) slots *= 2;
  return slots;
}

function slotOf(main: number, sub: number, slots: number): number {
  return (main + sub * 7919) & (slots - 1);
}
