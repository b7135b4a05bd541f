// Owns dropping log lines of a flood: of equal messages within a second the first hundred are written, then each
// hundredth. etcd: the sampling of its zap configuration.
import { LOG_LINES_PER_SECOND, LOG_MESSAGES_COUNTED_MAX } from './limits.ts';

/** Counts messages by second. Lines of different levels with one text are counted together. */
export class LogSampler {
  readonly #counts: Map<string, number> = new Map();
  #second = 0;

  /** True when the line is to be written. */
  admit(message: string, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#counts.clear();
    }
    const full = this.#counts.size >= LOG_MESSAGES_COUNTED_MAX && !this.#counts.has(message);
    const key = full ? '' : message;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= LOG_LINES_PER_SECOND || count % LOG_LINES_PER_SECOND === 0;
  }
}
