// Owns the keys of the "key" bucket: main revision (8 bytes, big endian), '_', sub revision (8 bytes, big endian),
// and a 't' behind it for a deletion. Byte order is revision order. etcd: server/storage/mvcc/revision.go.

/** etcd: an empty store is at revision 1, so nothing was ever written before it. */
export const FIRST_MAIN = 1;

export const REVISION_KEY_BYTES = 17;
export const TOMBSTONE_KEY_BYTES = 18;

const SEPARATOR = 0x5f;
const TOMBSTONE_MARK = 0x74;
const TWO_32 = 0x1_0000_0000;

/** A buffer to encode keys into, again and again. */
export class RevisionKeyScratch {
  readonly #plain: Uint8Array;
  readonly #tombstone: Uint8Array;
  readonly #view: DataView;

  constructor() {
    this.#tombstone = new Uint8Array(TOMBSTONE_KEY_BYTES);
    this.#tombstone[8] = SEPARATOR;
    this.#tombstone[17] = TOMBSTONE_MARK;
    this.#plain = this.#tombstone.subarray(0, REVISION_KEY_BYTES);
    this.#view = new DataView(this.#tombstone.buffer);
  }

  /** The key; valid until the next call. */
  encode(main: number, sub: number, tombstone: boolean): Uint8Array {
    const view = this.#view;
    view.setUint32(0, Math.floor(main / TWO_32));
    view.setUint32(4, main >>> 0);
    view.setUint32(9, Math.floor(sub / TWO_32));
    view.setUint32(13, sub >>> 0);
    return tombstone ? this.#tombstone : this.#plain;
  }
}

/** True for a byte string with the layout above and revisions a number can hold. */
export function isRevisionKey(key: Uint8Array): boolean {
  if (key[8] !== SEPARATOR) return false;
  if (key.length !== REVISION_KEY_BYTES) {
    if (key.length !== TOMBSTONE_KEY_BYTES || key[17] !== TOMBSTONE_MARK) return false;
  }
  return Number.isSafeInteger(mainOf(key)) && Number.isSafeInteger(subOf(key));
}

export function mainOf(key: Uint8Array): number {
  return uint32At(key, 0) * TWO_32 + uint32At(key, 4);
}

export function subOf(key: Uint8Array): number {
  return uint32At(key, 9) * TWO_32 + uint32At(key, 13);
}

export function isTombstoneKey(key: Uint8Array): boolean {
  return key.length === TOMBSTONE_KEY_BYTES;
}

function uint32At(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
  const low = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number);
  return high * 0x1_0000 + low;
}
