// Owns how callers say which keys they mean: one key, an interval, a prefix, or all keys from one on.
import { EMPTY_BYTES, prefixRangeEnd, utf8Bytes } from '../server/base/bytes.ts';
import type { BytesLike } from './method.ts';

/** At most one of these; none means the single key. */
export interface KeyRangeOptions {
  /** First key after the range. */
  readonly rangeEnd?: BytesLike;
  /** All keys that start with the key; all keys when the key is empty. */
  readonly prefix?: boolean;
  /** The key and all keys after it. */
  readonly fromKey?: boolean;
}

export interface KeyRange {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

/** How the protocol says "no upper end", and, as a key, "the first key there can be". */
const ZERO_BYTE: Uint8Array = new Uint8Array(1);

export function toBytes(text: BytesLike): Uint8Array {
  return typeof text === 'string' ? utf8Bytes(text) : text;
}

export function keyRange(keyLike: BytesLike, options: KeyRangeOptions): KeyRange {
  const key = toBytes(keyLike);
  if (options.rangeEnd !== undefined) return { key, rangeEnd: toBytes(options.rangeEnd) };
  if (options.prefix === true && key.length > 0) return { key, rangeEnd: prefixRangeEnd(key) };
  if (options.prefix === true || options.fromKey === true) {
    return { key: key.length === 0 ? ZERO_BYTE : key, rangeEnd: ZERO_BYTE };
  }
  return { key, rangeEnd: EMPTY_BYTES };
}
