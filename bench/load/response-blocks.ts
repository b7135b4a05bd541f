// Owns what the header blocks of responses say: the gRPC status, if there is one. A server repeats the same few bytes,
// so blocks are remembered by their bytes and decoded once, as long as the dynamic table does not change.

import { HpackDecoder } from '../../server/http2/hpack-decoder.ts';

const TABLE_BYTES = 4096;
const LIST_BYTES_MAX = 1 << 20;
const REMEMBERED_MAX = 8;

/** `status` is -1 where the block has none: the first block of a response. */
export interface BlockMeaning {
  readonly status: number;
  readonly message: string;
}

interface Remembered {
  readonly bytes: Uint8Array;
  readonly meaning: BlockMeaning;
}

export class ResponseBlocks {
  readonly #decoder: HpackDecoder;
  #remembered: Remembered[];
  #tableVersion: number;

  constructor() {
    this.#decoder = new HpackDecoder(TABLE_BYTES, LIST_BYTES_MAX);
    this.#remembered = [];
    this.#tableVersion = 0;
  }

  read(bytes: Uint8Array, start: number, end: number): BlockMeaning {
    for (let i = 0; i < this.#remembered.length; i++) {
      const known = this.#remembered[i] as Remembered;
      if (isSame(known.bytes, bytes, start, end)) return known.meaning;
    }
    const meaning = this.#decode(bytes, start, end);
    if (this.#tableVersion !== this.#decoder.tableVersion) {
      this.#tableVersion = this.#decoder.tableVersion;
      this.#remembered = [];
    } else if (this.#remembered.length < REMEMBERED_MAX) {
      this.#remembered.push({ bytes: Uint8Array.from(bytes.subarray(start, end)), meaning });
    }
    return meaning;
  }

  #decode(bytes: Uint8Array, start: number, end: number): BlockMeaning {
    if (!this.#decoder.decode(bytes, start, end)) throw new Error('a header block is malformed');
    let status = -1;
    let message = '';
    for (const { field } of this.#decoder.entries) {
      if (field[0] === 'grpc-status') status = Number(field[1]);
      else if (field[0] === 'grpc-message') message = field[1];
      else if (field[0] === ':status' && field[1] !== '200') message = `HTTP ${field[1]}`;
    }
    return { status, message };
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}
