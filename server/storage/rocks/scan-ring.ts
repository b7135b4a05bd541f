// Owns handing rows of a scan from a thread to the event loop's thread, which takes them without returning to its loop:
// packed into chunks that change hands as they are, with a bound on how many are on their way.
//
//   chunk: rows of  key length (1 byte) | value length (4 bytes, little-endian) | key | value

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { at } from '../../base/assert.ts';
import { PREFETCH_CHUNKS_MAX } from './limits.ts';

const PRODUCED = 0;
const CONSUMED = 1;
const WORDS = 2;

const ROW_HEAD_BYTES = 5;

/** The chunk that ends a segment has no bytes. */
const END_BYTES = 0;

export class ScanRing {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(4 * WORDS);
    this.#words = new Int32Array(this.buffer);
  }

  /** The thread: packs rows (key and value in turn) and sends them; blocks while too many are on their way. */
  send(port: MessagePort, rows: readonly Uint8Array[]): void {
    this.#post(port, packRows(rows));
  }

  /** The thread: says that there are no more rows in this segment. */
  end(port: MessagePort): void {
    this.#post(port, new Uint8Array(END_BYTES));
  }

  /** The event loop: the next chunk, 'end' behind the last one of a segment, or 'late' when none came in time. */
  receive(port: MessagePort, timeoutMs: number): Uint8Array | 'end' | 'late' {
    if (Atomics.load(this.#words, PRODUCED) === Atomics.load(this.#words, CONSUMED)) {
      const before = Atomics.load(this.#words, CONSUMED);
      if (Atomics.wait(this.#words, PRODUCED, before, timeoutMs) === 'timed-out') return 'late';
    }
    const received = receiveMessageOnPort(port);
    if (!(received?.message instanceof Uint8Array)) return 'late';
    Atomics.add(this.#words, CONSUMED, 1);
    Atomics.notify(this.#words, CONSUMED);
    return received.message.length === END_BYTES ? 'end' : received.message;
  }

  #post(port: MessagePort, chunk: Uint8Array<ArrayBuffer>): void {
    for (;;) {
      const consumed = Atomics.load(this.#words, CONSUMED);
      if (Atomics.load(this.#words, PRODUCED) - consumed < PREFETCH_CHUNKS_MAX) break;
      Atomics.wait(this.#words, CONSUMED, consumed);
    }
    port.postMessage(chunk, [chunk.buffer]);
    Atomics.add(this.#words, PRODUCED, 1);
    Atomics.notify(this.#words, PRODUCED);
  }
}

function packRows(rows: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let sizeBytes = 0;
  for (const part of rows) sizeBytes += part.length;
  const chunk = new Uint8Array(sizeBytes + (rows.length / 2) * ROW_HEAD_BYTES);
  const view = new DataView(chunk.buffer);
  let offset = 0;
  for (let i = 0; i < rows.length; i += 2) {
    const key = at(rows, i);
    const value = at(rows, i + 1);
    view.setUint8(offset, key.length);
    view.setUint32(offset + 1, value.length, true);
    chunk.set(key, offset + ROW_HEAD_BYTES);
    chunk.set(value, offset + ROW_HEAD_BYTES + key.length);
    offset += ROW_HEAD_BYTES + key.length + value.length;
  }
  return chunk;
}

/** Reads the rows of a chunk one after another. */
export class ChunkReader {
  readonly #chunk: Uint8Array;
  readonly #view: DataView;
  #offset: number;
  #keyStart: number;
  #valueStart: number;

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk;
    this.#view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#offset = 0;
    this.#keyStart = 0;
    this.#valueStart = 0;
  }

  /** Goes to the next row; false behind the last. */
  next(): boolean {
    if (this.#offset >= this.#chunk.length) return false;
    const keyBytes = this.#view.getUint8(this.#offset);
    const valueBytes = this.#view.getUint32(this.#offset + 1, true);
    this.#keyStart = this.#offset + ROW_HEAD_BYTES;
    this.#valueStart = this.#keyStart + keyBytes;
    this.#offset = this.#valueStart + valueBytes;
    return true;
  }

  /** Views of the chunk. */
  get key(): Uint8Array {
    return this.#chunk.subarray(this.#keyStart, this.#valueStart);
  }

  get value(): Uint8Array {
    return this.#chunk.subarray(this.#valueStart, this.#offset);
  }
}
