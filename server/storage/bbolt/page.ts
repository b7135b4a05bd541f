// Owns the layout of bbolt's pages: header, meta, element fields. Everything is little-endian.
//
//   page   id u64 | flags u16 | count u16 | overflow u32          then, at 16:
//   leaf   count x { flags u32, pos u32, keySize u32, valueSize u32 }, keys and values
//   branch count x { pos u32, keySize u32, child page u64 }, keys
//   meta   magic u32, version u32, pageSize u32, flags u32, root page u64, sequence u64, freelist u64,
//          highWater u64, txid u64, checksum u64 (FNV-1a 64 of the 56 bytes before it)
// `pos` counts from the element itself.

/** A file that is not a usable bbolt database. */
export class BboltError extends Error {
  override readonly name: string = 'BboltError';
}

export const PAGE_HEADER_BYTES = 16;
export const ELEMENT_BYTES = 16;
export const BUCKET_HEADER_BYTES = 16;
export const META_BYTES: number = PAGE_HEADER_BYTES + 64;

export const PageFlag = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;

/** Flag of a leaf element whose value is a bucket. */
export const BUCKET_ELEMENT = 1;

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const NO_FREELIST = 0xffff_ffff_ffff_ffffn;
const META_CHECKSUM_AT = PAGE_HEADER_BYTES + 56;

/** What a meta page says. */
export interface Meta {
  readonly pageSize: number;
  /** Page of the bucket of buckets. */
  readonly rootPage: number;
  /** Number of pages in use: all page ids are below it. */
  readonly pageCount: number;
  readonly txid: number;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A u64 that must be a safe integer; page ids, counts. */
export function readU64(view: DataView, at: number): number {
  const value = view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
  if (!Number.isSafeInteger(value)) throw new BboltError(`number beyond 2^53 at ${at}`);
  return value;
}

export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}

export function writePageHeader(
  view: DataView,
  at: number,
  page: { id: number; flags: number; count: number; overflow: number },
): void {
  writeU64(view, at, page.id);
  view.setUint16(at + 8, page.flags, true);
  view.setUint16(at + 10, page.count, true);
  view.setUint32(at + 12, page.overflow, true);
}

/** Writes meta page `id` (0 or 1), header included, at the beginning of `bytes`. */
export function writeMeta(bytes: Uint8Array, id: number, meta: Meta): void {
  const view = viewOf(bytes);
  writePageHeader(view, 0, { id, flags: PageFlag.meta, count: 0, overflow: 0 });
  const at = PAGE_HEADER_BYTES;
  view.setUint32(at, MAGIC, true);
  view.setUint32(at + 4, VERSION, true);
  view.setUint32(at + 8, meta.pageSize, true);
  view.setUint32(at + 12, 0, true);
  writeU64(view, at + 16, meta.rootPage);
  writeU64(view, at + 24, 0);
  // etcd opens its databases with NoFreelistSync: free pages are found by walking the tree.
  view.setBigUint64(at + 32, NO_FREELIST, true);
  writeU64(view, at + 40, meta.pageCount);
  writeU64(view, at + 48, meta.txid);
  view.setBigUint64(META_CHECKSUM_AT, metaChecksum(bytes), true);
}

/** The meta page at the beginning of `bytes`, or undefined when it is not a valid one. */
export function maybeReadMeta(bytes: Uint8Array): Meta | undefined {
  if (bytes.length < META_BYTES) return undefined;
  const view = viewOf(bytes);
  const at = PAGE_HEADER_BYTES;
  if (view.getUint32(at, true) !== MAGIC || view.getUint32(at + 4, true) !== VERSION) {
    return undefined;
  }
  if (view.getBigUint64(META_CHECKSUM_AT, true) !== metaChecksum(bytes)) return undefined;
  return {
    pageSize: view.getUint32(at + 8, true),
    rootPage: readU64(view, at + 16),
    pageCount: readU64(view, at + 40),
    txid: readU64(view, at + 48),
  };
}

function metaChecksum(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let i = PAGE_HEADER_BYTES; i < META_CHECKSUM_AT; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(bytes[i] ?? 0)) * 0x100000001b3n);
  }
  return hash;
}
