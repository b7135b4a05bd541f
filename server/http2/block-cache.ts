// Owns remembering what identical header blocks decoded to. A gRPC client repeats the same few
// bytes of indexed fields for every call; such a block neither reads nor changes anything but the
// dynamic table, so while the table is at the same version the same bytes mean the same request,
// and comparing a dozen bytes replaces decoding and checking.

import { copyRange } from './frames.ts';
import { BLOCK_CACHE_BLOCK_BYTES_MAX, BLOCK_CACHE_SLOTS } from './limits.ts';
import type { CheckedRequest } from './request-head.ts';

interface CachedBlock {
  readonly bytes: Uint8Array;
  readonly tableVersion: number;
  readonly request: CheckedRequest;
}

export class BlockCache {
  readonly #slots: (CachedBlock | undefined)[] = new Array<CachedBlock | undefined>(
    BLOCK_CACHE_SLOTS,
  ).fill(undefined);

  find(
    bytes: Uint8Array,
    start: number,
    end: number,
    tableVersion: number,
  ): CheckedRequest | undefined {
    const length = end - start;
    if (length > BLOCK_CACHE_BLOCK_BYTES_MAX) return undefined;
    const cached = this.#slots[slotOf(bytes, start, end)];
    if (cached === undefined || cached.tableVersion !== tableVersion) return undefined;
    const known = cached.bytes;
    if (known.length !== length) return undefined;
    for (let i = 0; i < length; i++) {
      if (known[i] !== bytes[start + i]) return undefined;
    }
    return cached.request;
  }

  /** Remembers a block that left the table at `tableVersion`, the version it was decoded with. */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    tableVersion: number,
    request: CheckedRequest,
  ): void {
    if (end - start > BLOCK_CACHE_BLOCK_BYTES_MAX) return;
    this.#slots[slotOf(bytes, start, end)] = {
      bytes: copyRange(bytes, start, end),
      tableVersion,
      request,
    };
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  return (hash ^ (hash >>> 7)) & (BLOCK_CACHE_SLOTS - 1);
}
