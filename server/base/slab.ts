// Owns cheap small byte strings. In V8 every `new Uint8Array(n)` over 64 bytes allocates and registers a buffer of its
// own, which costs ten times the encoding of a typical message; a view of a shared buffer does not.

/** Bytes of one shared buffer: large enough that its own cost spreads over dozens of messages, small enough that a
 *  forgotten view does not hold much. */
const SLAB_BYTES = 16 * 1024;

/** Larger byte strings get a buffer of their own, so that at most a quarter of a slab is wasted. */
const PIECE_BYTES_MAX = SLAB_BYTES / 4;

let slab = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/**
 * `sizeBytes` zero bytes. They may share their ArrayBuffer with others: never transfer or detach it, never use `.buffer`
 * without `.byteOffset`. What is kept for long while its neighbours die (a key in an index) is better copied with
 * `slice`, because a live view keeps its whole slab.
 */
export function allocateBytes(sizeBytes: number): Uint8Array {
  if (sizeBytes > PIECE_BYTES_MAX) return new Uint8Array(sizeBytes);
  if (used + sizeBytes > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const bytes = new Uint8Array(slab, used, sizeBytes);
  used += sizeBytes;
  return bytes;
}
