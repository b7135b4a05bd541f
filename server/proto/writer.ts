// Owns writing protobuf's wire format into a buffer that is large enough: sizes are computed first, so nothing
// here grows or checks. Numbers stand for 64-bit integers; those a double cannot hold end at the nearest bound.

const TWO_32 = 4294967296;
const INT64_BOUND = 2 ** 63;
const UINT64_BOUND = 2 ** 64;

/** Strings up to this length are tried byte by byte first: below it, entering the encoder costs more. */
const SHORT_TEXT_LENGTH = 32;

const textEncoder = new TextEncoder();
const halves = new DataView(new ArrayBuffer(8));

// The halves of the number split last, each as 32 bits.
let lo = 0;
let hi = 0;

function splitInt64(value: number): void {
  if (value >= INT64_BOUND) {
    lo = -1;
    hi = 0x7fffffff;
  } else if (value <= -INT64_BOUND) {
    lo = 0;
    hi = 0x80000000 | 0;
  } else {
    const high = Math.floor(value / TWO_32);
    hi = high | 0;
    lo = (value - high * TWO_32) | 0;
  }
}

function splitUint64(value: number): void {
  if (value >= UINT64_BOUND) {
    lo = -1;
    hi = -1;
  } else {
    const high = Math.floor(value / TWO_32);
    hi = high | 0;
    lo = (value - high * TWO_32) | 0;
  }
}

function splitId(value: bigint): void {
  halves.setBigUint64(0, value);
  hi = halves.getInt32(0);
  lo = halves.getInt32(4);
}

function sizeHalves(): number {
  if (hi === 0) return sizeUint32(lo >>> 0);
  return Math.ceil((64 - Math.clz32(hi)) / 7);
}

function writeHalves(out: Uint8Array, offset: number): number {
  let o = offset;
  let low = lo;
  let high = hi;
  while (high !== 0) {
    out[o++] = (low & 0x7f) | 0x80;
    low = (low >>> 7) | (high << 25);
    high >>>= 7;
  }
  return writeUint32(low >>> 0, out, o);
}

/** Bytes of an unsigned 32-bit varint. */
export function sizeUint32(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

export function writeUint32(value: number, out: Uint8Array, offset: number): number {
  let o = offset;
  let rest = value;
  while (rest > 0x7f) {
    out[o++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[o++] = rest;
  return o;
}

/** Bytes of a signed 64-bit varint; a negative number takes ten. */
export function sizeInt64(value: number): number {
  if (value >= 0 && value < TWO_32) return sizeUint32(value);
  splitInt64(value);
  return sizeHalves();
}

export function writeInt64(value: number, out: Uint8Array, offset: number): number {
  if (value >= 0 && value < TWO_32) return writeUint32(value, out, offset);
  splitInt64(value);
  return writeHalves(out, offset);
}

/** Bytes of an unsigned 64-bit varint. */
export function sizeUint64(value: number): number {
  if (value >= 0 && value < TWO_32) return sizeUint32(value);
  splitUint64(value);
  return sizeHalves();
}

export function writeUint64(value: number, out: Uint8Array, offset: number): number {
  if (value >= 0 && value < TWO_32) return writeUint32(value, out, offset);
  splitUint64(value);
  return writeHalves(out, offset);
}

/** Bytes of an id, signed or unsigned: both travel as their 64 bits. */
export function sizeId(value: bigint): number {
  if (value === 0n) return 1;
  splitId(value);
  return sizeHalves();
}

export function writeId(value: bigint, out: Uint8Array, offset: number): number {
  if (value === 0n) {
    out[offset] = 0;
    return offset + 1;
  }
  splitId(value);
  return writeHalves(out, offset);
}

/** Bytes of an int32 or an enum; a negative one is sign-extended to ten. */
export function sizeInt32(value: number): number {
  return sizeInt64(value);
}

export function writeInt32(value: number, out: Uint8Array, offset: number): number {
  return writeInt64(value, out, offset);
}

/** Bytes of a byte string with its length in front. */
export function sizeBytes(value: Uint8Array): number {
  return sizeUint32(value.length) + value.length;
}

export function writeBytes(value: Uint8Array, out: Uint8Array, offset: number): number {
  const o = writeUint32(value.length, out, offset);
  return copyBytes(value, out, o);
}

/** Copies `value` to `offset`. A loop beats the call of `set` while the copy is short. */
export function copyBytes(value: Uint8Array, out: Uint8Array, offset: number): number {
  const { length } = value;
  if (length > 32) {
    out.set(value, offset);
  } else {
    for (let i = 0; i < length; i++) out[offset + i] = value[i] as number;
  }
  return offset + length;
}

/** Bytes of a text in UTF-8, without a length. A lone surrogate becomes U+FFFD. */
export function utf8Size(value: string): number {
  const { length } = value;
  if (length <= SHORT_TEXT_LENGTH) {
    let i = 0;
    while (i < length && value.charCodeAt(i) < 0x80) i++;
    if (i === length) return length;
  }
  return Buffer.byteLength(value, 'utf8');
}

/** Bytes of a text with its length in front. */
export function sizeString(value: string): number {
  const size = utf8Size(value);
  return sizeUint32(size) + size;
}

export function writeString(value: string, out: Uint8Array, offset: number): number {
  const size = utf8Size(value);
  const o = writeUint32(size, out, offset);
  if (size === value.length && size <= SHORT_TEXT_LENGTH) {
    for (let i = 0; i < size; i++) out[o + i] = value.charCodeAt(i);
  } else {
    textEncoder.encodeInto(value, out.subarray(o, o + size));
  }
  return o + size;
}
