// Owns whether a peer counts as connected, and since when: the answer to "may a member be removed now", a gauge and two
// log lines that people look for. etcd: rafthttp/peer_status.go.

import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { MemberId } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import type { PeerMetrics } from './transport-metrics.ts';

/** What failed, for the log. */
export interface Failure {
  /** "stream Message", "pipeline", ... */
  readonly source: string;
  /** "dial", "write", ... */
  readonly action: string;
  readonly reason: string;
}

interface StatusDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

export class PeerStatus {
  readonly #id: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: PeerMetrics;
  #activeSinceMs: number | undefined = undefined;

  constructor(id: MemberId, metrics: PeerMetrics, { clock, logger }: StatusDeps) {
    this.#id = formatId(id);
    this.#clock = clock;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** On the monotonic clock; undefined while the peer is not connected. */
  get activeSinceMs(): number | undefined {
    return this.#activeSinceMs;
  }

  activate(): void {
    if (this.#activeSinceMs !== undefined) return;
    this.#activeSinceMs = this.#clock.monotonicMs();
    this.#metrics.active.inc();
    this.#logger.info('peer became active', { 'peer-id': this.#id });
  }

  deactivate({ source, action, reason }: Failure): void {
    const error = `failed to ${action} ${this.#id} on ${source} (${reason})`;
    if (this.#activeSinceMs === undefined) {
      this.#logger.debug('peer deactivated again', { 'peer-id': this.#id, error });
      return;
    }
    this.#end();
    this.#metrics.disconnected.inc();
    this.#logger.warn('peer became inactive (message send to peer failed)', {
      'peer-id': this.#id,
      error,
    });
  }

  /** For a peer that is let go on purpose. */
  end(): void {
    if (this.#activeSinceMs !== undefined) this.#end();
  }

  #end(): void {
    this.#activeSinceMs = undefined;
    this.#metrics.active.dec();
  }
}
