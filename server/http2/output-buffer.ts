// Owns the bytes waiting to be written to the socket. Frames are written straight into a slab; a
// turn's output is handed out as one view of it. Handed-out parts are never written again, so the
// socket may keep them. Large payloads are not copied: the slab's part so far and the payload
// become pieces of a list. Only the writer's offset moves in the fast case.
//
//   slab:  [ handed out | pending | free ]      pieces: older pending parts, taken first
//          0            start     at     length

import { SLAB_BYTES_MAX, SLAB_BYTES_MIN } from './limits.ts';

export class OutputBuffer {
  /** Where to write after `reserve`; the writer advances `at`. */
  slab: Uint8Array = new Uint8Array(0);
  at = 0;
  #start = 0;
  #pieces: Uint8Array[] = [];
  #nextPiece = 0;
  #piecesBytes = 0;
  #slabBytes: number = SLAB_BYTES_MIN;

  /** Bytes written and not taken yet. */
  get pendingBytes(): number {
    return this.#piecesBytes + this.at - this.#start;
  }

  /** Makes room for `sizeBytes` at `at` of `slab`. */
  reserve(sizeBytes: number): void {
    if (this.slab.length - this.at >= sizeBytes) return;
    this.#seal();
    const isFirst = this.slab.length === 0;
    if (!isFirst && this.#slabBytes < SLAB_BYTES_MAX) this.#slabBytes *= 2;
    this.slab = new Uint8Array(Math.max(sizeBytes, this.#slabBytes));
    this.#start = 0;
    this.at = 0;
  }

  /** Appends bytes as they are; the caller leaves them unchanged. */
  append(bytes: Uint8Array): void {
    this.#seal();
    this.#pushPiece(bytes);
  }

  /** The next pending bytes, in order; undefined when there are none. */
  take(): Uint8Array | undefined {
    if (this.#nextPiece < this.#pieces.length) {
      const piece = this.#pieces[this.#nextPiece++] as Uint8Array;
      this.#piecesBytes -= piece.length;
      if (this.#nextPiece === this.#pieces.length) {
        this.#pieces = [];
        this.#nextPiece = 0;
      }
      return piece;
    }
    if (this.at === this.#start) return undefined;
    const view = this.slab.subarray(this.#start, this.at);
    this.#start = this.at;
    return view;
  }

  /** Forgets an idle slab, for connections that say nothing for long. */
  trim(): void {
    if (this.pendingBytes > 0) return;
    this.slab = new Uint8Array(0);
    this.#start = 0;
    this.at = 0;
    this.#slabBytes = SLAB_BYTES_MIN;
  }

  #seal(): void {
    if (this.at === this.#start) return;
    this.#pushPiece(this.slab.subarray(this.#start, this.at));
    this.#start = this.at;
  }

  #pushPiece(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#piecesBytes += bytes.length;
  }
}
