// Owns the metrics of the peer network, under etcd's names. etcd: rafthttp/metrics.go.

import {
  type Counter,
  exponentialBounds,
  type Gauge,
  type Histogram,
  type MetricRegistry,
} from '../../base/metrics.ts';
import type { MemberId } from '../../raft/types.ts';
import { formatId } from '../member.ts';

const ROUND_TRIP_BOUNDS = exponentialBounds(0.0001, 2, 16);
const SNAPSHOT_BOUNDS = exponentialBounds(0.1, 2, 10);

const HELP: Readonly<Record<string, string>> = {
  active_peers: 'The current number of active peer connections.',
  disconnected_peers_total: 'The total number of disconnected peers.',
  peer_sent_bytes_total: 'The total number of bytes sent to peers.',
  peer_received_bytes_total: 'The total number of bytes received from peers.',
  peer_sent_failures_total: 'The total number of send failures from peers.',
  peer_received_failures_total: 'The total number of receive failures from peers.',
  snapshot_send_success: 'Total number of successful snapshot sends',
  snapshot_send_inflights_total: 'Total number of inflight snapshot sends',
  snapshot_send_failures: 'Total number of snapshot send failures',
  snapshot_send_total_duration_seconds: 'Total latency distributions of v3 snapshot sends',
  snapshot_receive_success: 'Total number of successful snapshot receives',
  snapshot_receive_inflights_total: 'Total number of inflight snapshot receives',
  snapshot_receive_failures: 'Total number of snapshot receive failures',
  snapshot_receive_total_duration_seconds: 'Total latency distributions of v3 snapshot receives',
  peer_round_trip_time_seconds: 'Round-Trip-Time histogram between peers',
};

/** Everything counted about one peer. */
export interface PeerMetrics {
  readonly active: Gauge;
  readonly disconnected: Counter;
  readonly sentBytes: Counter;
  readonly sentFailures: Counter;
  readonly receivedBytes: Counter;
  readonly receivedFailures: Counter;
  readonly roundTripSeconds: Histogram;
  readonly snapshotSend: TransferMetrics;
  readonly snapshotReceive: TransferMetrics;
}

export interface TransferMetrics {
  readonly success: Counter;
  readonly failures: Counter;
  readonly inFlight: Gauge;
  readonly seconds: Histogram;
}

export class TransportMetrics {
  readonly #registry: MetricRegistry;
  readonly #local: string;

  constructor(registry: MetricRegistry, localId: MemberId) {
    this.#registry = registry;
    this.#local = formatId(localId);
  }

  of(id: MemberId): PeerMetrics {
    const remote = formatId(id);
    const ends = { Local: this.#local, Remote: remote };
    return {
      active: this.#registry.gauge(...named('active_peers'), ends),
      disconnected: this.#registry.counter(...named('disconnected_peers_total'), ends),
      sentBytes: this.#registry.counter(...named('peer_sent_bytes_total'), { To: remote }),
      sentFailures: this.#registry.counter(...named('peer_sent_failures_total'), { To: remote }),
      receivedBytes: this.#registry.counter(...named('peer_received_bytes_total'), {
        From: remote,
      }),
      receivedFailures: this.#registry.counter(...named('peer_received_failures_total'), {
        From: remote,
      }),
      roundTripSeconds: this.#histogram('peer_round_trip_time_seconds', ROUND_TRIP_BOUNDS, {
        To: remote,
      }),
      snapshotSend: this.#transfer('snapshot_send', { To: remote }),
      snapshotReceive: this.#transfer('snapshot_receive', { From: remote }),
    };
  }

  #transfer(prefix: string, labels: Readonly<Record<string, string>>): TransferMetrics {
    return {
      success: this.#registry.counter(...named(`${prefix}_success`), labels),
      failures: this.#registry.counter(...named(`${prefix}_failures`), labels),
      inFlight: this.#registry.gauge(...named(`${prefix}_inflights_total`), labels),
      seconds: this.#histogram(`${prefix}_total_duration_seconds`, SNAPSHOT_BOUNDS, labels),
    };
  }

  #histogram(
    name: string,
    bounds: readonly number[],
    labels: Readonly<Record<string, string>>,
  ): Histogram {
    const [fullName, help] = named(name);
    return this.#registry.histogram(fullName, help, bounds, labels);
  }
}

function named(name: string): [name: string, help: string] {
  return [`etcd_network_${name}`, HELP[name] ?? ''];
}
