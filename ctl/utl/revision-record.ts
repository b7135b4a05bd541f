// Owns the records of the bucket "key": revision, tombstone mark, and whose key it is. The file comes from outside: what
// does not fit is refused. etcd: server/storage/mvcc/revision.go.
import { utf8Bytes, utf8Text } from '../../server/base/bytes.ts';
import { decodeKeyValue } from '../../server/proto/gen/kv.ts';
import { DecodeError } from '../../server/proto/reader.ts';
import { Exit, ExitError } from '../line/exit-error.ts';

export const KEY_BUCKET: Uint8Array = utf8Bytes('key');
export const META_BUCKET: Uint8Array = utf8Bytes('meta');

/** Keys of the bucket "meta". */
export const MetaKey: Readonly<
  Record<
    'finishedCompact' | 'scheduledCompact' | 'storageVersion' | 'consistentIndex' | 'term',
    Uint8Array
  >
> = {
  finishedCompact: utf8Bytes('finishedCompactRev'),
  scheduledCompact: utf8Bytes('scheduledCompactRev'),
  storageVersion: utf8Bytes('storageVersion'),
  consistentIndex: utf8Bytes('consistent_index'),
  term: utf8Bytes('term'),
};

const PLAIN_BYTES = 17;
const TOMBSTONE_BYTES = 18;
const SEPARATOR_AT = 8;
const SEPARATOR = 0x5f;

/** Throws ExitError for what is no revision. */
export function mainRevision(key: Uint8Array): number {
  const fits = key.length === PLAIN_BYTES || key.length === TOMBSTONE_BYTES;
  const main = fits && key[SEPARATOR_AT] === SEPARATOR ? readU64(key, 0) : Number.NaN;
  if (Number.isSafeInteger(main)) return main;
  const shown = Buffer.from(key).toString('hex');
  throw new ExitError(Exit.error, `cannot parse revision key: ${shown}`);
}

export function isTombstone(key: Uint8Array): boolean {
  return key.length === TOMBSTONE_BYTES;
}

/** The key of {main, 0}. */
export function revisionKey(main: number): Uint8Array {
  const key = new Uint8Array(PLAIN_BYTES);
  const view = new DataView(key.buffer);
  view.setBigUint64(0, BigInt(main));
  key[SEPARATOR_AT] = SEPARATOR;
  return key;
}

/** Whose record it is, as a text that is equal for equal keys. Throws ExitError for a malformed record. */
export function ownerOf(value: Uint8Array): string {
  try {
    const { key } = decodeKeyValue(value);
    return Buffer.from(key).toString('latin1');
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new ExitError(Exit.error, `cannot unmarshal value: ${error.message}`, { cause: error });
  }
}

export function u64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

export function readU64(bytes: Uint8Array, offset: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Number(view.getBigUint64(offset));
}

/** Values of the bucket "meta" by their keys. */
export function metaValue(
  pairs: Iterable<readonly [key: Uint8Array, value: Uint8Array]>,
  key: Uint8Array,
): Uint8Array | undefined {
  const wanted = utf8Text(key);
  for (const [name, value] of pairs) {
    if (utf8Text(name) === wanted) return value;
  }
  return undefined;
}
