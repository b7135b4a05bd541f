// Owns cutting the bytes of an HTTP/1.1 connection into messages: a head of text, and a body of the length that the head
// names. For connections on which small messages of one sort follow each other, thousands in a second.

import { concatBytes, EMPTY_BYTES, utf8Bytes, utf8Text } from '../../base/bytes.ts';
import { ProtocolError } from './protocol-error.ts';

/** What a head must say. */
export interface Head {
  readonly bodyBytes: number;
}

/** Between a head and its body. */
const HEAD_END: Uint8Array = utf8Bytes('\r\n\r\n');

/** Heads of one sort repeat, but for a length or a date: so many are remembered. */
const HEADS_MAX = 4;

interface KnownHead<H> {
  /** With its end. */
  readonly bytes: Uint8Array;
  readonly head: H;
}

export interface HeadedReaderOptions<H extends Head> {
  /** Undefined for a head that this reader is not made for. */
  readonly parse: (text: string) => H | undefined;
  readonly headBytesMax: number;
}

export class HeadedReader<H extends Head> {
  readonly #parse: (text: string) => H | undefined;
  readonly #headBytesMax: number;
  /** A connection sends the same heads again and again, and comparing costs a tenth of parsing. The newest first. */
  readonly #known: KnownHead<H>[] = [];
  #bytes: Uint8Array = EMPTY_BYTES;
  /** Where the next message begins. */
  #offset = 0;
  /** The head of the next message, if it is here, and where its body begins. */
  #head: H | undefined = undefined;
  #headEnd = 0;
  #isForeign = false;
  #bodyStart = 0;
  #bodyEnd = 0;

  constructor({ parse, headBytesMax }: HeadedReaderOptions<H>) {
    this.#parse = parse;
    this.#headBytesMax = headBytesMax;
  }

  /** The body of the message that `next` gave last lies in these bytes, until the next `push`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get bodyStart(): number {
    return this.#bodyStart;
  }

  get bodyEnd(): number {
    return this.#bodyEnd;
  }

  /** A head came that this reader is not made for: `rest` begins with it, and `next` gives nothing any more. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  push(chunk: Uint8Array): void {
    const left = this.#bytes.length - this.#offset;
    this.#bytes = left === 0 ? chunk : concatBytes([this.#bytes.subarray(this.#offset), chunk]);
    this.#headEnd -= this.#offset;
    this.#offset = 0;
  }

  /** The head of the next whole message. Throws ProtocolError for a head without an end. */
  next(): H | undefined {
    const head = this.#head ?? this.#nextHead();
    if (head === undefined) return undefined;
    const end = this.#headEnd + head.bodyBytes;
    if (end > this.#bytes.length) return undefined;
    this.#head = undefined;
    this.#offset = end;
    this.#bodyStart = this.#headEnd;
    this.#bodyEnd = end;
    return head;
  }

  /** What was not taken. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset);
  }

  #nextHead(): H | undefined {
    if (this.#isForeign || this.#offset >= this.#bytes.length) return undefined;
    for (const known of this.#known) {
      if (!startsWithAt(this.#bytes, this.#offset, known.bytes)) continue;
      this.#headEnd = this.#offset + known.bytes.length;
      this.#head = known.head;
      return known.head;
    }
    return this.#parseHead();
  }

  #parseHead(): H | undefined {
    const end = this.#findHeadEnd();
    if (end === undefined) {
      if (this.#bytes.length - this.#offset <= this.#headBytesMax) return undefined;
      throw new ProtocolError(`a head of more than ${this.#headBytesMax} bytes`);
    }
    const bytes = Uint8Array.from(this.#bytes.subarray(this.#offset, end));
    const head = this.#parse(utf8Text(bytes.subarray(0, -HEAD_END.length)));
    this.#isForeign = head === undefined;
    this.#head = head;
    this.#headEnd = end;
    if (head !== undefined) this.#known.unshift({ bytes, head });
    if (this.#known.length > HEADS_MAX) this.#known.pop();
    return head;
  }

  /** Where the body would begin. */
  #findHeadEnd(): number | undefined {
    const bytes = this.#bytes;
    const first = HEAD_END[0] as number;
    for (let at = bytes.indexOf(first, this.#offset); at >= 0; at = bytes.indexOf(first, at + 1)) {
      if (startsWithAt(bytes, at, HEAD_END)) return at + HEAD_END.length;
    }
    return undefined;
  }
}

function startsWithAt(bytes: Uint8Array, offset: number, start: Uint8Array): boolean {
  if (bytes.length - offset < start.length) return false;
  for (let i = 0; i < start.length; i++) if (bytes[offset + i] !== start[i]) return false;
  return true;
}
