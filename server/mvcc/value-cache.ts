// Owns the encoded KeyValues written or read last, so that reads of hot keys do not reach the backend. A table with
// one place per revision hash: a newer value simply takes the place, which costs nothing to maintain, and revisions
// written one after the other fall into different places. What was written is kept as bytes (written-values.ts), since
// most of it is never read; what was read once is kept as it was given out. There a ring of places in the order of
// reading bounds the bytes: what came in first goes first.

import { VALUE_CACHE_ITEM_BYTES_MAX, VALUE_CACHE_SLOTS } from './limits.ts';
import { NO_PLACE, WrittenValues } from './written-values.ts';

/** No encoded KeyValue is smaller. */
const VALUE_BYTES_MIN = 16;

export class ValueCache {
  readonly #budgetBytes: number;
  readonly #slots: number;
  readonly #mains: Float64Array;
  readonly #subs: Uint32Array;
  /** Values that were read. */
  readonly #values: (Uint8Array | undefined)[];
  /** Values that were written and not read yet: where they are, and how long. */
  readonly #written: WrittenValues;
  readonly #places: Float64Array;
  readonly #lengths: Uint32Array;
  /** Slots in the order their values were read. One that was filled twice is here twice; see #order. */
  readonly #ring: Uint32Array;
  /** The ring position at which a slot was filled last: an older position of it means nothing any more. */
  readonly #order: Uint32Array;
  #head = 0;
  #tail = 0;
  #bytes = 0;

  /** Half of the budget is for what was read, half for what was written. */
  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes >>> 1;
    this.#slots = slotCountFor(budgetBytes);
    this.#mains = new Float64Array(this.#slots);
    this.#subs = new Uint32Array(this.#slots);
    this.#values = new Array(this.#slots).fill(undefined);
    this.#written = new WrittenValues(budgetBytes >>> 1);
    this.#places = new Float64Array(this.#slots).fill(NO_PLACE);
    this.#lengths = new Uint32Array(this.#slots);
    this.#ring = new Uint32Array(this.#slots);
    this.#order = new Uint32Array(this.#slots);
  }

  /** Bytes of the values held because they were read. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  get(main: number, sub: number): Uint8Array | undefined {
    const slot = slotOf(main, sub, this.#slots);
    if (this.#mains[slot] !== main || this.#subs[slot] !== sub) return undefined;
    return this.#values[slot] ?? this.#firstRead(slot);
  }

  /** Remembers a value that was read; it must not change afterwards. */
  addRead(main: number, sub: number, value: Uint8Array): void {
    if (value.length > VALUE_CACHE_ITEM_BYTES_MAX || this.#budgetBytes === 0) return;
    const slot = this.#claim(main, sub);
    this.#places[slot] = NO_PLACE;
    this.#keep(slot, value);
  }

  /** Remembers a value that was written, by its bytes. */
  addWritten(main: number, sub: number, value: Uint8Array): void {
    if (value.length > VALUE_CACHE_ITEM_BYTES_MAX || this.#budgetBytes === 0) return;
    const slot = this.#claim(main, sub);
    this.#places[slot] = this.#written.add(value);
    this.#lengths[slot] = value.length;
  }

  /** Forgets everything: the store was replaced. */
  clear(): void {
    this.#values.fill(undefined);
    this.#places.fill(NO_PLACE);
    this.#mains.fill(0);
    this.#head = 0;
    this.#tail = 0;
    this.#bytes = 0;
  }

  /** The slot of a revision, empty: whatever had it is forgotten. */
  #claim(main: number, sub: number): number {
    const slot = slotOf(main, sub, this.#slots);
    const old = this.#values[slot];
    if (old !== undefined) {
      this.#bytes -= old.length;
      this.#values[slot] = undefined;
    }
    this.#mains[slot] = main;
    this.#subs[slot] = sub;
    return slot;
  }

  /** What is asked for once may be asked for again: it then costs no copy. */
  #firstRead(slot: number): Uint8Array | undefined {
    const value = this.#written.copy(this.#places[slot] as number, this.#lengths[slot] as number);
    if (value !== undefined) this.#keep(slot, value);
    return value;
  }

  #keep(slot: number, value: Uint8Array): void {
    this.#values[slot] = value;
    this.#bytes += value.length;
    // Marked first: when the ring is full, the oldest position may be of this very slot.
    this.#order[slot] = this.#head;
    if (this.#head - this.#tail === this.#slots) this.#dropOldest();
    this.#ring[this.#head & (this.#slots - 1)] = slot;
    this.#head++;
    while (this.#bytes > this.#budgetBytes) this.#dropOldest();
  }

  #dropOldest(): void {
    const position = this.#tail++;
    const slot = this.#ring[position & (this.#slots - 1)] as number;
    const value = this.#values[slot];
    // Positions are kept modulo 2^32; a ring of 2^16 places cannot confuse two of them.
    if (value === undefined || this.#order[slot] !== position >>> 0) return;
    this.#bytes -= value.length;
    this.#values[slot] = undefined;
  }
}

/** A power of two: as many slots as the budget can fill. */
function slotCountFor(budgetBytes: number): number {
  let slots = 1;
  while (slots < VALUE_CACHE_SLOTS && slots * VALUE_BYTES_MIN < budgetBytes) slots *= 2;
  return slots;
}

function slotOf(main: number, sub: number, slots: number): number {
  return (main + sub * 7919) & (slots - 1);
}
