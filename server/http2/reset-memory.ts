// Owns the ids of streams that this side reset lately. Frames that the peer sent before it learnt
// of the reset are its right and are ignored; only so many ids are kept, later ones push out
// earlier ones.

import { RESET_MEMORY_COUNT } from './limits.ts';

export class ResetMemory {
  readonly #ids: Uint32Array = new Uint32Array(RESET_MEMORY_COUNT);
  #next = 0;

  add(streamId: number): void {
    this.#ids[this.#next] = streamId;
    this.#next = (this.#next + 1) % RESET_MEMORY_COUNT;
  }

  has(streamId: number): boolean {
    return this.#ids.includes(streamId);
  }
}
