// Owns cutting a byte stream into frames, whatever the chunks. A frame that lies whole in one chunk
// is handed on in place; only a frame split over chunks is copied, into one carry buffer of the
// size of the largest frame. Both roles use it.

import { FRAME_HEADER_BYTES, readUint32 } from './frames.ts';

export interface FrameSink {
  /**
   * One frame; the payload is `bytes[start, end)` and is valid only during the call. False stops
   * the reader: the rest of the input is dropped.
   */
  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean;
  /** A frame header announces more payload than allowed; the reader stops. */
  onOversizedFrame(type: number, payloadBytes: number): void;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #payloadBytesMax: number;
  #carry: Uint8Array | undefined = undefined;
  #carryBytes = 0;
  /** Size of the frame in the carry with its header; 0 while the header itself is incomplete. */
  #frameBytes = 0;
  #stopped = false;

  constructor(sink: FrameSink, payloadBytesMax: number) {
    this.#sink = sink;
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** Takes `chunk[from, end)`, which the reader does not keep. */
  feed(chunk: Uint8Array, from: number): void {
    if (this.#stopped) return;
    let at = from;
    if (this.#carryBytes > 0) {
      at = this.#completeCarry(chunk, at);
      if (at < 0) return;
    }
    const length = chunk.length;
    while (length - at >= FRAME_HEADER_BYTES) {
      const payloadBytes = readPayloadBytes(chunk, at);
      if (payloadBytes > this.#payloadBytesMax) {
        this.#stopOversized(chunk, at, payloadBytes);
        return;
      }
      const end = at + FRAME_HEADER_BYTES + payloadBytes;
      if (end > length) break;
      if (!this.#handOn(chunk, at, end)) return;
      at = end;
    }
    if (at < length) this.#startCarry(chunk, at);
  }

  #handOn(bytes: Uint8Array, at: number, end: number): boolean {
    const goOn = this.#sink.onFrame(
      bytes[at + 3] as number,
      bytes[at + 4] as number,
      readUint32(bytes, at + 5) & 0x7fff_ffff,
      bytes,
      at + FRAME_HEADER_BYTES,
      end,
    );
    if (!goOn) this.#stopped = true;
    return goOn;
  }

  #stopOversized(bytes: Uint8Array, at: number, payloadBytes: number): void {
    this.#stopped = true;
    this.#sink.onOversizedFrame(bytes[at + 3] as number, payloadBytes);
  }

  #startCarry(chunk: Uint8Array, at: number): void {
    const rest = chunk.length - at;
    // The header of the frame may already be known: then its size decides how much is kept ready.
    this.#frameBytes =
      rest >= FRAME_HEADER_BYTES ? FRAME_HEADER_BYTES + readPayloadBytes(chunk, at) : 0;
    this.#growCarry(this.#frameBytes);
    const carry = this.#carry as Uint8Array;
    for (let i = 0; i < rest && rest <= 48; i++) carry[i] = chunk[at + i] as number;
    if (rest > 48) carry.set(chunk.subarray(at), 0);
    this.#carryBytes = rest;
  }

  #growCarry(frameBytes: number): void {
    const wanted = Math.max(frameBytes, 256);
    if (this.#carry !== undefined && this.#carry.length >= wanted) return;
    const grown = new Uint8Array(wanted);
    if (this.#carry !== undefined) grown.set(this.#carry.subarray(0, this.#carryBytes));
    this.#carry = grown;
  }

  /**
   * Fills the carry up to its frame and hands that on. Answers the offset after it, or -1 when the
   * chunk is used up.
   */
  #completeCarry(chunk: Uint8Array, from: number): number {
    let at = from;
    if (this.#frameBytes === 0) {
      at = this.#fillCarry(chunk, at, FRAME_HEADER_BYTES);
      if (this.#carryBytes < FRAME_HEADER_BYTES) return -1;
      const carry = this.#carry as Uint8Array;
      const payloadBytes = readPayloadBytes(carry, 0);
      if (payloadBytes > this.#payloadBytesMax) {
        this.#stopOversized(carry, 0, payloadBytes);
        return -1;
      }
      this.#frameBytes = FRAME_HEADER_BYTES + payloadBytes;
      this.#growCarry(this.#frameBytes);
    }
    at = this.#fillCarry(chunk, at, this.#frameBytes);
    if (this.#carryBytes < this.#frameBytes) return -1;
    const end = this.#frameBytes;
    this.#carryBytes = 0;
    this.#frameBytes = 0;
    return this.#handOn(this.#carry as Uint8Array, 0, end) ? at : -1;
  }

  #fillCarry(chunk: Uint8Array, at: number, wantedBytes: number): number {
    const missing = wantedBytes - this.#carryBytes;
    const available = chunk.length - at;
    const count = Math.min(missing, available);
    (this.#carry as Uint8Array).set(chunk.subarray(at, at + count), this.#carryBytes);
    this.#carryBytes += count;
    return at + count;
  }
}

function readPayloadBytes(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
  );
}
