// Owns the keepalive rules of one connection, as grpc-go applies them (internal/transport/http2_server.go): how
// often a client may ping, and when a silent client is asked and then given up.

import { IDLE_PING_SPAN_MS, PING_STRIKES_MAX } from './limits.ts';

export interface KeepaliveOptions {
  /** Least span between two pings of a client with open streams. */
  readonly minTimeMs: number;
  /** True allows minTimeMs also without open streams. */
  readonly permitWithoutStream: boolean;
  /** Silence after which the server pings. */
  readonly intervalMs: number;
  /** Silence after that ping which ends the connection. */
  readonly timeoutMs: number;
}

/** What the connection must do now. */
export type KeepaliveAction = 'none' | 'ping' | 'close';

export class Keepalive {
  readonly #options: KeepaliveOptions;
  #lastPingMs = Number.NEGATIVE_INFINITY;
  #strikes = 0;
  /** Frames we had answered with at the last ping: a client that gets answers may ping. */
  #answeredFrames = 0;
  #lastReadMs: number;
  /** When our ping went out; NaN while none is outstanding. */
  #pingSentMs = Number.NaN;

  constructor(options: KeepaliveOptions, nowMs: number) {
    this.#options = options;
    this.#lastReadMs = nowMs;
  }

  /** Anything at all arrived. */
  onReceived(nowMs: number): void {
    this.#lastReadMs = nowMs;
  }

  /**
   * A ping that is no acknowledgement arrived; `answeredFrames` counts the response frames sent so far. False when the
   * client has pinged too often.
   */
  onPing(nowMs: number, activeStreams: number, answeredFrames: number): boolean {
    const previousMs = this.#lastPingMs;
    this.#lastPingMs = nowMs;
    if (answeredFrames !== this.#answeredFrames) {
      this.#answeredFrames = answeredFrames;
      this.#strikes = 0;
      return true;
    }
    const idle = activeStreams < 1 && !this.#options.permitWithoutStream;
    const spanMs = idle ? IDLE_PING_SPAN_MS : this.#options.minTimeMs;
    if (previousMs + spanMs > nowMs) this.#strikes++;
    return this.#strikes <= PING_STRIKES_MAX;
  }

  /** Called about once a second. */
  tick(nowMs: number): KeepaliveAction {
    if (!Number.isNaN(this.#pingSentMs)) {
      if (this.#lastReadMs >= this.#pingSentMs) this.#pingSentMs = Number.NaN;
      else return nowMs - this.#pingSentMs >= this.#options.timeoutMs ? 'close' : 'none';
    }
    if (nowMs - this.#lastReadMs < this.#options.intervalMs) return 'none';
    this.#pingSentMs = nowMs;
    return 'ping';
  }
}
