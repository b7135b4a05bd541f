// Owns cutting a request body into length-prefixed messages, over any split of the body into frames. A message
// that lies whole in one frame is handed out as a view; any other is gathered in a buffer that grows as bytes
// arrive, never to the announced length at once.
//
//   body:  | flag 1 | length 4, big-endian | message | flag | length | message ...

import { EMPTY_BYTES } from '../../base/bytes.ts';
import { ASSEMBLY_START_BYTES, MESSAGE_PREFIX_BYTES } from './limits.ts';

/** What one call of `next` came to. */
export type ReadStep = 'message' | 'incomplete' | 'tooLarge';

export class MessageReader {
  readonly #sizeBytesMax: number;
  /** The last complete message; a view of the input or of the gathering buffer, which is not used again. */
  message: Uint8Array = EMPTY_BYTES;
  /** Flag byte of that message: 1 when it is compressed. */
  flag = 0;
  /** Announced length of the message begun last. */
  lengthBytes = 0;
  /** Where in the input `next` stopped. */
  offset = 0;
  #prefixFilled = 0;
  #gathered: Uint8Array = EMPTY_BYTES;
  #gatheredBytes = 0;
  #inBody = false;

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** True between messages: the body may end here. */
  get atBoundary(): boolean {
    return !this.#inBody && this.#prefixFilled === 0;
  }

  /** Reads from `bytes[from]` until one message is complete or the input ends. */
  next(bytes: Uint8Array, from: number): ReadStep {
    let at = from;
    if (!this.#inBody) {
      at = this.#readPrefix(bytes, at);
      if (this.#prefixFilled < MESSAGE_PREFIX_BYTES) {
        this.offset = at;
        return 'incomplete';
      }
      if (this.lengthBytes > this.#sizeBytesMax) return 'tooLarge';
      if (bytes.length - at >= this.lengthBytes) {
        this.#prefixFilled = 0;
        this.offset = at + this.lengthBytes;
        this.message = bytes.subarray(at, this.offset);
        return 'message';
      }
      this.#inBody = true;
    }
    return this.#gather(bytes, at);
  }

  #readPrefix(bytes: Uint8Array, from: number): number {
    let at = from;
    while (this.#prefixFilled < MESSAGE_PREFIX_BYTES && at < bytes.length) {
      const byte = bytes[at++] as number;
      if (this.#prefixFilled === 0) {
        this.flag = byte;
        this.lengthBytes = 0;
      } else {
        this.lengthBytes = this.lengthBytes * 256 + byte;
      }
      this.#prefixFilled++;
    }
    return at;
  }

  #gather(bytes: Uint8Array, from: number): ReadStep {
    const missing = this.lengthBytes - this.#gatheredBytes;
    const take = Math.min(missing, bytes.length - from);
    const filled = this.#gatheredBytes + take;
    if (filled > this.#gathered.length) this.#grow(filled);
    this.#gathered.set(bytes.subarray(from, from + take), this.#gatheredBytes);
    this.#gatheredBytes = filled;
    this.offset = from + take;
    if (take < missing) return 'incomplete';
    this.message = this.#gathered.subarray(0, filled);
    this.#gathered = EMPTY_BYTES;
    this.#gatheredBytes = 0;
    this.#inBody = false;
    this.#prefixFilled = 0;
    return 'message';
  }

  #grow(neededBytes: number): void {
    const doubled = Math.max(ASSEMBLY_START_BYTES, this.#gathered.length * 2, neededBytes);
    const larger = new Uint8Array(Math.min(doubled, this.lengthBytes));
    larger.set(this.#gathered.subarray(0, this.#gatheredBytes));
    this.#gathered = larger;
  }
}
