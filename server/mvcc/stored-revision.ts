// Owns the bytes of a revision as etcd stores it: main as 8 bytes big endian, '_', sub as 8 bytes big endian; the key
// of a tombstone record has 't' behind. Used for the compaction marks in the "meta" bucket and for hashing.
// etcd: server/storage/mvcc/revision.go.

import { CorruptRecordError } from './key-value.ts';

export const REVISION_BYTES = 17;
const TOMBSTONE_MARK = 0x74;
const SEPARATOR = 0x5f;
const TWO_32 = 0x1_0000_0000;

/** Writes a revision to the front of `target`; with `tombstone` one byte more. Returns its length. */
export function writeRevision(
  target: Uint8Array,
  main: number,
  sub: number,
  tombstone: boolean,
): number {
  write64(target, 0, main);
  target[8] = SEPARATOR;
  write64(target, 9, sub);
  if (!tombstone) return REVISION_BYTES;
  target[REVISION_BYTES] = TOMBSTONE_MARK;
  return REVISION_BYTES + 1;
}

/** The 17 bytes of {main, 0}. */
export function encodeMainRevision(main: number): Uint8Array {
  const bytes = new Uint8Array(REVISION_BYTES);
  writeRevision(bytes, main, 0, false);
  return bytes;
}

/** The main revision of stored bytes; throws CorruptRecordError when they are none. */
export function decodeMainRevision(bytes: Uint8Array): number {
  if (bytes.length < REVISION_BYTES || bytes[8] !== SEPARATOR) {
    throw new CorruptRecordError(`stored revision has ${bytes.length} bytes`);
  }
  const main = read32(bytes, 0) * TWO_32 + read32(bytes, 4);
  if (!Number.isSafeInteger(main)) throw new CorruptRecordError('stored revision is too large');
  return main;
}

function write64(target: Uint8Array, at: number, value: number): void {
  write32(target, at, Math.floor(value / TWO_32));
  write32(target, at + 4, value % TWO_32);
}

function write32(target: Uint8Array, at: number, value: number): void {
  target[at] = (value >>> 24) & 0xff;
  target[at + 1] = (value >>> 16) & 0xff;
  target[at + 2] = (value >>> 8) & 0xff;
  target[at + 3] = value & 0xff;
}

function read32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}
