// Owns how fast a learner takes over a long log. All at once it would keep its disk and processor busy for seconds, which
// others may share, and its leader busy with sending: the learner has time, the writers of the cluster have not. So
// it rests for as long as it worked: a slice of the log is read and written, then as long nothing is.
//
//   first byte          slice full            slice durable         read on
//      |---- reading -------|------ writing -------|------ resting -----|
//      |                 took() says so      settled() says for how long
//
// A log that comes slowly is no flood, and not slowed down; and all rests together are bounded, so that a learner whose
// cluster writes more than a resting learner can take gets there too. Decides only; the stream's reader acts.

import {
  CATCH_UP_FILL_MS_MAX,
  CATCH_UP_REST_MS_MAX,
  CATCH_UP_RESTS_MS_MAX,
  CATCH_UP_SLICE_BYTES,
} from './limits.ts';

export class CatchUpPace {
  #sliceBytes = 0;
  #sliceStartMs = 0;
  /** Last entry of the slice; undefined while none waits to be durable. */
  #awaitedIndex: number | undefined = undefined;
  #durableIndex = 0;
  #restedMs = 0;

  /** Bytes of the log came, the last entry among them being `lastIndex`. True: read no more until `settled` says so. */
  took(sizeBytes: number, lastIndex: number, nowMs: number): boolean {
    if (this.#sliceBytes === 0 || nowMs - this.#sliceStartMs > CATCH_UP_FILL_MS_MAX) {
      this.#sliceBytes = 0;
      this.#sliceStartMs = nowMs;
    }
    this.#sliceBytes += sizeBytes;
    // In the middle of a message there may be nothing to wait for.
    if (this.#sliceBytes < CATCH_UP_SLICE_BYTES || lastIndex <= this.#durableIndex) return false;
    if (this.#restedMs >= CATCH_UP_RESTS_MS_MAX) return false;
    this.#awaitedIndex = lastIndex;
    return true;
  }

  /** The log is durable up to `index`. How long to rest when this is what was waited for. */
  settled(index: number, nowMs: number): number | undefined {
    this.#durableIndex = index;
    if (this.#awaitedIndex === undefined || index < this.#awaitedIndex) return undefined;
    const restMs = Math.min(nowMs - this.#sliceStartMs, CATCH_UP_REST_MS_MAX);
    this.#restedMs += restMs;
    this.reset();
    return restMs;
  }

  /** Nothing is waited for any more: the stream ended, or the answer does not come. */
  reset(): void {
    this.#sliceBytes = 0;
    this.#awaitedIndex = undefined;
  }
}
