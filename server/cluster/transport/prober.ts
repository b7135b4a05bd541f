// Owns asking a peer now and then how it is: round trip time and difference of clocks, for a metric and two warnings.
// One probe per peer, where etcd has one for each of its two transports: here they are the same. etcd:
// rafthttp/probing_status.go and github.com/xiang90/probing.

import { utf8Text } from '../../base/bytes.ts';
import { parseJson, readBoolean, readObject, readString } from '../json.ts';
import { formatId } from '../member.ts';
import { CLOCK_DRIFT_WARN_MS, POST_ANSWER_BYTES_MAX, ROUND_TRIP_WEIGHT } from './limits.ts';
import type { PeerContext } from './peer-context.ts';
import { askPeer } from './peer-question.ts';

const ROUND_TRIPPER_NAME = 'ROUND_TRIPPER_RAFT_MESSAGE';

export class Prober {
  readonly #peer: PeerContext;
  #probeTimer: NodeJS.Timeout | undefined = undefined;
  #reportTimer: NodeJS.Timeout | undefined = undefined;
  #position = 0;
  #isProbing = false;
  #roundTripMs = 0;
  #clockDriftMs = 0;
  #isHealthy = false;
  #error = '';

  constructor(peer: PeerContext) {
    this.#peer = peer;
  }

  start(): void {
    const { timing } = this.#peer;
    this.#probeTimer = setInterval(() => this.#probe(), timing.probeIntervalMs);
    this.#reportTimer = setTimeout(() => this.#report(), timing.unhealthyLogMs);
  }

  stop(): void {
    clearInterval(this.#probeTimer);
    clearTimeout(this.#reportTimer);
  }

  #probe(): void {
    if (this.#isProbing) return;
    const { clock, picker, connector, timing, cancel } = this.#peer;
    const urls = picker.urls;
    const url = urls[this.#position % urls.length] ?? picker.pick();
    const startedMs = clock.monotonicMs();
    this.#isProbing = true;
    askPeer(connector, {
      url,
      path: '/raft/probing',
      method: 'GET',
      timeoutMs: timing.responseTimeoutMs,
      dialTimeoutMs: timing.dialTimeoutMs,
      answerBytesMax: POST_ANSWER_BYTES_MAX,
      cancel,
    })
      .then((answer) => {
        if (answer.status !== 200) {
          throw new Error(`got unexpected HTTP status code ${answer.status} from ${url}`);
        }
        return readHealth(utf8Text(answer.body));
      })
      .then(
        (peerNowMs) => this.#succeeded(clock.monotonicMs() - startedMs, peerNowMs),
        (error: unknown) => this.#failed(String(error)),
      );
  }

  #succeeded(tookMs: number, peerNowMs: number): void {
    this.#isProbing = false;
    this.#isHealthy = true;
    this.#error = '';
    this.#roundTripMs = (1 - ROUND_TRIP_WEIGHT) * this.#roundTripMs + ROUND_TRIP_WEIGHT * tookMs;
    this.#clockDriftMs = this.#peer.clock.wallMs() - peerNowMs - this.#roundTripMs / 2;
  }

  #failed(error: string): void {
    this.#isProbing = false;
    this.#isHealthy = false;
    this.#error = error;
    this.#position++;
  }

  #report(): void {
    const { timing, logger, metrics, id } = this.#peer;
    const fields = {
      'round-tripper-name': ROUND_TRIPPER_NAME,
      'remote-peer-id': formatId(id),
      rtt: `${this.#roundTripMs.toFixed(3)}ms`,
      error: this.#error,
    };
    if (!this.#isHealthy) logger.warn('prober detected unhealthy status', fields);
    // etcd: a clock that is ahead of ours gives no warning here; its own member warns.
    if (this.#clockDriftMs > CLOCK_DRIFT_WARN_MS) {
      logger.warn('prober found high clock drift', {
        ...fields,
        'clock-drift': `${this.#clockDriftMs.toFixed(3)}ms`,
      });
    }
    metrics.roundTripSeconds.observe(this.#roundTripMs / 1000);
    const nextMs = this.#isHealthy ? timing.healthyLogMs : timing.unhealthyLogMs;
    this.#reportTimer = setTimeout(() => this.#report(), nextMs);
  }
}

/** The answer to a probe: {"OK":true,"Now":"2026-01-02T03:04:05.678Z"}. */
export function probeAnswer(wallMs: number): string {
  return `{"OK":true,"Now":"${new Date(wallMs).toISOString()}"}\n`;
}

/** The peer's time in milliseconds. Throws when it does not feel well. */
function readHealth(text: string): number {
  const health = readObject(parseJson(text));
  const nowMs = Date.parse(readString(health['Now'], 'Now'));
  if (!readBoolean(health['OK'], 'OK') || Number.isNaN(nowMs)) {
    throw new Error(`not healthy: ${text.slice(0, 200)}`);
  }
  return nowMs;
}
