// Owns an image of the index in memory, for tests: what storage keeps in a file.

import type { ImageSink, ImageSource } from '../../server/mvcc/index-image.ts';

export class MemoryImage implements ImageSink, ImageSource {
  readonly pieces: Uint8Array[] = [];
  #next = 0;

  write(bytes: Uint8Array): void {
    this.pieces.push(bytes.slice());
  }

  read(target: Uint8Array): boolean {
    const piece = this.pieces[this.#next++];
    if (piece?.length !== target.length) return false;
    target.set(piece);
    return true;
  }

  /** True when all of it was read. */
  isSpent(): boolean {
    return this.#next === this.pieces.length;
  }

  /** To be read once more. */
  rewind(): this {
    this.#next = 0;
    return this;
  }
}
