// Owns turning a header block into a request or trailers: the decoder, the checks and the cache of
// repeated blocks.

import { BlockCache } from './block-cache.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HEADER_TABLE_BYTES } from './limits.ts';
import { type CheckedRequest, isLegalTrailers, maybeRequest } from './request-head.ts';
import { ErrorCode } from './types.ts';

export class RequestDecoder {
  /**
   * Why the last block was not accepted. COMPRESSION_ERROR is the connection's end, the others the
   * stream's.
   */
  errorCode: number = ErrorCode.noError;
  readonly #decoder: HpackDecoder;
  readonly #cache: BlockCache = new BlockCache();

  constructor(headerListBytesMax: number) {
    this.#decoder = new HpackDecoder(HEADER_TABLE_BYTES, headerListBytesMax);
  }

  /** The request of a block, or undefined with `errorCode` set. */
  decodeRequest(bytes: Uint8Array, start: number, end: number): CheckedRequest | undefined {
    const version = this.#decoder.tableVersion;
    const known = this.#cache.find(bytes, start, end, version);
    if (known !== undefined) return known;
    if (!this.#decode(bytes, start, end)) return undefined;
    const request = maybeRequest(this.#decoder.entries);
    if (request === undefined) {
      this.errorCode = ErrorCode.protocolError;
      return undefined;
    }
    if (this.#decoder.tableVersion === version) {
      this.#cache.add(bytes, start, end, version, request);
    }
    return request;
  }

  /** Decodes trailers, which nobody reads; false with `errorCode` set when they are not legal. */
  decodeTrailers(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#decode(bytes, start, end)) return false;
    if (isLegalTrailers(this.#decoder.entries)) return true;
    this.errorCode = ErrorCode.protocolError;
    return false;
  }

  /** Decodes a block only to keep the table in step; false when it is illegal. */
  skip(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#decode(bytes, start, end) || this.errorCode !== ErrorCode.compressionError;
  }

  #decode(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#decoder.decode(bytes, start, end)) {
      this.errorCode = ErrorCode.compressionError;
      return false;
    }
    if (this.#decoder.overflowed) {
      this.errorCode = ErrorCode.enhanceYourCalm;
      return false;
    }
    return true;
  }
}
