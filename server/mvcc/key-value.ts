// Owns the bytes of mvccpb.KeyValue as they are stored, hashed and sent: key=1, create_revision=2, mod_revision=3,
// version=4, value=5, lease=6, in this order, zero and empty fields left out. These bytes enter HashKV, so every
// member must produce the same ones. etcd: api/mvccpb/kv.proto.

import { EMPTY_BYTES } from '../base/bytes.ts';
import { VALUE_SLAB_BYTES, VALUE_SLAB_ITEM_BYTES_MAX } from './limits.ts';

const TAG_KEY = 0x0a;
const TAG_CREATE = 0x10;
const TAG_MOD = 0x18;
const TAG_VERSION = 0x20;
const TAG_VALUE = 0x2a;
const TAG_LEASE = 0x30;

const TWO_32 = 0x1_0000_0000;
const LOW_32 = 0xffff_ffffn;

/** Below this many bytes a loop copies faster than TypedArray.set. */
const LOOP_COPY_BYTES = 32;

/** A stored record whose bytes are not a KeyValue: the disk or another member gave us something broken. */
export class CorruptRecordError extends Error {
  override readonly name: string = 'CorruptRecordError';
}

/** Cuts small byte strings from shared buffers: one allocation per 64 KiB instead of one per value. */
export class ByteSlab {
  #buffer: ArrayBuffer = new ArrayBuffer(0);
  #used = 0;

  /** `sizeBytes` zeroed bytes. */
  take(sizeBytes: number): Uint8Array {
    if (sizeBytes > VALUE_SLAB_ITEM_BYTES_MAX) return new Uint8Array(sizeBytes);
    if (this.#used + sizeBytes > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(VALUE_SLAB_BYTES);
      this.#used = 0;
    }
    const bytes = new Uint8Array(this.#buffer, this.#used, sizeBytes);
    this.#used += sizeBytes;
    return bytes;
  }
}

/** Writes KeyValues. */
export class KeyValueWriter {
  readonly #slab: ByteSlab = new ByteSlab();

  /** The encoded KeyValue of a put. */
  encode(
    key: Uint8Array,
    value: Uint8Array,
    create: number,
    mod: number,
    version: number,
    lease: bigint,
  ): Uint8Array {
    const sizeBytes =
      bytesFieldSize(key.length) +
      3 +
      varintSize(create) +
      varintSize(mod) +
      varintSize(version) +
      bytesFieldSize(value.length) +
      (lease === 0n ? 0 : 1 + lease64Size(lease));
    const bytes = this.#slab.take(sizeBytes);
    let at = writeBytesField(bytes, 0, TAG_KEY, key);
    bytes[at] = TAG_CREATE;
    at = writeVarint(bytes, at + 1, create);
    bytes[at] = TAG_MOD;
    at = writeVarint(bytes, at + 1, mod);
    bytes[at] = TAG_VERSION;
    at = writeVarint(bytes, at + 1, version);
    at = writeBytesField(bytes, at, TAG_VALUE, value);
    if (lease !== 0n) {
      bytes[at] = TAG_LEASE;
      writeLease(bytes, at + 1, lease);
    }
    return bytes;
  }

  /** The KeyValue stored for a deletion: only the key. */
  encodeTombstone(key: Uint8Array): Uint8Array {
    const bytes = this.#slab.take(bytesFieldSize(key.length));
    writeBytesField(bytes, 0, TAG_KEY, key);
    return bytes;
  }

  /** The KeyValue a delete event carries: the stored one and the revision of the deletion. */
  encodeDeleted(stored: Uint8Array, mod: number): Uint8Array {
    const bytes = this.#slab.take(stored.length + 1 + varintSize(mod));
    bytes.set(stored, 0);
    bytes[stored.length] = TAG_MOD;
    writeVarint(bytes, stored.length + 1, mod);
    return bytes;
  }
}

/**
 * Reads KeyValues. One reader is used again and again: `read` points it at some bytes and finds the fields, in any
 * order and with unknown ones skipped, as any protobuf reader must.
 */
export class KeyValueReader {
  #bytes: Uint8Array = EMPTY_BYTES;
  #at = 0;
  #low = 0;
  #high = 0;
  #leaseLow = 0;
  #leaseHigh = 0;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  create = 0;
  mod = 0;
  version = 0;

