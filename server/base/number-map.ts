// Owns a map from whole numbers to things that come and go all the time: requests in flight.
//
// A Map makes itself a new table after every so many deletions, and in V8 the old table points to the new one. As soon as
// one of them has reached the old generation, every later one stays alive until the next full collection, and with it
// the requests that were in flight when it was made: short-lived objects, moved to the old generation one and all.
// Here the same two arrays serve for good. Measured: README.md.

import { assert } from './assert.ts';

const CAPACITY_MIN = 16;
const EMPTY = -1;
/** 2^32 divided by the golden ratio: consecutive numbers get places far apart. */
const SPREAD = 0x9e37_79b1;

export class NumberMap<T> {
  /** EMPTY where there is none; the number's value is at the same place of the other array. */
  #keys: Float64Array = new Float64Array(CAPACITY_MIN).fill(EMPTY);
  #values: (T | undefined)[] = new Array(CAPACITY_MIN).fill(undefined);
  /** Shifts a hash to a place: 32 minus the bits of the capacity. */
  #shift: number = Math.clz32(CAPACITY_MIN - 1);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): T | undefined {
    return this.#values[this.#placeOf(key)];
  }

  /** Sets the value of a whole number that is not negative. */
  set(key: number, value: T): void {
    assert(key >= 0, 'numbers are not negative');
    let place = this.#placeOf(key);
    if (this.#keys[place] === EMPTY) {
      if (2 * (this.#size + 1) > this.#keys.length) {
        this.#grow();
        place = this.#placeOf(key);
      }
      this.#keys[place] = key;
      this.#size++;
    }
    this.#values[place] = value;
  }

  delete(key: number): void {
    const keys = this.#keys;
    const values = this.#values;
    const mask = keys.length - 1;
    let hole = this.#placeOf(key);
    if (keys[hole] === EMPTY) return;
    this.#size--;
    // What stands behind the hole and could stand in it moves up, so that no search ends too early.
    for (let place = (hole + 1) & mask; keys[place] !== EMPTY; place = (place + 1) & mask) {
      const home = this.#homeOf(keys[place] as number);
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      keys[hole] = keys[place] as number;
      values[hole] = values[place];
      hole = place;
    }
    keys[hole] = EMPTY;
    values[hole] = undefined;
  }

  clear(): void {
    this.#keys.fill(EMPTY);
    this.#values.fill(undefined);
    this.#size = 0;
  }

  /** All values by ascending number, in an array of the caller's. */
  values(): T[] {
    const keys = this.#keys.filter((key) => key !== EMPTY).sort();
    return Array.from(keys, (key) => this.get(key) as T);
  }

  #homeOf(key: number): number {
    return Math.imul(key, SPREAD) >>> this.#shift;
  }

  /** Where the number is, or the empty place where it belongs. */
  #placeOf(key: number): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let place = this.#homeOf(key);
    while (keys[place] !== key && keys[place] !== EMPTY) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const capacity = 2 * keys.length;
    this.#keys = new Float64Array(capacity).fill(EMPTY);
    this.#values = new Array(capacity).fill(undefined);
    this.#shift--;
    keys.forEach((key, i) => {
      if (key === EMPTY) return;
      const place = this.#placeOf(key);
      this.#keys[place] = key;
      this.#values[place] = values[i];
    });
  }
}
