// Owns the dynamic table of HPACK (RFC 7541 sections 2.3.2 and 4): newest entry first, oldest
// evicted to stay in size. A ring of entries: insertion and lookup never move anything. `version`
// changes with every change of the contents, so that whatever was derived from the table can be
// kept with the version it holds for.

import { FIELD_OVERHEAD_BYTES, type FieldEntry } from './hpack-field.ts';

export class DynamicTable {
  readonly #ring: (FieldEntry | undefined)[];
  readonly #mask: number;
  /** Slot that the next entry takes. */
  #next = 0;
  #count = 0;
  #sizeBytes = 0;
  #sizeBytesMax: number;
  #version = 0;

  /** `sizeBytesLimit`: no size set later is above it. */
  constructor(sizeBytesLimit: number) {
    let slots = 1;
    while (slots * FIELD_OVERHEAD_BYTES <= sizeBytesLimit) slots *= 2;
    this.#ring = new Array<FieldEntry | undefined>(slots).fill(undefined);
    this.#mask = slots - 1;
    this.#sizeBytesMax = sizeBytesLimit;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get sizeBytesMax(): number {
    return this.#sizeBytesMax;
  }

  get version(): number {
    return this.#version;
  }

  /**
   * The entry inserted `age` insertions before the newest (0 is the newest), if it is still there.
   */
  get(age: number): FieldEntry | undefined {
    if (age >= this.#count) return undefined;
    return this.#ring[(this.#next - 1 - age) & this.#mask];
  }

  /**
   * Adds an entry, evicting what it displaces; an entry above the whole size leaves the table
   * empty.
   */
  insert(entry: FieldEntry): void {
    this.#version++;
    const room = this.#sizeBytesMax - entry.sizeBytes;
    this.#evictTo(Math.max(room, 0));
    if (room < 0) return;
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) & this.#mask;
    this.#count++;
    this.#sizeBytes += entry.sizeBytes;
  }

  resize(sizeBytesMax: number): void {
    this.#version++;
    this.#sizeBytesMax = sizeBytesMax;
    this.#evictTo(sizeBytesMax);
  }

  #evictTo(sizeBytes: number): void {
    while (this.#sizeBytes > sizeBytes) {
      const oldest = (this.#next - this.#count) & this.#mask;
      const entry = this.#ring[oldest] as FieldEntry;
      this.#ring[oldest] = undefined;
      this.#count--;
      this.#sizeBytes -= entry.sizeBytes;
    }
  }
}
