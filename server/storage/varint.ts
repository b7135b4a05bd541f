// Owns the protobuf primitives the disk formats need: varints written in place and a reader over a part of a byte
// string. Only the few messages that live on disk beside the replicated data use it (WAL records, .snap files).

/** Bytes from disk that do not parse. */
export class MalformedError extends Error {
  override readonly name: string = 'MalformedError';
}

/** Bytes a varint takes; `value` is a safe non-negative integer. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value < 0x10000000) return 4;
  let size = 5;
  for (let rest = Math.floor(value / 0x800000000); rest > 0; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Writes a safe non-negative integer at `at`; returns the offset after it. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let offset = at;
  let rest = value;
  while (rest >= 0x80000000) {
    into[offset++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 0x80) {
    into[offset++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[offset++] = rest;
  return offset;
}

/** The varint of a 64-bit id. */
export function idVarint(id: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, id);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** Walks the fields of one message inside `bytes`; `reset` aims it at another part, so that one reader serves a file. */
export class FieldReader {
  #bytes: Uint8Array;
  #at: number;
  #end: number;
  #wireType = 0;

  constructor(bytes: Uint8Array, start: number = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** The number of the next field, 0 at the end. */
  next(): number {
    if (this.#at >= this.#end) return 0;
    const tag = this.#varint();
    this.#wireType = tag % 8;
    const field = Math.floor(tag / 8);
    if (field === 0) throw new MalformedError('field number 0');
    return field;
  }

  /** The value of a varint field that must be a safe integer. */
  number(): number {
    this.#expect(0);
    const value = this.#varint();
    if (value > Number.MAX_SAFE_INTEGER) throw new MalformedError('integer beyond 2^53');
    return value;
  }

  /** The value of a varint field that may use all 64 bits. */
  id(): bigint {
    this.#expect(0);
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new MalformedError('varint too long');
  }

  /** The length of a bytes field; its content is the next that many bytes, see `skipBytes` and `position`. */
  bytesLength(): number {
    this.#expect(2);
    const length = this.#varint();
    if (length > this.#end - this.#at) throw new MalformedError('field beyond the end');
    return length;
  }

  /** A view of a bytes field. */
  bytes(): Uint8Array {
    const length = this.bytesLength();
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  /** Passes over the field just announced by `next`. */
  skip(): void {
    switch (this.#wireType) {
      case 0:
        this.#varint();
        return;
      case 1:
        this.advance(8);
        return;
      case 2:
        this.advance(this.bytesLength());
        return;
      case 5:
        this.advance(4);
        return;
      default:
        throw new MalformedError(`wire type ${this.#wireType}`);
    }
  }

  /** Where the next byte is read. */
  get position(): number {
    return this.#at;
  }

  advance(length: number): void {
    if (length > this.#end - this.#at) throw new MalformedError('field beyond the end');
    this.#at += length;
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) throw new MalformedError(`wire type ${this.#wireType}`);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new MalformedError('message ends inside a varint');
    return this.#bytes[this.#at++] as number;
  }

  #varint(): number {
    let byte = this.#byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 128;
    for (let i = 1; i < 10; i++) {
      byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new MalformedError('varint too long');
  }
}
