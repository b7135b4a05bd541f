// Owns the generation that a defragmentation fills. It gets every write from its start on, beside the live one; what is
// older is copied into it by defragment.ts. Its failures are its own: the live generation goes on without it.

import { Accounting } from './accounting.ts';
import { isBefore } from './deleted-runs.ts';
import type { Generation } from './generation.ts';
import { STAT_KEY } from './meta-buckets.ts';
import { mainOf, subOf } from './revision-key.ts';
import { RevisionSet } from './revision-set.ts';

export class Successor {
  readonly generation: Generation;
  readonly accounting: Accounting;
  /** Older revisions that were deleted before their copy was made: they must not be copied any more. */
  readonly #skipped: RevisionSet;
  /** All older revisions up to here have been copied. */
  #copiedMain: number;
  #copiedSub: number;
  #failure: unknown;

  constructor(generation: Generation) {
    this.generation = generation;
    this.accounting = new Accounting(0, 0);
    this.#skipped = new RevisionSet();
    this.#copiedMain = -1;
    this.#copiedSub = -1;
    this.#failure = undefined;
  }

  /** The first write that failed, or undefined. */
  get failure(): unknown {
    return this.#failure;
  }

  fail(cause: unknown): void {
    this.#failure ??= cause;
  }

  deleteRevision(key: Uint8Array, main: number, sub: number, tombstone: boolean): void {
    this.generation.deleteRevision(key);
    if (isBefore(this.#copiedMain, this.#copiedSub, main, sub)) {
      this.#skipped.add(main, sub, tombstone);
    }
  }

  /** Puts the copy of an older revision, unless it was deleted meanwhile. Copies come in ascending order. */
  copyRevision(key: Uint8Array, value: Uint8Array, tombstone: boolean): void {
    const main = mainOf(key);
    const sub = subOf(key);
    this.#copiedMain = main;
    this.#copiedSub = sub;
    if (!this.#skipped.has(main, sub, tombstone)) this.generation.copyRevision(key, value);
  }

  /** Writes the batch; `inUseBytes` is that of the live generation, whose records are the same in the end. */
  commit(inUseBytes: number): void {
    this.accounting.follow(inUseBytes);
    try {
      this.generation.putMeta(STAT_KEY, this.accounting.settle());
      this.generation.write();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Syncs; a failure is noted, not thrown. */
  async sync(): Promise<void> {
    try {
      await this.generation.sync();
    } catch (error) {
      this.fail(error);
    }
  }
}
