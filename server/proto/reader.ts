// Owns reading protobuf's wire format out of bytes nobody has checked yet. Every way in which they can be malformed
// ends in a DecodeError. 64-bit integers are read as two 32-bit halves: as a number where the program counts
// (revisions, terms, indexes), as a bigint where all bits matter (ids).
import { EMPTY_BYTES } from '../base/bytes.ts';
import { NESTING_MAX } from './limits.ts';

/** Bytes that are not a message: never a reason to stop, always a reason to refuse them. */
export class DecodeError extends Error {
  override readonly name: string = 'DecodeError';
}

/**
 * What is multiplied by it is a double to code that is not optimized yet, even 0: fields and optimized code that have met small
 * integers only would be thrown away for it. So it is not, where the upper half is 0.
 */
const TWO_32 = 4294967296;

/** Strings up to this length are tried byte by byte first: below it, entering the decoder costs more. */
const SHORT_TEXT_BYTES = 32;

// ignoreBOM keeps a leading U+FEFF, as Go does.
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const halves = new DataView(new ArrayBuffer(8));

/** A position in bytes, moved by reading. Generated code reads `pos` itself. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly limit: number;
  pos: number;
  /** How many messages are open around the position. */
  depth = 0;
  /** The halves of the varint read last, each as 32 bits. */
  lo = 0;
  hi = 0;

  constructor(bytes: Uint8Array, start: number, end: number) {
    if (start < 0 || end > bytes.length || start > end) {
      throw new DecodeError(`range [${start}, ${end}) of ${bytes.length} bytes`);
    }
    this.bytes = bytes;
    this.limit = end;
    this.pos = start;
  }

  /** Field number and wire type. */
  tag(): number {
    const byte = this.pos < this.limit ? (this.bytes[this.pos] as number) : 0x80;
    if (byte < 0x80) {
      this.pos++;
      if (byte < 8) throw new DecodeError('field number 0');
      return byte;
    }
    this.varint();
    if (this.hi !== 0) throw new DecodeError('field number too large');
    const tag = this.lo >>> 0;
    if (tag < 8) throw new DecodeError('field number 0');
    return tag;
  }

  /** Reads a varint into `lo` and `hi`. */
  varint(): void {
    const { bytes, limit } = this;
    let pos = this.pos;
    let lo = 0;
    let hi = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= limit) throw new DecodeError('unexpected end');
      const byte = bytes[pos++] as number;
      if (shift < 28) {
        lo |= (byte & 0x7f) << shift;
      } else if (shift === 28) {
        lo |= (byte & 0x0f) << 28;
        hi = (byte & 0x7f) >>> 4;
      } else {
        // The tenth byte holds bit 63 only; what is shifted out of it is lost, as in Go's generated code.
        hi |= (byte & 0x7f) << (shift - 32);
      }
      if (byte < 0x80) {
        this.pos = pos;
        this.lo = lo;
        this.hi = hi;
        return;
      }
    }
    throw new DecodeError('varint longer than 10 bytes');
  }

  /** A signed 64-bit integer; rounded beyond 2^53. */
  int64(): number {
    const byte = this.pos < this.limit ? (this.bytes[this.pos] as number) : 0x80;
    if (byte < 0x80) {
      this.pos++;
      return byte;
    }
    this.varint();
    if (this.hi === 0) return this.lo >>> 0;
    return (this.hi | 0) * TWO_32 + (this.lo >>> 0);
  }

  /** An unsigned 64-bit integer; rounded beyond 2^53. */
  uint64(): number {
    const byte = this.pos < this.limit ? (this.bytes[this.pos] as number) : 0x80;
    if (byte < 0x80) {
      this.pos++;
      return byte;
    }
    this.varint();
    if (this.hi === 0) return this.lo >>> 0;
    return (this.hi >>> 0) * TWO_32 + (this.lo >>> 0);
  }

  /** An unsigned id. */
  uint64Id(): bigint {
    this.varint();
    const { lo, hi } = this;
    if (hi === 0) return lo === 0 ? 0n : BigInt(lo >>> 0);
    halves.setInt32(0, hi);
    halves.setInt32(4, lo);
    return halves.getBigUint64(0);
  }

  /** A signed id. */
  int64Id(): bigint {
    this.varint();
    const { lo, hi } = this;
    if (hi === 0) return lo === 0 ? 0n : BigInt(lo >>> 0);
    halves.setInt32(0, hi);
    halves.setInt32(4, lo);
    return halves.getBigInt64(0);
  }

  uint32(): number {
    this.varint();
    return this.lo >>> 0;
  }

  /** An int32 or an enum. */
  int32(): number {
    this.varint();
    return this.lo | 0;
  }

  bool(): boolean {
    this.varint();
    return (this.lo | this.hi) !== 0;
  }

  /** Reads a length and answers where what it measures ends. */
  end(): number {
    const { pos, limit } = this;
    let sizeBytes = pos < limit ? (this.bytes[pos] as number) : 0x80;
    if (sizeBytes < 0x80) {
      this.pos = pos + 1;
    } else {
      this.varint();
      if (this.hi !== 0) throw new DecodeError('length too large');
      sizeBytes = this.lo >>> 0;
    }
    const end = this.pos + sizeBytes;
    if (end > limit) throw new DecodeError('length beyond the end');
    return end;
  }

  /** Like `end` for a message, which counts as one level. The caller lowers `depth` when it is read. */
  open(): number {
    if (++this.depth > NESTING_MAX) throw new DecodeError('messages nested too deep');
    return this.end();
  }

  /** A view of the input: it shares its memory and its fate. */
  view(): Uint8Array {
    const end = this.end();
    const start = this.pos;
    this.pos = end;
    if (start === end) return EMPTY_BYTES;
    const { bytes } = this;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
  }

  string(): string {
    const end = this.end();
    const start = this.pos;
    this.pos = end;
    const { bytes } = this;
    if (end - start <= SHORT_TEXT_BYTES) {
      let text = '';
      let i = start;
      while (i < end) {
        const byte = bytes[i] as number;
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
        i++;
      }
      if (i === end) return text;
    }
    try {
      return textDecoder.decode(bytes.subarray(start, end));
    } catch (cause) {
      throw new DecodeError('string is not UTF-8', { cause });
    }
  }

  /** Passes over a field that this program does not know, or whose wire type is not the expected one. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.varint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.pos = this.end();
        return;
      case 3:
        this.#skipGroup(tag >>> 3);
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw new DecodeError(`unexpected wire type ${tag & 7}`);
    }
  }

  #advance(sizeBytes: number): void {
    if (this.limit - this.pos < sizeBytes) throw new DecodeError('unexpected end');
    this.pos += sizeBytes;
  }

  #skipGroup(field: number): void {
    if (++this.depth > NESTING_MAX) throw new DecodeError('messages nested too deep');
    for (;;) {
      const tag = this.tag();
      if ((tag & 7) === 4) {
        if (tag >>> 3 !== field) throw new DecodeError('group ends with another number');
        this.depth--;
        return;
      }
      this.skip(tag);
    }
  }
}
