// Owns pseudo-random numbers that depend on a seed alone: for the simulator, for tests, for spreading work. Not for
// secrets. xoshiro128** of Blackman and Vigna (128 bits of state, period 2^128 - 1), seeded through splitmix32.

const UINT32 = 2 ** 32;

export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Equal seeds give equal sequences; any number will do. */
  constructor(seed: number) {
    let state = (seed ^ Math.floor(seed / UINT32)) | 0;
    const mix = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = mix();
    this.#b = mix();
    this.#c = mix();
    // Four zeros would be the one state that never leaves itself.
    this.#d = mix() | 1;
  }

  /** A whole number in [0, 2^32). */
  next(): number {
    const scrambled = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return scrambled >>> 0;
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.next() / UINT32;
  }

  /** A whole number in [0, limit), for limits up to 2^32; their bias of 2^-32 is no matter here. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** A whole number in [low, high]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** Another generator, whose sequence has nothing to do with the rest of this one. */
  fork(): Prng {
    return new Prng(this.next() * UINT32 + this.next());
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
