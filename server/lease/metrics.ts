// Owns the metrics of leases; names and buckets are etcd's. etcd: server/lease/metrics.go.
import {
  type Counter,
  exponentialBounds,
  type Histogram,
  type MetricRegistry,
} from '../base/metrics.ts';

export class LeaseMetrics {
  readonly granted: Counter;
  readonly revoked: Counter;
  readonly renewed: Counter;
  readonly ttlSeconds: Histogram;

  constructor(registry: MetricRegistry) {
    this.granted = registry.counter(
      'etcd_debugging_lease_granted_total',
      'The total number of granted leases.',
    );
    this.revoked = registry.counter(
      'etcd_debugging_lease_revoked_total',
      'The total number of revoked leases.',
    );
    this.renewed = registry.counter(
      'etcd_debugging_lease_renewed_total',
      'The number of renewed leases seen by the leader.',
    );
    this.ttlSeconds = registry.histogram(
      'etcd_debugging_lease_ttl_total',
      'Bucketed histogram of lease TTLs.',
      exponentialBounds(1, 2, 24),
    );
  }
}