  /** Throws CorruptRecordError when the bytes are not a KeyValue. */
  read(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = 0;
    this.create = this.mod = this.version = 0;
    this.#leaseLow = this.#leaseHigh = 0;
    while (this.#at < bytes.length) this.#readField();
  }

  /** A view of the key, sharing the bytes that were read. */
  key(): Uint8Array {
    return this.#bytes.subarray(this.keyStart, this.keyEnd);
  }

  /** A view of the value, sharing the bytes that were read. */
  value(): Uint8Array {
    return this.#bytes.subarray(this.valueStart, this.valueEnd);
  }

  get hasLease(): boolean {
    return (this.#leaseLow | this.#leaseHigh) !== 0;
  }

  /** The lease id, 0n for none. */
  lease(): bigint {
    if (!this.hasLease) return 0n;
    return BigInt.asIntN(64, (BigInt(this.#leaseHigh >>> 0) << 32n) | BigInt(this.#leaseLow >>> 0));
  }

  #readField(): void {
    this.#readVarint();
    if (this.#high !== 0) throw corrupt('field number');
    const tag = this.#low >>> 0;
    switch (tag) {
      case TAG_KEY:
        this.keyEnd = this.#readLength();
        this.keyStart = this.#at;
        this.#at = this.keyEnd;
        return;
      case TAG_VALUE:
        this.valueEnd = this.#readLength();
        this.valueStart = this.#at;
        this.#at = this.valueEnd;
        return;
      case TAG_CREATE:
        this.create = this.#readNumber();
        return;
      case TAG_MOD:
        this.mod = this.#readNumber();
        return;
      case TAG_VERSION:
        this.version = this.#readNumber();
        return;
      case TAG_LEASE:
        this.#readVarint();
        this.#leaseLow = this.#low;
        this.#leaseHigh = this.#high;
        return;
      default:
        this.#skip(tag);
    }
  }

  #skip(tag: number): void {
    const wireType = tag & 7;
    if (tag >>> 3 === 0) throw corrupt('field number');
    if (wireType === 0) this.#readVarint();
    else if (wireType === 1) this.#at += 8;
    else if (wireType === 2) this.#at = this.#readLength();
    else if (wireType === 5) this.#at += 4;
    else throw corrupt('wire type');
    if (this.#at > this.#bytes.length) throw corrupt('length');
  }

  /** Reads a length and returns where that many bytes end. */
  #readLength(): number {
    this.#readVarint();
    const end = this.#at + (this.#low >>> 0);
    if (this.#high !== 0 || end > this.#bytes.length) throw corrupt('length');
    return end;
  }

  #readNumber(): number {
    this.#readVarint();
    const value = (this.#high >>> 0) * TWO_32 + (this.#low >>> 0);
    if (value > Number.MAX_SAFE_INTEGER) throw corrupt('revision');
    return value;
  }

  /** Reads a varint into two 32-bit halves. */
  #readVarint(): void {
    const bytes = this.#bytes;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= bytes.length) throw corrupt('end');
      const byte = bytes[this.#at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte < 0x80) {
        this.#low = low;
        this.#high = high;
        return;
      }
    }
    throw corrupt('varint');
  }
}

/** A view of the key of an encoded KeyValue; cheap when the key comes first, as in all that etcd writes. */
export function storedKey(bytes: Uint8Array, reader: KeyValueReader): Uint8Array {
  if (bytes.length >= 2 && bytes[0] === TAG_KEY) {
    const length = bytes[1] as number;
    if (length < 0x80) {
      if (2 + length > bytes.length) throw corrupt('length');
      return bytes.subarray(2, 2 + length);
    }
  }
  reader.read(bytes);
  return reader.key();
}

function corrupt(what: string): CorruptRecordError {
  return new CorruptRecordError(`stored KeyValue has a bad ${what}`);
}

function bytesFieldSize(length: number): number {
  return length === 0 ? 0 : 1 + varintSize(length) + length;
}

/** Bytes of a varint of a safe integer >= 0. */
function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  let size = 5;
  let rest = Math.floor(value / 0x8_0000_0000);
  while (rest > 0) {
    size++;
    rest = Math.floor(rest / 0x80);
  }
  return size;
}

/** Writes a safe integer >= 0; returns where the next byte goes. */
export function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x8000_0000) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at] = rest;
  return at + 1;
}

function writeBytesField(
  target: Uint8Array,
  start: number,
  tag: number,
  bytes: Uint8Array,
): number {
  const length = bytes.length;
  if (length === 0) return start;
  target[start] = tag;
  const at = writeVarint(target, start + 1, length);
  if (length < LOOP_COPY_BYTES) {
    for (let i = 0; i < length; i++) target[at + i] = bytes[i] as number;
  } else {
    target.set(bytes, at);
  }
  return at + length;
}

function lease64Size(lease: bigint): number {
  let low = Number(lease & LOW_32);
  let high = Number((lease >> 32n) & LOW_32);
  let size = 1;
  while (high !== 0 || low >= 0x80) {
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
    size++;
  }
  return size;
}

function writeLease(bytes: Uint8Array, start: number, lease: bigint): void {
  let low = Number(lease & LOW_32);
  let high = Number((lease >> 32n) & LOW_32);
  let at = start;
  while (high !== 0 || low >= 0x80) {
    bytes[at++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  bytes[at] = low;
}
