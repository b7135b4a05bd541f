// Owns an image of the index in memory, for tests: what storage keeps in a file.

import type { ImageSource } from '../../server/mvcc/image-reader.ts';
import type { ImageJob } from '../../server/mvcc/index-image.ts';

export class MemoryImage implements ImageSource {
  readonly pieces: Uint8Array[] = [];
  #next = 0;

  /** All pieces of a job; undefined when it came to nothing. */
  static of(job: ImageJob): MemoryImage | undefined {
    const image = new MemoryImage();
    for (let piece = job.next(); piece !== undefined; piece = job.next()) {
      image.pieces.push(piece.slice());
    }
    return job.isComplete ? image : undefined;
  }

  next(): Uint8Array | undefined {
    return this.pieces[this.#next++];
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
