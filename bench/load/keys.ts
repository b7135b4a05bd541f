// Owns the keys and values of the load: keys of one length that end in a number, written in place, and a small generator
// of random numbers, seeded, so that two runs ask for the same keys in the same order.

const DIGITS = 10;
const ZERO = 0x30;

/** Keys `k000...<number>` of one length. */
export class Keys {
  readonly keyBytes: number;
  /** Numbers go from 0 to below this. */
  readonly count: number;

  constructor(keyBytes: number, count: number) {
    if (keyBytes < DIGITS + 1) throw new Error(`keys need at least ${DIGITS + 1} bytes`);
    this.keyBytes = keyBytes;
    this.count = count;
  }

  /** A new key. */
  make(number: number): Uint8Array {
    const key = new Uint8Array(this.keyBytes).fill(0x6b);
    this.write(number, key, 0);
    return key;
  }

  /** Puts the digits of a key that is at `at`. */
  write(number: number, bytes: Uint8Array, at: number): void {
    let rest = number;
    for (let place = at + this.keyBytes - 1; place >= at + this.keyBytes - DIGITS; place--) {
      const next = Math.floor(rest / 10);
      bytes[place] = ZERO + rest - next * 10;
      rest = next;
    }
  }
}

/** Random numbers: xorshift32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) | 1;
  }

  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return Math.floor(((state >>> 0) / 2 ** 32) * limit);
  }
}

/** Bytes that do not compress to nothing. */
export function makeValue(valueBytes: number, seed: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length: valueBytes }, () => 0x20 + random.below(95));
}

/** Where a part lies in a message that was encoded once and is patched for every call. */
export function placeOf(message: Uint8Array, part: Uint8Array): number {
  return Buffer.from(message.buffer, message.byteOffset, message.length).indexOf(part);
}
