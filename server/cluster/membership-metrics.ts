// Owns the metrics of membership; names and labels are etcd's. etcd: membership/metrics.go.
import type { Gauge, MetricRegistry } from '../base/metrics.ts';
import { formatId } from './member.ts';

export class MembershipMetrics {
  readonly #registry: MetricRegistry;
  readonly #local: string;
  readonly #isLearner: Gauge;
  #version: Gauge | undefined = undefined;

  constructor(registry: MetricRegistry, localId: bigint) {
    this.#registry = registry;
    this.#local = formatId(localId);
    this.#isLearner = registry.gauge(
      'etcd_server_is_learner',
      'Whether or not this member is a learner. 1 if is, 0 otherwise.',
    );
  }

  setIsLearner(isLearner: boolean): void {
    this.#isLearner.set(isLearner ? 1 : 0);
  }

  setKnown(id: bigint, known: boolean): void {
    const gauge = this.#registry.gauge(
      'etcd_network_known_peers',
      'The current number of known peers.',
      { Local: this.#local, Remote: formatId(id) },
    );
    gauge.set(known ? 1 : 0);
  }

  /** `version` is major.minor. */
  setClusterVersion(version: string): void {
    this.#version?.set(0);
    this.#version = this.#registry.gauge(
      'etcd_cluster_version',
      "Which version is running. 1 for 'cluster_version' label with current cluster version",
      { cluster_version: version },
    );
    this.#version.set(1);
  }
}
